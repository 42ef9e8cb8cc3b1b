//! What else could have come of the same days and trades: intervals instead of one number.

use std::num::NonZeroUsize;

use serde::Serialize;

use super::chance::Chance;
use super::resample::Resample;
use crate::metrics::moments::quantile;
use crate::metrics::{Closed, Series, drawdown, ratios};

/// What is simulated, and how often.
#[derive(Clone, Copy, Debug)]
pub struct MonteCarlo {
    /// Courses of each method.
    pub runs: u32,
    /// Of all that is drawn.
    pub seed: u64,
    /// The mean length of a block, in days; at least 1.
    pub block_days: f64,
    /// The share of the first equity whose loss is ruin.
    pub ruin_share: f64,
    /// How many courses are drawn at once; the result is the same for any number.
    pub threads: NonZeroUsize,
}

/// What became of all courses of a method.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Courses {
    /// `trades_shuffled`, `trades_drawn` or `days_in_blocks`.
    pub method: &'static str,
    /// Returns that a course is made of.
    pub returns: usize,
    /// Last equity over first, less one.
    pub total_return: Spread,
    /// The largest fall below the peak, as a share of it.
    pub max_drawdown: Spread,
    /// Annualised, of daily returns; `None` where a course is made of trades, which have no length.
    pub sharpe: Option<Spread>,
    /// The share of the courses that were ruined at some time.
    pub ruin_probability: f64,
}

/// A figure in all courses beside what really happened.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// What happened; `None` where the figure does not exist.
    pub actual: Option<f64>,
    /// 5 % of the courses are below.
    pub p5: Option<f64>,
    /// Half of them are below.
    pub p50: Option<f64>,
    /// 95 % of them are below.
    pub p95: Option<f64>,
}

/// The figures of one course.
#[derive(Clone, Copy)]
struct Course {
    total_return: f64,
    max_drawdown: f64,
    sharpe: Option<f64>,
    is_ruined: bool,
}

impl MonteCarlo {
    /// Of a run's daily curve and its closed trades, in the order of their exits. A method without at least two returns is
    /// left out.
    pub fn run(&self, series: &Series, closed: &[Closed]) -> Vec<Courses> {
        let (days, trades) = (series.returns(), shares(series, closed));
        let blocks = Resample::Blocks { mean_length: self.block_days };
        [
            ("days_in_blocks", blocks, &days),
            ("trades_shuffled", Resample::Shuffle, &trades),
            ("trades_drawn", Resample::Draw, &trades),
        ]
        .into_iter()
        .filter(|(_, _, returns)| returns.len() >= 2)
        .map(|(method, how, returns)| self.courses(method, how, returns))
        .collect()
    }

    fn courses(&self, method: &'static str, how: Resample, returns: &[f64]) -> Courses {
        let is_daily = matches!(how, Resample::Blocks { .. });
        let each = self.threads.get().clamp(1, 64);
        let part = (self.runs as usize).div_ceil(each).max(1);
        let mut drawn = vec![None; self.runs as usize];
        std::thread::scope(|scope| {
            for (index, part_of) in drawn.chunks_mut(part).enumerate() {
                scope.spawn(move || {
                    let mut course = Vec::with_capacity(returns.len());
                    for (number, slot) in ((index * part) as u64..).zip(part_of) {
                        how.draw(returns, &mut Chance::new(self.seed, method, number), &mut course);
                        *slot = Some(self.judge(&course, is_daily));
                    }
                });
            }
        });
        let drawn: Vec<Course> = drawn.into_iter().flatten().collect();
        let actual = self.judge(returns, is_daily);
        let spread =
            |figure: &dyn Fn(&Course) -> Option<f64>| Spread::of(figure(&actual), drawn.iter().filter_map(figure).collect());
        Courses {
            method,
            returns: returns.len(),
            total_return: spread(&|course| Some(course.total_return)),
            max_drawdown: spread(&|course| Some(course.max_drawdown)),
            sharpe: is_daily.then(|| spread(&|course| course.sharpe)),
            ruin_probability: drawn.iter().filter(|course| course.is_ruined).count() as f64 / drawn.len().max(1) as f64,
        }
    }

    fn judge(&self, course: &[f64], is_daily: bool) -> Course {
        let mut worth = 1.0_f64;
        let after = |rate: &f64| {
            // What is lost whole does not come back.
            worth = (worth * (1.0 + rate)).max(0.0);
            worth
        };
        let curve: Vec<f64> = std::iter::once(1.0).chain(course.iter().map(after)).collect();
        let lowest = curve.iter().copied().fold(1.0, f64::min);
        Course {
            total_return: curve.last().map_or(0.0, |last| last - 1.0),
            max_drawdown: drawdown::max_drawdown(&curve).value().unwrap_or(0.0),
            sharpe: ratios::sharpe(course, 0.0).value().filter(|_| is_daily),
            is_ruined: lowest <= 1.0 - self.ruin_share,
        }
    }
}

impl Spread {
    fn of(actual: Option<f64>, mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |share| quantile(&values, share);
        Self { actual, p5: at(0.05), p50: at(0.5), p95: at(0.95) }
    }
}

/// Each trade's profit as a share of what was there before it, by the trades alone.
fn shares(series: &Series, closed: &[Closed]) -> Vec<f64> {
    let mut worth = series.equity.first().copied().unwrap_or(0.0);
    let mut shares = Vec::with_capacity(closed.len());
    for trade in closed {
        if worth <= 0.0 {
            break;
        }
        shares.push(trade.profit / worth);
        worth += trade.profit;
    }
    shares
}

#[cfg(test)]
mod tests {
    use engine::time::{DAY_NS, Timestamp};

    use super::*;

    fn simulate(returns: &[f64], threads: usize, seed: u64) -> Vec<Courses> {
        let mut equity = vec![1_000.0];
        for rate in returns {
            equity.push(equity[equity.len() - 1] * (1.0 + rate));
        }
        let closed: Vec<Closed> = (0..)
            .zip(equity.windows(2))
            .map(|(day, pair)| {
                let (opened_at, closed_at) = (Timestamp(day * DAY_NS), Timestamp((day + 1) * DAY_NS));
                Closed { opened_at, closed_at, profit: pair[1] - pair[0], stake: pair[0] }
            })
            .collect();
        let threads = NonZeroUsize::new(threads).unwrap();
        let settings = MonteCarlo { runs: 600, seed, block_days: 1.0, ruin_share: 0.5, threads };
        settings.run(&Series::daily(&equity), &closed)
    }

    fn noise(mean: f64, deviation: f64) -> Vec<f64> {
        let mut chance = Chance::new(2, "returns", 0);
        (0..365).map(|_| mean + deviation * chance.normal()).collect()
    }

    #[test]
    fn any_number_of_threads_gives_the_same() {
        let returns = noise(0.001, 0.02);
        let alone = simulate(&returns, 1, 7);
        assert_eq!(alone.len(), 3);
        for threads in [2, 3, 8] {
            assert_eq!(simulate(&returns, threads, 7), alone, "{threads} threads");
        }
        assert_ne!(simulate(&returns, 1, 8), alone);
    }

    /// Log returns add up: over a year of days of mean m and deviation s, they are near `365 m` with a deviation of `s sqrt(365)`.
    #[test]
    fn the_interval_is_that_of_the_theory() {
        let returns = noise(0.001, 0.01);
        let logs: Vec<f64> = returns.iter().map(|rate| (1.0 + rate).ln()).collect();
        let mean = logs.iter().sum::<f64>() / 365.0;
        let deviation = (logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / 365.0).sqrt();
        let at = |z: f64| (365.0 * mean + z * deviation * 365_f64.sqrt()).exp() - 1.0;
        for courses in simulate(&returns, 2, 1).iter().filter(|courses| courses.method != "trades_shuffled") {
            let Spread { actual, p5, p50, p95 } = courses.total_return;
            for (found, expected) in [(p5, at(-1.645)), (p50, at(0.0)), (p95, at(1.645)), (actual, at(0.0))] {
                assert!((found.unwrap() - expected).abs() < 0.06, "{}: {found:?}, in theory {expected}", courses.method);
            }
        }
    }

    #[test]
    fn the_order_of_trades_changes_the_way_but_not_the_end() {
        let courses = simulate(&noise(0.001, 0.02), 2, 1);
        let shuffled = courses.iter().find(|courses| courses.method == "trades_shuffled").unwrap();
        let Spread { actual, p5, p95, .. } = shuffled.total_return;
        assert!((p5.unwrap() - p95.unwrap()).abs() < 1e-9 && (p5.unwrap() - actual.unwrap()).abs() < 1e-9);
        assert!(shuffled.max_drawdown.p5 < shuffled.max_drawdown.p95 && shuffled.sharpe.is_none());
    }

    #[test]
    fn ruin_comes_to_those_who_lose() {
        let ruin = |mean: f64, deviation: f64| simulate(&noise(mean, deviation), 2, 1)[0].ruin_probability;
        assert!(ruin(-0.01, 0.02) > 0.99);
        assert!(ruin(0.002, 0.005) < 0.001);
        let even = ruin(0.0, 0.04);
        assert!((0.005..0.9).contains(&even), "{even}");
        assert!(simulate(&[], 2, 1).is_empty());
        assert!(simulate(&[0.5, -1.5], 2, 1)[0].ruin_probability > 0.0, "more than all is lost");
    }
}
