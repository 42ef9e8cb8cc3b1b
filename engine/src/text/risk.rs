//! Lines about how the engine holds itself back.

use core::fmt::{self, Display, Formatter};

use super::{Names, percent, reasons};
use crate::event::{Adjustment, DenialReason, Excess, Health, Parameter, Rule, Trip};
use crate::number::{Decimal, Rate};
use crate::time::Timestamp;

pub(super) fn trip(f: &mut Formatter<'_>, names: &Names, trip: &Trip) -> fmt::Result {
    let Trip { breaker, instrument, until, value, limit } = trip;
    write!(f, "breaker {breaker}")?;
    instrument.map_or(Ok(()), |instrument| write!(f, " {}", names.symbol(instrument)))?;
    write!(f, " {value} of {limit}{}", Until(*until))
}

pub(super) fn adjustment(f: &mut Formatter<'_>, adjustment: &Adjustment) -> fmt::Result {
    let Adjustment { parameter, from_bps, to_bps, rule, reasons: why } = adjustment;
    let parameter = match parameter {
        Parameter::MinConfidence => "min-confidence",
        Parameter::SizeScale => "size-scale",
    };
    let rule = match rule {
        Rule::NoWins => "no wins",
        Rule::LowWinRate => "low win rate",
        Rule::LowProfitFactor => "low profit factor",
        Rule::DeepDrawdown => "deep drawdown",
        Rule::TooManySignals => "too many signals",
        Rule::Recovered => "recovered",
    };
    write!(f, "adjusted {parameter} from {} to {}: {rule}", percent(*from_bps), percent(*to_bps))?;
    reasons(f, why)
}

pub(super) fn health(f: &mut Formatter<'_>, health: &Health) -> fmt::Result {
    write!(f, "health {}", health.score)?;
    reasons(f, &health.parts)
}

struct Until(Option<Timestamp>);

impl Display for Until {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(until) => write!(f, " until {until}"),
            None => f.write_str(" until resumed"),
        }
    }
}

/// A rate as percent, to the basis point.
struct Percent(Rate);

impl Display for Percent {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0.0.saturating_mul(Decimal::ONE_HUNDRED).round_dp(2).normalize())
    }
}

/// Why something is not done, in words.
pub(super) struct Because<'a>(pub &'a DenialReason);

impl Display for Because<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let excess = |f: &mut Formatter<'_>, what: &str, excess: &Excess| {
            write!(f, "{what} would be {}, {} is the most", Percent(excess.share), Percent(excess.limit))
        };
        match self.0 {
            DenialReason::Halted => f.write_str("trading is halted"),
            DenialReason::UnknownInstrument => f.write_str("unknown instrument"),
            DenialReason::NoPrice => f.write_str("no price yet"),
            DenialReason::BelowMinimumSize { quantity, minimum } => {
                write!(f, "quantity {quantity} is below the minimum {minimum}")
            }
            DenialReason::TooManyOpenOrders { limit } => write!(f, "{limit} orders are open, the limit"),
            DenialReason::NotOpen { order } => write!(f, "order {order} is not open"),
            DenialReason::NotYours { order } => write!(f, "order {order} belongs to another"),
            DenialReason::LowConfidence { confidence_bps, minimum_bps } => {
                write!(f, "confidence {} is below {}", percent(*confidence_bps), percent(*minimum_bps))
            }
            DenialReason::AssetExposure(share) => excess(f, "the asset's exposure", share),
            DenialReason::TotalExposure(share) => excess(f, "the exposure", share),
            DenialReason::TradeRisk(share) => excess(f, "the trade's risk", share),
            DenialReason::CorrelatedExposure(share) => excess(f, "the correlated exposure", share),
            DenialReason::ValueAtRisk(share) => excess(f, "the value at risk", share),
            DenialReason::OrderTooLarge(share) => excess(f, "the order", share),
            DenialReason::PriceBand(Excess { share, limit }) => {
                write!(f, "the price is {} from the last one, {} is the most", Percent(*share), Percent(*limit))
            }
            DenialReason::TooManyPositions { limit } => write!(f, "{limit} positions are open, the limit"),
            DenialReason::StaleData { age_ns, limit_ns } => {
                let seconds = |ns: u64| Decimal::from(ns / 1_000_000) / Decimal::ONE_THOUSAND;
                write!(f, "the data are {} s old, {} s is the most", seconds(*age_ns), seconds(*limit_ns).normalize())
            }
            DenialReason::OrderRate { limit } => write!(f, "{limit} orders in a second, the limit"),
            DenialReason::Paused { breaker, until } => write!(f, "paused by {breaker}{}", Until(*until)),
            DenialReason::Trouble(trouble) => write!(f, "{trouble}"),
            DenialReason::NoEquity => f.write_str("the equity is not known, or nothing is left of it"),
        }
    }
}
