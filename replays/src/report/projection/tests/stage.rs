//! Runs of chance: two strategies that wish for anything, on the simulated exchange.

use std::sync::{Arc, Mutex};

use engine::engine::{Engine, Entrant};
use engine::event::{Command, Direction, Event, Hash, Input, Mode, Reason, Record, Session};
use engine::hash::StateHasher;
use engine::instrument::{Instrument, InstrumentId};
use engine::market::{Bar, Side, Trade};
use engine::number::{Decimal, FixedPrice, FixedSize, Price, Quantity};
use engine::order::{Amendment, Bracket, OrderKind, OrderRequest, Owner, TimeInForce};
use engine::risk::{Limits, Policy};
use engine::sizing::Size;
use engine::state::State;
use engine::strategy::{Context, Opinion, Strategy};
use engine::time::{Interval, SECOND_NS, Timestamp};
use fastrand::Rng;

use crate::exchange::{BarFill, Exchange, ExchangeConfig};
use crate::gateway::{Gateway, GatewayError};
use crate::report::projection::{Projection, Wanted};
use crate::report::rows::Row;

/// What the market data are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Feed {
    Trades,
    Bars,
}

/// A run of so few market data comes to rest before.
const MOST_RECORDS: usize = 10_000;

/// A run: its log, its rows while it ran, and its last state.
pub struct Scene {
    pub records: Vec<Record>,
    pub rows: Vec<Row>,
    pub state: State,
}

impl Scene {
    /// Runs on so many market data.
    pub fn play(seed: u64, feed: Feed, length: u32) -> Self {
        Self::late(seed, feed, length, |config| config)
    }

    /// The same on an exchange with other latencies.
    pub fn late(seed: u64, feed: Feed, length: u32, latencies: impl FnOnce(ExchangeConfig) -> ExchangeConfig) -> Self {
        let mut random = Rng::with_seed(seed);
        let whims = Arc::new(Mutex::new(random.fork()));
        let entrants = (0..2).map(|_| Entrant {
            strategy: Box::new(Whims { random: whims.clone() }),
            symbols: None,
            size: Size::Equity("0.2".parse().unwrap()),
        });
        let limits = Limits { min_confidence_bps: 4_500, positions: Some(3), ..Limits::off() };
        let policy = Policy { limits, ..Policy::off() };
        let mut engine = Engine::new(entrants.collect()).with_policy(policy);
        let latency = if random.bool() { 0 } else { 300_000 };
        let config = ExchangeConfig {
            fill: if random.bool() { BarFill::Next } else { BarFill::Last },
            entry_latency_us: latency,
            response_latency_us: latency,
            participation_bps: if random.bool() { 0 } else { 2_000 },
            slippage_bps: 3,
            ..ExchangeConfig::default()
        };
        let history = history(random, feed, length).map(Ok::<_, GatewayError>);
        let mut exchange = Exchange::new(history, &latencies(config));
        let (mut records, mut rows) = (Vec::new(), Vec::new());
        let mut projection = Projection::new(Wanted::ALL);
        while let Some((at, input)) = exchange.next(engine.next_deadline()).expect("a history without faults") {
            projection.before(engine.state(), at, &mut |row| rows.push(row));
            let step = engine.step(at, input).to_vec();
            exchange.execute(&step).expect("an exchange that takes everything");
            projection.after(engine.state(), &step, &mut |row| rows.push(row));
            records.extend(step);
            assert!(records.len() < MOST_RECORDS, "seed {seed} comes to no rest: {:#?}", &records[records.len() - 20..]);
        }
        let state = engine.state().clone();
        projection.finish(&state, &mut |row| rows.push(row));
        Self { records, rows, state }
    }

    /// Its rows, from its records alone.
    pub fn rebuilt(&self) -> Vec<Row> {
        let (mut rows, mut state) = (Vec::new(), State::default());
        let mut projection = Projection::new(Wanted::ALL);
        for record in &self.records {
            if matches!(record.event, Event::Input(_)) {
                projection.before(&state, record.at, &mut |row| rows.push(row));
            }
            state.apply(record);
            projection.after(&state, std::slice::from_ref(record), &mut |row| rows.push(row));
        }
        projection.finish(&state, &mut |row| rows.push(row));
        rows
    }

    /// The rows of one kind.
    pub fn of<'a, R>(&'a self, pick: impl Fn(&'a Row) -> Option<&'a R>) -> Vec<&'a R> {
        self.rows.iter().filter_map(pick).collect()
    }
}

fn instrument(id: u32, symbol: &str) -> Instrument {
    let (base, _) = symbol.split_once('-').unwrap();
    Instrument {
        id: InstrumentId(id),
        symbol: symbol.to_owned(),
        base: base.parse().unwrap(),
        quote: "USDT".parse().unwrap(),
        price_scale: 2,
        size_scale: 3,
        tick_size: "0.01".parse().unwrap(),
        lot_size: "0.001".parse().unwrap(),
        min_size: "0.001".parse().unwrap(),
        maker_fee: "-0.0001".parse().unwrap(),
        taker_fee: "0.001".parse().unwrap(),
    }
}

/// Two walks over about two days, with an operator who now and then does something.
fn history(mut random: Rng, feed: Feed, length: u32) -> impl Iterator<Item = (Timestamp, Input)> {
    let begins = Timestamp::parse("2024-01-01T18:00:00Z").unwrap();
    let session = Session {
        parent: None,
        build: "test".to_owned(),
        config: Hash::default(),
        seed: 0,
        mode: Mode::Backtest,
        currency: "USDT".parse().unwrap(),
        strategies: vec!["first".to_owned(), "second".to_owned()],
        checkpoint_every: 10_000,
    };
    let mut inputs = vec![(begins, Input::SessionStarted(Box::new(session)))];
    inputs.extend(
        [(0, "BTC-USDT"), (1, "ETH-USDT")]
            .map(|(id, symbol)| (begins, Input::InstrumentListed(Box::new(instrument(id, symbol))))),
    );
    inputs.push((begins, Input::Deposited { currency: "USDT".parse().unwrap(), amount: "10000".parse().unwrap() }));
    let mut prices = [10_000_i64, 3_000];
    let mut at = begins;
    for _ in 0..length {
        at = at.plus_ns(240 * SECOND_NS);
        for (id, price) in (0_u32..).zip(&mut prices) {
            let instrument = InstrumentId(id);
            let mut step = |price: i64| (price + random.i64(-price / 60..=price / 60)).max(100);
            let (open, inner, close) = (step(*price), [step(*price), step(*price)], step(*price));
            *price = close;
            let size = FixedSize(random.i64(1..5_000));
            let input = match feed {
                Feed::Trades => Input::Trade(Trade {
                    instrument,
                    venue_at: at,
                    price: FixedPrice(close),
                    size,
                    taker: if random.bool() { Side::Buy } else { Side::Sell },
                    trade_id: None,
                }),
                Feed::Bars => Input::Bar(Bar {
                    instrument,
                    interval: Interval(240),
                    opened_at: at.plus_ns(-240 * SECOND_NS),
                    open: FixedPrice(open),
                    high: FixedPrice(open.max(close).max(inner[0]).max(inner[1])),
                    low: FixedPrice(open.min(close).min(inner[0]).min(inner[1])),
                    close: FixedPrice(close),
                    volume: size,
                }),
            };
            inputs.push((at, input));
        }
        let command = match random.u32(0..400) {
            0 => Command::Halt,
            1 => Command::Flatten,
            2..=6 => Command::Resume,
            _ => continue,
        };
        inputs.push((at, Input::Operator(Box::new(command))));
    }
    inputs.push((at, Input::SessionEnded { skipped_rows: 0 }));
    inputs.into_iter()
}

/// Wishes for anything.
struct Whims {
    random: Arc<Mutex<Rng>>,
}

impl Strategy for Whims {
    fn on_input(&mut self, input: &Input, ctx: &mut Context<'_>) {
        let mut random = self.random.lock().unwrap();
        if !matches!(input, Input::Trade(_) | Input::Bar(_) | Input::OrderFilled(_)) || random.u8(0..5) > 0 {
            return;
        }
        let instrument = InstrumentId(random.u32(0..2));
        let Some(last) = ctx.last_price(instrument) else { return };
        let mut near = |least: i64, most: i64| Price((last.0 * Decimal::new(random.i64(least..=most), 4)).round_dp(2));
        let (below, above, around) = (near(9_600, 9_950), near(10_050, 10_400), near(9_900, 10_100));
        let own = ctx.open_orders(instrument).next().map(|order| (order.id, order.request.quantity));
        let held = ctx.held(instrument).floor_to("0.001".parse().unwrap());
        let reasons = vec![Reason::new("whim", Decimal::ONE)];
        let sided = |side, quantity, kind, bracket| OrderRequest {
            owner: Owner::Operator,
            instrument,
            side,
            quantity,
            kind,
            bracket,
            oco: None,
            protects: None,
        };
        match random.u8(0..16) {
            0..=5 => {
                let (stop, target) = (random.bool().then_some(below), random.bool().then_some(above));
                let confidence_bps = random.u16(4_000..10_000);
                ctx.signal(instrument, Direction::Long, Opinion { confidence_bps, stop, target, reasons });
            }
            6..=8 => ctx.signal(instrument, Direction::Flat, Opinion { reasons, ..Opinion::default() }),
            9 => {
                ctx.signal(instrument, Direction::Flat, Opinion::default());
                ctx.signal(instrument, Direction::Long, Opinion { confidence_bps: 9_000, ..Opinion::default() });
            }
            10..=12 => {
                let kind = match random.u8(0..3) {
                    0 => OrderKind::Market,
                    1 => OrderKind::Limit { price: around, time_in_force: TimeInForce::GoodTilCanceled },
                    _ => OrderKind::StopMarket { trigger: above },
                };
                let bracket = random.bool().then_some(Bracket { stop: Some(below), target: None });
                ctx.submit(sided(Side::Buy, Quantity(Decimal::new(random.i64(100..4_000), 3)), kind, bracket));
            }
            13 if held.is_positive() => {
                let kind = if random.bool() {
                    OrderKind::Market
                } else {
                    OrderKind::Limit { price: around, time_in_force: TimeInForce::GoodTilCanceled }
                };
                ctx.submit(sided(Side::Sell, held, kind, None));
            }
            14 => {
                if let Some((order, quantity)) = own {
                    let quantity = Some(Quantity((quantity.0 * Decimal::new(random.i64(5..15), 1)).round_dp(3)));
                    ctx.amend(Amendment { order, quantity, price: None, trigger: None });
                }
            }
            15 => {
                if let Some((order, _)) = own {
                    ctx.cancel(order);
                }
            }
            _ => {}
        }
    }

    fn hash_state(&self, _hasher: &mut StateHasher) {}
}
