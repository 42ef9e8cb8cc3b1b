//! A curve and its trades from files of other programs.

use std::path::Path;

use engine::time::{DAY_NS, Timestamp};
use replays::metrics::{Closed, Series};

use super::columns::Columns;
use crate::exit::Failure;

/// A curve from a file.
pub(super) struct Curve {
    /// Every point of it.
    pub points: Series,
    /// A point a day, as far as the file has them: at 00:00 UTC where it has more than a point a day.
    pub daily: Series,
}

impl Curve {
    /// Reads `date,equity[,benchmark]`.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let columns = Columns::read(path)?;
        let (at, equity) = (columns.times("date")?, columns.numbers("equity")?);
        let benchmark = if columns.has("benchmark") { Some(columns.numbers("benchmark")?) } else { None };
        if let Some(row) = at.windows(2).position(|pair| pair[0] >= pair[1]) {
            return Err(columns.wrong(row + 1, "its date is not after the one before; sort the rows, and keep one a time"));
        }
        let points = Series { at, equity, benchmark };
        let is_daily = points.at.windows(2).all(|pair| pair[1].0.saturating_sub(pair[0].0) >= DAY_NS);
        let daily = if is_daily { points.clone() } else { sampled(&points) };
        Ok(Self { points, daily })
    }

    /// Whether the file has more than a point a day.
    pub fn is_finer(&self) -> bool {
        self.points != self.daily
    }
}

/// The first point, what was so at each 00:00 UTC, and the last point.
fn sampled(series: &Series) -> Series {
    let mut picked = vec![(series.at[0], 0)];
    for (index, pair) in series.at.windows(2).enumerate() {
        // A point of 00:00 itself is that day's end.
        let midnights = (pair[0].day() + 1..=pair[1].plus_ns(-1).day()).map(|day| Timestamp(day * DAY_NS));
        picked.extend(midnights.map(|midnight| (midnight, index)));
        if index + 2 == series.at.len() || pair[1].0 % DAY_NS == 0 {
            picked.push((pair[1], index + 1));
        }
    }
    let values = |values: &Vec<f64>| picked.iter().map(|&(_, index)| values[index]).collect();
    Series {
        at: picked.iter().map(|&(at, _)| at).collect(),
        equity: values(&series.equity),
        benchmark: series.benchmark.as_ref().map(values),
    }
}

/// Trades of `open_date,close_date,profit_abs,stake_amount`.
pub(super) fn read_trades(path: &Path) -> Result<Vec<Closed>, Failure> {
    let columns = Columns::read(path)?;
    let (opened, closed) = (columns.times("open_date")?, columns.times("close_date")?);
    let (profits, stakes) = (columns.numbers("profit_abs")?, columns.numbers("stake_amount")?);
    if let Some(row) = opened.iter().zip(&closed).position(|(opened, closed)| closed < opened) {
        return Err(columns.wrong(row, "its close_date is before its open_date"));
    }
    let times = opened.into_iter().zip(closed);
    let trade = |((opened_at, closed_at), (profit, stake))| Closed { opened_at, closed_at, profit, stake };
    Ok(times.zip(profits.into_iter().zip(stakes)).map(trade).collect())
}
