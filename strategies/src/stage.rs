//! A stage for transcripts: one strategy, prices in, everything that follows out. The venue fills market orders
//! whole, at the price that it last said, and conditional ones with the first price that reaches them, or with the
//! bar that does: a stop at the worse of its trigger and the bar's open, and before a target.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;

use engine::engine::{Engine, Entrant};
use engine::event::{Decision, Event, Hash, Input, Mode, Record, Session};
use engine::instrument::{Instrument, InstrumentId};
use engine::market::{Bar, Quote, Side, Trade};
use engine::number::{Amount, FixedPrice, FixedSize, Price};
use engine::order::{Amendment, CancelReason, Fill, Liquidity, OrderId, OrderKind, OrderRequest, RejectReason};
use engine::text::Names;
use engine::time::{Interval, SECOND_NS, Timestamp};
use serde_json::{Map, Value};

const SYMBOLS: [&str; 2] = ["BTC-USDT", "ETH-USDT"];

/// Prices of two decimals and sizes of none.
pub(crate) fn instrument(id: u32) -> Instrument {
    let symbol = SYMBOLS[id as usize];
    let (base, quote) = symbol.split_once('-').unwrap();
    Instrument {
        id: InstrumentId(id),
        symbol: symbol.into(),
        base: base.parse().unwrap(),
        quote: quote.parse().unwrap(),
        price_scale: 2,
        size_scale: 0,
        tick_size: "0.01".parse().unwrap(),
        lot_size: "1".parse().unwrap(),
        min_size: "1".parse().unwrap(),
        maker_fee: "0".parse().unwrap(),
        taker_fee: "0".parse().unwrap(),
    }
}

pub(crate) fn trade(instrument: u32, price: i64) -> Input {
    let (instrument, price, size) = (InstrumentId(instrument), FixedPrice(price), FixedSize(1));
    Input::Trade(Trade { instrument, venue_at: Timestamp(0), price, size, taker: Side::Buy, trade_id: None })
}

pub(crate) fn quote(instrument: u32, bid: i64, ask: i64) -> Input {
    let (instrument, bid_price, ask_price, size) = (InstrumentId(instrument), FixedPrice(bid), FixedPrice(ask), FixedSize(1));
    Input::Quote(Quote { instrument, venue_at: Timestamp(0), bid_price, bid_size: size, ask_price, ask_size: size })
}

pub(crate) fn bar(instrument: u32, close: i64) -> Input {
    let (instrument, price, volume) = (InstrumentId(instrument), FixedPrice(close), FixedSize(1));
    let (open, high, low, close, opened_at) = (FixedPrice(1), price, FixedPrice(1), price, Timestamp(0));
    Input::Bar(Bar { instrument, interval: Interval(60), opened_at, open, high, low, close, volume })
}

/// Hourly bars one after the other from the first close in cents on: each opens at the close before it, its high and
/// low are `wick` cents further out.
pub(crate) fn hours(wick: i64, closes_and_volumes: impl IntoIterator<Item = (i64, i64)>) -> Vec<Bar> {
    let mut last = None;
    let rows = closes_and_volumes.into_iter().zip(0..).map(|((close, volume), hour)| {
        let open = last.replace(close).unwrap_or(close);
        let [high, low] = [open.max(close) + wick, open.min(close) - wick];
        let (interval, opened_at) = (Interval(3_600), Timestamp(hour * 3_600 * SECOND_NS));
        let [open, high, low, close] = [open, high, low, close].map(FixedPrice);
        Bar { instrument: InstrumentId(0), interval, opened_at, open, high, low, close, volume: FixedSize(volume) }
    });
    rows.collect()
}

/// What a strategy of this name makes of the inputs, one a second.
pub(crate) fn transcript(name: &str, params: Value, inputs: Vec<Input>) -> String {
    let mut stage = Stage::new(name, params, &[instrument(0), instrument(1)]);
    // The session's own lines are not told.
    for (input, second) in inputs.into_iter().zip(5..) {
        stage.input(Timestamp(second * SECOND_NS), input);
    }
    stage.transcript.replace("1970-01-01T00:", "")
}

/// What a strategy of this name decides on these bars of BTC-USDT, and what comes of its orders.
pub(crate) fn decisions(name: &str, params: Value, bars: Vec<Bar>) -> String {
    let mut stage = Stage::new(name, params, &[instrument(0)]);
    stage.play(bars);
    stage.decisions()
}

/// A strategy with a venue.
pub(crate) struct Stage {
    pub(crate) engine: Engine,
    pub(crate) records: Vec<Record>,
    names: Names,
    transcript: String,
    resting: Vec<(OrderId, OrderRequest)>,
    answers: VecDeque<Input>,
}

impl Stage {
    pub(crate) fn new(name: &str, params: Value, listed: &[Instrument]) -> Self {
        let params: Map<String, Value> = serde_json::from_value(params).unwrap();
        let strategy = crate::build(name, &params).unwrap();
        let engine = Engine::new(vec![Entrant { strategy, symbols: None, size: "1".parse().unwrap() }]);
        let (names, transcript, records) = (Names::default(), String::new(), Vec::new());
        let mut stage = Self { engine, records, names, transcript, resting: Vec::new(), answers: VecDeque::new() };
        stage.step(Timestamp(0), session(name));
        for rules in listed {
            stage.step(Timestamp(0), Input::InstrumentListed(Box::new(rules.clone())));
        }
        let amount = "1000000000".parse().unwrap();
        stage.step(Timestamp(0), Input::Deposited { currency: "USDT".parse().unwrap(), amount });
        stage.transcript.clear();
        stage.records.clear();
        stage
    }

    /// Bars as they close, with the timers that come due between them.
    pub(crate) fn play(&mut self, bars: impl IntoIterator<Item = Bar>) {
        for bar in bars {
            while let Some(at) = self.engine.next_deadline().filter(|&at| at < bar.closed_at()) {
                self.input(at, Input::Timer);
            }
            self.input(bar.closed_at(), Input::Bar(bar));
        }
    }

    /// One input, and the venue's answers to what follows from it.
    pub(crate) fn input(&mut self, at: Timestamp, input: Input) {
        for (order, price) in self.reached(&input) {
            let Some(index) = self.resting.iter().position(|(id, _)| *id == order) else { continue };
            let (_, request) = self.resting.remove(index);
            self.answers.push_back(fill(order, &request, price));
            let linked = self.resting.extract_if(.., |(id, other)| other.oco == Some(order) || request.oco == Some(*id));
            let canceled = linked.map(|(order, _)| Input::OrderCanceled { order, reason: CancelReason::Linked });
            self.answers.extend(canceled);
        }
        self.step(at, input);
        while let Some(answer) = self.answers.pop_front() {
            self.step(at, answer);
        }
    }

    /// The lines of everything but market data and timers.
    pub(crate) fn decisions(&self) -> String {
        let is_data = |line: &&str| ["< bar", "< trade", "< timer"].iter().any(|kind| line.contains(kind));
        self.transcript.lines().filter(|line| !is_data(line)).fold(String::new(), |all, line| all + line + "\n")
    }

    fn step(&mut self, at: Timestamp, input: Input) {
        self.engine.step(at, input);
        for record in self.engine.records() {
            self.names.learn(record);
            writeln!(self.transcript, "{}", self.names.line(record)).unwrap();
            self.records.push(record.clone());
        }
        for record in self.engine.records().to_vec() {
            if let Event::Decision(decision) = &record.event {
                self.answer(OrderId(record.seq), decision);
            }
        }
    }

    fn answer(&mut self, id: OrderId, decision: &Decision) {
        match decision {
            Decision::OrderRequested(request) if request.kind == OrderKind::Market => {
                let price = self.engine.state().markets.get(request.instrument).and_then(engine::markets::Market::last_price);
                self.answers.push_back(fill(id, request, price.unwrap()));
            }
            Decision::OrderRequested(request) => {
                self.resting.push((id, (**request).clone()));
                self.answers.push_back(Input::OrderAccepted(id));
            }
            Decision::AmendRequested(amendment) => {
                let answer = match self.resting.iter_mut().find(|(id, _)| *id == amendment.order) {
                    Some((_, request)) => amend(request, amendment),
                    None => Input::AmendRejected { order: amendment.order, reason: RejectReason::NotOpen },
                };
                self.answers.push_back(answer);
            }
            Decision::CancelRequested(order) => {
                let order = *order;
                let canceled = self.resting.extract_if(.., |(id, _)| *id == order).next();
                self.answers.push_back(match canceled {
                    Some(_) => Input::OrderCanceled { order, reason: CancelReason::Requested },
                    None => Input::CancelRejected { order, reason: RejectReason::NotOpen },
                });
            }
            _ => {}
        }
    }

    /// The resting orders that an input reaches, stops first, and their prices.
    fn reached(&self, input: &Input) -> Vec<(OrderId, Price)> {
        let (instrument, [open, high, low]) = match input {
            Input::Bar(bar) => (bar.instrument, [bar.open, bar.high, bar.low]),
            Input::Trade(trade) => (trade.instrument, [trade.price; 3]),
            _ => return Vec::new(),
        };
        let rules = &self.engine.state().markets.get(instrument).unwrap().instrument;
        let [open, high, low] = [open, high, low].map(|price| rules.price(price));
        let mine = || self.resting.iter().filter(|(_, request)| request.instrument == instrument);
        let stops = mine().filter_map(|(id, request)| match request.kind {
            OrderKind::StopMarket { trigger } if low <= trigger => Some((*id, trigger.min(open))),
            _ => None,
        });
        let targets = mine().filter_map(|(id, request)| match request.kind {
            OrderKind::TakeProfitMarket { trigger } if high >= trigger => Some((*id, trigger.max(open))),
            _ => None,
        });
        stops.chain(targets).collect()
    }
}

fn amend(request: &mut OrderRequest, amendment: &Amendment) -> Input {
    if let (OrderKind::StopMarket { trigger }, Some(new)) = (&mut request.kind, amendment.trigger) {
        *trigger = new;
    }
    request.quantity = amendment.quantity.unwrap_or(request.quantity);
    Input::OrderAmended(Box::new(*amendment))
}

fn fill(order: OrderId, request: &OrderRequest, price: Price) -> Input {
    Input::OrderFilled(Box::new(Fill {
        order,
        fill_id: order.0,
        venue_at: Timestamp(0),
        price,
        quantity: request.quantity,
        fee: Amount::ZERO,
        fee_currency: "USDT".parse().unwrap(),
        liquidity: Liquidity::Taker,
    }))
}

fn session(name: &str) -> Input {
    Input::SessionStarted(Box::new(Session {
        parent: None,
        build: "tickfold test".into(),
        config: Hash::default(),
        seed: 0,
        mode: Mode::Backtest,
        currency: "USDT".parse().unwrap(),
        strategies: vec![name.into()],
        checkpoint_every: u64::MAX,
    }))
}

/// Real candles as bars of BTC-USDT whose prices have two decimals and whose sizes have eight; `None`, loudly, where
/// the folder of market data is not there.
pub(crate) fn history(name: &str) -> Option<Vec<Bar>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/candles/").to_owned() + name;
    #[expect(clippy::disallowed_methods, reason = "a test reads real data")]
    let Ok(packed) = std::fs::read(&path) else {
        eprintln!("SKIPPED: {path} is not there");
        return None;
    };
    let mut text = String::new();
    if Path::new(name).extension().is_some_and(|end| end == "zst") {
        text = String::from_utf8(zstd::stream::decode_all(&packed[..]).unwrap()).unwrap();
    } else {
        flate2::read::MultiGzDecoder::new(&packed[..]).read_to_string(&mut text).unwrap();
    }
    let interval = name.split('_').nth(1).unwrap().parse().unwrap();
    Some(text.lines().skip(1).map(|row| history_bar(row, interval)).collect())
}

fn history_bar(row: &str, interval: Interval) -> Bar {
    let mut columns = row.split(',');
    let opened_at = Timestamp(columns.next().unwrap().parse::<i64>().unwrap() * 1_000_000);
    let mut mantissa = |scale| {
        let (whole, rest) = columns.next().unwrap().split_once('.').unwrap_or_default();
        let digits: String = rest.chars().chain("00000000".chars()).take(scale).collect();
        (whole.to_owned() + &digits).parse::<i64>().unwrap()
    };
    let [open, high, low, close] = [(); 4].map(|()| FixedPrice(mantissa(2)));
    Bar { instrument: InstrumentId(0), interval, opened_at, open, high, low, close, volume: FixedSize(mantissa(8)) }
}
