//! A strategy that wishes for anything, until an operator halts it.

use engine::event::{Command, Direction, Input};
use engine::hash::StateHasher;
use engine::instrument::InstrumentId;
use engine::market::Side;
use engine::number::{Decimal, Price, Quantity};
use engine::order::{Amendment, OrderKind, OrderRequest, Owner, TimeInForce, TrailBy};
use engine::strategy::{Context, Opinion, Strategy};

use crate::chance::Chance;

pub struct Whims {
    pub chance: Chance,
    pub is_quiet: bool,
}

impl Strategy for Whims {
    fn on_input(&mut self, input: &Input, ctx: &mut Context<'_>) {
        if let Input::Operator(command) = input {
            match **command {
                Command::Halt => self.is_quiet = true,
                Command::Resume => self.is_quiet = false,
                _ => {}
            }
        }
        if self.is_quiet || !self.chance.one_in(4) {
            return;
        }
        let chance = &mut self.chance;
        for _ in 0..=chance.below(2) {
            let instrument = InstrumentId(u32::try_from(chance.below(2)).unwrap());
            let Some(last) = ctx.last_price(instrument) else { return };
            let mut near = |least, most| Price((last.0 * Decimal::new(chance.between(least, most), 3)).round_dp(2));
            let (below, above, around) = (near(800, 990), near(1_010, 1_200), near(900, 1_100));
            let open: Vec<_> = ctx.open_orders(instrument).map(|order| (order.id, order.request.clone())).collect();
            let own = (!open.is_empty()).then(|| open[chance.index(open.len())].clone());
            match chance.below(12) {
                0..=3 => {
                    let (stop, target) = (Some(below), Some(above).filter(|_| !chance.one_in(4)));
                    let opinion = Opinion { confidence_bps: 10_000, stop, target, reasons: Vec::new() };
                    ctx.signal(instrument, Direction::Long, opinion);
                }
                4 => ctx.signal(instrument, Direction::Flat, Opinion::default()),
                5 | 6 => {
                    let side = if chance.one_in(3) { Side::Sell } else { Side::Buy };
                    let kind = match chance.below(7) {
                        0 => OrderKind::StopMarket { trigger: around },
                        1 => OrderKind::StopLimit { trigger: around, price: below },
                        2 => OrderKind::TakeProfitLimit { trigger: above, price: above },
                        3 => OrderKind::TrailingStop { by: TrailBy::Price(Price(1.into())) },
                        _ => OrderKind::Limit { price: around, time_in_force: TimeInForce::GoodTilCanceled },
                    };
                    let quantity = Quantity(Decimal::new(chance.between(10, 200), 2));
                    let owner = Owner::Operator;
                    let request =
                        OrderRequest { owner, instrument, side, quantity, kind, bracket: None, oco: None, protects: None };
                    ctx.submit(request);
                }
                7 | 8 => {
                    let Some((order, request)) = own else { continue };
                    let quantity = chance
                        .one_in(2)
                        .then(|| Quantity((request.quantity.0 * Decimal::new(chance.between(30, 200), 2)).round_dp(2)))
                        .filter(|quantity| quantity.is_positive());
                    let price = request.kind.limit_price().map(|_| around);
                    let trigger = request.kind.trigger().filter(|_| chance.one_in(2)).map(|_| around);
                    ctx.amend(Amendment { order, quantity, price, trigger });
                }
                9 => {
                    if let Some((order, _)) = own {
                        ctx.cancel(order);
                    }
                }
                _ => {}
            }
        }
    }

    fn hash_state(&self, hasher: &mut StateHasher) {
        hasher.write(&self.is_quiet);
    }
}
