//! Records to write.

use std::sync::Arc;

use data::log::{Memory, Options, Reader, Storage, Writer};
use engine::event::{
    Adjustment, Advice, Breaker, Checkpoint, Command, Decision, Denial, DenialReason, Direction, Event, FeedSwitch, Hash, Health,
    Input, Mode, Parameter, Prediction, Rank, Reason, Record, Regime, RegimeChange, Rule, Scan, Sentiment, Session, Signal,
    StrayOrder, Trend, Trip, Trouble, VenueSnapshot, Volatility,
};
use engine::instrument::{Instrument, InstrumentId};
use engine::market::{Bar, BookLevels, FeedGap, Funding, Level, Quote, Side, Trade};
use engine::number::{FixedPrice, FixedSize};
use engine::order::{
    Amendment, Bracket, CancelReason, Fill, Liquidity, OrderId, OrderKind, OrderRequest, Owner, RejectReason, StrategyId,
    TimeInForce,
};
use engine::time::{Interval, Timestamp};

/// A small generator of random numbers (splitmix64): a seed names a test.
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    pub fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap()
    }

    fn signed(&mut self, limit: u64) -> i64 {
        self.below(limit).cast_signed()
    }
}

const START: i64 = 1_704_067_200_000_000_000;

pub fn trade(id: Option<u64>) -> Trade {
    Trade {
        instrument: InstrumentId(0),
        venue_at: Timestamp(START),
        price: FixedPrice(500_001),
        size: FixedSize(12_345),
        taker: Side::Sell,
        trade_id: id,
    }
}

pub fn quote() -> Quote {
    Quote {
        instrument: InstrumentId(1),
        venue_at: Timestamp(START + 5),
        bid_price: FixedPrice(99),
        bid_size: FixedSize(-7),
        ask_price: FixedPrice(101),
        ask_size: FixedSize(8),
    }
}

pub fn bar() -> Bar {
    Bar {
        instrument: InstrumentId(0),
        interval: Interval(60),
        opened_at: Timestamp(START - 60_000_000_000),
        open: FixedPrice(10),
        high: FixedPrice(14),
        low: FixedPrice(9),
        close: FixedPrice(12),
        volume: FixedSize(1_000),
    }
}

fn levels() -> BookLevels {
    let level = |price, size| Level { price: FixedPrice(price), size: FixedSize(size) };
    BookLevels {
        instrument: InstrumentId(0),
        venue_at: Timestamp(START),
        bids: Box::new([level(99, 5), level(98, 0)]),
        asks: Box::new([level(101, 7)]),
    }
}

fn request() -> OrderRequest {
    OrderRequest {
        owner: Owner::Strategy(StrategyId(2)),
        instrument: InstrumentId(0),
        side: Side::Buy,
        quantity: "0.5".parse().unwrap(),
        kind: OrderKind::Limit { price: "50000.1".parse().unwrap(), time_in_force: TimeInForce::PostOnly },
        bracket: Some(Bracket { stop: Some("49000".parse().unwrap()), target: None }),
        oco: Some(OrderId(7)),
        protects: Some(OrderId(6)),
    }
}

pub fn fill() -> Fill {
    Fill {
        order: OrderId(9),
        fill_id: 77,
        venue_at: Timestamp(START),
        price: "50000.10".parse().unwrap(),
        quantity: "0.25".parse().unwrap(),
        fee: "-0.001".parse().unwrap(),
        fee_currency: "USDT".parse().unwrap(),
        liquidity: Liquidity::Maker,
    }
}

fn amendment() -> Amendment {
    Amendment { order: OrderId(9), quantity: None, price: Some("1.5".parse().unwrap()), trigger: None }
}

fn session() -> Session {
    Session {
        parent: None,
        build: "tickfold 0.1.0".to_owned(),
        config: Hash([7; 32]),
        seed: 42,
        mode: Mode::Paper,
        currency: "USDT".parse().unwrap(),
        strategies: vec!["ema_cross".to_owned(), "buy_and_hold".to_owned()],
        checkpoint_every: 10_000,
    }
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
        min_size: "0.001".parse().unwrap(),
        maker_fee: "0.0008".parse().unwrap(),
        taker_fee: "0.001".parse().unwrap(),
    }
}

fn signal() -> Signal {
    Signal {
        strategy: StrategyId(1),
        instrument: InstrumentId(0),
        direction: Direction::Long,
        confidence_bps: 6_500,
        stop: Some("49000".parse().unwrap()),
        target: None,
        reasons: vec![Reason::new("rsi_14", "28.4".parse().unwrap())],
    }
}

/// One event of each kind: the first ones in the order of their numbers, then those that were added.
pub fn every_kind() -> Vec<Event> {
    let venue = RejectReason::Venue { code: 51_008, message: "Order failed. Insufficient balance".into() };
    let denial = DenialReason::BelowMinimumSize { quantity: "0.0001".parse().unwrap(), minimum: "0.001".parse().unwrap() };
    let order = OrderId(9);
    let inputs = [
        Input::SessionStarted(Box::new(session())),
        Input::InstrumentListed(Box::new(instrument())),
        Input::Deposited { currency: "USDT".parse().unwrap(), amount: "1000000".parse().unwrap() },
        Input::Trade(trade(Some(17))),
        Input::Quote(quote()),
        Input::Bar(bar()),
        Input::BookSnapshot(Box::new(levels())),
        Input::BookDelta(Box::new(levels())),
        Input::Funding(Box::new(Funding {
            instrument: InstrumentId(0),
            venue_at: Timestamp(START),
            rate: "-0.0001".parse().unwrap(),
        })),
        Input::FeedGap(Box::new(FeedGap { instrument: InstrumentId(0), from: Timestamp(1), to: Timestamp(2) })),
        Input::OrderAccepted(order),
        Input::OrderRejected { order, reason: venue },
        Input::OrderTriggered(order),
        Input::OrderFilled(Box::new(fill())),
        Input::OrderCanceled { order, reason: CancelReason::WouldTake },
        Input::OrderAmended(Box::new(amendment())),
        Input::AmendRejected { order, reason: RejectReason::NotAmendable },
        Input::CancelRejected { order, reason: RejectReason::NotOpen },
        Input::Timer,
        Input::Operator(Box::new(Command::Submit(request()))),
        Input::SessionEnded { skipped_rows: 3 },
    ];
    let decisions = [
        Decision::Signal(Box::new(signal())),
        Decision::OrderRequested(Box::new(request())),
        Decision::AmendRequested(Box::new(amendment())),
        Decision::CancelRequested(order),
        Decision::Denied(Box::new(Denial { strategy: Some(StrategyId(0)), instrument: None, reason: denial })),
        Decision::Alert("the feed is silent".into()),
        Decision::Checkpoint(Box::new(Checkpoint { layout: 1, state: Hash([1; 32]), strategies: Hash([2; 32]) })),
    ];
    let first = inputs.into_iter().map(Event::Input).chain(decisions.into_iter().map(Event::Decision));
    let added = added_inputs().map(Event::Input).chain(added_decisions().map(Event::Decision));
    let venue = venue_inputs().map(Event::Input).chain([Event::Decision(Decision::OrderAdopted(Box::new(stray())))]);
    first.chain(added).chain(venue).collect()
}

fn added_inputs() -> impl Iterator<Item = Input> {
    [
        Input::PredictionReceived(Box::new(Prediction {
            instrument: InstrumentId(0),
            model: "forest".to_owned(),
            up_bps: 6_100,
            valid_until: Timestamp(START),
        })),
        Input::AdviceReceived(Box::new(Advice {
            instrument: InstrumentId(1),
            source: "desk".to_owned(),
            points: -15,
            valid_until: Timestamp(START),
            comment: "news ahead".to_owned(),
        })),
    ]
    .into_iter()
}

fn added_decisions() -> impl Iterator<Item = Decision> {
    [
        Decision::RegimeChanged(Box::new(RegimeChange {
            strategy: StrategyId(1),
            instrument: InstrumentId(0),
            regime: Regime {
                trend: Trend::Ranging,
                trend_confidence_bps: 7_000,
                volatility: Volatility::High,
                volatility_confidence_bps: 5_500,
            },
            reasons: vec![Reason::new("adx_14", "14.2".parse().unwrap())],
        })),
        Decision::BreakerTripped(Box::new(Trip {
            breaker: Breaker::Cooldown,
            instrument: Some(InstrumentId(0)),
            until: Some(Timestamp(START)),
            value: Reason::new("", "-0.012".parse().unwrap()).value,
            limit: Reason::new("", "0".parse().unwrap()).value,
        })),
        Decision::ParameterAdjusted(Box::new(Adjustment {
            parameter: Parameter::MinConfidence,
            from_bps: 4_500,
            to_bps: 5_000,
            rule: Rule::NoWins,
            reasons: vec![Reason::new("win_rate", "0".parse().unwrap())],
        })),
        Decision::HealthAssessed(Box::new(Health {
            score: Reason::new("", "54.3".parse().unwrap()).value,
            parts: vec![Reason::new("win_rate", "0".parse().unwrap())],
        })),
        Decision::MarketScanned(Box::new(Scan {
            strategy: StrategyId(1),
            ranks: vec![Rank {
                instrument: InstrumentId(1),
                score_bps: 7_000,
                breakout_bps: 1,
                momentum_bps: 2,
                mean_reversion_bps: 3,
                volume_bps: 4,
                pattern_bps: 5,
                liquidity_bps: 6,
            }],
        })),
    ]
    .into_iter()
}

fn venue_inputs() -> impl Iterator<Item = Input> {
    [
        Input::VenueSnapshot(Box::new(VenueSnapshot {
            venue_at: Timestamp(START),
            balances: vec![("USDT".parse().unwrap(), "1000.5".parse().unwrap())],
            strays: vec![stray()],
        })),
        Input::TroubleBegan(Trouble::ClockSkew),
        Input::TroubleEnded(Trouble::OrdersLost),
        Input::FeedSwitched(Box::new(FeedSwitch { instrument: Some(InstrumentId(1)), source: "binance".into() })),
        Input::SentimentObserved(Box::new(Sentiment {
            source: "alternative.me".into(),
            name: "fear_and_greed".into(),
            value: Reason::new("", "72".parse().unwrap()).value,
            label: "Greed".into(),
            source_at: Timestamp(START),
        })),
    ]
    .into_iter()
}

fn stray() -> StrayOrder {
    StrayOrder {
        venue_id: 312_269_865_356_374_016,
        instrument: InstrumentId(0),
        side: Side::Buy,
        quantity: "0.5".parse().unwrap(),
        filled: "0.25".parse().unwrap(),
        kind: OrderKind::Limit { price: "49000".parse().unwrap(), time_in_force: TimeInForce::PostOnly },
    }
}

/// Records that look like a run: mostly market data of a few instruments, with everything else among them.
pub fn mixed(first: u64, count: u64, dice: &mut Dice) -> Vec<Record> {
    let kinds = every_kind();
    let mut at = START + first.cast_signed() * 1_000_000;
    (first..first + count)
        .map(|seq| {
            at += dice.signed(1_000_000);
            let venue_at = Timestamp(at - dice.signed(3) * 1_000);
            let instrument = InstrumentId(u32::try_from(dice.below(3)).unwrap());
            let price = FixedPrice(500_000 * i64::from(instrument.0 + 1) + dice.signed(50));
            let size = FixedSize(dice.signed(20_000) * 100);
            let event = match dice.below(20) {
                0 => kinds[dice.index(kinds.len())].clone(),
                1..4 => Event::Input(Input::Quote(Quote {
                    instrument,
                    venue_at,
                    bid_price: price,
                    bid_size: size,
                    ask_price: FixedPrice(price.0 + dice.signed(3)),
                    ask_size: size,
                })),
                4..6 => {
                    Event::Input(Input::Bar(Bar { instrument, opened_at: Timestamp(at - 60_000_000_000), close: price, ..bar() }))
                }
                6 => Event::Input(Input::Trade(trade(None))),
                _ => {
                    let taker = if dice.below(2) == 0 { Side::Buy } else { Side::Sell };
                    Event::Input(Input::Trade(Trade { instrument, venue_at, price, size, taker, trade_id: Some(seq * 3) }))
                }
            };
            let cause = if matches!(event, Event::Decision(_)) { seq.saturating_sub(1) } else { seq };
            Record { seq, at: Timestamp(at), cause, event }
        })
        .collect()
}

pub fn shared(memory: &Memory) -> Arc<dyn Storage> {
    Arc::new(memory.clone())
}

/// A sealed log of these records.
pub fn written(records: &[Record], options: Options) -> Memory {
    let memory = Memory::new();
    let mut writer = Writer::create(shared(&memory), options).unwrap();
    writer.append(records).unwrap();
    writer.close().unwrap();
    memory
}

/// Everything that a log holds.
pub fn read_all(storage: Arc<dyn Storage>) -> Result<Vec<Record>, data::log::LogError> {
    let (mut reader, _) = Reader::open(storage)?;
    let mut records = Vec::new();
    while let Some(block) = reader.next_block()? {
        records.extend_from_slice(block);
    }
    Ok(records)
}
