//! All measures of a curve and its trades, each with its name, unit and convention.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Absent, Closed, Measure, Series, activity, benchmark, drawdown, ratios, significance, tails, trades};

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A part of something: 0.01 is 1 %.
    Share,
    /// A pure number.
    Ratio,
    /// The reporting currency.
    Amount,
    /// Days of 24 hours.
    Days,
    /// How many.
    Count,
}

/// A measure with all that is to be said about it.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Described {
    /// Its name for programs.
    pub key: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// What it is about: return, risk, ratio, benchmark, trades, activity.
    pub group: &'static str,
    /// What it counts.
    pub unit: Unit,
    /// How it is computed.
    pub convention: &'static str,
    /// The number, or `null`.
    pub value: Measure,
    /// Why it is `null`.
    pub reason: Option<&'static str>,
}

/// Writes the struct and its list from one table, so that neither can forget what the other has.
macro_rules! measures {
    ($($key:ident: $unit:ident, $group:literal, $name:literal, $convention:literal;)*) => {
        /// All measures of a curve and its trades. Serialised it is a map of numbers and `null`s; [`Measures::reasons`] says why
        /// one is `null`.
        #[derive(Clone, Debug, PartialEq, Serialize)]
        pub struct Measures {
            $(#[doc = concat!($name, ": ", $convention, ".")] pub $key: Measure,)*
        }

        impl Measures {
            /// Each of them, in reading order.
            pub fn described(&self) -> Vec<Described> {
                vec![$(Described {
                    key: stringify!($key),
                    name: $name,
                    group: $group,
                    unit: Unit::$unit,
                    convention: $convention,
                    value: self.$key,
                    reason: self.$key.absent().map(Absent::reason),
                },)*]
            }

            /// Each with its key and its group.
            fn each(&mut self) -> Vec<(&'static str, &'static str, &mut Measure)> {
                vec![$((stringify!($key), $group, &mut self.$key)),*]
            }
        }
    };
}

measures! {
    total_return: Share, "return", "Total return", "last equity over first, less one";
    cagr: Share, "return", "CAGR", "(last / first) ^ (365 / days) - 1";
    best_day: Share, "return", "Best day", "the highest daily return";
    worst_day: Share, "return", "Worst day", "the lowest daily return";
    winning_days: Share, "return", "Winning days", "share of the days with a gain";
    volatility: Share, "risk", "Volatility", "deviation of daily returns (n - 1), times sqrt(365)";
    max_drawdown: Share, "risk", "Max drawdown", "largest fall of the equity below its peak, as a share of the peak";
    longest_drawdown: Days, "risk", "Longest drawdown", "from a peak until it is reached again, or to the end";
    ulcer: Share, "risk", "Ulcer index", "root of the mean square of all falls below the peak";
    var_95: Share, "risk", "VaR 95 %", "the daily return that 5 % of the days fall below, interpolated linearly";
    cvar_95: Share, "risk", "CVaR 95 %", "mean of the daily returns at or below VaR 95 %";
    var_99: Share, "risk", "VaR 99 %", "the daily return that 1 % of the days fall below, interpolated linearly";
    cvar_99: Share, "risk", "CVaR 99 %", "mean of the daily returns at or below VaR 99 %";
    gaussian_var_95: Share, "risk", "Gaussian VaR 95 %", "VaR 95 % of a normal distribution with the returns' mean and deviation";
    gaussian_cvar_95: Share, "risk", "Gaussian CVaR 95 %", "CVaR 95 % of a normal distribution with the returns' mean and deviation";
    skew: Ratio, "risk", "Skew", "third moment of daily returns, adjusted for the sample's size (G1)";
    kurtosis: Ratio, "risk", "Excess kurtosis", "fourth moment of daily returns, adjusted for the sample's size (G2); 0 is normal";
    sharpe: Ratio, "ratio", "Sharpe", "mean(r - f) / deviation(r - f), times sqrt(365)";
    sortino: Ratio, "ratio", "Sortino", "mean(r - f) / sqrt(mean(min(r - f, 0)^2)), times sqrt(365)";
    calmar: Ratio, "ratio", "Calmar", "CAGR over max drawdown";
    omega: Ratio, "ratio", "Omega", "sum of daily returns above f over sum below f";
    serenity: Ratio, "ratio", "Serenity", "sum of daily returns over ulcer index times pitfall (deepest 5 % of falls over deviation)";
    tail_ratio: Ratio, "ratio", "Tail ratio", "95th percentile of daily returns over the 5th, both without sign";
    probabilistic_sharpe: Share, "ratio", "Probabilistic Sharpe", "probability that the true daily Sharpe ratio is above zero";
    alpha: Share, "benchmark", "Alpha", "(mean(r - f) - beta mean(b - f)) times 365";
    beta: Ratio, "benchmark", "Beta", "covariance(r, b) / variance(b)";
    correlation: Ratio, "benchmark", "Correlation", "Pearson's, of daily returns";
    information_ratio: Ratio, "benchmark", "Information ratio", "mean(r - b) / deviation(r - b), times sqrt(365)";
    tracking_error: Share, "benchmark", "Tracking error", "deviation(r - b), times sqrt(365)";
    benchmark_return: Share, "benchmark", "Benchmark return", "the benchmark's last value over its first, less one";
    trades: Count, "trades", "Trades", "round trips that were closed";
    win_rate: Share, "trades", "Win rate", "share of the trades with a profit";
    profit_factor: Ratio, "trades", "Profit factor", "profits over losses";
    expectancy: Amount, "trades", "Expectancy", "mean profit of a trade";
    expectancy_ratio: Ratio, "trades", "Expectancy ratio", "expectancy over mean loss";
    payoff: Ratio, "trades", "Payoff", "mean win over mean loss";
    mean_win: Amount, "trades", "Mean win", "mean profit of the trades with one";
    mean_loss: Amount, "trades", "Mean loss", "mean loss of the trades with one, as a positive number";
    mean_trade_return: Share, "trades", "Mean trade return", "mean of profit over stake";
    sqn: Ratio, "trades", "SQN", "sqrt(n) mean(profit) / deviation(profit)";
    sqn_p_value: Share, "trades", "SQN p-value", "Student's two-sided test that the mean profit is zero";
    longest_winning_streak: Count, "trades", "Longest winning streak", "most wins in a row, in the order of closing";
    longest_losing_streak: Count, "trades", "Longest losing streak", "most losses in a row, in the order of closing";
    exposure: Share, "activity", "Exposure", "share of the time in which a trade was open";
    turnover: Ratio, "activity", "Turnover", "what trades bought and sold a year, over the mean equity";
}

/// What can be told of a curve that was at zero or below.
const OF_ENDS_AND_FALLS: [&str; 5] = ["total_return", "max_drawdown", "longest_drawdown", "ulcer", "benchmark_return"];

/// How the measures are to be read.
pub const CONVENTIONS: [(&str, &str); 7] = [
    ("returns", "daily equity at 00:00 UTC, whole days only"),
    ("days", "those of the calendar; a day without a point has the equity of the day before"),
    ("annualisation", "365 days, arithmetic for ratios, compound for growth"),
    ("risk_free", "f, the daily rate that compounds to the yearly one"),
    ("benchmark", "b, its daily returns on the same days"),
    ("round_trips", "an entry order with an exit order, first in, first out, net of fees"),
    ("absent", "null where a number does not exist, with the reason"),
];

impl Measures {
    /// Of a curve and its closed trades; `risk_free` is a yearly share.
    pub fn of(series: &Series, closed: &[Closed], risk_free: f64) -> Self {
        let returns = series.returns();
        let equity = series.equity.as_slice();
        let profits: Vec<f64> = closed.iter().map(|trade| trade.profit).collect();
        let (best_day, worst_day) = ratios::best_and_worst(&returns);
        let (cagr, max_drawdown) = (series.cagr(), drawdown::max_drawdown(equity));
        let span = series.at.first().copied().zip(series.at.last().copied()).unwrap_or_default();
        let paired = series.paired_returns();
        let against = |measure: &dyn Fn(&[f64], &[f64]) -> Measure| match &paired {
            Some((mine, others)) => measure(mine, others),
            None => Measure::none(Absent::NoBenchmark),
        };
        let streak =
            |longest: usize| if closed.is_empty() { Measure::none(Absent::NoTrades) } else { Measure::of(longest as f64) };
        let (winning, losing) = trades::streaks(closed);
        let mut measures = Self {
            total_return: series.total_return(),
            cagr,
            best_day,
            worst_day,
            winning_days: ratios::winning_days(&returns),
            volatility: ratios::volatility(&returns),
            max_drawdown,
            longest_drawdown: longest_drawdown(series),
            ulcer: drawdown::ulcer(equity),
            var_95: tails::value_at_risk(&returns, 0.95),
            cvar_95: tails::expected_shortfall(&returns, 0.95),
            var_99: tails::value_at_risk(&returns, 0.99),
            cvar_99: tails::expected_shortfall(&returns, 0.99),
            gaussian_var_95: tails::gaussian_value_at_risk(&returns, 0.95),
            gaussian_cvar_95: tails::gaussian_expected_shortfall(&returns, 0.95),
            skew: ratios::skew(&returns),
            kurtosis: ratios::kurtosis(&returns),
            sharpe: ratios::sharpe(&returns, risk_free),
            sortino: ratios::sortino(&returns, risk_free),
            calmar: drawdown::calmar(cagr, max_drawdown),
            omega: ratios::omega(&returns, risk_free),
            serenity: drawdown::serenity(equity, &returns),
            tail_ratio: ratios::tail(&returns),
            probabilistic_sharpe: significance::probabilistic_sharpe(&returns, 0.0),
            alpha: against(&|mine, others| benchmark::alpha(mine, others, risk_free)),
            beta: against(&benchmark::beta),
            correlation: against(&benchmark::correlation),
            information_ratio: against(&benchmark::information_ratio),
            tracking_error: against(&benchmark::tracking_error),
            benchmark_return: series.benchmark_return(),
            trades: Measure::of(closed.len() as f64),
            win_rate: trades::win_rate(closed),
            profit_factor: trades::profit_factor(closed),
            expectancy: trades::expectancy(closed),
            expectancy_ratio: trades::expectancy_ratio(closed),
            payoff: trades::payoff(closed),
            mean_win: trades::mean_win(closed),
            mean_loss: trades::mean_loss(closed),
            mean_trade_return: trades::mean_return(closed),
            sqn: significance::system_quality(&profits),
            sqn_p_value: significance::system_quality_p_value(&profits),
            longest_winning_streak: streak(winning),
            longest_losing_streak: streak(losing),
            exposure: activity::exposure(closed, span.0, span.1),
            turnover: activity::turnover(activity::traded(closed), equity, series.days()),
        };
        if series.was_ruined() {
            measures.without_returns();
        }
        measures
    }

    /// The same with the drawdowns of a curve that has more points than one a day.
    #[must_use]
    pub fn with_drawdowns_of(self, every_point: &Series) -> Self {
        let max_drawdown = drawdown::max_drawdown(&every_point.equity);
        let calmar = drawdown::calmar(self.cagr, max_drawdown);
        Self { max_drawdown, longest_drawdown: longest_drawdown(every_point), calmar, ..self }
    }

    /// Nothing is a share of what was lost: only the ends, the falls and the trades can still be told.
    fn without_returns(&mut self) {
        for (key, group, measure) in self.each() {
            let is_told = OF_ENDS_AND_FALLS.contains(&key) || group == "trades" || key == "exposure";
            if !is_told && measure.value().is_some() {
                *measure = Measure::none(Absent::Ruined);
            }
        }
    }

    /// Of a curve alone, where nobody says whether there were trades.
    pub fn without_trades(series: &Series, risk_free: f64) -> Self {
        let mut measures = Self::of(series, &[], risk_free);
        for (_, group, measure) in measures.each() {
            if ["trades", "activity"].contains(&group) {
                *measure = Measure::none(Absent::TradesUnknown);
            }
        }
        measures
    }

    /// Why each that is `null` is so, by key.
    pub fn reasons(&self) -> BTreeMap<&'static str, &'static str> {
        self.described().into_iter().filter_map(|measure| Some((measure.key, measure.reason?))).collect()
    }
}

fn longest_drawdown(series: &Series) -> Measure {
    let longest = drawdown::drawdowns(series).into_iter().map(|fall| fall.days).reduce(f64::max);
    longest.ok_or(Absent::NoDrawdown).into()
}
