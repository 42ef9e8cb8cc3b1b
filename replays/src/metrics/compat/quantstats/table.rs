//! The table of quantstats' full report: texts, one a column, rounded as it prints them.
//!
//! - Two decimals, a half to the even neighbour; what rounds to nothing is `0`.
//! - The benchmark's smart ratios are divided by the strategy's smoothness, and both columns show the strategy's R² and information
//!   ratio.
//! - Risk-adjusted return is growth a year of 252 days.
//! - Spans such as 3M begin on the same day of the month so long before, that day included.

use engine::time::{DAY_NS, Timestamp};
use serde_json::{Map, Value};

use super::{Against, Dip, Figures, dips};
use crate::metrics::Series;
use crate::metrics::calendar::{date_of, day_of};
use crate::metrics::compat::sample::{PERIODS, Sample, least, mean, most};

/// A column: its returns, the days on which they were complete, and whose smoothness its smart ratios take.
struct Column {
    returns: Vec<f64>,
    at: Vec<Timestamp>,
    smoothness: f64,
}

/// The rows in their order, each with a text a column.
pub(super) fn table(series: &Series) -> Value {
    let at = series.returned_at();
    let own = series.returns();
    let smoothness = Sample(&own).smoothness();
    let paired = series.paired_returns();
    let against = paired.as_ref().map(|(mine, others)| Against::new(mine, others));
    let mut columns = Vec::new();
    if let Some((_, others)) = paired.filter(|(mine, _)| mine.len() == own.len()) {
        columns.push(Column { returns: others, at: at.clone(), smoothness });
    }
    columns.push(Column { returns: own, at, smoothness });
    let mut rows: Map<String, Value> = Map::new();
    for column in &columns {
        for (name, text) in column.rows(against.as_ref()) {
            let row = rows.entry(name).or_insert_with(|| Value::Array(Vec::new()));
            row.as_array_mut().into_iter().for_each(|texts| texts.push(text.clone().into()));
        }
    }
    if let Some(against) = &against {
        let only = [
            ("Beta", printed(against.beta)),
            ("Alpha", printed(against.alpha)),
            ("Correlation", format!("{}%", printed(against.correlation))),
            ("Treynor Ratio", format!("{}%", printed(against.treynor))),
        ];
        rows.extend(only.map(|(name, text)| (name.to_owned(), vec!["-".to_owned(), text].into())));
    }
    rows.into()
}

impl Column {
    fn rows(&self, against: Option<&Against>) -> Vec<(String, String)> {
        let sample = Sample(&self.returns);
        let figures = Figures::new(sample);
        let dips = dips(&figures.falls, &self.at);
        // Of equally deep ones the first.
        let worst = dips.iter().reduce(|worst, dip| if dip.depth < worst.depth { dip } else { worst });
        let (gains, losses) = (sample.gains(), sample.losses());
        let (smart_sharpe, smart_sortino) = (sample.sharpe() / self.smoothness, figures.sortino / self.smoothness);
        let probability = sample.probabilistic_sharpe(sample.mean() / sample.deviation(), 0.0, 3.0);
        let depths: Vec<f64> = dips.iter().map(|dip| dip.depth).collect();
        let lengths: Vec<f64> = dips.iter().map(|dip| dip.days() as f64).collect();
        let months = self.spans(|(year, month, _)| (year, month));
        let quarters = self.spans(|(year, month, _)| (year, month.div_ceil(3)));
        let years = self.spans(|(year, _, _)| (year, 0));
        let summed: Vec<f64> = self.parts(|(year, month, _)| (year, month)).iter().map(|part| Sample(part).sum()).collect();
        let up: Vec<f64> = months.iter().copied().filter(|month| *month > 0.0).collect();
        let down: Vec<f64> = months.iter().copied().filter(|month| *month < 0.0).collect();
        let not_lost: Vec<f64> = self.returns.iter().copied().filter(|rate| *rate >= 0.0).collect();
        let traded = (gains.len() + losses.len()) as f64 / sample.len();
        let per = |count: usize| (1.0 + sample.compounded()).powf(1.0 / count as f64) - 1.0;
        let mut rows: Vec<(String, String)> = Vec::new();
        let mut text = |name: &str, text: String| rows.push((name.to_owned(), text));
        text("Start Period", dated(self.at.first()));
        text("End Period", dated(self.at.last()));
        text("Risk-Free Rate", printed(0.0));
        text("Time in Market", printed((traded * 100.0).ceil() / 100.0));
        text("Cumulative Return", printed(sample.compounded()));
        text("CAGR\u{fe6a}", printed(figures.cagr));
        text("Sharpe", printed(sample.sharpe()));
        text("Prob. Sharpe Ratio", printed(probability));
        text("Smart Sharpe", printed(smart_sharpe));
        text("Sortino", printed(figures.sortino));
        text("Smart Sortino", printed(smart_sortino));
        text("Sortino/\u{221a}2", printed(figures.sortino / 2_f64.sqrt()));
        text("Smart Sortino/\u{221a}2", printed(smart_sortino / 2_f64.sqrt()));
        text("Omega", printed(sample.omega()));
        text("Max Drawdown", printed(figures.deepest));
        text("Max DD Date", dated(worst.map(|dip| &dip.trough)));
        text("Max DD Period Start", dated(worst.map(|dip| &dip.start)));
        text("Max DD Period End", dated(worst.map(|dip| &dip.end)));
        text("Longest DD Days", dips.iter().map(Dip::days).max().unwrap_or(0).to_string());
        text("Volatility (ann.)", printed(sample.deviation() * PERIODS.sqrt()));
        if let Some(against) = against {
            text("R^2", printed(against.correlation.powi(2)));
            text("Information Ratio", printed(against.information_ratio));
        }
        text("Calmar", printed(figures.cagr / figures.deepest.abs()));
        text("Skew", printed(sample.skew()));
        text("Kurtosis", printed(sample.kurtosis()));
        text("Ulcer Performance Index", printed(sample.compounded() / figures.ulcer));
        text("Risk-Adjusted Return", printed(sample.cagr(252.0) / traded));
        text("Risk-Return Ratio", printed(sample.mean() / sample.deviation()));
        text("Avg. Return", printed(sample.sum() / (gains.len() + losses.len()) as f64));
        text("Avg. Win", printed(mean(&gains)));
        text("Avg. Loss", printed(mean(&losses)));
        text("Win/Loss Ratio", printed(figures.payoff));
        text("Profit Ratio", printed((mean(&not_lost) / not_lost.len() as f64 / (mean(&losses) / losses.len() as f64)).abs()));
        text("Expected Daily", printed(per(self.returns.len())));
        text("Expected Monthly", printed(per(months.len())));
        text("Expected Yearly", printed(per(years.len())));
        text("Kelly Criterion", printed(figures.kelly));
        text("Risk of Ruin", printed(figures.ruin));
        text("Daily Value-at-Risk", printed(sample.value_at_risk(0.05)));
        text("Expected Shortfall (cVaR)", printed(sample.expected_shortfall(0.05)));
        text("Max Consecutive Wins", printed(streak(&self.returns, |rate| rate > 0.0)));
        text("Max Consecutive Losses", printed(streak(&self.returns, |rate| rate < 0.0)));
        text("Gain/Pain Ratio", printed(figures.gain_to_pain));
        text("Gain/Pain (1M)", printed(Sample(&summed).sum() / Sample(&summed).losses().iter().sum::<f64>().abs()));
        text("Payoff Ratio", printed(figures.payoff));
        text("Profit Factor", printed(sample.omega()));
        text("Common Sense Ratio", printed(sample.omega() * figures.tail));
        text("CPC Index", printed(sample.omega() * figures.win_rate * figures.payoff));
        text("Tail Ratio", printed(figures.tail));
        text("Outlier Win Ratio", printed(sample.quantile(0.99) / mean(&not_lost)));
        text("Outlier Loss Ratio", printed(sample.quantile(0.01) / mean(&losses)));
        text("MTD", printed(Sample(self.since(|(year, month, _)| (year, month, 1))).compounded()));
        text("3M", printed(Sample(self.months_back(3)).compounded()));
        text("6M", printed(Sample(self.months_back(6)).compounded()));
        text("YTD", printed(Sample(self.since(|(year, _, _)| (year, 1, 1))).compounded()));
        text("1Y", printed(Sample(self.months_back(12)).compounded()));
        text("3Y (ann.)", printed(Sample(self.months_back(36)).cagr(PERIODS)));
        text("5Y (ann.)", printed(Sample(self.months_back(60)).cagr(PERIODS)));
        text("10Y (ann.)", printed(Sample(self.months_back(120)).cagr(PERIODS)));
        text("All-time (ann.)", printed(figures.cagr));
        text("Best Day", printed(most(&self.returns)));
        text("Worst Day", printed(least(&self.returns)));
        text("Best Month", printed(most(&months)));
        text("Worst Month", printed(least(&months)));
        text("Best Year", printed(most(&years)));
        text("Worst Year", printed(least(&years)));
        text("Avg. Drawdown", printed(mean(&depths)));
        text("Avg. Drawdown Days", whole(mean(&lengths)));
        text("Recovery Factor", printed(figures.recovery));
        text("Ulcer Index", printed(figures.ulcer));
        text("Serenity Index", printed(figures.serenity));
        text("Avg. Up Month", printed(mean(&up)));
        text("Avg. Down Month", printed(mean(&down)));
        text("Win Days", printed(figures.win_rate));
        text("Win Month", printed(won(&months)));
        text("Win Quarter", printed(won(&quarters)));
        text("Win Year", printed(won(&years)));
        rows
    }

    /// The returns of each calendar span.
    fn parts(&self, key: impl Fn((i32, u32, u32)) -> (i32, u32)) -> Vec<Vec<f64>> {
        let mut parts: Vec<((i32, u32), Vec<f64>)> = Vec::new();
        for (rate, at) in self.returns.iter().zip(&self.at) {
            let key = key(date_of(at.day()));
            match parts.last_mut() {
                Some((open, part)) if *open == key => part.push(*rate),
                _ => parts.push((key, vec![*rate])),
            }
        }
        parts.into_iter().map(|(_, part)| part).collect()
    }

    /// What each calendar span compounds to.
    fn spans(&self, key: impl Fn((i32, u32, u32)) -> (i32, u32)) -> Vec<f64> {
        self.parts(key).iter().map(|part| Sample(part).compounded()).collect()
    }

    /// The returns from a date on, that is told from the last one.
    fn since(&self, date: impl Fn((i32, u32, u32)) -> (i32, u32, u32)) -> &[f64] {
        let Some(last) = self.at.last() else { return &[] };
        let (year, month, day) = date(date_of(last.day()));
        let Some(from) = day_of(year, month, day).map(|day| Timestamp(day.saturating_mul(DAY_NS))) else { return &[] };
        &self.returns[self.at.partition_point(|at| *at < from)..]
    }

    fn months_back(&self, months: i32) -> &[f64] {
        self.since(|(year, month, day)| {
            let month = year * 12 + month.cast_signed() - 1 - months;
            let (year, month) = (month.div_euclid(12), month.rem_euclid(12).cast_unsigned() + 1);
            // A month that is too short ends where it ends.
            (year, month, (1..=day).rev().find(|day| day_of(year, month, *day).is_some()).unwrap_or(day))
        })
    }
}

fn won(spans: &[f64]) -> f64 {
    let sample = Sample(spans);
    sample.gains().len() as f64 / (sample.gains().len() + sample.losses().len()) as f64
}

fn streak(returns: &[f64], counts: impl Fn(f64) -> bool) -> f64 {
    let step = |(run, most): (u32, u32), rate: &f64| {
        let run = if counts(*rate) { run + 1 } else { 0 };
        (run, most.max(run))
    };
    f64::from(returns.iter().fold((0, 0), step).1)
}

fn dated(at: Option<&Timestamp>) -> String {
    at.map_or_else(|| "-".to_owned(), |at| at.to_string().chars().take(10).collect())
}

fn printed(value: f64) -> String {
    let rounded = (value * 100.0).round_ties_even() / 100.0;
    if rounded.is_nan() {
        "-".to_owned()
    } else if rounded == 0.0 {
        "0".to_owned()
    } else {
        format!("{rounded:?}")
    }
}

fn whole(value: f64) -> String {
    if value.is_nan() { "-".to_owned() } else { format!("{:.0}", value.round_ties_even()) }
}
