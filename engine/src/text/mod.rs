//! The one text form of a record: for tests, `tickfold log show`, documentation and bug reports.
//!
//! `seq time < input` or `seq time > decision`, then `^cause` when it follows from an earlier record:
//!
//! ```text
//! 41 2024-01-01T00:00:09.500Z < trade BTC-USDT buy 0.0100 @ 50000.1
//! 42 2024-01-01T00:00:09.500Z > signal ema_cross BTC-USDT long 100% ema_10=50000.07 ema_20=49999.98 ^41
//! 43 2024-01-01T00:00:09.500Z > order #43 ema_cross buy 0.0100 BTC-USDT market ^42
//! ```

mod risk;
mod thought;
mod venue;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Display, Formatter};

use crate::event::{Command, Decision, Denial, Direction, Event, Input, Mode, Parent, Reason, Record, Session, Signal};
use crate::instrument::{Instrument, InstrumentId};
use crate::market::{BookLevels, Level, Side};
use crate::number::{Decimal, FixedPrice, FixedSize};
use crate::order::{
    Amendment, CancelReason, Fill, Liquidity, OrderKind, OrderRequest, Owner, RejectReason, StrategyId, TimeInForce, TrailBy,
};

/// What the ids in records are called, learned from the records themselves.
#[derive(Clone, Debug, Default)]
pub struct Names {
    instruments: Vec<Instrument>,
    strategies: Vec<String>,
}

impl Names {
    /// Takes in the names that a record gives.
    pub fn learn(&mut self, record: &Record) {
        match &record.event {
            Event::Input(Input::SessionStarted(session)) => self.strategies.clone_from(&session.strategies),
            Event::Input(Input::InstrumentListed(instrument)) if instrument.fault().is_none() => {
                let (index, next) = (instrument.id.index(), self.instruments.len());
                match self.instruments.get_mut(index) {
                    Some(known) => known.clone_from(instrument),
                    None if index == next => self.instruments.push((**instrument).clone()),
                    None => {}
                }
            }
            _ => {}
        }
    }

    /// A record as one line, without an end of line.
    pub fn line<'a>(&'a self, record: &'a Record) -> impl Display + 'a {
        Line { names: self, record }
    }

    /// An instrument's symbol; its number when it was never listed.
    pub fn symbol(&self, id: InstrumentId) -> impl Display + '_ {
        fmt::from_fn(move |f| match self.instruments.get(id.index()) {
            Some(instrument) => OneLine(&instrument.symbol).fmt(f),
            None => write!(f, "instrument?{}", id.0),
        })
    }

    /// A strategy's name; its number when the session does not give one.
    pub fn strategy(&self, id: StrategyId) -> impl Display + '_ {
        fmt::from_fn(move |f| match self.strategies.get(usize::from(id.0)) {
            Some(name) => OneLine(name).fmt(f),
            None => write!(f, "strategy?{}", id.0),
        })
    }

    fn price(&self, id: InstrumentId, price: FixedPrice) -> impl Display + '_ {
        fmt::from_fn(move |f| match self.instruments.get(id.index()) {
            Some(instrument) => instrument.price(price).fmt(f),
            None => write!(f, "{}?", price.0),
        })
    }

    fn size(&self, id: InstrumentId, size: FixedSize) -> impl Display + '_ {
        fmt::from_fn(move |f| match self.instruments.get(id.index()) {
            Some(instrument) => instrument.quantity(size).fmt(f),
            None => write!(f, "{}?", size.0),
        })
    }

    fn owner(&self, owner: Owner) -> impl Display + '_ {
        fmt::from_fn(move |f| match owner {
            Owner::Strategy(id) => self.strategy(id).fmt(f),
            Owner::Operator => f.write_str("operator"),
        })
    }
}

/// A text from outside, which must not break the line that it is in.
struct OneLine<'a>(&'a str);

impl Display for OneLine<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if !self.0.contains(char::is_control) {
            return f.write_str(self.0);
        }
        let escaped = |c: char| if c.is_control() { write!(f, "{}", c.escape_default()) } else { write!(f, "{c}") };
        self.0.chars().try_for_each(escaped)
    }
}

struct Line<'a> {
    names: &'a Names,
    record: &'a Record,
}

impl Display for Line<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Record { seq, at, cause, event } = self.record;
        write!(f, "{seq} {at} ")?;
        match event {
            Event::Input(input) => {
                f.write_str("< ")?;
                self.input(f, input)?;
            }
            Event::Decision(decision) => {
                f.write_str("> ")?;
                self.decision(f, decision)?;
            }
        }
        if cause != seq {
            write!(f, " ^{cause}")?;
        }
        Ok(())
    }
}

impl Line<'_> {
    fn input(&self, f: &mut Formatter<'_>, input: &Input) -> fmt::Result {
        let names = self.names;
        match input {
            Input::SessionStarted(session) => session_started(f, session),
            Input::InstrumentListed(instrument) => listed(f, instrument),
            Input::Deposited { currency, amount } => write!(f, "deposited {amount} {currency}"),
            Input::Trade(t) => {
                let (symbol, size, price) =
                    (names.symbol(t.instrument), names.size(t.instrument, t.size), names.price(t.instrument, t.price));
                write!(f, "trade {symbol} {} {size} @ {price}", side(t.taker))?;
                t.trade_id.map_or(Ok(()), |id| write!(f, " id {id}"))
            }
            Input::Quote(q) => {
                let (price, size) = (|price| names.price(q.instrument, price), |size| names.size(q.instrument, size));
                let (bid, ask) = (price(q.bid_price), price(q.ask_price));
                write!(
                    f,
                    "quote {} bid {} @ {bid} ask {} @ {ask}",
                    names.symbol(q.instrument),
                    size(q.bid_size),
                    size(q.ask_size)
                )
            }
            Input::Bar(b) => {
                let price = |price| names.price(b.instrument, price);
                write!(f, "bar {} {} open {} high {} ", names.symbol(b.instrument), b.interval, price(b.open), price(b.high))?;
                write!(f, "low {} close {} volume {}", price(b.low), price(b.close), names.size(b.instrument, b.volume))
            }
            Input::BookSnapshot(levels) => self.book(f, "book", levels),
            Input::BookDelta(levels) => self.book(f, "delta", levels),
            Input::Funding(funding) => write!(f, "funding {} {}", names.symbol(funding.instrument), funding.rate),
            Input::FeedGap(gap) => write!(f, "gap {} from {} to {}", names.symbol(gap.instrument), gap.from, gap.to),
            Input::OrderAccepted(order) => write!(f, "accepted {order}"),
            Input::OrderRejected { order, reason } => write!(f, "rejected {order} {}", Refusal(reason)),
            Input::OrderTriggered(order) => write!(f, "triggered {order}"),
            Input::OrderFilled(fill) => filled(f, fill),
            Input::OrderCanceled { order, reason } => write!(f, "canceled {order} {}", cancel_reason(*reason)),
            Input::OrderAmended(amendment) => amended(f, "amended", amendment),
            Input::AmendRejected { order, reason } => write!(f, "amend-rejected {order} {}", Refusal(reason)),
            Input::CancelRejected { order, reason } => write!(f, "cancel-rejected {order} {}", Refusal(reason)),
            Input::Timer => f.write_str("timer"),
            Input::Operator(command) => self.command(f, command),
            Input::SessionEnded { skipped_rows } => write!(f, "session ended, {skipped_rows} rows skipped"),
            Input::PredictionReceived(prediction) => thought::prediction(f, names, prediction),
            Input::AdviceReceived(advice) => thought::advice(f, names, advice),
            Input::VenueSnapshot(snapshot) => venue::snapshot(f, names, snapshot),
            Input::TroubleBegan(trouble) => write!(f, "trouble {trouble}"),
            Input::TroubleEnded(trouble) => write!(f, "trouble-over {trouble}"),
            Input::FeedSwitched(switch) => venue::feed_switch(f, names, switch),
            Input::SentimentObserved(sentiment) => venue::sentiment(f, sentiment),
        }
    }

    fn decision(&self, f: &mut Formatter<'_>, decision: &Decision) -> fmt::Result {
        match decision {
            Decision::Signal(signal) => self.signal(f, signal),
            Decision::OrderRequested(request) => {
                write!(f, "order #{} ", self.record.seq)?;
                self.request(f, request)
            }
            Decision::AmendRequested(amendment) => amended(f, "amend", amendment),
            Decision::CancelRequested(order) => write!(f, "cancel {order}"),
            Decision::Denied(denial) => self.denied(f, denial),
            Decision::Alert(text) => write!(f, "alert {}", OneLine(text)),
            Decision::Checkpoint(checkpoint) => {
                write!(f, "checkpoint state {} strategies {}", checkpoint.state, checkpoint.strategies)
            }
            Decision::RegimeChanged(change) => thought::regime(f, self.names, change),
            Decision::BreakerTripped(trip) => risk::trip(f, self.names, trip),
            Decision::ParameterAdjusted(adjustment) => risk::adjustment(f, adjustment),
            Decision::HealthAssessed(health) => risk::health(f, health),
            Decision::MarketScanned(scan) => thought::scan(f, self.names, scan),
            Decision::OrderAdopted(stray) => {
                write!(f, "adopted #{} ", self.record.seq)?;
                venue::stray(f, self.names, stray)
            }
        }
    }

    fn book(&self, f: &mut Formatter<'_>, name: &str, levels: &BookLevels) -> fmt::Result {
        write!(f, "{name} {}", self.names.symbol(levels.instrument))?;
        for (half, levels_of_half) in [("bids", &levels.bids), ("asks", &levels.asks)] {
            if !levels_of_half.is_empty() {
                write!(f, " {half}")?;
            }
            for Level { price, size } in levels_of_half {
                write!(f, " {}@{}", self.names.size(levels.instrument, *size), self.names.price(levels.instrument, *price))?;
            }
        }
        Ok(())
    }

    fn signal(&self, f: &mut Formatter<'_>, signal: &Signal) -> fmt::Result {
        let direction = match signal.direction {
            Direction::Long => "long",
            Direction::Flat => "flat",
        };
        let (strategy, symbol) = (self.names.strategy(signal.strategy), self.names.symbol(signal.instrument));
        write!(f, "signal {strategy} {symbol} {direction} {}", percent(signal.confidence_bps))?;
        signal.stop.map_or(Ok(()), |stop| write!(f, " stop {stop}"))?;
        signal.target.map_or(Ok(()), |target| write!(f, " target {target}"))?;
        reasons(f, &signal.reasons)
    }

    fn request(&self, f: &mut Formatter<'_>, request: &OrderRequest) -> fmt::Result {
        let (owner, symbol) = (self.names.owner(request.owner), self.names.symbol(request.instrument));
        write!(f, "{owner} {} {} {symbol} {}", side(request.side), request.quantity, Kind(&request.kind))?;
        if let Some(bracket) = request.bracket {
            bracket.stop.map_or(Ok(()), |stop| write!(f, " stop {stop}"))?;
            bracket.target.map_or(Ok(()), |target| write!(f, " target {target}"))?;
        }
        request.protects.map_or(Ok(()), |entry| write!(f, " protects {entry}"))?;
        request.oco.map_or(Ok(()), |other| write!(f, " oco {other}"))
    }

    fn denied(&self, f: &mut Formatter<'_>, denial: &Denial) -> fmt::Result {
        f.write_str("denied ")?;
        match denial.strategy {
            Some(strategy) => self.names.strategy(strategy).fmt(f)?,
            None => f.write_str("operator")?,
        }
        denial.instrument.map_or(Ok(()), |instrument| write!(f, " {}", self.names.symbol(instrument)))?;
        write!(f, " {}", risk::Because(&denial.reason))
    }

    fn command(&self, f: &mut Formatter<'_>, command: &Command) -> fmt::Result {
        match command {
            Command::Halt => f.write_str("operator halt"),
            Command::Resume => f.write_str("operator resume"),
            Command::Flatten => f.write_str("operator flatten"),
            Command::Submit(request) => {
                f.write_str("operator submit ")?;
                self.request(f, request)
            }
            Command::Cancel(order) => write!(f, "operator cancel {order}"),
        }
    }
}

fn reasons(f: &mut Formatter<'_>, reasons: &[Reason]) -> fmt::Result {
    reasons.iter().try_for_each(|reason| write!(f, " {}={}", OneLine(&reason.name), reason.value))
}

/// Basis points as percent.
fn percent(bps: impl Into<i64>) -> impl Display {
    let percent = Decimal::new(bps.into(), 2).normalize();
    fmt::from_fn(move |f| write!(f, "{percent}%"))
}

fn session_started(f: &mut Formatter<'_>, session: &Session) -> fmt::Result {
    let Session { parent, build, config, seed, mode, currency, strategies, checkpoint_every } = session;
    let build = OneLine(build);
    let mode = match mode {
        Mode::Backtest => "backtest",
        Mode::Paper => "paper",
        Mode::Live => "live",
    };
    write!(
        f,
        "session {mode} by {build} config {config} seed {seed} in {currency} checkpoint every {checkpoint_every} strategies"
    )?;
    strategies.iter().try_for_each(|name| write!(f, " {}", OneLine(name)))?;
    parent.map_or(Ok(()), |Parent { digest, count }| write!(f, " after {count} records of {digest}"))
}

fn listed(f: &mut Formatter<'_>, instrument: &Instrument) -> fmt::Result {
    let Instrument { symbol, base, quote, tick_size, lot_size, min_size, maker_fee, taker_fee, .. } = instrument;
    let symbol = OneLine(symbol);
    write!(f, "listed {symbol} {base}/{quote} tick {tick_size} lot {lot_size} min {min_size} maker {maker_fee} taker {taker_fee}")
}

fn filled(f: &mut Formatter<'_>, fill: &Fill) -> fmt::Result {
    let liquidity = match fill.liquidity {
        Liquidity::Maker => "maker",
        Liquidity::Taker => "taker",
    };
    let Fill { order, fill_id, price, quantity, fee, fee_currency, .. } = fill;
    write!(f, "filled {order} {quantity} @ {price} fee {fee} {fee_currency} {liquidity} id {fill_id}")
}

fn amended(f: &mut Formatter<'_>, verb: &str, amendment: &Amendment) -> fmt::Result {
    write!(f, "{verb} {}", amendment.order)?;
    amendment.quantity.map_or(Ok(()), |quantity| write!(f, " quantity {quantity}"))?;
    amendment.price.map_or(Ok(()), |price| write!(f, " price {price}"))?;
    amendment.trigger.map_or(Ok(()), |trigger| write!(f, " trigger {trigger}"))
}

fn side(side: Side) -> &'static str {
    match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    }
}

fn cancel_reason(reason: CancelReason) -> &'static str {
    match reason {
        CancelReason::Requested => "as requested",
        CancelReason::NothingLeftToTake => "nothing left to take",
        CancelReason::CouldNotFillWhole => "could not fill whole",
        CancelReason::WouldTake => "would take",
        CancelReason::Linked => "its linked order ended it",
        CancelReason::InsufficientBalance => "insufficient balance",
        CancelReason::Venue { .. } => "by the venue",
    }
}

struct Refusal<'a>(&'a RejectReason);

impl Display for Refusal<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            RejectReason::InsufficientBalance => "insufficient balance",
            RejectReason::UnknownInstrument => "unknown instrument",
            RejectReason::PriceOffTick => "price off tick",
            RejectReason::QuantityOffLot => "quantity off lot",
            RejectReason::BelowMinimumSize => "below minimum size",
            RejectReason::InvalidNumber => "invalid number",
            RejectReason::NoMarket => "no market",
            RejectReason::NotOpen => "not open",
            RejectReason::NotAmendable => "not amendable",
            RejectReason::BelowFilledQuantity => "below filled quantity",
            RejectReason::LinkedOrderNotOpen => "linked order not open",
            RejectReason::Venue { code, message } => return write!(f, "venue {code} {}", OneLine(message)),
        })
    }
}

struct Kind<'a>(&'a OrderKind);

impl Display for Kind<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            OrderKind::Market => f.write_str("market"),
            OrderKind::Limit { price, time_in_force } => {
                let suffix = match time_in_force {
                    TimeInForce::GoodTilCanceled => "gtc",
                    TimeInForce::ImmediateOrCancel => "ioc",
                    TimeInForce::FillOrKill => "fok",
                    TimeInForce::PostOnly => "post-only",
                };
                write!(f, "limit {price} {suffix}")
            }
            OrderKind::StopMarket { trigger } => write!(f, "stop-market {trigger}"),
            OrderKind::StopLimit { trigger, price } => write!(f, "stop-limit {trigger} limit {price}"),
            OrderKind::TakeProfitMarket { trigger } => write!(f, "take-profit {trigger}"),
            OrderKind::TakeProfitLimit { trigger, price } => write!(f, "take-profit {trigger} limit {price}"),
            OrderKind::TrailingStop { by: TrailBy::Price(distance) } => write!(f, "trailing-stop by {distance}"),
            OrderKind::TrailingStop { by: TrailBy::Rate(rate) } => {
                write!(f, "trailing-stop by {}%", rate.0.saturating_mul(Decimal::ONE_HUNDRED).normalize())
            }
        }
    }
}
