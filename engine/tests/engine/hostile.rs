//! Records that are well-formed and absurd: `apply` takes them all, and the same twice gives the same.

use engine::event::{Command, Decision, Direction, Event, Input, Reason, Record, Signal};
use engine::instrument::{Instrument, InstrumentId};
use engine::market::{BookLevels, Level, Quote, Side, Trade};
use engine::number::{Amount, Decimal, FixedPrice, FixedSize, Price, Quantity, Rate};
use engine::order::{
    Amendment, Bracket, CancelReason, Fill, Liquidity, OrderId, OrderKind, OrderRequest, Owner, RejectReason, StrategyId, TrailBy,
};
use engine::state::State;
use engine::text::Names;
use engine::time::Timestamp;
use proptest::prelude::*;

use crate::stage::{instrument, session};

/// Any 96 bits at any scale, with a taste for the ends.
fn decimal() -> impl Strategy<Value = Decimal> {
    let any = (any::<[u32; 3]>(), any::<bool>(), 0..29_u32)
        .prop_map(|([lo, mid, hi], negative, scale)| Decimal::from_parts(lo, mid, hi, negative, scale));
    let small = (-200..500_i64, 0..4_u32).prop_map(|(mantissa, scale)| Decimal::new(mantissa, scale));
    prop_oneof![3 => any, 3 => small, 1 => Just(Decimal::MAX), 1 => Just(Decimal::MIN), 1 => Just(Decimal::new(1, 28))]
}

fn order_id() -> impl Strategy<Value = OrderId> {
    prop_oneof![10 => (0..40_u64).prop_map(OrderId), 1 => any::<u64>().prop_map(OrderId)]
}

fn instrument_id() -> impl Strategy<Value = InstrumentId> {
    prop_oneof![10 => (0..4_u32).prop_map(InstrumentId), 1 => Just(InstrumentId(u32::MAX))]
}

fn listing() -> impl Strategy<Value = Instrument> {
    let sane = instrument_id().prop_map(|id| instrument(id, "BTC", "USDT"));
    let wild = (instrument_id(), any::<u8>(), any::<u8>(), decimal(), decimal(), decimal(), decimal());
    let wild = wild.prop_map(|(id, price_scale, size_scale, tick, lot, min, fee)| Instrument {
        price_scale,
        size_scale,
        tick_size: Price(tick),
        lot_size: Quantity(lot),
        min_size: Quantity(min),
        taker_fee: Rate(fee),
        ..instrument(id, "ETH", "BTC")
    });
    prop_oneof![sane, wild]
}

fn request() -> impl Strategy<Value = OrderRequest> {
    let owner = prop_oneof![Just(Owner::Operator), any::<u16>().prop_map(|id| Owner::Strategy(StrategyId(id % 2)))];
    let links = (prop::option::of(order_id()), prop::option::of(order_id()));
    let kind = prop_oneof![
        Just(OrderKind::Market),
        decimal().prop_map(|trigger| OrderKind::StopMarket { trigger: Price(trigger) }),
        decimal().prop_map(|rate| OrderKind::TrailingStop { by: TrailBy::Rate(Rate(rate)) }),
    ];
    let bracket = prop::option::of(prop::option::of(decimal()).prop_map(|stop| Bracket { stop: stop.map(Price), target: None }));
    (owner, instrument_id(), any::<bool>(), decimal(), kind, bracket, links).prop_map(
        |(owner, instrument, buys, quantity, kind, bracket, (oco, protects))| {
            let (side, quantity) = (if buys { Side::Buy } else { Side::Sell }, Quantity(quantity));
            OrderRequest { owner, instrument, side, quantity, kind, bracket, oco, protects }
        },
    )
}

fn input() -> impl Strategy<Value = Input> {
    let venue_at = Timestamp(i64::MAX);
    let currency = || prop::sample::select(vec!["USDT", "BTC", "ETH"]).prop_map(|code| code.parse().unwrap());
    let trade = (instrument_id(), any::<i64>(), any::<i64>()).prop_map(move |(instrument, price, size)| {
        let (price, size) = (FixedPrice(price), FixedSize(size));
        Input::Trade(Trade { instrument, venue_at, price, size, taker: Side::Buy, trade_id: None })
    });
    let quote = (instrument_id(), any::<i64>(), any::<i64>()).prop_map(move |(instrument, bid, ask)| {
        let (bid_price, ask_price, size) = (FixedPrice(bid), FixedPrice(ask), FixedSize(i64::MIN));
        Input::Quote(Quote { instrument, venue_at, bid_price, bid_size: size, ask_price, ask_size: size })
    });
    let book = (instrument_id(), any::<i64>(), any::<i64>()).prop_map(move |(instrument, bid, ask)| {
        let side = |price| Box::new([Level { price: FixedPrice(price), size: FixedSize(i64::MAX) }]);
        Input::BookDelta(Box::new(BookLevels { instrument, venue_at, bids: side(bid), asks: side(ask) }))
    });
    let fill = (order_id(), 0..9_u64, decimal(), decimal(), decimal(), currency()).prop_map(
        move |(order, fill_id, price, quantity, fee, fee_currency)| {
            let (price, quantity, fee, liquidity) = (Price(price), Quantity(quantity), Amount(fee), Liquidity::Maker);
            Input::OrderFilled(Box::new(Fill { order, fill_id, venue_at, price, quantity, fee, fee_currency, liquidity }))
        },
    );
    let amended = (order_id(), decimal(), decimal()).prop_map(|(order, quantity, price)| {
        let (quantity, price) = (Some(Quantity(quantity)), Some(Price(price)));
        Input::OrderAmended(Box::new(Amendment { order, quantity, price, trigger: price }))
    });
    let command = prop_oneof![Just(Command::Flatten), request().prop_map(Command::Submit), order_id().prop_map(Command::Cancel),];
    prop_oneof![
        2 => any::<u64>().prop_map(|every| session(&["a", "b"], every)),
        4 => listing().prop_map(|listing| Input::InstrumentListed(Box::new(listing))),
        4 => (currency(), decimal()).prop_map(|(currency, amount)| Input::Deposited { currency, amount: Amount(amount) }),
        6 => trade,
        2 => quote,
        2 => book,
        8 => fill,
        2 => amended,
        2 => order_id().prop_map(Input::OrderAccepted),
        2 => order_id().prop_map(|order| Input::OrderCanceled { order, reason: CancelReason::Venue { code: 0 } }),
        2 => (order_id(), "\\PC{0,3}\n?\u{85}?").prop_map(|(order, message)| {
            Input::OrderRejected { order, reason: RejectReason::Venue { code: 1, message: message.into() } }
        }),
        4 => command.prop_map(|command| Input::Operator(Box::new(command))),
    ]
}

fn decision() -> impl Strategy<Value = Decision> {
    let signal = (0..3_u16, instrument_id(), any::<bool>(), decimal()).prop_map(|(strategy, instrument, long, stop)| Signal {
        strategy: StrategyId(strategy),
        instrument,
        direction: if long { Direction::Long } else { Direction::Flat },
        confidence_bps: u16::MAX,
        stop: Some(Price(stop)),
        target: None,
        reasons: vec![Reason::new("a\nb", stop)],
    });
    prop_oneof![
        1 => signal.prop_map(|signal| Decision::Signal(Box::new(signal))),
        3 => request().prop_map(|request| Decision::OrderRequested(Box::new(request))),
        1 => order_id().prop_map(Decision::CancelRequested),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![3 => input().prop_map(Event::Input), 1 => decision().prop_map(Event::Decision)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn any_records_fold_and_print(events in prop::collection::vec(event(), 1..60), last in any::<bool>()) {
        let (mut state, mut again, mut names) = (State::default(), State::default(), Names::default());
        let count = events.len() as u64;
        for (index, event) in (0..).zip(events) {
            // Now and then the log is at the end of all numbers.
            let seq = if last && index + 1 == count { u64::MAX } else { index };
            let record = Record { seq, at: Timestamp(i64::MIN), cause: index, event };
            state.apply(&record);
            again.apply(&record);
            names.learn(&record);
            let line = names.line(&record).to_string();
            prop_assert!(!line.contains('\n'), "{}", line);
            let _ = state.equity();
        }
        prop_assert_eq!(state.hash(), again.hash());
        for (_, _, position) in state.portfolio.positions() {
            prop_assert!(!position.quantity.is_negative(), "{:?}", position);
            let _ = (position.average_price(), position.unrealised(Price(Decimal::MAX)));
        }
    }

    #[test]
    fn the_engine_takes_any_inputs(inputs in prop::collection::vec(input(), 1..60), size in prop::sample::select(vec!["1", "100%"])) {
        let entrant = || engine::engine::Entrant { strategy: Box::new(Eager), symbols: None, size: size.parse().unwrap() };
        let mut engine = engine::engine::Engine::new(vec![entrant(), entrant()]);
        for input in inputs {
            let records = engine.step(Timestamp(i64::MAX), input).len();
            prop_assert!(records < 1_000, "{} records in one step", records);
        }
    }
}

/// Wants into and out of everything, protected.
struct Eager;

impl engine::strategy::Strategy for Eager {
    fn on_input(&mut self, _input: &Input, ctx: &mut engine::strategy::Context<'_>) {
        for id in 0..3 {
            let stop = ctx.last_price(InstrumentId(id));
            let direction = if ctx.held(InstrumentId(id)).is_zero() { Direction::Long } else { Direction::Flat };
            let opinion = engine::strategy::Opinion { stop, target: stop, ..Default::default() };
            ctx.signal(InstrumentId(id), direction, opinion);
            ctx.wake_at(ctx.now());
        }
    }

    fn hash_state(&self, _hasher: &mut engine::hash::StateHasher) {}
}
