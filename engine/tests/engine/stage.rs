//! A stage for transcripts: an engine, strategies that act on cue, a venue that says what the test says.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use engine::engine::{Engine, Entrant};
use engine::event::{Command, Decision, Direction, Event, Hash, Input, Mode, Record, Session};
use engine::hash::StateHasher;
use engine::instrument::{Instrument, InstrumentId};
use engine::market::{Side, Trade};
use engine::number::{FixedPrice, FixedSize};
use engine::order::{
    CancelReason, Fill, Liquidity, OrderId, OrderKind, OrderRequest, Owner, RejectReason, StrategyId, TimeInForce,
};
use engine::strategy::{Context, Opinion, Strategy};
use engine::text::Names;
use engine::time::{SECOND_NS, Timestamp};

pub const BTC: InstrumentId = InstrumentId(0);
pub const ETH: InstrumentId = InstrumentId(1);

type Cue = Box<dyn FnOnce(&mut Context<'_>) + Send>;

/// Does at its next input what it was told.
#[derive(Clone, Default)]
struct Cued {
    cues: Arc<Mutex<Vec<Cue>>>,
}

impl Strategy for Cued {
    fn on_input(&mut self, _input: &Input, ctx: &mut Context<'_>) {
        for cue in self.cues.lock().unwrap().drain(..) {
            cue(ctx);
        }
    }

    fn hash_state(&self, _hasher: &mut StateHasher) {}
}

pub struct Stage {
    pub engine: Engine,
    pub names: Names,
    pub at: Timestamp,
    pub orders: Vec<OrderId>,
    pub records: Vec<Record>,
    transcript: String,
    strategies: Vec<Cued>,
}

pub fn session(strategies: &[&str], checkpoint_every: u64) -> Input {
    Input::SessionStarted(Box::new(Session {
        parent: None,
        build: "tickfold test".into(),
        config: Hash::default(),
        seed: 0,
        mode: Mode::Backtest,
        currency: "USDT".parse().unwrap(),
        strategies: strategies.iter().map(|&name| name.into()).collect(),
        checkpoint_every,
    }))
}

/// `base/quote` with prices and sizes of two decimals.
pub fn instrument(id: InstrumentId, base: &str, quote: &str) -> Instrument {
    Instrument {
        id,
        symbol: format!("{base}-{quote}"),
        base: base.parse().unwrap(),
        quote: quote.parse().unwrap(),
        price_scale: 2,
        size_scale: 2,
        tick_size: "0.01".parse().unwrap(),
        lot_size: "0.01".parse().unwrap(),
        min_size: "0.05".parse().unwrap(),
        maker_fee: "0".parse().unwrap(),
        taker_fee: "0.001".parse().unwrap(),
    }
}

impl Stage {
    /// A session with BTC-USDT, ETH-USDT and 1000 USDT, whose strategies buy 1.
    pub fn new(strategies: &[&str]) -> Self {
        Self::sized(strategies, "1", u64::MAX)
    }

    pub fn sized(names: &[&str], size: &str, checkpoint_every: u64) -> Self {
        let strategies: Vec<_> = names.iter().map(|_| Cued::default()).collect();
        let entrant =
            |strategy: &Cued| Entrant { strategy: Box::new(strategy.clone()), symbols: None, size: size.parse().unwrap() };
        let mut stage = Self {
            engine: Engine::new(strategies.iter().map(entrant).collect()),
            names: Names::default(),
            at: Timestamp(0),
            orders: Vec::new(),
            records: Vec::new(),
            transcript: String::new(),
            strategies,
        };
        stage.input(session(names, checkpoint_every));
        stage.list(instrument(BTC, "BTC", "USDT"));
        stage.list(instrument(ETH, "ETH", "USDT"));
        stage.input(Input::Deposited { currency: "USDT".parse().unwrap(), amount: "1000".parse().unwrap() });
        stage.transcript.clear();
        stage
    }

    /// What a strategy does when it sees its next input.
    pub fn cue(&self, strategy: usize, cue: impl FnOnce(&mut Context<'_>) + Send + 'static) {
        self.strategies[strategy].cues.lock().unwrap().push(Box::new(cue));
    }

    /// One second later, this comes in.
    pub fn input(&mut self, input: Input) {
        self.at = self.at.plus_ns(SECOND_NS);
        self.input_at(self.at, input);
    }

    pub fn input_at(&mut self, at: Timestamp, input: Input) {
        for record in self.engine.step(at, input) {
            self.names.learn(record);
            self.records.push(record.clone());
            if let Record { seq, event: Event::Decision(Decision::OrderRequested(_)), .. } = record {
                self.orders.push(OrderId(*seq));
            }
            let line = self.names.line(record).to_string();
            // The date says nothing here.
            writeln!(self.transcript, "{}", line.replacen("1970-01-01T00:", "", 1)).unwrap();
        }
    }

    pub fn list(&mut self, instrument: Instrument) {
        self.input(Input::InstrumentListed(Box::new(instrument)));
    }

    pub fn trade(&mut self, cents: i64) {
        self.trade_in(BTC, cents);
    }

    pub fn trade_in(&mut self, instrument: InstrumentId, cents: i64) {
        let (price, size, taker) = (FixedPrice(cents), FixedSize(100), Side::Buy);
        self.input(Input::Trade(Trade { instrument, venue_at: self.at, price, size, taker, trade_id: None }));
    }

    pub fn accept(&mut self, order: usize) {
        self.input(Input::OrderAccepted(self.orders[order]));
    }

    /// A fill of an order, its fee one per mille of the notional; `at` is `quantity @ price`.
    pub fn fill(&mut self, order: usize, fill_id: u64, at: &str) {
        let mut fill = fill(self.orders[order], fill_id, at);
        fill.fee = fill.price * fill.quantity * "0.001".parse().unwrap();
        self.input(Input::OrderFilled(Box::new(fill)));
    }

    /// A fill whose fee is `amount currency`.
    pub fn fill_with_fee(&mut self, order: usize, fill_id: u64, at: &str, fee: &str) {
        let (amount, currency) = fee.split_once(' ').unwrap();
        let (fee, fee_currency) = (amount.parse().unwrap(), currency.parse().unwrap());
        let fill = Fill { fee, fee_currency, ..fill(self.orders[order], fill_id, at) };
        self.input(Input::OrderFilled(Box::new(fill)));
    }

    pub fn canceled(&mut self, order: usize, reason: CancelReason) {
        self.input(Input::OrderCanceled { order: self.orders[order], reason });
    }

    pub fn rejected(&mut self, order: usize, reason: RejectReason) {
        self.input(Input::OrderRejected { order: self.orders[order], reason });
    }

    pub fn operator(&mut self, command: Command) {
        self.input(Input::Operator(Box::new(command)));
    }

    /// Adds a line on what is owned.
    pub fn show_portfolio(&mut self) {
        let (state, out) = (self.engine.state(), &mut self.transcript);
        write!(out, "=").unwrap();
        for (currency, amount) in state.portfolio.balances() {
            write!(out, " {} {currency}", amount.0.normalize()).unwrap();
        }
        for (owner, id, position) in state.portfolio.positions() {
            let who = match owner {
                Owner::Strategy(id) => self.names.strategy(id).to_string(),
                Owner::Operator => "operator".into(),
            };
            let [held, cost, realised, fees] =
                [position.quantity.0, position.cost.0, position.realised.0, position.fees.0].map(|number| number.normalize());
            let symbol = self.names.symbol(id);
            write!(out, ", {who} {held} {symbol} cost {cost} realised {realised} fees {fees}").unwrap();
        }
        match state.equity() {
            Some(equity) => writeln!(out, ", equity {}", equity.0.normalize()).unwrap(),
            None => writeln!(out, ", no equity").unwrap(),
        }
    }

    /// All lines since the last time.
    pub fn transcript(&mut self) -> String {
        std::mem::take(&mut self.transcript)
    }
}

fn fill(order: OrderId, fill_id: u64, at: &str) -> Fill {
    let (quantity, price) = at.split_once(" @ ").unwrap();
    Fill {
        order,
        fill_id,
        venue_at: Timestamp(0),
        price: price.parse().unwrap(),
        quantity: quantity.parse().unwrap(),
        fee: engine::number::Amount::ZERO,
        fee_currency: "USDT".parse().unwrap(),
        liquidity: Liquidity::Taker,
    }
}

pub fn long(ctx: &mut Context<'_>) {
    ctx.signal(BTC, Direction::Long, Opinion { confidence_bps: 10_000, ..Opinion::default() });
}

pub fn flat(ctx: &mut Context<'_>) {
    ctx.signal(BTC, Direction::Flat, Opinion { confidence_bps: 10_000, ..Opinion::default() });
}

/// Long, with a stop and a target.
pub fn long_between(stop: &'static str, target: &'static str) -> impl FnOnce(&mut Context<'_>) + Send {
    let (stop, target) = (stop.parse().ok(), target.parse().ok());
    move |ctx| ctx.signal(BTC, Direction::Long, Opinion { confidence_bps: 10_000, stop, target, reasons: Vec::new() })
}

pub fn request(side: Side, quantity: &str, kind: OrderKind) -> OrderRequest {
    OrderRequest {
        owner: Owner::Strategy(StrategyId(0)),
        instrument: BTC,
        side,
        quantity: quantity.parse().unwrap(),
        kind,
        bracket: None,
        oco: None,
        protects: None,
    }
}

pub fn limit(price: &str) -> OrderKind {
    OrderKind::Limit { price: price.parse().unwrap(), time_in_force: TimeInForce::GoodTilCanceled }
}
