//! A number, or the reason why there is none.

use std::fmt;

use serde::{Serialize, Serializer};

/// A number, or the reason why there is none. It is never `NaN` or infinite. Serialised it is a number or `null`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measure(pub Result<f64, Absent>);

/// Why a number does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// The curve has fewer than two points.
    NoCurve,
    /// Fewer daily returns than the measure needs.
    FewReturns,
    /// The curve is shorter than a day.
    UnderADay,
    /// The curve is shorter than the window.
    ShorterThanWindow,
    /// It begins at zero or below, so that nothing is a share of it.
    NoCapital,
    /// It was at zero or below, so that what came after is a share of nothing.
    Ruined,
    /// The returns are all the same, so that there is nothing to divide by.
    NoVariance,
    /// No return is below the target.
    NoLosses,
    /// No return is above the target.
    NoGains,
    /// The curve never falls below its peak.
    NoDrawdown,
    /// There is no benchmark, or it cannot be compared.
    NoBenchmark,
    /// The benchmark's returns are all the same, or the same as the curve's.
    FlatBenchmark,
    /// Nothing is known of trades.
    TradesUnknown,
    /// No trade was closed.
    NoTrades,
    /// One closed trade has no spread.
    OneTrade,
    /// No trade won.
    NoWinners,
    /// No trade lost.
    NoLosers,
    /// No trade says what it cost.
    NoStake,
    /// Fewer than two trials were made.
    FewTrials,
    /// What goes in is not finite, or what comes out is too large.
    NotFinite,
}

impl Absent {
    /// In words, for people.
    pub fn reason(self) -> &'static str {
        match self {
            Self::NoCurve => "the curve has fewer than two points",
            Self::FewReturns => "there are too few daily returns",
            Self::UnderADay => "the curve is shorter than a day",
            Self::ShorterThanWindow => "the curve is shorter than the window",
            Self::NoCapital => "the curve begins at zero or below",
            Self::Ruined => "the equity was at zero or below, and nothing is a share of that",
            Self::NoVariance => "the returns do not vary",
            Self::NoLosses => "no return is below the target",
            Self::NoGains => "no return is above the target",
            Self::NoDrawdown => "the curve never falls below its peak",
            Self::NoBenchmark => "there is nothing to compare with",
            Self::FlatBenchmark => "the benchmark does not vary, or only as the curve does",
            Self::TradesUnknown => "the trades are not known",
            Self::NoTrades => "no trade was closed",
            Self::OneTrade => "only one trade was closed",
            Self::NoWinners => "no trade won",
            Self::NoLosers => "no trade lost",
            Self::NoStake => "no trade says what it cost",
            Self::FewTrials => "there were fewer than two trials",
            Self::NotFinite => "it is not finite",
        }
    }
}

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}

impl Measure {
    /// `value`, when it is finite.
    pub fn of(value: f64) -> Self {
        Self(if value.is_finite() { Ok(value) } else { Err(Absent::NotFinite) })
    }

    /// There is none.
    pub fn none(why: Absent) -> Self {
        Self(Err(why))
    }

    /// The number, for those to whom it does not matter why there is none.
    pub fn value(self) -> Option<f64> {
        self.0.ok()
    }

    /// Why there is none.
    pub fn absent(self) -> Option<Absent> {
        self.0.err()
    }

    /// `f` of the number.
    pub fn map(self, f: impl FnOnce(f64) -> f64) -> Self {
        self.0.map_or_else(Self::none, |value| Self::of(f(value)))
    }
}

impl From<Result<f64, Absent>> for Measure {
    fn from(result: Result<f64, Absent>) -> Self {
        result.map_or_else(Self::none, Self::of)
    }
}

impl Serialize for Measure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(serializer)
    }
}
