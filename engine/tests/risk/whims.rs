//! Strategies and a market that act on a stream of chance.

use engine::event::{Direction, Input, Regime, Trend, Volatility};
use engine::hash::StateHasher;
use engine::instrument::InstrumentId;
use engine::market::Side;
use engine::number::{Decimal, Price, Quantity};
use engine::order::{Amendment, Bracket, OrderId, OrderKind, OrderRequest, Owner, TimeInForce, TrailBy};
use engine::strategy::{Context, Opinion, Strategy};

/// How many instruments there are.
pub const INSTRUMENTS: u64 = 5;

/// xorshift64*: good enough for whims.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % limit
    }

    pub fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    pub fn between(&mut self, least: i64, most: i64) -> i64 {
        least + self.below((most - least + 1).unsigned_abs()).cast_signed()
    }

    /// A share from `least` to `most` basis points.
    pub fn share(&mut self, least: i64, most: i64) -> Decimal {
        Decimal::new(self.between(least, most), 4)
    }
}

/// Wishes for anything.
pub struct Whims {
    pub chance: Chance,
}

impl Strategy for Whims {
    fn on_input(&mut self, _input: &Input, ctx: &mut Context<'_>) {
        let chance = &mut self.chance;
        // Now and then several wishes at once: each must count those before it.
        let wishes = if chance.one_in(12) { 4 } else { u64::from(chance.one_in(3)) };
        for _ in 0..wishes {
            let instrument = InstrumentId(u32::try_from(chance.below(INSTRUMENTS)).unwrap());
            let Some(last) = ctx.last_price(instrument) else { continue };
            let at = |share: Decimal| Some(Price((last.0 * share).round_dp(6)));
            let open: Vec<(OrderId, Quantity, OrderKind)> =
                ctx.open_orders(instrument).map(|order| (order.id, order.request.quantity, order.request.kind)).collect();
            let own = (!open.is_empty()).then(|| open[usize::try_from(chance.below(open.len() as u64)).unwrap()]);
            match chance.below(20) {
                0..=6 => {
                    let confidence_bps = u16::try_from(chance.between(3_000, 10_000)).unwrap();
                    let stop = if chance.one_in(2) { at(chance.share(8_500, 10_100)) } else { None };
                    let target = if chance.one_in(3) { at(chance.share(9_900, 12_000)) } else { None };
                    ctx.signal(instrument, Direction::Long, Opinion { confidence_bps, stop, target, reasons: Vec::new() });
                }
                7 | 8 => ctx.signal(instrument, Direction::Flat, Opinion::default()),
                9..=12 => {
                    let side = if chance.one_in(8) { Side::Sell } else { Side::Buy };
                    let price = Price((last.0 * chance.share(9_500, 10_400)).round_dp(4));
                    let time_in_force = TimeInForce::GoodTilCanceled;
                    let kind = match chance.below(6) {
                        0 => OrderKind::Market,
                        1 => OrderKind::StopMarket { trigger: price },
                        2 => OrderKind::TrailingStop { by: TrailBy::Price(Price(last.0 / Decimal::TEN)) },
                        _ => OrderKind::Limit { price, time_in_force },
                    };
                    // Up to 1,500 USDT of it.
                    let worth = Decimal::from(chance.between(1, 1_500));
                    let usdt = usdt_price(ctx, instrument);
                    let quantity = if side == Side::Sell { ctx.held(instrument) } else { Quantity(worth / usdt) };
                    let quantity = quantity.floor_to(Quantity(Decimal::new(1, 2)));
                    let bracket = chance
                        .one_in(2)
                        .then(|| Bracket { stop: at(chance.share(9_000, 9_990)), target: at(Decimal::new(11, 1)) });
                    let owner = Owner::Operator;
                    ctx.submit(OrderRequest { owner, instrument, side, quantity, kind, bracket, oco: None, protects: None });
                }
                13..=16 => {
                    let Some((order, quantity, kind)) = own else { continue };
                    let quantity = chance.one_in(2).then(|| Quantity(quantity.0 * chance.share(5_000, 18_000)));
                    let scaled = |price: Price, share: Decimal| Price((price.0 * share).round_dp(4));
                    let price = kind.limit_price().map(|price| scaled(price, chance.share(9_700, 10_200)));
                    let trigger =
                        kind.trigger().filter(|_| chance.one_in(2)).map(|price| scaled(price, chance.share(9_500, 10_500)));
                    ctx.amend(Amendment { order, quantity, price, trigger });
                }
                17 => {
                    if let Some((order, ..)) = own {
                        ctx.cancel(order);
                    }
                }
                18 => {
                    let trend = if chance.one_in(2) { Trend::Trending } else { Trend::Ranging };
                    let volatility = if chance.one_in(2) { Volatility::Low } else { Volatility::High };
                    let regime = Regime { trend, trend_confidence_bps: 1, volatility, volatility_confidence_bps: 1 };
                    ctx.regime_changed(instrument, regime, Vec::new());
                }
                _ => ctx.wake_at(ctx.now().plus_ns(chance.between(0, 100_000_000_000))),
            }
        }
    }

    fn hash_state(&self, hasher: &mut StateHasher) {
        hasher.write(&self.chance.0);
    }
}

/// About what one is worth.
fn usdt_price(ctx: &Context<'_>, instrument: InstrumentId) -> Decimal {
    let price = |id| ctx.last_price(id).map_or(Decimal::ONE, |price| price.0);
    let quote = if ctx.instrument(instrument).is_some_and(|it| it.quote.as_str() == "BTC") {
        price(InstrumentId(0))
    } else {
        Decimal::ONE
    };
    price(instrument) * quote
}
