//! Whatever comes in, in whatever order: what always holds.

use std::collections::BTreeSet;

use engine::engine::{Engine, Entrant};
use engine::event::{Command, Decision, Direction, Event, Input, Record};
use engine::hash::StateHasher;
use engine::instrument::{Currency, InstrumentId};
use engine::market::{Bar, BookLevels, Level, Quote, Side, Trade};
use engine::number::{Amount, FixedPrice, FixedSize, Price, Quantity};
use engine::order::{
    Amendment, Bracket, CancelReason, Fill, Liquidity, OrderId, OrderKind, OrderRequest, RejectReason, TimeInForce,
};
use engine::state::State;
use engine::strategy::{Context, Opinion, Strategy as Trader};
use engine::time::{Interval, Timestamp};
use proptest::prelude::*;

use crate::ledger::{Ledger, flatten_with_a_willing_venue};
use crate::stage::{instrument, session};

/// Decides by a stream of chance that goes on with each input.
struct Fickle {
    chance: u64,
    /// From a `Flatten` to the next `Resume`.
    rests: bool,
}

impl Fickle {
    /// xorshift64*: good enough for whims.
    fn draw(&mut self, below: u64) -> u64 {
        self.chance ^= self.chance >> 12;
        self.chance ^= self.chance << 25;
        self.chance ^= self.chance >> 27;
        (self.chance.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % below
    }
}

impl Trader for Fickle {
    fn on_input(&mut self, input: &Input, ctx: &mut Context<'_>) {
        match input {
            Input::Operator(command) if **command == Command::Flatten => self.rests = true,
            Input::Operator(command) if **command == Command::Resume => self.rests = false,
            _ => {}
        }
        if self.rests {
            return;
        }
        let instrument = InstrumentId(u32::try_from(self.draw(3)).unwrap());
        let price = |units: u64| Some(Price(units.into()));
        let own = ctx.open_orders(instrument).next().map(|order| order.id);
        match self.draw(12) {
            0 | 1 => ctx.signal(instrument, Direction::Long, Opinion::default()),
            2 => {
                let opinion = Opinion { stop: price(90), target: price(110), ..Opinion::default() };
                ctx.signal(instrument, Direction::Long, opinion);
            }
            3 | 4 => ctx.signal(instrument, Direction::Flat, Opinion::default()),
            5 => {
                let kind = match self.draw(4) {
                    0 => OrderKind::Market,
                    1 => OrderKind::StopMarket { trigger: Price(95.into()) },
                    _ => OrderKind::Limit { price: Price(100.into()), time_in_force: TimeInForce::GoodTilCanceled },
                };
                let side = if self.draw(2) == 0 { Side::Buy } else { Side::Sell };
                let bracket = (self.draw(3) == 0).then_some(Bracket { stop: price(80), target: None });
                let oco = (self.draw(4) == 0).then_some(OrderId(self.draw(40)));
                let protects = (self.draw(4) == 0).then_some(OrderId(self.draw(40)));
                let quantity = Quantity(self.draw(4).into());
                let owner = engine::order::Owner::Operator;
                ctx.submit(OrderRequest { owner, instrument, side, quantity, kind, bracket, oco, protects });
            }
            6 => ctx.cancel(own.unwrap_or(OrderId(self.draw(40)))),
            7 => {
                let order = own.unwrap_or(OrderId(self.draw(40)));
                ctx.amend(Amendment { order, quantity: Some(Quantity(self.draw(5).into())), price: price(99), trigger: None });
            }
            8 => ctx.wake_at(Timestamp(ctx.now().0 + i64::try_from(self.draw(5)).unwrap() - 2)),
            _ => {}
        }
    }

    fn hash_state(&self, hasher: &mut StateHasher) {
        hasher.write(&(self.chance, self.rests));
    }
}

/// What happens next, before the orders that it may be about are known.
#[derive(Clone, Debug)]
enum Happening {
    Data(Input),
    /// On the order so far back in the list of all that were requested; beyond it, on one that never was.
    Report(usize, Report),
}

#[derive(Clone, Debug)]
enum Report {
    Accepted,
    Triggered,
    Rejected(RejectReason),
    Canceled(CancelReason),
    CancelRejected,
    AmendRejected,
    Amended { quantity: i64 },
    Filled { fill_id: u64, price: i64, quantity: i64, fee: i64, currency: usize },
}

const CURRENCIES: [&str; 4] = ["USDT", "BTC", "ETH", "BNB"];

fn fresh_engine(seed: u64) -> Engine {
    let entrant = |seed: u64, size: &str| Entrant {
        strategy: Box::new(Fickle { chance: seed | 1, rests: false }),
        symbols: None,
        size: size.parse().unwrap(),
    };
    Engine::new(vec![entrant(seed, "1"), entrant(seed.rotate_left(17) ^ 0xabcd, "30%")])
}

fn data() -> impl Strategy<Value = Input> {
    let id = (0..4_u32).prop_map(InstrumentId);
    let price = prop_oneof![20 => 8_000..12_000_i64, 1 => Just(0), 1 => any::<i64>()].prop_map(FixedPrice);
    let (size, venue_at) = (FixedSize(100), Timestamp(0));
    let trade = (id.clone(), price.clone()).prop_map(move |(instrument, price)| {
        Input::Trade(Trade { instrument, venue_at, price, size, taker: Side::Buy, trade_id: None })
    });
    let quote = (id.clone(), price.clone(), price.clone()).prop_map(move |(instrument, bid_price, ask_price)| {
        Input::Quote(Quote { instrument, venue_at, bid_price, bid_size: size, ask_price, ask_size: size })
    });
    let bar = (id.clone(), price.clone()).prop_map(move |(instrument, close)| {
        let (open, high, low, volume) = (close, close, close, size);
        Input::Bar(Bar { instrument, interval: Interval(60), opened_at: venue_at, open, high, low, close, volume })
    });
    let book = (id.clone(), price.clone(), price, any::<bool>()).prop_map(move |(instrument, bid, ask, whole)| {
        let one = |price| Box::new([Level { price, size }]);
        let levels = Box::new(BookLevels { instrument, venue_at, bids: one(bid), asks: one(ask) });
        if whole { Input::BookSnapshot(levels) } else { Input::BookDelta(levels) }
    });
    let listing = (id, 0..14_u8, 0..3_i64).prop_map(|(id, scale, lot)| {
        let mut rules = instrument(id, CURRENCIES[1 + id.index() % 3], "USDT");
        rules.price_scale = scale;
        rules.lot_size = Quantity(lot.into());
        Input::InstrumentListed(Box::new(rules))
    });
    let deposit = (0..4_usize, -50..200_i64).prop_map(|(currency, amount)| Input::Deposited {
        currency: CURRENCIES[currency].parse().unwrap(),
        amount: Amount(amount.into()),
    });
    let command = prop_oneof![
        1 => Just(Command::Halt),
        3 => Just(Command::Resume),
        1 => Just(Command::Flatten),
        1 => (0..60_u64).prop_map(|order| Command::Cancel(OrderId(order))),
        1 => (1..3_i64).prop_map(|units| Command::Submit(OrderRequest {
            quantity: Quantity(units.into()),
            ..crate::stage::request(Side::Buy, "1", OrderKind::Market)
        })),
    ];
    prop_oneof![
        12 => trade,
        4 => quote,
        4 => bar,
        3 => book,
        1 => listing,
        2 => deposit,
        2 => Just(Input::Timer),
        2 => command.prop_map(|command| Input::Operator(Box::new(command))),
    ]
}

fn report() -> impl Strategy<Value = Report> {
    let filled = (0..12_u64, 9_000..11_000_i64, -1..300_i64, -5..30_i64, 0..4_usize)
        .prop_map(|(fill_id, price, quantity, fee, currency)| Report::Filled { fill_id, price, quantity, fee, currency });
    prop_oneof![
        6 => Just(Report::Accepted),
        1 => Just(Report::Triggered),
        2 => prop_oneof![Just(RejectReason::InsufficientBalance), Just(RejectReason::LinkedOrderNotOpen)].prop_map(Report::Rejected),
        4 => prop_oneof![Just(CancelReason::Requested), Just(CancelReason::NothingLeftToTake)].prop_map(Report::Canceled),
        1 => Just(Report::CancelRejected),
        1 => Just(Report::AmendRejected),
        1 => (-100..400_i64).prop_map(|quantity| Report::Amended { quantity }),
        12 => filled,
    ]
}

fn happenings(most: usize) -> impl Strategy<Value = Vec<Happening>> {
    let one = prop_oneof![
        data().prop_map(Happening::Data),
        ((0..6_usize), report()).prop_map(|(back, report)| Happening::Report(back, report)),
    ];
    prop::collection::vec(one, 1..most)
}

fn opening(checkpoint_every: u64) -> Vec<Input> {
    let listed = |id, base| Input::InstrumentListed(Box::new(instrument(InstrumentId(id), base, "USDT")));
    let usdt: Currency = "USDT".parse().unwrap();
    vec![
        session(&["fickle", "other"], checkpoint_every),
        listed(0, "BTC"),
        listed(1, "ETH"),
        Input::Deposited { currency: usdt, amount: Amount(10_000.into()) },
    ]
}

fn input_of(happening: Happening, orders: &[OrderId]) -> Input {
    let (back, report) = match happening {
        Happening::Data(input) => return input,
        Happening::Report(back, report) => (back, report),
    };
    let order = orders.iter().rev().nth(back).copied().unwrap_or(OrderId(1_000_000 + back as u64));
    match report {
        Report::Accepted => Input::OrderAccepted(order),
        Report::Triggered => Input::OrderTriggered(order),
        Report::Rejected(reason) => Input::OrderRejected { order, reason },
        Report::Canceled(reason) => Input::OrderCanceled { order, reason },
        Report::CancelRejected => Input::CancelRejected { order, reason: RejectReason::NotOpen },
        Report::AmendRejected => Input::AmendRejected { order, reason: RejectReason::NotOpen },
        Report::Amended { quantity } => {
            let quantity = Some(Quantity(engine::number::Decimal::new(quantity, 2)));
            Input::OrderAmended(Box::new(Amendment { order, quantity, price: None, trigger: None }))
        }
        Report::Filled { fill_id, price, quantity, fee, currency } => Input::OrderFilled(Box::new(Fill {
            order,
            fill_id,
            venue_at: Timestamp(0),
            price: Price(engine::number::Decimal::new(price, 2)),
            quantity: Quantity(engine::number::Decimal::new(quantity, 2)),
            fee: Amount(engine::number::Decimal::new(fee, 4)),
            fee_currency: CURRENCIES[currency].parse().unwrap(),
            liquidity: Liquidity::Taker,
        })),
    }
}

/// Runs all of it; `watch` sees each step.
fn run(seed: u64, happenings: Vec<Happening>, mut watch: impl FnMut(&Engine, &[Record])) -> (Engine, Vec<Record>) {
    let mut engine = fresh_engine(seed);
    let mut orders = Vec::new();
    let mut all = Vec::new();
    let opening = opening(7).into_iter().map(Happening::Data);
    for (index, happening) in opening.chain(happenings).enumerate() {
        let input = input_of(happening, &orders);
        // Now and then the clock stands still or runs back.
        let at = Timestamp(1_000 + i64::try_from(index).unwrap() * 3 - if index % 5 == 0 { 9 } else { 0 });
        let records = engine.step(at, input).to_vec();
        let requested = |record: &Record| matches!(record.event, Event::Decision(Decision::OrderRequested(_)));
        orders.extend(records.iter().filter(|record| requested(record)).map(|record| OrderId(record.seq)));
        watch(&engine, &records);
        all.extend(records);
    }
    (engine, all)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn the_state_is_the_fold_of_the_records(seed in any::<u64>(), happenings in happenings(120)) {
        let mut folded = State::default();
        let mut checkpoints = 0;
        run(seed, happenings, |engine, records| {
            for record in records {
                if let Event::Decision(Decision::Checkpoint(checkpoint)) = &record.event {
                    assert_eq!(checkpoint.state, folded.hash(), "the state just before the checkpoint");
                    checkpoints += 1;
                }
                folded.apply(record);
            }
            assert!(*engine.state() == folded, "the fold is another state");
        });
        prop_assert!(checkpoints > 0 || folded.count < 8);
    }

    #[test]
    fn records_are_dense_and_in_order(seed in any::<u64>(), happenings in happenings(120)) {
        let mut signals = BTreeSet::new();
        let (_, records) = run(seed, happenings, |_, records| {
            let input = &records[0];
            assert!(matches!(input.event, Event::Input(_)) && input.cause == input.seq);
            for decision in &records[1..] {
                let Event::Decision(decided) = &decision.event else { panic!("one input a step") };
                // An entry that waited for an old position to be closed follows from its signal.
                let waited = matches!(decided, Decision::OrderRequested(_) | Decision::Denied(_)) && signals.contains(&decision.cause);
                let of_this_step = (input.seq..decision.seq).contains(&decision.cause);
                assert!(of_this_step || waited, "a cause lies in the same step, before, or is a signal that waited");
                if matches!(decided, Decision::Signal(_)) {
                    signals.insert(decision.seq);
                }
            }
        });
        for (seq, record) in (0..).zip(&records) {
            prop_assert_eq!(record.seq, seq);
        }
        prop_assert!(records.windows(2).all(|pair| pair[0].at <= pair[1].at));
    }

    #[test]
    fn inputs_alone_give_the_same_records_again_and_so_does_every_prefix(seed in any::<u64>(), happenings in happenings(60)) {
        let (_, records) = run(seed, happenings, |_, _| {});
        let inputs: Vec<_> = records.iter().filter_map(|record| match &record.event {
            Event::Input(input) => Some((record.at, input)),
            Event::Decision(_) => None,
        }).collect();
        for length in 0..=inputs.len() {
            let mut engine = fresh_engine(seed);
            let mut again = Vec::new();
            for &(at, input) in &inputs[..length] {
                again.extend_from_slice(engine.step(at, input.clone()));
            }
            prop_assert_eq!(&again[..], &records[..again.len()]);
            let next = records.get(again.len());
            prop_assert!(next.is_none_or(|record| record.cause == record.seq), "a prefix ends where an input follows");
        }
    }

    #[test]
    fn balances_are_what_deposits_and_fills_make(seed in any::<u64>(), happenings in happenings(120)) {
        let mut ledger = Ledger::default();
        run(seed, happenings, |engine, records| {
            ledger.take(records);
            ledger.compare(engine.state());
        });
    }

    #[test]
    fn an_open_order_has_a_rest_and_a_closed_one_stays_closed(seed in any::<u64>(), happenings in happenings(120)) {
        let mut closed = BTreeSet::new();
        run(seed, happenings, |engine, records| {
            let orders = &engine.state().orders;
            for order in orders.iter() {
                assert!(order.remaining().is_positive(), "{order:?}");
                assert!(!closed.contains(&order.id), "{} came back", order.id);
                assert!(order.filled <= order.request.quantity);
            }
            for record in records {
                match &record.event {
                    Event::Input(Input::OrderRejected { order, .. } | Input::OrderCanceled { order, .. }) => {
                        closed.insert(*order);
                        assert!(orders.get(*order).is_none());
                    }
                    Event::Decision(Decision::CancelRequested(order)) => {
                        assert!(orders.get(*order).is_some_and(|order| order.cancel_requested.is_some()));
                    }
                    _ => {}
                }
            }
        });
    }

    #[test]
    fn flattened_by_a_willing_venue_nothing_is_left(seed in any::<u64>(), happenings in happenings(120)) {
        let (mut engine, _) = run(seed, happenings, |_, _| {});
        flatten_with_a_willing_venue(&mut engine);
    }
}
