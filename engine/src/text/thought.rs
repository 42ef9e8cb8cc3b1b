//! Lines about what is thought of the markets.

use core::fmt::{self, Formatter};

use super::{Names, OneLine, percent, reasons};
use crate::event::{Advice, Prediction, Rank, RegimeChange, Scan, Trend, Volatility};

pub(super) fn prediction(f: &mut Formatter<'_>, names: &Names, prediction: &Prediction) -> fmt::Result {
    let Prediction { instrument, model, up_bps, valid_until } = prediction;
    write!(f, "prediction {} {} up {} until {valid_until}", names.symbol(*instrument), OneLine(model), percent(*up_bps))
}

pub(super) fn advice(f: &mut Formatter<'_>, names: &Names, advice: &Advice) -> fmt::Result {
    let Advice { instrument, source, points, valid_until, comment } = advice;
    let (symbol, source) = (names.symbol(*instrument), OneLine(source));
    write!(f, "advice {symbol} {source} {points:+} points until {valid_until}: {}", OneLine(comment))
}

pub(super) fn regime(f: &mut Formatter<'_>, names: &Names, change: &RegimeChange) -> fmt::Result {
    let RegimeChange { strategy, instrument, regime, reasons: why } = change;
    let trend = match regime.trend {
        Trend::Trending => "trending",
        Trend::Ranging => "ranging",
    };
    let volatility = match regime.volatility {
        Volatility::Low => "low",
        Volatility::High => "high",
    };
    let (sure, how_sure) = (percent(regime.trend_confidence_bps), percent(regime.volatility_confidence_bps));
    write!(f, "regime {} {} {trend} {sure}", names.strategy(*strategy), names.symbol(*instrument))?;
    write!(f, " {volatility} volatility {how_sure}")?;
    reasons(f, why)
}

pub(super) fn scan(f: &mut Formatter<'_>, names: &Names, scan: &Scan) -> fmt::Result {
    write!(f, "scan {}", names.strategy(scan.strategy))?;
    scan.ranks.iter().try_for_each(|rank| {
        let Rank { instrument, score_bps, .. } = rank;
        write!(f, " {} {}", names.symbol(*instrument), percent(*score_bps))
    })
}
