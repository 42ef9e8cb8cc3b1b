//! The kinds of records, by the words that begin them in the text form.

use std::fmt;

use clap::ValueEnum;
use engine::event::{Decision, Event, Input};

/// A kind of record, in the order of its number in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Kind {
    Session,
    Listed,
    Deposited,
    Trade,
    Quote,
    Bar,
    Book,
    Delta,
    Funding,
    Gap,
    Accepted,
    Rejected,
    Triggered,
    Filled,
    Canceled,
    Amended,
    AmendRejected,
    CancelRejected,
    Timer,
    Operator,
    SessionEnded,
    Prediction,
    Advice,
    Snapshot,
    Trouble,
    TroubleOver,
    Feed,
    Sentiment,
    Signal,
    Order,
    Amend,
    Cancel,
    Denied,
    Alert,
    Checkpoint,
    Regime,
    Breaker,
    Adjusted,
    Health,
    Scan,
    Adopted,
}

impl Kind {
    /// The kind of an event.
    pub fn of(event: &Event) -> Self {
        match event {
            Event::Input(input) => match input {
                Input::SessionStarted(_) => Self::Session,
                Input::InstrumentListed(_) => Self::Listed,
                Input::Deposited { .. } => Self::Deposited,
                Input::Trade(_) => Self::Trade,
                Input::Quote(_) => Self::Quote,
                Input::Bar(_) => Self::Bar,
                Input::BookSnapshot(_) => Self::Book,
                Input::BookDelta(_) => Self::Delta,
                Input::Funding(_) => Self::Funding,
                Input::FeedGap(_) => Self::Gap,
                Input::OrderAccepted(_) => Self::Accepted,
                Input::OrderRejected { .. } => Self::Rejected,
                Input::OrderTriggered(_) => Self::Triggered,
                Input::OrderFilled(_) => Self::Filled,
                Input::OrderCanceled { .. } => Self::Canceled,
                Input::OrderAmended(_) => Self::Amended,
                Input::AmendRejected { .. } => Self::AmendRejected,
                Input::CancelRejected { .. } => Self::CancelRejected,
                Input::Timer => Self::Timer,
                Input::Operator(_) => Self::Operator,
                Input::SessionEnded { .. } => Self::SessionEnded,
                Input::PredictionReceived(_) => Self::Prediction,
                Input::AdviceReceived(_) => Self::Advice,
                Input::VenueSnapshot(_) => Self::Snapshot,
                Input::TroubleBegan(_) => Self::Trouble,
                Input::TroubleEnded(_) => Self::TroubleOver,
                Input::FeedSwitched(_) => Self::Feed,
                Input::SentimentObserved(_) => Self::Sentiment,
            },
            Event::Decision(decision) => match decision {
                Decision::Signal(_) => Self::Signal,
                Decision::OrderRequested(_) => Self::Order,
                Decision::AmendRequested(_) => Self::Amend,
                Decision::CancelRequested(_) => Self::Cancel,
                Decision::Denied(_) => Self::Denied,
                Decision::Alert(_) => Self::Alert,
                Decision::Checkpoint(_) => Self::Checkpoint,
                Decision::RegimeChanged(_) => Self::Regime,
                Decision::BreakerTripped(_) => Self::Breaker,
                Decision::ParameterAdjusted(_) => Self::Adjusted,
                Decision::HealthAssessed(_) => Self::Health,
                Decision::MarketScanned(_) => Self::Scan,
                Decision::OrderAdopted(_) => Self::Adopted,
            },
        }
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Listed => "listed",
            Self::Deposited => "deposited",
            Self::Trade => "trade",
            Self::Quote => "quote",
            Self::Bar => "bar",
            Self::Book => "book",
            Self::Delta => "delta",
            Self::Funding => "funding",
            Self::Gap => "gap",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Triggered => "triggered",
            Self::Filled => "filled",
            Self::Canceled => "canceled",
            Self::Amended => "amended",
            Self::AmendRejected => "amend-rejected",
            Self::CancelRejected => "cancel-rejected",
            Self::Timer => "timer",
            Self::Operator => "operator",
            Self::SessionEnded => "session-ended",
            Self::Prediction => "prediction",
            Self::Advice => "advice",
            Self::Snapshot => "snapshot",
            Self::Trouble => "trouble",
            Self::TroubleOver => "trouble-over",
            Self::Feed => "feed",
            Self::Sentiment => "sentiment",
            Self::Signal => "signal",
            Self::Order => "order",
            Self::Amend => "amend",
            Self::Cancel => "cancel",
            Self::Denied => "denied",
            Self::Alert => "alert",
            Self::Checkpoint => "checkpoint",
            Self::Regime => "regime",
            Self::Breaker => "breaker",
            Self::Adjusted => "adjusted",
            Self::Health => "health",
            Self::Scan => "scan",
            Self::Adopted => "adopted",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_what_is_asked_for() {
        for kind in Kind::value_variants() {
            assert_eq!(Kind::from_str(kind.word(), false), Ok(*kind));
        }
    }
}
