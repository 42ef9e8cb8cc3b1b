//! Long when the price breaks out of a rising chart pattern; out when it breaks out of a falling one.
//!
//! In: a candle closes above the neckline of a double bottom, an inverse head and shoulders or a triangle
//! ([`crate::chart`] says what these are, and that their turning points are confirmed before they count). The target is
//! the pattern's height above the neckline. The stop is below the last turning point, but at least `min_stop_atr` and
//! at most `max_stop_atr` average true ranges away; a breakout that has less to win than `min_reward` times what it
//! risks is left alone.
//!
//! Out: a close below the neckline of a double top, a head and shoulders or a triangle.
//!
//! Confidence: how clear the pattern is (15 points of a hundred), whether the trend is up by its average (10), whether
//! the candles of the last three bars point up as well (5 each, 10 at most), and volume on the breakout (10), on top of
//! 50 %.

use engine::strategy::Strategy;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bars::ClosedBar;
use crate::catalogue::{Golden, Parameters};
use crate::chart::{Breakout, Chart, ChartPattern};
use crate::indicators::{Atr, CandlePatterns, Ema, Sma};
use crate::leaning::leaning;
use crate::tactic::{Desk, Entry, Move, Stance, Tactic, confidence, reasons, strength};
use crate::timeframe::Timeframe;

/// On the embedded sample.
pub const GOLDEN: Golden = Golden { signals: 68, orders: 184, end_equity: "9360.9082965801677" };

/// Bars whose mean volume is usual.
const VOLUME_PERIOD: u32 = 20;
/// Bars whose candle patterns count.
const CANDLE_MEMORY: usize = 3;

/// Lengths are in bars, distances in average true ranges.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Params {
    /// The length of a bar.
    pub timeframe: Timeframe,
    /// The length of the average true range.
    #[schemars(range(min = 2, max = 200))]
    pub atr_period: u32,
    /// How far the price must come back for a turning point.
    #[schemars(range(min = 0.5, max = 20.0))]
    pub reversal_atr: f64,
    /// The length of the average that tells the trend.
    #[schemars(range(min = 2, max = 1_000))]
    pub trend_period: u32,
    /// The nearest stop.
    #[schemars(range(min = 0.5, max = 10.0))]
    pub min_stop_atr: f64,
    /// The furthest stop; not nearer than the nearest.
    #[schemars(range(min = 0.5, max = 10.0))]
    pub max_stop_atr: f64,
    /// The least that a breakout must have to win, in distances to the stop.
    #[schemars(range(min = 0.1, max = 10.0))]
    pub min_reward: f64,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            timeframe: Timeframe::HOUR,
            atr_period: 14,
            reversal_atr: 3.0,
            trend_period: 50,
            min_stop_atr: 2.0,
            max_stop_atr: 3.0,
            min_reward: 1.0,
        }
    }
}

impl Parameters for Params {
    fn build(self) -> Result<Box<dyn Strategy>, String> {
        let Self { min_stop_atr, max_stop_atr, timeframe, .. } = self;
        if min_stop_atr > max_stop_atr {
            return Err(format!(
                "min_stop_atr = {min_stop_atr} and max_stop_atr = {max_stop_atr}: it must be min_stop_atr <= max_stop_atr"
            ));
        }
        Ok(Box::new(Desk::new(&[timeframe.0], Patterns::new(self))))
    }
}

/// The rule for one instrument.
#[derive(Clone, Serialize)]
struct Patterns {
    params: Params,
    chart: Chart,
    candles: CandlePatterns,
    /// Of the last bars, the newest last.
    leanings: [i32; CANDLE_MEMORY],
    trend: Ema,
    volume: Sma,
    atr: Atr,
}

impl Patterns {
    fn new(params: Params) -> Self {
        Self {
            chart: Chart::new(params.atr_period, params.reversal_atr),
            candles: CandlePatterns::new(),
            leanings: [0; CANDLE_MEMORY],
            trend: Ema::new(params.trend_period),
            volume: Sma::new(VOLUME_PERIOD),
            atr: Atr::new(params.atr_period),
            params,
        }
    }

    fn enter(&self, close: f64, volume_ratio: f64, pattern: &ChartPattern, (trend, atr): (f64, f64)) -> Option<Move> {
        let Params { min_stop_atr, max_stop_atr, min_reward, .. } = self.params;
        let risk = (close - pattern.failure).max(min_stop_atr * atr).min(max_stop_atr * atr);
        let reward = (pattern.target - close) / risk;
        if reward < min_reward || risk <= 0.0 {
            return None;
        }
        let leaning = self.leanings.iter().sum::<i32>();
        let evidence = [
            (15.0, pattern.clarity),
            (10.0, if close > trend { 1.0 } else { 0.0 }),
            (10.0, strength(leaning.into(), 0.0, 2.0)),
            (10.0, strength(volume_ratio, 1.0, 3.0)),
        ];
        let figures = [
            (pattern.shape.name(), pattern.clarity),
            ("neckline", pattern.neckline),
            ("height", pattern.height),
            ("reward", reward),
            ("trend", trend),
            ("candles", leaning.into()),
            ("volume_ratio", volume_ratio),
        ];
        let (stop, target) = (close - risk, pattern.target);
        Some(Move::Enter(Entry { confidence_bps: confidence(evidence), stop, target, reasons: reasons(figures) }))
    }
}

impl Tactic for Patterns {
    fn on_bar(&mut self, bar: &ClosedBar, stance: Stance) -> Option<Move> {
        let candle = &bar.candle;
        let usual_volume = self.volume.value().filter(|volume| *volume > 0.0);
        self.volume.update(candle.volume);
        self.leanings.rotate_left(1);
        self.leanings[CANDLE_MEMORY - 1] = leaning(self.candles.update(candle));
        let (trend, atr) = (self.trend.update(candle.close), self.atr.update(candle));
        let pattern = self.chart.update(candle)?;
        match (pattern.breakout, stance) {
            (Breakout::Up, Stance::Out) => {
                let volume_ratio = usual_volume.map_or(0.0, |usual| candle.volume / usual);
                self.enter(candle.close, volume_ratio, &pattern, (trend?, atr?))
            }
            (Breakout::Down, Stance::In) => {
                let figures = [(pattern.shape.name(), pattern.clarity), ("neckline", pattern.neckline)];
                Some(Move::Leave(reasons(figures)))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde_json::json;

    use crate::ParamsError;
    use crate::stage::{decisions, history, hours};

    /// Closes in cents that walk from point to point in steps of one unit, with a volume of 10.
    fn walk(points: &[i64]) -> Vec<(i64, i64)> {
        let leg = |pair: &[i64]| {
            let (from, to) = (pair[0], pair[1]);
            (1..=(to - from).abs()).map(move |step| (100 * (from + step * (to - from).signum()), 10)).collect::<Vec<_>>()
        };
        points.windows(2).flat_map(leg).collect()
    }

    #[test]
    fn it_buys_a_double_bottom_and_leaves_at_a_double_top() {
        let rises = walk(&[150, 100, 112, 101, 118, 112, 118, 95]);
        expect![[r#"
            88 1970-01-04T13:00:00Z > signal patterns BTC-USDT long 66.8% stop 109.40 target 124.30 double_bottom=0.45355191 neckline=112.10000000 height=12.20000000 reward=3.13888889 trend=111.37440343 candles=0.00000000 volume_ratio=1.00000000 ^87
            89 1970-01-04T13:00:00Z > order #89 patterns buy 1 BTC-USDT market stop 109.40 target 124.30 ^88
            90 1970-01-04T13:00:00Z < filled #89 1 @ 113.00 fee 0 USDT taker id 89
            91 1970-01-04T13:00:00Z > order #91 patterns sell 1 BTC-USDT stop-market 109.40 protects #89 ^90
            92 1970-01-04T13:00:00Z > order #92 patterns sell 1 BTC-USDT take-profit 124.30 protects #89 oco #91 ^90
            93 1970-01-04T13:00:00Z < accepted #91
            94 1970-01-04T13:00:00Z < accepted #92
            119 1970-01-05T13:00:00Z > signal patterns BTC-USDT flat 100% double_top=1.00000000 neckline=111.90000000 ^118
            120 1970-01-05T13:00:00Z > cancel #91 ^119
            121 1970-01-05T13:00:00Z > cancel #92 ^119
            122 1970-01-05T13:00:00Z < canceled #91 as requested
            123 1970-01-05T13:00:00Z < canceled #92 as requested
            124 1970-01-05T13:00:00Z > order #124 patterns sell 1 BTC-USDT market ^123
            125 1970-01-05T13:00:00Z < filled #124 1 @ 111.00 fee 0 USDT taker id 124
        "#]].assert_eq(&decisions("patterns", json!({}), hours(10, rises)));
    }

    #[test]
    fn nothing_is_bought_without_a_breakout_or_with_too_little_to_win() {
        let lines = |params, points: &[i64]| decisions("patterns", params, hours(10, walk(points)));
        assert_eq!(lines(json!({}), &[150, 100, 112, 101, 111]), "");
        assert_eq!(lines(json!({"min_reward": 8.0}), &[150, 100, 112, 101, 118]), "");
    }

    #[test]
    fn stops_at_odds_are_refused() {
        let params = json!({"min_stop_atr": 3.0, "max_stop_atr": 2.0});
        let error = crate::build("patterns", &serde_json::from_value(params).unwrap()).err().unwrap();
        let message = "min_stop_atr = 3 and max_stop_atr = 2: it must be min_stop_atr <= max_stop_atr";
        assert_eq!(error, ParamsError::Invalid(message.into()));
    }

    #[test]
    fn on_real_candles_it_finds_each_way_out() {
        let Some(bars) = history("BTC-USDT_1h_binance.csv.gz") else { return };
        let lines = decisions("patterns", json!({}), bars);
        for what in ["double_bottom=", "inverse_head_and_shoulders=", "triangle=", " flat ", "double_top="] {
            assert!(lines.contains(what), "{what}");
        }
    }
}
