//! What rows call things: one word or two, the same in every table and report.

use std::borrow::Cow;

use engine::event::{Parameter, Rule};
use engine::instrument::InstrumentId;
use engine::order::{CancelReason, Owner};
use engine::state::State;

use super::{ExitReason, Fate, Moment, Outcome, Purpose};

/// Who owns it: the strategy's name, or `operator`.
pub fn tag(state: &State, owner: Owner) -> Cow<'_, str> {
    match owner {
        Owner::Operator => Cow::Borrowed("operator"),
        Owner::Strategy(id) => {
            let names = state.session.as_ref().map(|session| &session.strategies);
            let name = names.and_then(|names| names.get(usize::from(id.0)));
            name.map_or_else(|| Cow::Owned(format!("strategy?{}", id.0)), |name| Cow::Borrowed(name.as_str()))
        }
    }
}

/// The venue's name for an instrument.
pub fn symbol(state: &State, id: InstrumentId) -> Cow<'_, str> {
    let market = state.markets.get(id);
    market.map_or_else(|| Cow::Owned(format!("instrument?{}", id.0)), |market| Cow::Borrowed(market.instrument.symbol.as_str()))
}

impl Purpose {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Entry => "entry",
            Self::Exit(reason) => reason.name(),
            Self::Own => "own",
            Self::Manual => "manual",
            Self::Adopted => "adopted",
        }
    }
}

impl ExitReason {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Signal => "signal",
            Self::Stop => "stop",
            Self::TrailingStop => "trailing stop",
            Self::Target => "target",
            Self::Flattened => "flattened",
            Self::EmergencyStop => "emergency stop",
            Self::Unprotected => "unprotected",
            Self::Own => "own",
            Self::Manual => "manual",
        }
    }
}

impl Outcome {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Filled => "filled",
            Self::Canceled(_) => "canceled",
            Self::Rejected => "rejected",
            Self::Open => "open",
        }
    }

    /// Why it was canceled.
    pub fn reason(self) -> Option<&'static str> {
        let Self::Canceled(reason) = self else { return None };
        Some(match reason {
            CancelReason::Requested => "as requested",
            CancelReason::NothingLeftToTake => "nothing left to take",
            CancelReason::CouldNotFillWhole => "could not fill whole",
            CancelReason::WouldTake => "would take",
            CancelReason::Linked => "its linked order ended it",
            CancelReason::InsufficientBalance => "insufficient balance",
            CancelReason::Venue { .. } => "by the venue",
        })
    }
}

impl Moment {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Fill => "fill",
            Self::Deposit => "deposit",
            Self::Day => "day",
            Self::End => "end",
        }
    }
}

impl Fate {
    /// What it is called.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Traded { .. } => "traded",
            Self::Denied { .. } => "denied",
            Self::Ignored => "ignored",
            Self::Superseded => "superseded",
            Self::Canceled => "canceled",
            Self::Waiting => "waiting",
        }
    }
}

/// What a parameter of the controller is called.
pub fn parameter_name(parameter: Parameter) -> &'static str {
    match parameter {
        Parameter::MinConfidence => "min confidence",
        Parameter::SizeScale => "size scale",
    }
}

/// What a rule of the controller is called.
pub fn rule_name(rule: Rule) -> &'static str {
    match rule {
        Rule::NoWins => "no wins",
        Rule::LowWinRate => "low win rate",
        Rule::LowProfitFactor => "low profit factor",
        Rule::DeepDrawdown => "deep drawdown",
        Rule::TooManySignals => "too many signals",
        Rule::Recovered => "recovered",
    }
}
