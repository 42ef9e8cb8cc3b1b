//! One instrument, scored bar by bar.

use std::collections::VecDeque;

use engine::event::Rank;
use engine::instrument::InstrumentId;
use engine::time::{DAY_NS, Timestamp};
use serde::Serialize;

use super::score::{Scores, bps};
use crate::bars::ClosedBar;
use crate::candle::Candle;
use crate::chart::{Breakout, Chart};
use crate::indicators::{Atr, Bollinger, CandlePatterns, Channel, Donchian, Ema, Macd, Rsi, Sma};
use crate::leaning::leaning;
use crate::tactic::strength;

/// How many bars a chart pattern is remembered.
const CHART_MEMORY: f64 = 10.0;
/// How many bars a candle pattern is remembered.
const CANDLE_MEMORY: f64 = 3.0;
/// The most that a candle pattern alone is worth.
const CANDLE_WORTH: f64 = 0.6;

/// Scores one instrument from its closed bars, which are all of one interval.
#[derive(Clone, Debug, Serialize)]
pub struct Scan {
    rsi: Rsi,
    macd: Macd,
    trend: Ema,
    bollinger: Bollinger,
    atr: Atr,
    donchian: Donchian,
    /// The channel of the bars before the last one.
    channel: Option<Channel>,
    volume: Sma,
    /// The mean volume of the bars before the last one.
    mean_volume: Option<f64>,
    chart: Chart,
    candles: CandlePatterns,
    chart_pattern: Option<Seen>,
    candle_pattern: Option<Seen>,
    /// The bars of the last day and the last one before it, oldest first.
    day: VecDeque<Closed>,
    first_opened_at: Option<Timestamp>,
    last: Option<Candle>,
    bars: u64,
}

/// A pattern that was seen.
#[derive(Clone, Copy, Debug, Serialize)]
struct Seen {
    /// How many bars came before.
    at: u64,
    /// 0 to 1, and below zero when it points down.
    worth: f64,
}

/// What the last day is told from.
#[derive(Clone, Copy, Debug, Serialize)]
struct Closed {
    at: Timestamp,
    opened_at: Timestamp,
    close: f64,
    volume: f64,
}

impl Scan {
    /// Nothing is known yet.
    pub fn new() -> Self {
        Self {
            rsi: Rsi::new(14),
            macd: Macd::new(12, 26, 9),
            trend: Ema::new(50),
            bollinger: Bollinger::new(20, 2.0),
            atr: Atr::new(14),
            donchian: Donchian::new(20),
            channel: None,
            volume: Sma::new(20),
            mean_volume: None,
            chart: Chart::new(14, 3.0),
            candles: CandlePatterns::new(),
            chart_pattern: None,
            candle_pattern: None,
            day: VecDeque::new(),
            first_opened_at: None,
            last: None,
            bars: 0,
        }
    }

    /// Takes a closed bar in. One that is not later than the last, or not made of numbers, is ignored.
    pub fn update(&mut self, bar: &ClosedBar) {
        let (candle, at) = (&bar.candle, bar.closed_at());
        if !candle.is_finite() || self.day.back().is_some_and(|last| at <= last.at) {
            return;
        }
        self.channel = self.donchian.value();
        self.mean_volume = self.volume.value();
        self.rsi.update(candle.close);
        self.macd.update(candle.close);
        self.trend.update(candle.close);
        self.bollinger.update(candle.close);
        self.atr.update(candle);
        self.donchian.update(candle);
        self.volume.update(candle.volume);
        if let Some(pattern) = self.chart.update(candle) {
            let worth = f64::midpoint(1.0, pattern.clarity);
            let worth = if pattern.breakout == Breakout::Up { worth } else { -worth };
            self.chart_pattern = Some(Seen { at: self.bars, worth });
        }
        let leaning = leaning(self.candles.update(candle));
        if leaning != 0 {
            self.candle_pattern = Some(Seen { at: self.bars, worth: CANDLE_WORTH * f64::from(leaning.signum()) });
        }
        self.first_opened_at.get_or_insert(bar.opened_at);
        self.day.push_back(Closed { at, opened_at: bar.opened_at, close: candle.close, volume: candle.volume.max(0.0) });
        let day_ago = at.plus_ns(-DAY_NS);
        while self.day.get(1).is_some_and(|second| second.at <= day_ago) {
            self.day.pop_front();
        }
        self.last = Some(*candle);
        self.bars = self.bars.saturating_add(1);
    }

    /// The scores after the last bar; `None` before the first.
    pub fn scores(&self) -> Option<Scores> {
        let last = self.last?;
        // Where nothing moves there is nothing to be had.
        let atr = self.atr.value().filter(|atr| *atr > 0.0);
        let rsi = self.rsi.value().filter(|_| atr.is_some());
        let in_atr = |distance: f64| atr.map(|atr| distance / atr);
        let breakout = self.channel.and_then(|channel| in_atr(last.close - channel.upper));
        let histogram = self.macd.value().and_then(|macd| in_atr(macd.histogram));
        let above_mean = self.trend.value().and_then(|mean| in_atr(last.close - mean));
        let part = |value: Option<f64>, from: f64, to: f64| value.map_or(0.0, |value| strength(value, from, to));
        let momentum = (part(rsi, 40.0, 70.0) + part(histogram, -0.25, 0.25) + part(above_mean, 0.0, 3.0)) / 3.0;
        let percent_b = self.bollinger.percent_b(last.close);
        Some(Scores {
            breakout: part(breakout, -1.0, 1.0),
            momentum,
            mean_reversion: f64::midpoint(part(percent_b, 0.25, -0.25), part(rsi, 40.0, 20.0)),
            volume: self.volume_confirmation(&last),
            pattern: self.pattern(),
            liquidity: self.liquidity(),
            is_breaking_down: self.channel.is_some_and(|channel| last.close < channel.lower),
        })
    }

    /// The scores in basis points, under this id.
    pub fn rank(&self, instrument: InstrumentId) -> Option<Rank> {
        let scores = self.scores()?;
        Some(Rank {
            instrument,
            score_bps: bps(scores.total()),
            breakout_bps: bps(scores.breakout),
            momentum_bps: bps(scores.momentum),
            mean_reversion_bps: bps(scores.mean_reversion),
            volume_bps: bps(scores.volume),
            pattern_bps: bps(scores.pattern),
            liquidity_bps: bps(scores.liquidity),
        })
    }

    /// When the last bar closed.
    pub fn closed_at(&self) -> Option<Timestamp> {
        self.day.back().map(|last| last.at)
    }

    /// The last bar's close.
    pub fn last_price(&self) -> Option<f64> {
        self.last.map(|last| last.close)
    }

    /// How many bars it has seen.
    pub fn bars(&self) -> u64 {
        self.bars
    }

    /// The change of the close over 24 hours, as a share: against the last bar that closed 24 hours before the last one
    /// or earlier, unless that is more than a day earlier.
    pub fn change_24h(&self) -> Option<f64> {
        let (first, last) = (self.day.front()?, self.day.back()?);
        let day_ago = last.at.plus_ns(-DAY_NS);
        let is_near = first.at <= day_ago && first.at > day_ago.plus_ns(-DAY_NS);
        Some(last.close / first.close - 1.0).filter(|change| is_near && change.is_finite())
    }

    fn volume_confirmation(&self, last: &Candle) -> f64 {
        let Some(mean) = self.mean_volume.filter(|mean| *mean > 0.0) else { return 0.0 };
        strength(last.volume / mean, 0.5, 2.5) * if last.is_rising() { 1.0 } else { 0.5 }
    }

    fn pattern(&self) -> f64 {
        let worth = |seen: Option<Seen>, memory: f64| {
            let age = |seen: Seen| (self.bars - 1 - seen.at) as f64;
            seen.map_or(0.0, |seen| seen.worth * strength(age(seen), memory, 0.0))
        };
        let (chart, candle) = (worth(self.chart_pattern, CHART_MEMORY), worth(self.candle_pattern, CANDLE_MEMORY));
        if chart < 0.0 || candle < 0.0 { 0.0 } else { chart.max(candle) }
    }

    fn liquidity(&self) -> f64 {
        let (Some(last), Some(first_opened_at)) = (self.day.back(), self.first_opened_at) else { return 0.0 };
        let day_ago = last.at.plus_ns(-DAY_NS);
        let of_the_day = || self.day.iter().filter(|bar| bar.at > day_ago);
        let interval_ns = last.at.0.saturating_sub(last.opened_at.0).max(1);
        let since = first_opened_at.max(day_ago).min(last.opened_at);
        let covered_ns = last.at.0.saturating_sub(since.0).max(1);
        let turnover: f64 = of_the_day().map(|bar| bar.close * bar.volume).sum();
        let a_day = turnover * (DAY_NS as f64 / covered_ns as f64);
        let traded = of_the_day().filter(|bar| bar.volume > 0.0).count() as f64;
        let share = traded * interval_ns as f64 / covered_ns as f64;
        if a_day > 0.0 { strength(libm::log10(a_day), 5.0, 9.0) * share.min(1.0) } else { 0.0 }
    }
}

impl Default for Scan {
    fn default() -> Self {
        Self::new()
    }
}
