//! Buys what has fallen too far, and sells it when it is back at its mean.
//!
//! In: the bar closes below the lower Bollinger band with an RSI at or below `oversold`, once per fall (the RSI must
//! have been above in between). Out: at the middle band, or when the RSI is back at `neutral`.
//!
//! A squeeze is no time for this: bands that were just at their narrowest are narrow because nothing moved, and the
//! first close outside of them is how a move begins, not how one ends. So for `squeeze_rest` bars after a squeeze
//! nothing is bought; `bars_since_squeeze` in the reasons says how long ago the last one was.
//!
//! Confidence: how far the RSI is below `oversold` (20 points of a hundred for 15 below) and how far the price is below
//! the band (20 for half the distance of the bands), on top of 50 %.

use engine::strategy::Strategy;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bars::ClosedBar;
use crate::catalogue::{Golden, Parameters};
use crate::indicators::{Atr, Bollinger, Rsi, Squeeze};
use crate::tactic::{Desk, Distances, Entry, Move, Stance, Tactic, confidence, reasons, strength};
use crate::timeframe::Timeframe;

/// On the embedded sample.
pub const GOLDEN: Golden = Golden { signals: 325, orders: 450, end_equity: "7489.9205366243148" };

/// Lengths are in bars.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Params {
    /// The length of a bar.
    pub timeframe: Timeframe,
    /// The length of the RSI.
    #[schemars(range(min = 2, max = 200))]
    pub rsi_period: u32,
    /// The RSI at which a fall is an extreme.
    #[schemars(range(min = 1.0, max = 49.0))]
    pub oversold: f64,
    /// The RSI at which nothing is left of it; above `oversold`.
    #[schemars(range(min = 2.0, max = 90.0))]
    pub neutral: f64,
    /// The length of the Bollinger bands.
    #[schemars(range(min = 2, max = 500))]
    pub band_period: u32,
    /// How far the bands are from their middle, in standard deviations.
    #[schemars(range(min = 0.5, max = 5.0))]
    pub band_deviations: f64,
    /// The bands are squeezed when they have not been narrower in this many bars.
    #[schemars(range(min = 2, max = 2_000))]
    pub squeeze_lookback: u32,
    /// Bars after a squeeze in which nothing is bought.
    #[schemars(range(min = 0, max = 500))]
    pub squeeze_rest: u32,
    /// The length of the average true range.
    #[schemars(range(min = 2, max = 200))]
    pub atr_period: u32,
    /// From the entry down to the stop, in average true ranges.
    #[schemars(range(min = 0.5, max = 10.0))]
    pub stop_atr: f64,
    /// From the entry up to the target, in distances to the stop.
    #[schemars(range(min = 0.5, max = 20.0))]
    pub target_risk: f64,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            timeframe: Timeframe::HOUR,
            rsi_period: 14,
            oversold: 30.0,
            neutral: 50.0,
            band_period: 20,
            band_deviations: 2.0,
            squeeze_lookback: 120,
            squeeze_rest: 5,
            atr_period: 14,
            stop_atr: 2.5,
            target_risk: 1.5,
        }
    }
}

impl Parameters for Params {
    fn build(self) -> Result<Box<dyn Strategy>, String> {
        let Self { oversold, neutral, timeframe, .. } = self;
        if oversold >= neutral {
            return Err(format!("oversold = {oversold} and neutral = {neutral}: it must be oversold < neutral"));
        }
        Ok(Box::new(Desk::new(&[timeframe.0], MeanReversion::new(&self))))
    }
}

/// The rule for one instrument.
#[derive(Clone, Serialize)]
pub(crate) struct MeanReversion {
    timeframe: Timeframe,
    oversold: f64,
    neutral: f64,
    squeeze_rest: u32,
    distances: Distances,
    rsi: Rsi,
    bands: Bollinger,
    squeeze: Squeeze,
    atr: Atr,
    /// `None` before the first.
    bars_since_squeeze: Option<u32>,
    /// The RSI was above the extreme since the last entry.
    is_ready: bool,
}

impl MeanReversion {
    pub(crate) fn new(params: &Params) -> Self {
        Self {
            timeframe: params.timeframe,
            oversold: params.oversold,
            neutral: params.neutral,
            squeeze_rest: params.squeeze_rest,
            distances: Distances { stop_atr: params.stop_atr, target_risk: params.target_risk },
            rsi: Rsi::new(params.rsi_period),
            bands: Bollinger::new(params.band_period, params.band_deviations),
            squeeze: Squeeze::new(params.band_period, params.squeeze_lookback),
            atr: Atr::new(params.atr_period),
            bars_since_squeeze: None,
            is_ready: false,
        }
    }

    fn enter(&self, close: f64, rsi: f64, percent_b: f64, atr: f64) -> Move {
        let evidence = [(20.0, strength(rsi, self.oversold, self.oversold - 15.0)), (20.0, strength(percent_b, 0.0, -0.5))];
        let (stop, target) = self.distances.around(close, atr);
        let since = self.bars_since_squeeze.map_or(f64::NAN, f64::from);
        let figures = [("rsi", rsi), ("percent_b", percent_b), ("bars_since_squeeze", since), ("atr", atr)];
        Move::Enter(Entry { confidence_bps: confidence(evidence), stop, target, reasons: reasons(figures) })
    }
}

impl Tactic for MeanReversion {
    fn on_bar(&mut self, bar: &ClosedBar, stance: Stance) -> Option<Move> {
        if bar.interval != self.timeframe.0 {
            return None;
        }
        let close = bar.candle.close;
        let (rsi, bands, atr) = (self.rsi.update(close), self.bands.update(close), self.atr.update(&bar.candle));
        let squeeze = self.squeeze.update(close);
        self.bars_since_squeeze = match self.bars_since_squeeze {
            _ if squeeze.is_some_and(|squeeze| squeeze.is_squeezed) => Some(0),
            since => since.map(|bars| bars.saturating_add(1)),
        };
        let (rsi, bands, atr) = (rsi?, bands?, atr?);
        if stance == Stance::In {
            self.is_ready = false;
            let is_back = close >= bands.middle || rsi >= self.neutral;
            return is_back.then(|| Move::Leave(reasons([("close", close), ("middle_band", bands.middle), ("rsi", rsi)])));
        }
        if rsi > self.oversold {
            self.is_ready = true;
            return None;
        }
        let percent_b = self.bands.percent_b(close)?;
        let rested = squeeze.is_some() && self.bars_since_squeeze.is_none_or(|bars| bars > self.squeeze_rest);
        if !(self.is_ready && rested && percent_b < 0.0 && atr > 0.0) {
            return None;
        }
        Some(self.enter(close, rsi, percent_b, atr))
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::{Value, json};

    use crate::stage::{decisions, hours};

    fn params() -> Value {
        json!({"rsi_period": 3, "band_period": 5, "band_deviations": 1.5, "squeeze_lookback": 4, "squeeze_rest": 2, "atr_period": 3})
    }

    /// To and fro by ever more, so that the bands widen, then a fall.
    fn fall() -> Vec<(i64, i64)> {
        let closes = [10_000, 10_010, 9_990, 10_020, 9_980, 10_030, 9_970, 10_040, 9_960, 10_050, 10_020, 9_900];
        closes.map(|close| (close, 1)).into()
    }

    #[test]
    fn it_buys_a_fall_and_sells_at_the_mean() {
        let back = [9_880, 9_920, 10_010].map(|close| (close, 1));
        expect![[r#"
            15 1970-01-01T12:00:00Z > signal mean_reversion BTC-USDT long 58.22% stop 96.05 target 103.43 rsi=25.49103719 percent_b=-0.05529028 atr=1.18167962 ^14
            16 1970-01-01T12:00:00Z > order #16 mean_reversion buy 1 BTC-USDT market stop 96.05 target 103.43 ^15
            17 1970-01-01T12:00:00Z < filled #16 1 @ 99.00 fee 0 USDT taker id 16
            18 1970-01-01T12:00:00Z > order #18 mean_reversion sell 1 BTC-USDT stop-market 96.05 protects #16 ^17
            19 1970-01-01T12:00:00Z > order #19 mean_reversion sell 1 BTC-USDT take-profit 103.43 protects #16 oco #18 ^17
            20 1970-01-01T12:00:00Z < accepted #18
            21 1970-01-01T12:00:00Z < accepted #19
            25 1970-01-01T15:00:00Z > signal mean_reversion BTC-USDT flat 100% close=100.10000000 middle_band=99.46000000 rsi=68.89856364 ^24
            26 1970-01-01T15:00:00Z > cancel #18 ^25
            27 1970-01-01T15:00:00Z > cancel #19 ^25
            28 1970-01-01T15:00:00Z < canceled #18 as requested
            29 1970-01-01T15:00:00Z < canceled #19 as requested
            30 1970-01-01T15:00:00Z > order #30 mean_reversion sell 1 BTC-USDT market ^29
            31 1970-01-01T15:00:00Z < filled #30 1 @ 100.10 fee 0 USDT taker id 30
        "#]].assert_eq(&decisions("mean_reversion", params(), hours(20, [fall(), back.into()].concat())));
    }

    #[test]
    fn a_fall_that_goes_on_is_not_bought_again() {
        let on = (1..20).map(|hour| (9_900 - 100 * hour, 1)).collect();
        let lines = decisions("mean_reversion", params(), hours(20, [fall(), on].concat()));
        assert_eq!(lines.lines().filter(|line| line.contains("> signal")).count(), 1, "{lines}");
        assert_eq!(lines.lines().filter(|line| line.contains("< filled")).count(), 2, "in, and out at the stop: {lines}");
    }

    #[test]
    fn a_fall_out_of_a_squeeze_is_left_alone() {
        let calm = [10_000, 10_030, 9_970, 10_020, 9_980, 10_010, 9_990, 10_005, 9_995, 10_000, 10_000];
        let bars: Vec<_> = calm.into_iter().chain([9_900, 9_700]).map(|close| (close, 1)).collect();
        assert_eq!(decisions("mean_reversion", params(), hours(20, bars.clone())), "");
        let mut careless = params();
        careless["squeeze_rest"] = 0.into();
        assert!(decisions("mean_reversion", careless, hours(20, bars)).contains("bars_since_squeeze=1."));
    }

    #[test]
    fn a_flat_market_has_no_extremes() {
        assert_eq!(decisions("mean_reversion", params(), hours(0, [(10_000, 0); 60])), "");
    }
}
