//! Long when several timeframes agree: enough of them rise, the highest one among them, and the lowest one has just
//! turned up.
//!
//! A timeframe rises while its fast average is above its slow one and it closes above the slow one; it falls when both
//! are the other way. It has a say once its slow average is warm, so the highest one that counts is the highest that
//! there are enough bars of. Timeframes that are finer than the data stay out. The lowest one times the entry: with the
//! bar on which its close crosses above its fast average. Out: when the highest one rises no more, or when more
//! timeframes fall than rise.
//!
//! Stop and target are distances of the average true range of the timeframe in the middle, the higher of two.
//!
//! Confidence: how many more of them rise than must (15 points of a hundred for three more), how far the averages of the
//! highest one are apart (25 for one and a half average true ranges), and that the lowest one rises by itself (5), on top of
//! 50 %.

use engine::strategy::Strategy;
use engine::time::Interval;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bars::ClosedBar;
use crate::candle::Candle;
use crate::catalogue::{Golden, Parameters};
use crate::indicators::{Atr, Ema};
use crate::tactic::{Desk, Distances, Entry, Move, Stance, Tactic, confidence, reasons, strength};
use crate::timeframe::Timeframe;

/// On the embedded sample.
pub const GOLDEN: Golden = Golden { signals: 159, orders: 286, end_equity: "14436.4646259619116" };

/// The length of the average true range, in bars.
const ATR_PERIOD: u32 = 14;

/// Lengths are in bars of each timeframe.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Params {
    /// The lengths of the bars.
    pub timeframes: Vec<Timeframe>,
    /// How many timeframes must rise.
    #[schemars(range(min = 1, max = 20))]
    pub agreeing: u32,
    /// The fast average.
    #[schemars(range(min = 1, max = 500))]
    pub fast: u32,
    /// The slow average; longer than the fast one.
    #[schemars(range(min = 2, max = 1_000))]
    pub slow: u32,
    /// From the entry down to the stop, in average true ranges.
    #[schemars(range(min = 0.5, max = 10.0))]
    pub stop_atr: f64,
    /// From the entry up to the target, in distances to the stop.
    #[schemars(range(min = 0.5, max = 20.0))]
    pub target_risk: f64,
}

impl Default for Params {
    fn default() -> Self {
        let timeframes = [60, 300, 900, 3_600, 14_400, 86_400].map(|seconds| Timeframe(Interval(seconds))).into();
        Self { timeframes, agreeing: 3, fast: 9, slow: 21, stop_atr: 2.5, target_risk: 2.0 }
    }
}

impl Params {
    /// The intervals of the bars that it looks at.
    pub(crate) fn intervals(&self) -> Vec<Interval> {
        self.timeframes.iter().map(|timeframe| timeframe.0).collect()
    }
}

impl Parameters for Params {
    fn build(self) -> Result<Box<dyn Strategy>, String> {
        let Self { fast, slow, agreeing, .. } = self;
        if fast >= slow {
            return Err(format!("fast = {fast} and slow = {slow}: it must be fast < slow"));
        }
        let consensus = Consensus::new(&self);
        let count = consensus.frames.len();
        if count < agreeing as usize {
            return Err(format!("agreeing = {agreeing}: there are only {count} timeframes"));
        }
        Ok(Box::new(Desk::new(&self.intervals(), consensus)))
    }
}

/// The rule for one instrument.
#[derive(Clone, Serialize)]
pub(crate) struct Consensus {
    agreeing: u32,
    distances: Distances,
    /// Shortest first.
    frames: Vec<Frame>,
    /// The shortest that has had a bar.
    lowest: Option<Interval>,
}

/// One timeframe.
#[derive(Clone, Serialize)]
struct Frame {
    interval: Interval,
    fast: Ema,
    slow: Ema,
    atr: Atr,
    view: Option<View>,
}

/// What a timeframe says once it is warm.
#[derive(Clone, Copy, Serialize)]
struct View {
    course: Course,
    /// The close crossed above the fast average with the last bar.
    turned_up: bool,
    is_above_fast: bool,
    /// How far the fast average is above the slow one, in average true ranges.
    lead_atr: f64,
    atr: f64,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
enum Course {
    Rising,
    Falling,
    Neither,
}

impl Frame {
    fn update(&mut self, candle: &Candle) {
        let (fast, slow, atr) = (self.fast.update(candle.close), self.slow.update(candle.close), self.atr.update(candle));
        let (Some(fast), Some(slow), Some(atr)) = (fast, slow, atr) else { return };
        let course = match candle.close {
            close if fast > slow && close > slow => Course::Rising,
            close if fast < slow && close < slow => Course::Falling,
            _ => Course::Neither,
        };
        let is_above_fast = candle.close > fast;
        let turned_up = is_above_fast && self.view.is_some_and(|view| !view.is_above_fast);
        let lead_atr = if atr > 0.0 { (fast - slow) / atr } else { 0.0 };
        self.view = Some(View { course, turned_up, is_above_fast, lead_atr, atr });
    }
}

impl Consensus {
    pub(crate) fn new(params: &Params) -> Self {
        let mut intervals = params.intervals();
        intervals.sort_unstable();
        intervals.dedup();
        let (fast, slow) = (Ema::new(params.fast), Ema::new(params.slow));
        let frame = |interval| Frame { interval, fast: fast.clone(), slow: slow.clone(), atr: Atr::new(ATR_PERIOD), view: None };
        Self {
            agreeing: params.agreeing,
            distances: Distances { stop_atr: params.stop_atr, target_risk: params.target_risk },
            frames: intervals.into_iter().map(frame).collect(),
            lowest: None,
        }
    }

    fn enter(&self, close: f64, views: &[View], rising: usize) -> Option<Move> {
        let (lowest, highest, middle) = (views.first()?, views.last()?, views.get(views.len() / 2)?);
        let least = f64::from(self.agreeing);
        let lowest_rises = if lowest.course == Course::Rising { 1.0 } else { 0.0 };
        let more = strength(rising as f64, least, least + 3.0);
        let evidence = [(15.0, more), (25.0, strength(highest.lead_atr, 0.0, 1.5)), (5.0, lowest_rises)];
        let (stop, target) = self.distances.around(close, middle.atr);
        let figures = [
            ("timeframes", views.len() as f64),
            ("rising", rising as f64),
            ("highest_lead_atr", highest.lead_atr),
            ("atr", middle.atr),
        ];
        Some(Move::Enter(Entry { confidence_bps: confidence(evidence), stop, target, reasons: reasons(figures) }))
    }
}

impl Tactic for Consensus {
    fn on_bar(&mut self, bar: &ClosedBar, stance: Stance) -> Option<Move> {
        let frame = self.frames.iter_mut().find(|frame| frame.interval == bar.interval)?;
        frame.update(&bar.candle);
        let lowest = self.lowest.map_or(bar.interval, |lowest| lowest.min(bar.interval));
        self.lowest = Some(lowest);
        let views: Vec<View> = self.frames.iter().filter_map(|frame| frame.view).collect();
        let count = |course| views.iter().filter(|view| view.course == course).count();
        let (rising, falling, highest) = (count(Course::Rising), count(Course::Falling), views.last()?);
        if stance == Stance::In {
            let is_over = highest.course != Course::Rising || falling > rising;
            let figures = [("rising", rising as f64), ("falling", falling as f64), ("highest_lead_atr", highest.lead_atr)];
            return is_over.then(|| Move::Leave(reasons(figures)));
        }
        let timed = bar.interval == lowest && views.first()?.turned_up;
        let agreed = rising >= self.agreeing as usize && highest.course == Course::Rising;
        if timed && agreed { self.enter(bar.candle.close, &views, rising) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use engine::event::Input;
    use engine::time::{SECOND_NS, Timestamp};
    use expect_test::expect;
    use serde_json::{Value, json};

    use crate::stage::{Stage, decisions, hours, instrument, trade};

    fn params(timeframes: &[&str]) -> Value {
        json!({"timeframes": timeframes, "fast": 2, "slow": 3, "agreeing": 3})
    }

    /// A rise with a dip each half a day, then a fall.
    fn rise_and_fall() -> Vec<(i64, i64)> {
        let rise = (0..80).map(|hour| 10_000 + 20 * hour - if hour % 12 == 0 { 60 } else { 0 });
        let fall = (0..12).map(|hour| 11_500 - 80 * hour);
        rise.chain(fall).map(|close| (close, 1)).collect()
    }

    #[test]
    fn it_buys_when_all_agree_and_sells_when_the_highest_does_not() {
        let params = params(&["1m", "1h", "2h", "4h"]);
        expect![[r#"
            65 1970-01-03T14:00:00Z > signal multi_timeframe BTC-USDT long 59.4% stop 109.57 target 117.46 timeframes=3.00000000 rising=3.00000000 highest_lead_atr=0.26415094 atr=1.05117055 ^64
            66 1970-01-03T14:00:00Z > order #66 multi_timeframe buy 1 BTC-USDT market stop 109.57 target 117.46 ^65
            67 1970-01-03T14:00:00Z < filled #66 1 @ 112.20 fee 0 USDT taker id 66
            68 1970-01-03T14:00:00Z > order #68 multi_timeframe sell 1 BTC-USDT stop-market 109.57 protects #66 ^67
            69 1970-01-03T14:00:00Z > order #69 multi_timeframe sell 1 BTC-USDT take-profit 117.46 protects #66 oco #68 ^67
            70 1970-01-03T14:00:00Z < accepted #68
            71 1970-01-03T14:00:00Z < accepted #69
            92 1970-01-04T10:00:00Z > signal multi_timeframe BTC-USDT flat 100% rising=1.00000000 falling=2.00000000 highest_lead_atr=0.26200800 ^91
            93 1970-01-04T10:00:00Z > cancel #68 ^92
            94 1970-01-04T10:00:00Z > cancel #69 ^92
            95 1970-01-04T10:00:00Z < canceled #68 as requested
            96 1970-01-04T10:00:00Z < canceled #69 as requested
            97 1970-01-04T10:00:00Z > order #97 multi_timeframe sell 1 BTC-USDT market ^96
            98 1970-01-04T10:00:00Z < filled #97 1 @ 114.20 fee 0 USDT taker id 97
        "#]].assert_eq(&decisions("multi_timeframe", params, hours(30, rise_and_fall())));
    }

    #[test]
    fn too_few_timeframes_never_agree() {
        assert_eq!(decisions("multi_timeframe", params(&["1m", "5m", "1h", "2h"]), hours(30, rise_and_fall())), "");
    }

    #[test]
    fn on_trades_the_finest_times_the_entry() {
        let mut stage = Stage::new("multi_timeframe", params(&["1m", "2m", "4m"]), &[instrument(0)]);
        for (second, price) in
            (0..30_000).map(|second: i64| (second, 100_000 + 5 * second - if second % 600 >= 540 { 600 } else { 0 }))
        {
            while let Some(at) = stage.engine.next_deadline().filter(|&at| at <= Timestamp(second * SECOND_NS)) {
                stage.input(at, Input::Timer);
            }
            stage.input(Timestamp(second * SECOND_NS), trade(0, price));
        }
        let first = stage.decisions().lines().find(|line| line.contains("signal")).expect("a signal").to_owned();
        expect!["3724 1970-01-01T01:01:00Z > signal multi_timeframe BTC-USDT long 61.59% stop 1165.55 target 1217.76 timeframes=3.00000000 rising=3.00000000 highest_lead_atr=0.39545240 atr=6.96121274 ^3723"].assert_eq(&first);
    }

    #[test]
    fn timeframes_are_checked() {
        let error = |params: Value| crate::build("multi_timeframe", &serde_json::from_value(params).unwrap()).err();
        let invalid = |message: &str| Some(crate::ParamsError::Invalid(message.into()));
        let message = "agreeing = 3: there are only 2 timeframes";
        assert_eq!(error(json!({"timeframes": ["1h", "4h", "1h"]})), invalid(message));
        let message = "timeframes[1]: \"4x\" is not written like 1m, 15m, 4h or 1d";
        assert_eq!(error(json!({"timeframes": ["1h", "4x"]})), invalid(message));
        assert_eq!(error(json!({"fast": 30})), invalid("fast = 30 and slow = 21: it must be fast < slow"));
        assert_eq!(error(json!({"stop_atr": 0.1})), invalid("stop_atr = 0.1: it must be from 0.5 to 10"));
    }
}
