//! Long when the MACD line crosses above its signal on more volume than usual; out when it crosses back.
//!
//! The stop follows the price up bar by bar and never comes down: it stays `trail_atr` average true ranges below the
//! highest high since the entry (the chandelier exit of Charles Le Beau). When the price is below that already, the
//! position is sold.
//!
//! Confidence: how much the volume is above usual (15 points), how far the histogram is above zero (15) and how strong
//! the trend is by its ADX (10), on top of 50 %. Data without volume give no signal.

use engine::strategy::Strategy;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bars::ClosedBar;
use crate::catalogue::{Golden, Parameters};
use crate::indicators::{Adx, Atr, Macd, Sma};
use crate::tactic::{Desk, Distances, Entry, Move, Stance, Tactic, confidence, reasons, strength};
use crate::timeframe::Timeframe;

/// On the embedded sample.
pub const GOLDEN: Golden = Golden { signals: 561, orders: 855, end_equity: "10937.3374086723527" };

/// Lengths are in bars, distances in average true ranges.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Params {
    /// The length of a bar.
    pub timeframe: Timeframe,
    /// The fast average of the MACD.
    #[schemars(range(min = 2, max = 500))]
    pub fast: u32,
    /// Its slow average; longer than the fast one.
    #[schemars(range(min = 3, max = 1_000))]
    pub slow: u32,
    /// The average of the MACD line.
    #[schemars(range(min = 1, max = 500))]
    pub signal: u32,
    /// Bars whose mean volume is usual.
    #[schemars(range(min = 2, max = 1_000))]
    pub volume_period: u32,
    /// How many times the usual volume confirms a crossing.
    #[schemars(range(min = 0.0, max = 20.0))]
    pub volume_factor: f64,
    /// The length of the average true range and of the ADX.
    #[schemars(range(min = 2, max = 200))]
    pub atr_period: u32,
    /// From the entry down to the stop.
    #[schemars(range(min = 0.5, max = 10.0))]
    pub stop_atr: f64,
    /// From the entry up to the target, in distances to the stop.
    #[schemars(range(min = 0.5, max = 20.0))]
    pub target_risk: f64,
    /// From the highest high down to the stop that follows.
    #[schemars(range(min = 0.5, max = 20.0))]
    pub trail_atr: f64,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            timeframe: Timeframe::HOUR,
            fast: 12,
            slow: 26,
            signal: 9,
            volume_period: 20,
            volume_factor: 1.2,
            atr_period: 14,
            stop_atr: 2.5,
            target_risk: 2.0,
            trail_atr: 3.0,
        }
    }
}

impl Parameters for Params {
    fn build(self) -> Result<Box<dyn Strategy>, String> {
        let Self { fast, slow, timeframe, .. } = self;
        if fast >= slow {
            return Err(format!("fast = {fast} and slow = {slow}: it must be fast < slow"));
        }
        Ok(Box::new(Desk::new(&[timeframe.0], Momentum::new(&self))))
    }
}

/// The rule for one instrument.
#[derive(Clone, Serialize)]
pub(crate) struct Momentum {
    timeframe: Timeframe,
    volume_factor: f64,
    trail_atr: f64,
    distances: Distances,
    macd: Macd,
    volume: Sma,
    atr: Atr,
    adx: Adx,
    /// Of the bar before.
    last_histogram: Option<f64>,
    /// Since the entry; `None` while out.
    highest: Option<f64>,
}

impl Momentum {
    pub(crate) fn new(params: &Params) -> Self {
        Self {
            timeframe: params.timeframe,
            volume_factor: params.volume_factor,
            trail_atr: params.trail_atr,
            distances: Distances { stop_atr: params.stop_atr, target_risk: params.target_risk },
            macd: Macd::new(params.fast, params.slow, params.signal),
            volume: Sma::new(params.volume_period),
            atr: Atr::new(params.atr_period),
            adx: Adx::new(params.atr_period),
            last_histogram: None,
            highest: None,
        }
    }

    fn enter(&self, close: f64, volume_ratio: f64, histogram: f64, atr: f64) -> Move {
        let adx = self.adx.value().and_then(|value| value.adx).unwrap_or(0.0);
        let evidence = [
            (15.0, strength(volume_ratio, self.volume_factor, self.volume_factor + 2.0)),
            (15.0, strength(histogram / atr, 0.0, 0.2)),
            (10.0, strength(adx, 15.0, 40.0)),
        ];
        let (stop, target) = self.distances.around(close, atr);
        let figures = [("macd_histogram", histogram), ("volume_ratio", volume_ratio), ("adx", adx), ("atr", atr)];
        Move::Enter(Entry { confidence_bps: confidence(evidence), stop, target, reasons: reasons(figures) })
    }
}

impl Tactic for Momentum {
    fn on_bar(&mut self, bar: &ClosedBar, stance: Stance) -> Option<Move> {
        if bar.interval != self.timeframe.0 {
            return None;
        }
        let candle = &bar.candle;
        let usual_volume = self.volume.value();
        let (macd, atr) = (self.macd.update(candle.close), self.atr.update(candle));
        self.volume.update(candle.volume);
        self.adx.update(candle);
        self.highest = match stance {
            Stance::Out => None,
            Stance::In => Some(self.highest.map_or(candle.high, |highest| highest.max(candle.high))),
        };
        let (histogram, atr) = (macd?.histogram, atr?);
        let last_histogram = self.last_histogram.replace(histogram);
        if let Some(highest) = self.highest {
            let trailing_stop = highest - self.trail_atr * atr;
            return Some(if histogram < 0.0 {
                Move::Leave(reasons([("macd_histogram", histogram)]))
            } else if trailing_stop >= candle.close {
                Move::Leave(reasons([("trailing_stop", trailing_stop), ("close", candle.close)]))
            } else {
                Move::RaiseStop(trailing_stop)
            });
        }
        let crossed = last_histogram.is_some_and(|last| last <= 0.0) && histogram > 0.0;
        let volume_ratio = candle.volume / usual_volume.filter(|&volume| volume > 0.0)?;
        let confirmed = volume_ratio > 0.0 && volume_ratio >= self.volume_factor;
        (crossed && confirmed && atr > 0.0).then(|| self.enter(candle.close, volume_ratio, histogram, atr))
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::{Value, json};

    use crate::stage::{decisions, hours};

    /// Short lengths, so that a few bars are enough.
    fn params(volume_factor: f64) -> Value {
        json!({
            "fast": 2, "slow": 4, "signal": 2, "volume_period": 3, "volume_factor": volume_factor, "atr_period": 2,
            "stop_atr": 2.0, "trail_atr": 3.0, "target_risk": 5.0,
        })
    }

    /// A fall, a rise on the given volume, and the turn after it.
    fn fall_and_rise(volume: i64) -> Vec<(i64, i64)> {
        let fall = [10_000, 9_950, 9_880, 9_790, 9_680, 9_550].map(|close| (close, 10));
        let rise = [9_700, 9_900, 10_100, 10_250, 10_400].map(|close| (close, volume));
        let turn = [10_390, 10_380, 10_370, 10_300].map(|close| (close, 10));
        [&fall[..], &rise, &turn].concat()
    }

    #[test]
    fn it_buys_a_crossing_raises_its_stop_and_sells_the_crossing_back() {
        expect![[r#"
            10 1970-01-01T07:00:00Z > signal momentum BTC-USDT long 79.45% stop 93.59 target 114.06 macd_histogram=0.18656790 volume_ratio=3.00000000 adx=84.57831325 atr=1.70625000 ^9
            11 1970-01-01T07:00:00Z > order #11 momentum buy 1 BTC-USDT market stop 93.59 target 114.06 ^10
            12 1970-01-01T07:00:00Z < filled #11 1 @ 97.00 fee 0 USDT taker id 11
            13 1970-01-01T07:00:00Z > order #13 momentum sell 1 BTC-USDT stop-market 93.59 protects #11 ^12
            14 1970-01-01T07:00:00Z > order #14 momentum sell 1 BTC-USDT take-profit 114.06 protects #11 oco #13 ^12
            15 1970-01-01T07:00:00Z < accepted #13
            16 1970-01-01T07:00:00Z < accepted #14
            19 1970-01-01T09:00:00Z > amend #13 trigger 94.52 ^18
            20 1970-01-01T09:00:00Z < amended #13 trigger 94.52
            22 1970-01-01T10:00:00Z > amend #13 trigger 96.51 ^21
            23 1970-01-01T10:00:00Z < amended #13 trigger 96.51
            25 1970-01-01T11:00:00Z > amend #13 trigger 98.26 ^24
            26 1970-01-01T11:00:00Z < amended #13 trigger 98.26
            28 1970-01-01T12:00:00Z > signal momentum BTC-USDT flat 100% macd_histogram=-0.08721907 ^27
            29 1970-01-01T12:00:00Z > cancel #13 ^28
            30 1970-01-01T12:00:00Z > cancel #14 ^28
            31 1970-01-01T12:00:00Z < canceled #13 as requested
            32 1970-01-01T12:00:00Z < canceled #14 as requested
            33 1970-01-01T12:00:00Z > order #33 momentum sell 1 BTC-USDT market ^32
            34 1970-01-01T12:00:00Z < filled #33 1 @ 103.90 fee 0 USDT taker id 33
        "#]].assert_eq(&decisions("momentum", params(1.5), hours(20, fall_and_rise(30))));
    }

    #[test]
    fn a_crossing_without_volume_is_none() {
        assert_eq!(decisions("momentum", params(1.5), hours(20, fall_and_rise(10))), "");
        assert_eq!(decisions("momentum", params(0.0), hours(20, fall_and_rise(10).into_iter().map(|(close, _)| (close, 0)))), "");
    }

    #[test]
    fn the_stop_that_followed_sells() {
        let mut bars = fall_and_rise(30);
        bars.truncate(11);
        // One bar from the high through the stop, and not below where the stop was at first.
        bars.push((9_600, 10));
        let lines = decisions("momentum", params(1.5), hours(20, bars));
        let last = lines.lines().rfind(|line| line.contains("filled")).unwrap_or_default();
        expect!["31 1970-01-01T12:00:00Z < filled #13 1 @ 98.26 fee 0 USDT taker id 13"].assert_eq(last);
    }
}
