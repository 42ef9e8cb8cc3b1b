//! A naive ledger in whole numbers, and a venue that does what it is asked.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use engine::engine::Engine;
use engine::event::{Command, Decision, Event, Input, Record};
use engine::instrument::InstrumentId;
use engine::market::Side;
use engine::number::{Amount, Decimal};
use engine::order::{CancelReason, Fill, Liquidity, OrderId, OrderKind, OrderRequest, Owner};
use engine::state::State;
use engine::text::Names;
use engine::time::Timestamp;

/// Everything in hundred-millionths.
const SCALE: u32 = 8;

#[derive(Default)]
pub struct Ledger {
    balances: BTreeMap<String, i128>,
    positions: BTreeMap<(Owner, InstrumentId), Kept>,
    requests: BTreeMap<OrderId, OrderRequest>,
    counted: BTreeSet<(OrderId, u64)>,
    folded: State,
}

#[derive(Default)]
struct Kept {
    quantity: i128,
    /// What buys cost less what sales brought, fees aside.
    spent: i128,
    /// Of the round trips.
    profit: Amount,
    /// More was sold than was there, or a fee ate a whole buy: only the balances are exact then.
    beyond: bool,
}

fn whole(value: Decimal) -> i128 {
    let mut value = value;
    value.rescale(SCALE);
    value.mantissa()
}

impl Ledger {
    /// Books a step.
    pub fn take(&mut self, records: &[Record]) {
        match &records[0].event {
            Event::Input(Input::Deposited { currency, amount }) => self.add(currency.as_str(), whole(amount.0)),
            Event::Input(Input::OrderFilled(fill)) => self.fill(fill),
            _ => {}
        }
        for record in records {
            self.folded.apply(record);
            let closed = if matches!(record.event, Event::Input(_)) { self.folded.portfolio.just_closed() } else { &[] };
            for trip in closed {
                self.positions.entry((trip.owner, trip.instrument)).or_default().profit += trip.profit();
            }
            if let Event::Decision(Decision::OrderRequested(request)) = &record.event {
                self.requests.insert(OrderId(record.seq), (**request).clone());
            }
        }
    }

    fn add(&mut self, currency: &str, amount: i128) {
        *self.balances.entry(currency.into()).or_default() += amount;
    }

    fn fill(&mut self, fill: &Fill) {
        let Some(request) = self.requests.get(&fill.order).cloned() else { return };
        if fill.quantity.0 <= Decimal::ZERO || !self.counted.insert((fill.order, fill.fill_id)) {
            return;
        }
        let base = ["BTC", "ETH", "BNB"][request.instrument.index() % 3];
        let (quantity, fee) = (whole(fill.quantity.0), whole(fill.fee.0));
        let (price, unit) = (whole(fill.price.0), 10_i128.pow(SCALE));
        let sign = if request.side == Side::Buy { 1 } else { -1 };
        self.add(base, sign * quantity);
        self.add("USDT", -sign * price * quantity / unit);
        self.add(fill.fee_currency.as_str(), -fee);

        let moved = sign * quantity - if fill.fee_currency.as_str() == base { fee } else { 0 };
        let kept = self.positions.entry((request.owner, request.instrument)).or_default();
        kept.beyond |= kept.quantity + moved < 0 || sign * moved <= 0;
        kept.quantity += moved;
        kept.spent += price * moved / unit;
    }

    /// Panics when the state says anything else.
    pub fn compare(&self, state: &State) {
        let balances: BTreeMap<String, i128> =
            state.portfolio.balances().map(|(currency, amount)| (currency.to_string(), whole(amount.0))).collect();
        assert_eq!(balances, self.balances);
        // Divisions round at the 28th digit.
        let near = |left: Decimal, right: Decimal| (left - right).abs() < Decimal::new(1, 12);
        for (&(owner, instrument), kept) in &self.positions {
            let position = state.portfolio.position(owner, instrument).unwrap();
            assert!(!position.quantity.is_negative(), "{position:?}");
            if kept.beyond {
                continue;
            }
            assert_eq!(whole(position.quantity.0), kept.quantity);
            let spent = Decimal::from_i128_with_scale(kept.spent, SCALE);
            assert!(near(position.cost.0 - position.realised.0, spent), "{spent} is not in {position:?}");
            if position.quantity.is_zero() {
                assert!(position.cost.is_zero(), "{position:?}");
                let profit = kept.profit.0;
                assert!(near(position.realised.0 - position.fees.0, profit), "first in, first out: {profit}, but {position:?}");
            }
        }
    }
}

/// What was said, for the failure's message.
#[derive(Default)]
struct Told(String);

impl Told {
    fn records(&mut self, records: &[Record]) {
        let names = Names::default();
        for record in records {
            writeln!(self.0, "{}", names.line(record)).unwrap();
        }
    }
}

/// Flattens, with a venue that cancels and sells whatever it is asked to.
pub fn flatten_with_a_willing_venue(engine: &mut Engine) {
    let later = |engine: &Engine| Timestamp(engine.state().now.0 + 1);
    let mut told = Told::default();
    told.records(engine.step(later(engine), Input::Operator(Box::new(Command::Flatten))));
    for fill_id in 1_000.. {
        let answer = engine.state().orders.iter().find_map(|order| {
            if order.cancel_requested.is_some() {
                return Some(Input::OrderCanceled { order: order.id, reason: CancelReason::Requested });
            }
            (order.request.kind == OrderKind::Market).then(|| {
                Input::OrderFilled(Box::new(Fill {
                    order: order.id,
                    fill_id,
                    venue_at: Timestamp(0),
                    price: engine::number::Price(100.into()),
                    quantity: order.remaining(),
                    fee: Amount::ZERO,
                    fee_currency: "USDT".parse().unwrap(),
                    liquidity: Liquidity::Taker,
                }))
            })
        });
        let Some(answer) = answer else { break };
        told.records(engine.step(later(engine), answer));
        assert!(fill_id < 2_000, "it never ends: {}", told.0);
    }
    let state = engine.state();
    assert_eq!(state.orders.iter().collect::<Vec<_>>(), Vec::<&engine::orders::OpenOrder>::new());
    for (owner, instrument, position) in state.portfolio.positions() {
        assert!(!state.is_sellable(owner, instrument), "{owner:?} {instrument:?} {position:?}\n{}", told.0);
    }
    assert!(state.closing.is_empty());
}
