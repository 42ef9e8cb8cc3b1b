//! A record without what is nobody else's business.
//!
//! What may be shown is listed, kind by kind; whatever is not listed is left out: quantities, fees, balances, profits,
//! limits, stops and targets, the venue's ids and words, alerts, labels, and hashes, which a guess could be checked
//! against. Market data are public and stay as they are.

use std::collections::BTreeSet;
use std::fmt::Debug;

use engine::event::{Command, Decision, Event, Input, Record, Signal};
use engine::instrument::InstrumentId;
use engine::order::{Amendment, OrderId, OrderKind, OrderRequest, Owner, RejectReason, StrategyId};
use engine::text::Names;
use serde_json::{Map, Value, json};

use super::kind::Kind;

/// Makes records fit to be shown to anyone.
#[derive(Default)]
pub struct Redactor {
    names: Names,
    /// Orders with a price of their own: that at which they fill may be it.
    priced: BTreeSet<OrderId>,
}

impl Redactor {
    /// What may be shown of the next record.
    pub fn redact(&mut self, record: &Record) -> Value {
        self.names.learn(record);
        let Record { seq, at, cause, event } = record;
        if let Event::Decision(Decision::OrderRequested(request)) = event
            && request.kind != OrderKind::Market
        {
            self.priced.insert(OrderId(*seq));
        }
        let mut shown = Map::new();
        let mut add = |name: &str, value: Value| drop(shown.insert(name.to_owned(), value));
        add("seq", (*seq).into());
        add("at", at.to_string().into());
        add("cause", (*cause).into());
        add("kind", Kind::of(event).to_string().into());
        match event {
            Event::Input(input) => self.input(record, input, &mut add),
            Event::Decision(decision) => self.decision(decision, &mut add),
        }
        shown.into()
    }

    fn input(&self, record: &Record, input: &Input, add: &mut dyn FnMut(&str, Value)) {
        match input {
            Input::Trade(_)
            | Input::Quote(_)
            | Input::Bar(_)
            | Input::BookSnapshot(_)
            | Input::BookDelta(_)
            | Input::Funding(_)
            | Input::FeedGap(_)
            | Input::InstrumentListed(_) => add("text", self.names.line(record).to_string().into()),
            Input::SessionStarted(session) => {
                add("build", session.build.clone().into());
                add("seed", session.seed.into());
                add("mode", word(session.mode));
                add("currency", session.currency.to_string().into());
                add("strategies", session.strategies.len().into());
                add("checkpoint_every", session.checkpoint_every.into());
                add("has_parent", session.parent.is_some().into());
            }
            Input::Deposited { currency, .. } => add("currency", currency.to_string().into()),
            Input::OrderAccepted(order) | Input::OrderTriggered(order) => add("order", order.0.into()),
            Input::OrderRejected { order, reason }
            | Input::AmendRejected { order, reason }
            | Input::CancelRejected { order, reason } => {
                add("order", order.0.into());
                add("reason", rejection(reason));
            }
            Input::OrderFilled(fill) => {
                add("order", fill.order.0.into());
                if !self.priced.contains(&fill.order) {
                    add("price", fill.price.to_string().into());
                }
                add("fee_currency", fill.fee_currency.to_string().into());
                add("liquidity", word(fill.liquidity));
            }
            Input::OrderCanceled { order, reason } => {
                add("order", order.0.into());
                add("reason", word(reason));
            }
            Input::OrderAmended(amendment) => amended(amendment, add),
            Input::Operator(command) => add("command", operator(command)),
            Input::SessionEnded { skipped_rows } => add("skipped_rows", (*skipped_rows).into()),
            Input::PredictionReceived(prediction) => add("instrument", self.symbol(prediction.instrument)),
            Input::AdviceReceived(advice) => add("instrument", self.symbol(advice.instrument)),
            Input::VenueSnapshot(snapshot) => {
                add("balances", snapshot.balances.len().into());
                add("strays", snapshot.strays.len().into());
            }
            Input::TroubleBegan(trouble) | Input::TroubleEnded(trouble) => add("trouble", trouble.name().into()),
            Input::FeedSwitched(switch) => add("source", (*switch.source).into()),
            Input::Timer | Input::SentimentObserved(_) => {}
        }
    }

    fn decision(&self, decision: &Decision, add: &mut dyn FnMut(&str, Value)) {
        match decision {
            Decision::Signal(signal) => self.signal(signal, add),
            Decision::OrderRequested(request) => self.request(request, add),
            Decision::AmendRequested(amendment) => amended(amendment, add),
            Decision::CancelRequested(order) => add("order", order.0.into()),
            Decision::Denied(denial) => {
                denial.strategy.into_iter().for_each(|strategy| add("strategy", of(strategy)));
                denial.instrument.into_iter().for_each(|instrument| add("instrument", self.symbol(instrument)));
                add("reason", denial.reason.name().into());
            }
            Decision::Checkpoint(checkpoint) => add("layout", checkpoint.layout.into()),
            Decision::RegimeChanged(change) => {
                add("strategy", of(change.strategy));
                add("instrument", self.symbol(change.instrument));
                add("regime", word(change.regime));
            }
            Decision::BreakerTripped(trip) => {
                add("breaker", trip.breaker.to_string().into());
                trip.instrument.into_iter().for_each(|instrument| add("instrument", self.symbol(instrument)));
                trip.until.into_iter().for_each(|until| add("until", until.to_string().into()));
            }
            Decision::ParameterAdjusted(adjustment) => {
                add("parameter", word(adjustment.parameter));
                add("from_bps", adjustment.from_bps.into());
                add("to_bps", adjustment.to_bps.into());
                add("rule", word(adjustment.rule));
            }
            Decision::HealthAssessed(health) => add("score", health.score.to_string().into()),
            Decision::MarketScanned(scan) => add("strategy", of(scan.strategy)),
            Decision::OrderAdopted(stray) => {
                add("instrument", self.symbol(stray.instrument));
                add("side", word(stray.side));
            }
            Decision::Alert(_) => {}
        }
    }

    fn signal(&self, signal: &Signal, add: &mut dyn FnMut(&str, Value)) {
        add("strategy", of(signal.strategy));
        add("instrument", self.symbol(signal.instrument));
        add("direction", word(signal.direction));
        add("confidence_bps", signal.confidence_bps.into());
        // Not its reasons' values, nor its stop and target, here or in orders: beside the bars they would tell the
        // strategy's parameters.
        let reasons: Vec<Value> = signal.reasons.iter().map(|reason| reason.name.to_string().into()).collect();
        add("reasons", reasons.into());
    }

    fn request(&self, request: &OrderRequest, add: &mut dyn FnMut(&str, Value)) {
        match request.owner {
            Owner::Strategy(strategy) => add("strategy", of(strategy)),
            Owner::Operator => add("strategy", "operator".into()),
        }
        add("instrument", self.symbol(request.instrument));
        add("side", word(request.side));
        let OrderRequest { kind, oco, protects, .. } = *request;
        add("type", json!(format!("{kind:?}").split([' ', '{']).next()));
        for (name, order) in [("oco", oco), ("protects", protects)] {
            if let Some(order) = order {
                add(name, order.0.into());
            }
        }
    }

    fn symbol(&self, id: InstrumentId) -> Value {
        self.names.symbol(id).to_string().into()
    }
}

/// A strategy by its place: its label is its owner's.
fn of(strategy: StrategyId) -> Value {
    strategy.0.into()
}

/// Which of an order's values are new, and none of them.
fn amended(amendment: &Amendment, add: &mut dyn FnMut(&str, Value)) {
    let Amendment { order, quantity, price, trigger } = *amendment;
    add("order", order.0.into());
    let new = [("quantity", quantity.is_some()), ("price", price.is_some()), ("trigger", trigger.is_some())];
    add("new", new.into_iter().filter_map(|(name, is_new)| is_new.then_some(name)).collect());
}

/// The venue's own words may name an account.
fn rejection(reason: &RejectReason) -> Value {
    match reason {
        RejectReason::Venue { code, .. } => format!("venue code {code}").into(),
        reason => word(reason),
    }
}

fn operator(command: &Command) -> Value {
    match command {
        Command::Halt => "halt".into(),
        Command::Resume => "resume".into(),
        Command::Flatten => "flatten".into(),
        Command::Submit(_) => "submit".into(),
        Command::Cancel(order) => format!("cancel {order}").into(),
    }
}

/// Of values that are nothing but a word.
fn word(value: impl Debug) -> Value {
    format!("{value:?}").into()
}
