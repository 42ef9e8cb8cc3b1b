//! Long when a bar closes above the highest high of the bars before it on more volume than usual (a Donchian channel);
//! out when one closes below the lowest low of fewer bars before it.
//!
//! Confidence: how far the close is above the channel (15 points of a hundred for two average true ranges), how much
//! the volume is above usual (15 for five times more) and how narrow the channel is (10 for two average true ranges), on
//! top of 50 %. Data without volume give no signal.

use engine::strategy::Strategy;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bars::ClosedBar;
use crate::catalogue::{Golden, Parameters};
use crate::indicators::{Atr, Channel, Donchian, Sma};
use crate::tactic::{Desk, Distances, Entry, Move, Stance, Tactic, confidence, reasons, strength};
use crate::timeframe::Timeframe;

/// On the embedded sample.
pub const GOLDEN: Golden = Golden { signals: 482, orders: 950, end_equity: "9249.2886916131193" };

/// Lengths are in bars.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Params {
    /// The length of a bar.
    pub timeframe: Timeframe,
    /// The channel whose upper line is broken.
    #[schemars(range(min = 2, max = 1_000))]
    pub entry_period: u32,
    /// The channel whose lower line ends it; shorter.
    #[schemars(range(min = 1, max = 999))]
    pub exit_period: u32,
    /// Bars whose mean volume is usual.
    #[schemars(range(min = 2, max = 1_000))]
    pub volume_period: u32,
    /// How many times the usual volume confirms a breakout.
    #[schemars(range(min = 0.0, max = 20.0))]
    pub volume_factor: f64,
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
            entry_period: 20,
            exit_period: 10,
            volume_period: 20,
            volume_factor: 1.5,
            atr_period: 14,
            stop_atr: 2.0,
            target_risk: 2.0,
        }
    }
}

impl Parameters for Params {
    fn build(self) -> Result<Box<dyn Strategy>, String> {
        let Self { entry_period, exit_period, timeframe, .. } = self;
        if exit_period >= entry_period {
            let given = format!("exit_period = {exit_period} and entry_period = {entry_period}");
            return Err(format!("{given}: it must be exit_period < entry_period"));
        }
        Ok(Box::new(Desk::new(&[timeframe.0], Breakout::new(&self))))
    }
}

/// The rule for one instrument.
#[derive(Clone, Serialize)]
pub(crate) struct Breakout {
    timeframe: Timeframe,
    volume_factor: f64,
    distances: Distances,
    entry_channel: Donchian,
    exit_channel: Donchian,
    volume: Sma,
    atr: Atr,
}

impl Breakout {
    pub(crate) fn new(params: &Params) -> Self {
        Self {
            timeframe: params.timeframe,
            volume_factor: params.volume_factor,
            distances: Distances { stop_atr: params.stop_atr, target_risk: params.target_risk },
            entry_channel: Donchian::new(params.entry_period),
            exit_channel: Donchian::new(params.exit_period),
            volume: Sma::new(params.volume_period),
            atr: Atr::new(params.atr_period),
        }
    }

    fn enter(&self, close: f64, channel: Channel, volume_ratio: f64, atr: f64) -> Move {
        let evidence = [
            (15.0, strength((close - channel.upper) / atr, 0.0, 2.0)),
            (15.0, strength(volume_ratio, self.volume_factor, self.volume_factor + 5.0)),
            (10.0, strength((channel.upper - channel.lower) / atr, 6.0, 2.0)),
        ];
        let (stop, target) = self.distances.around(close, atr);
        let figures = [("close", close), ("channel_upper", channel.upper), ("volume_ratio", volume_ratio), ("atr", atr)];
        Move::Enter(Entry { confidence_bps: confidence(evidence), stop, target, reasons: reasons(figures) })
    }
}

impl Tactic for Breakout {
    fn on_bar(&mut self, bar: &ClosedBar, stance: Stance) -> Option<Move> {
        if bar.interval != self.timeframe.0 {
            return None;
        }
        let candle = &bar.candle;
        // Of the bars before this one.
        let (entry, exit, usual_volume) = (self.entry_channel.value(), self.exit_channel.value(), self.volume.value());
        self.entry_channel.update(candle);
        self.exit_channel.update(candle);
        self.volume.update(candle.volume);
        let atr = self.atr.update(candle)?;
        if stance == Stance::In {
            let channel_lower = exit?.lower;
            let figures = [("close", candle.close), ("channel_lower", channel_lower)];
            return (candle.close < channel_lower).then(|| Move::Leave(reasons(figures)));
        }
        let (channel, usual_volume) = (entry?, usual_volume.filter(|&volume| volume > 0.0)?);
        let volume_ratio = candle.volume / usual_volume;
        let confirmed = volume_ratio > 0.0 && volume_ratio >= self.volume_factor;
        (candle.close > channel.upper && confirmed && atr > 0.0).then(|| self.enter(candle.close, channel, volume_ratio, atr))
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::{Value, json};

    use crate::stage::{decisions, hours};

    fn params() -> Value {
        json!({"entry_period": 4, "exit_period": 2, "volume_period": 3, "atr_period": 3, "target_risk": 4.0})
    }

    fn range() -> Vec<(i64, i64)> {
        [10_000, 10_050, 10_000, 10_050, 10_000, 10_050].map(|close| (close, 10)).into()
    }

    #[test]
    fn it_buys_above_the_bars_before_and_sells_below_fewer() {
        let bars = [range(), vec![(10_150, 20), (10_250, 20), (10_300, 10), (10_280, 10), (10_200, 10)]].concat();
        expect![[r#"
            10 1970-01-01T07:00:00Z > signal breakout BTC-USDT long 69.28% stop 99.77 target 108.43 close=101.50000000 channel_upper=100.60000000 volume_ratio=2.00000000 atr=0.86666667 ^9
            11 1970-01-01T07:00:00Z > order #11 breakout buy 1 BTC-USDT market stop 99.77 target 108.43 ^10
            12 1970-01-01T07:00:00Z < filled #11 1 @ 101.50 fee 0 USDT taker id 11
            13 1970-01-01T07:00:00Z > order #13 breakout sell 1 BTC-USDT stop-market 99.77 protects #11 ^12
            14 1970-01-01T07:00:00Z > order #14 breakout sell 1 BTC-USDT take-profit 108.43 protects #11 oco #13 ^12
            15 1970-01-01T07:00:00Z < accepted #13
            16 1970-01-01T07:00:00Z < accepted #14
            21 1970-01-01T11:00:00Z > signal breakout BTC-USDT flat 100% close=102.00000000 channel_lower=102.40000000 ^20
            22 1970-01-01T11:00:00Z > cancel #13 ^21
            23 1970-01-01T11:00:00Z > cancel #14 ^21
            24 1970-01-01T11:00:00Z < canceled #13 as requested
            25 1970-01-01T11:00:00Z < canceled #14 as requested
            26 1970-01-01T11:00:00Z > order #26 breakout sell 1 BTC-USDT market ^25
            27 1970-01-01T11:00:00Z < filled #26 1 @ 102.00 fee 0 USDT taker id 26
        "#]].assert_eq(&decisions("breakout", params(), hours(10, bars)));
    }

    #[test]
    fn without_volume_or_above_a_wick_only_it_is_none() {
        assert_eq!(decisions("breakout", params(), hours(10, [range(), vec![(10_150, 14)]].concat())), "", "no volume");
        assert_eq!(decisions("breakout", params(), hours(10, [range(), vec![(10_060, 90)]].concat())), "", "at the high");
        let silent = range().into_iter().chain([(10_150, 20)]).map(|(close, _)| (close, 0));
        assert_eq!(decisions("breakout", params(), hours(10, silent)), "");
    }

    #[test]
    fn a_gap_through_the_stop_sells_at_the_open() {
        let mut bars = hours(10, [range(), vec![(10_150, 20), (10_160, 20)]].concat());
        let last = bars.last_mut().unwrap();
        (last.open.0, last.high.0, last.low.0, last.close.0) = (9_500, 9_510, 9_400, 9_450);
        let lines = decisions("breakout", params(), bars);
        let last = lines.lines().rfind(|line| line.contains("filled")).unwrap_or_default();
        expect!["21 1970-01-01T08:00:00Z < filled #13 1 @ 95.00 fee 0 USDT taker id 13"].assert_eq(last);
    }
}
