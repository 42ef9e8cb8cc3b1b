//! A live run as a log has it: made up by a venue that fills at prices of its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use data::log::{BlobStore, Chain, Disk, LogError, Options, Writer};
use engine::engine::Engine;
use engine::event::{Command, Decision, Event, Input, Mode, Trouble, VenueSnapshot};
use engine::instrument::{Instrument, InstrumentId};
use engine::market::{Side, Trade};
use engine::number::{Amount, Decimal, FixedPrice, FixedSize, Price, Rate};
use engine::order::{CancelReason, Fill, Liquidity, OrderId, OrderKind, OrderRequest, Owner, RejectReason, TimeInForce};
use engine::time::Timestamp;
use replays::config::Config;
use replays::exchange::Exchange;
use replays::report::Report;
use replays::run::{Log, run};
use replays::session;

use crate::market::{BEGINS_MS, Dice};

/// What the account has at first, the label of its strategy, and the venue's own words: of no interest to others.
pub const BALANCE: &str = "73519.4281";
/// The label of its strategy.
pub const LABEL: &str = "grandmas-secret";
/// What the venue says once.
pub const WORDS: &str = "account 8861723 of J. Doe is not allowed to do this";
/// The name of its key in the keystore.
pub const KEY: &str = "my-okx-key-name";
/// The id of its first fill at the venue.
pub const FILL_ID: u64 = 771_204_663;

struct Venue {
    engine: Engine,
    log: Writer,
    now: Timestamp,
    open: Vec<(OrderId, OrderRequest)>,
    fills: u64,
    refused: bool,
    dice: Dice,
}

/// A live run of so many trades, closed in order.
pub fn live_run(folder: &Path, seed: u64, count: u64) -> PathBuf {
    let strategy = format!("strategy=[{{name='ema_cross', label={LABEL:?}, fast=2, slow=5, size='37.31%'}}]");
    let sets = [strategy, format!("live.keys={KEY:?}"), "risk.enabled=false".to_owned(), "engine.checkpoint_every=40".to_owned()];
    let config = Config::load(&[], std::iter::empty(), &sets).expect("a configuration");
    let disk = Arc::new(Disk::create(folder).unwrap());
    let hash = BlobStore::create(folder).unwrap().put(&config.canonical()).unwrap();
    let mut venue = Venue {
        engine: session::engine(&config).expect("strategies"),
        log: Writer::create(disk, Options::default()).unwrap(),
        now: Timestamp(i64::try_from(BEGINS_MS).unwrap() * 1_000_000),
        open: Vec::new(),
        fills: FILL_ID,
        refused: false,
        dice: Dice(seed),
    };
    for input in session::opening(&config, hash, Mode::Live, None, &[instrument()]) {
        venue.tell(input);
    }
    venue.trade(1_000);
    let balances = vec![("USDT".parse().unwrap(), BALANCE.parse().unwrap())];
    venue.tell(Input::VenueSnapshot(Box::new(VenueSnapshot { venue_at: venue.now, balances, strays: Vec::new() })));
    let mut price = 10_000_i64;
    for place in 0..count {
        price = (price + i64::try_from(venue.dice.below(401)).unwrap() - 200).max(1_000);
        venue.trade(price);
        if place == count / 2 {
            venue.tell(Input::TroubleBegan(Trouble::OrdersLost));
            venue.tell(Input::TroubleEnded(Trouble::OrdersLost));
            venue.tell(Input::Operator(Box::new(Command::Halt)));
            venue.tell(Input::Operator(Box::new(Command::Resume)));
        }
        // Sometimes the venue takes its time.
        if venue.dice.below(3) > 0 {
            venue.work(price);
        }
    }
    venue.tell(Input::SessionEnded { skipped_rows: 0 });
    venue.log.close().unwrap();
    folder.to_owned()
}

impl Venue {
    fn tell(&mut self, input: Input) {
        let records = self.engine.step(self.now, input);
        self.log.append(records).unwrap();
        for record in records {
            match &record.event {
                Event::Decision(Decision::OrderRequested(request)) => self.open.push((OrderId(record.seq), (**request).clone())),
                Event::Decision(Decision::CancelRequested(order)) => {
                    let order = *order;
                    if let Some((_, request)) = self.open.iter_mut().find(|(id, _)| *id == order) {
                        request.quantity = engine::number::Quantity::ZERO;
                    }
                }
                _ => {}
            }
        }
    }

    fn trade(&mut self, price: i64) {
        self.now = self.now.plus_ns(1_000_000_000);
        let (instrument, venue_at) = (InstrumentId(0), self.now.plus_ns(-3_000_000));
        let (price, size) = (FixedPrice(price), FixedSize(10_000));
        self.tell(Input::Trade(Trade { instrument, venue_at, price, size, taker: Side::Buy, trade_id: None }));
    }

    /// Answers what was asked: market orders fill in two parts, a little worse than the price; stops and targets wait.
    fn work(&mut self, price: i64) {
        let asked: Vec<_> = self.open.drain(..).collect();
        let mut waiting = Vec::new();
        for (order, request) in asked {
            self.now = self.now.plus_ns(40_000_000);
            if request.quantity.is_zero() {
                self.tell(Input::OrderCanceled { order, reason: CancelReason::Requested });
                continue;
            }
            if !self.refused {
                self.refused = true;
                self.tell(Input::OrderRejected { order, reason: RejectReason::Venue { code: 51_008, message: WORDS.into() } });
                continue;
            }
            if request.kind != OrderKind::Market {
                self.tell(Input::OrderAccepted(order));
                waiting.push((order, request));
                continue;
            }
            self.tell(Input::OrderAccepted(order));
            let half = engine::number::Quantity((request.quantity.0 / Decimal::TWO).round_dp(4));
            let worse = if request.side == Side::Buy { 3 } else { -3 };
            for quantity in [half, request.quantity - half] {
                let price = Price(Decimal::new(price + worse, 1));
                let fee = Amount((price.0 * quantity.0 * Decimal::new(1, 3)).round_dp(8));
                let (fill_id, venue_at, fee_currency) = (self.fills, self.now, "USDT".parse().unwrap());
                self.fills += 1;
                let liquidity = Liquidity::Taker;
                let fill = Fill { order, fill_id, venue_at, price, quantity, fee, fee_currency, liquidity };
                if !quantity.is_zero() {
                    self.tell(Input::OrderFilled(Box::new(fill)));
                }
            }
        }
        self.open.extend(waiting);
    }
}

/// A paper run of so many trades whose operator places and cancels orders, halts and resumes; it was stopped, not ended.
pub fn paper_run(folder: &Path, seed: u64, count: u64) -> PathBuf {
    let strategy = "strategy=[{name='ema_cross', fast=2, slow=5, size='20%'}]";
    let sets = [strategy, "exchange.entry_latency_us=200000", "seed=4", "risk.enabled=false"];
    let config = Config::load(&[], std::iter::empty(), &sets.map(str::to_owned)).expect("a configuration");
    let disk = Arc::new(Disk::create(folder).unwrap());
    let hash = BlobStore::create(folder).unwrap().put(&config.canonical()).unwrap();
    let mut now = Timestamp(i64::try_from(BEGINS_MS).unwrap() * 1_000_000);
    let opening = session::preamble(&config, hash, Mode::Paper, &[instrument()]);
    let mut history: Vec<(Timestamp, Input)> = opening.into_iter().map(|input| (now, input)).collect();
    let (mut dice, mut price) = (Dice(seed), 10_000_i64);
    for place in 0..count {
        now = now.plus_ns(1_000_000_000);
        price = (price + i64::try_from(dice.below(401)).unwrap() - 200).max(1_000);
        let size = FixedSize(10_000);
        let taker = Side::Sell;
        let trade = Trade { instrument: InstrumentId(0), venue_at: now, price: FixedPrice(price), size, taker, trade_id: None };
        history.push((now, Input::Trade(trade)));
        let by_hand = OrderRequest {
            owner: Owner::Operator,
            instrument: InstrumentId(0),
            side: Side::Buy,
            quantity: "0.01".parse().unwrap(),
            kind: OrderKind::Limit { price: Price(Decimal::new(price / 2, 1)), time_in_force: TimeInForce::GoodTilCanceled },
            bracket: None,
            oco: None,
            protects: None,
        };
        let command = match place % 40 {
            7 => Command::Submit(by_hand),
            9 => Command::Halt,
            12 => Command::Resume,
            _ => continue,
        };
        history.push((now, Input::Operator(Box::new(command))));
    }
    // Whoever cancels by hand has seen the order's id: one run tells it to the next.
    let orders = lived(&config, history.clone(), &mut Chain::default());
    let middle = history.len() / 2;
    let before = orders.iter().rfind(|order| order.0 < middle as u64).expect("one that is open by then");
    let cancel = Input::Operator(Box::new(Command::Cancel(*before)));
    history.insert(middle, (history[middle].0, cancel));
    let mut log = Writer::create(disk, Options::default()).unwrap();
    lived(&config, history, &mut log);
    log.sync().unwrap();
    folder.to_owned()
}

/// Runs it, and gives the orders that the operator asked for.
fn lived(config: &Config, history: Vec<(Timestamp, Input)>, log: &mut impl Log) -> Vec<OrderId> {
    let mut engine = session::engine(config).expect("strategies");
    let mut exchange = Exchange::new(history.into_iter().map(Ok::<_, LogError>), &config.exchange);
    run(&mut engine, &mut exchange, log, &mut Report::default()).expect("a run");
    let orders = engine.state().orders.iter().filter(|order| order.request.owner == Owner::Operator);
    orders.map(|order| order.id).collect()
}

fn instrument() -> Instrument {
    Instrument {
        id: InstrumentId(0),
        symbol: "BTC-USDT".to_owned(),
        base: "BTC".parse().unwrap(),
        quote: "USDT".parse().unwrap(),
        price_scale: 1,
        size_scale: 4,
        tick_size: "0.1".parse().unwrap(),
        lot_size: "0.0001".parse().unwrap(),
        min_size: "0.0001".parse().unwrap(),
        maker_fee: Rate::from_bps(8),
        taker_fee: Rate::from_bps(10),
    }
}
