//! Two houses that define a channel differently.

use serde::Serialize;

use super::atr::Atr;
use super::rma::Rma;
use super::true_range::TrueRange;
use crate::candle::Candle;

/// Whose definition it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub enum Convention {
    /// TradingView's: the first candle's true range is its high less its low.
    #[default]
    TradingView,
    /// TA-Lib's: the first candle has no true range.
    TaLib,
}

/// TradingView's `ta.atr`: Wilder's average of the true range, in which the first candle counts with its range.
#[derive(Clone, Debug, Serialize)]
pub(super) struct AtrTv {
    range: TrueRange,
    average: Rma,
}

impl AtrTv {
    pub(super) fn new(period: u32) -> Self {
        Self { range: TrueRange::new(), average: Rma::new(period) }
    }

    pub(super) fn update(&mut self, candle: &Candle) -> Option<f64> {
        let range = self.range.update(candle).unwrap_or_else(|| candle.range());
        self.average.update(range)
    }
}

/// The average true range of a convention.
#[derive(Clone, Debug, Serialize)]
pub(super) enum AnyAtr {
    TradingView(AtrTv),
    TaLib(Atr),
}

impl AnyAtr {
    pub(super) fn new(convention: Convention, period: u32) -> Self {
        match convention {
            Convention::TradingView => Self::TradingView(AtrTv::new(period)),
            Convention::TaLib => Self::TaLib(Atr::new(period)),
        }
    }

    pub(super) fn update(&mut self, candle: &Candle) -> Option<f64> {
        match self {
            Self::TradingView(atr) => atr.update(candle),
            Self::TaLib(atr) => atr.update(candle),
        }
    }
}
