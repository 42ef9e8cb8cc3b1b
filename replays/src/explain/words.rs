//! Records in plain words, as far as they say it themselves.

use engine::event::{
    Command, Decision, DenialReason, Direction, Event, Excess, Input, Parameter, Record, Rule, Signal, Trend, Volatility,
};
use engine::number::{Decimal, Price, Rate};
use engine::order::{CancelReason, Owner};
use engine::text::Names;

/// What a record is, for someone who does not know the text form. `None` where the line says it all.
pub fn plain(names: &Names, record: &Record) -> Option<String> {
    match &record.event {
        Event::Input(input) => Some(input_words(input)),
        Event::Decision(decision) => decision_words(names, decision),
    }
}

fn input_words(input: &Input) -> String {
    match input {
        Input::SessionStarted(_) => "an input: how the session began",
        Input::InstrumentListed(_) => "an input: an instrument's rules",
        Input::Deposited { .. } => "an input: money came in or went out other than by trading",
        Input::Trade(_) => "an input: a public trade",
        Input::Quote(_) => "an input: a new best bid and ask",
        Input::Bar(bar) => {
            let change = i128::from(bar.close.0) - i128::from(bar.open.0);
            let share =
                Decimal::try_from_i128_with_scale(change, 0).ok().and_then(|change| change.checked_div(bar.open.0.into()));
            let share = share.map_or_else(String::new, |share| format!(", {} from open to close", signed_percent(Rate(share))));
            return format!("an input: the bar of {} that opened at {} closed{share}", bar.interval, bar.opened_at);
        }
        Input::BookSnapshot(_) => "an input: a whole order book",
        Input::BookDelta(_) => "an input: levels of an order book changed",
        Input::Funding(_) => "an input: a funding rate",
        Input::FeedGap(_) => "an input: market data are missing",
        Input::OrderAccepted(_) => "the venue has the order",
        Input::OrderRejected { .. } => "the venue refused the order",
        Input::OrderTriggered(_) => "its price was reached: it is live now",
        Input::OrderFilled(_) => "the venue filled it",
        Input::OrderCanceled { reason, .. } => match reason {
            CancelReason::Requested => "it ended as was asked",
            CancelReason::Linked => "it ended because the order that it was linked with did",
            CancelReason::NothingLeftToTake => "it ended: nothing was left to take",
            CancelReason::CouldNotFillWhole => "it ended: it could not be filled whole",
            CancelReason::WouldTake => "it ended: it would have taken what rests, and was not to",
            CancelReason::InsufficientBalance => "it ended: the balance was not enough",
            CancelReason::Venue { .. } => "the venue ended it by itself",
        },
        Input::OrderAmended(_) => "the venue gave the order new values",
        Input::AmendRejected { .. } => "the venue would not change the order",
        Input::CancelRejected { .. } => "the venue would not cancel the order",
        Input::Timer => "an input: a time that a strategy had asked for",
        Input::SessionEnded { .. } => "an input: the session ended",
        Input::Operator(command) => match **command {
            Command::Halt => "an input: an operator stopped new exposure",
            Command::Resume => "an input: an operator let trading go on",
            Command::Flatten => "an input: an operator asked for everything to be sold",
            Command::Submit(_) => "an input: an operator asked for an order",
            Command::Cancel(_) => "an input: an operator asked for an order's end",
        },
        Input::PredictionReceived(_) => "an input: a model's prediction",
        Input::AdviceReceived(_) => "an input: an advisor's adjustment of confidence",
        Input::VenueSnapshot(_) => "an input: what the venue says that the account has",
        Input::TroubleBegan(_) => "an input: something is wrong with the venue, so nothing new is bought",
        Input::TroubleEnded(_) => "an input: what was wrong with the venue is well again",
        Input::FeedSwitched(_) => "an input: market data come from another source",
        Input::SentimentObserved(_) => "an input: what the market thinks",
    }
    .to_owned()
}

fn decision_words(names: &Names, decision: &Decision) -> Option<String> {
    Some(match decision {
        Decision::Signal(signal) => signal_words(names, signal),
        Decision::OrderRequested(_) | Decision::Denied(_) | Decision::Alert(_) => return None,
        Decision::AmendRequested(_) => "the order is to have new values".to_owned(),
        Decision::CancelRequested(_) => "the order is no longer wanted".to_owned(),
        Decision::Checkpoint(_) => "proof of the state at this line".to_owned(),
        Decision::RegimeChanged(change) => {
            let trend = match change.regime.trend {
                Trend::Trending => "go somewhere",
                Trend::Ranging => "go to and fro",
            };
            let volatility = match change.regime.volatility {
                Volatility::Low => "little",
                Volatility::High => "much",
            };
            format!("{} finds that prices {trend} and move {volatility}", names.strategy(change.strategy))
        }
        Decision::BreakerTripped(trip) => {
            let instrument = trip.instrument.map_or_else(String::new, |id| format!(" in {}", names.symbol(id)));
            let until = trip.until.map_or_else(|| "an operator resumes".to_owned(), |until| until.to_string());
            format!("nothing new is bought{instrument} until {until}")
        }
        Decision::ParameterAdjusted(adjustment) => {
            let what = match (adjustment.parameter, adjustment.from_bps < adjustment.to_bps) {
                (Parameter::MinConfidence, true) => "signals have to be surer from here on",
                (Parameter::MinConfidence, false) => "less sure signals get in again",
                (Parameter::SizeScale, true) => "entries are larger again",
                (Parameter::SizeScale, false) => "entries are smaller from here on",
            };
            let why = match adjustment.rule {
                Rule::NoWins => "none of the last trades won",
                Rule::LowWinRate => "too few of the last trades won",
                Rule::LowProfitFactor => "the last trades brought too little for what they lost",
                Rule::DeepDrawdown => "equity is far below its peak",
                Rule::TooManySignals => "more signals came than can be good ones",
                Rule::Recovered => "the figures are good again",
            };
            format!("{what}, as {why}")
        }
        Decision::HealthAssessed(_) => "how well the run goes, of 100".to_owned(),
        Decision::MarketScanned(_) => "how a strategy ranks instruments".to_owned(),
        Decision::OrderAdopted(_) => {
            "an order that the venue had and this session did not ask for is the operator's now".to_owned()
        }
    })
}

fn signal_words(names: &Names, signal: &Signal) -> String {
    let (strategy, symbol) = (names.strategy(signal.strategy), names.symbol(signal.instrument));
    let wants = match signal.direction {
        Direction::Long => "to own",
        Direction::Flat => "to be out of",
    };
    let sure = percent(Rate::from_bps(signal.confidence_bps.into()));
    let reasons: Vec<String> = signal.reasons.iter().map(|reason| format!("{} is {}", reason.name, reason.value)).collect();
    let because = if reasons.is_empty() { String::new() } else { format!(", because {}", and(&reasons)) };
    format!("{strategy} wants {wants} {symbol}, {sure} sure{because}")
}

/// `a, b and c`.
pub(super) fn and(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Who placed an order.
pub(super) fn owner(names: &Names, owner: Owner) -> String {
    match owner {
        Owner::Strategy(id) => names.strategy(id).to_string(),
        Owner::Operator => "operator".to_owned(),
    }
}

/// A share as percent: to the basis point, but never nothing for something.
pub(super) fn percent(rate: Rate) -> String {
    let percent = rate.0.saturating_mul(Decimal::ONE_HUNDRED);
    let decimals = (2..8).find(|decimals| !percent.round_dp(*decimals).is_zero()).unwrap_or(2);
    format!("{} %", percent.round_dp(decimals).normalize())
}

/// The same with its sign.
pub(super) fn signed_percent(rate: Rate) -> String {
    let sign = if rate.is_positive() { "+" } else { "" };
    format!("{sign}{}", percent(rate))
}

/// How far a price is from another, as a share of that; `None` from nothing.
pub(super) fn distance(price: Price, from: Price) -> Option<Rate> {
    (price - from).0.checked_div(from.0).map(Rate)
}

/// A decimal without needless zeros, at most so many decimals.
pub(super) fn short(value: Decimal, decimals: u32) -> Decimal {
    value.round_dp(decimals).normalize()
}

/// The share and the limit of a limit on shares.
pub(super) fn excess(reason: &DenialReason) -> Option<Excess> {
    match reason {
        DenialReason::AssetExposure(excess)
        | DenialReason::TotalExposure(excess)
        | DenialReason::TradeRisk(excess)
        | DenialReason::CorrelatedExposure(excess)
        | DenialReason::ValueAtRisk(excess)
        | DenialReason::OrderTooLarge(excess)
        | DenialReason::PriceBand(excess) => Some(*excess),
        _ => None,
    }
}
