//! The same measures over a window that moves along the curve.

use engine::time::{DAY_NS, Timestamp};
use serde::Serialize;

use super::drawdown::max_drawdown;
use super::{Absent, Measure, Series, ratios};

/// The windows that are reported, in days.
pub const WINDOWS_DAYS: [u16; 3] = [30, 90, 365];

/// The measures of the window that ends at a point.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Window {
    /// Where it ends.
    pub at: Timestamp,
    /// Last equity over first, less one.
    pub total_return: Measure,
    /// [`ratios::volatility`].
    pub volatility: Measure,
    /// [`ratios::sharpe`].
    pub sharpe: Measure,
    /// [`ratios::sortino`].
    pub sortino: Measure,
    /// [`max_drawdown`] within the window.
    pub max_drawdown: Measure,
}

/// A window for each point of the curve, in its order, so that they align with it. A window goes back to the point that lies
/// `days` before its end; before the curve is as long as that, nothing exists.
pub fn rolling(series: &Series, days: u16, risk_free: f64) -> Vec<Window> {
    let length_ns = i64::from(days) * DAY_NS;
    let first = series.at.first().copied().unwrap_or_default();
    let window = |(end, &at): (usize, &Timestamp)| {
        let start = at.plus_ns(-length_ns);
        if start < first || end >= series.equity.len() {
            return Window::none(at);
        }
        // A point of a day or two before stands for a day that has none of its own.
        let begin = series.at.partition_point(|point| *point <= start).saturating_sub(1);
        Window::of(
            &Series { at: series.at[begin..=end].to_vec(), equity: series.equity[begin..=end].to_vec(), benchmark: None },
            risk_free,
        )
    };
    series.at.iter().enumerate().map(window).collect()
}

impl Window {
    fn of(part: &Series, risk_free: f64) -> Self {
        let returns = part.returns();
        let ratio = |ratio: Measure| if part.was_ruined() { Measure::none(Absent::Ruined) } else { ratio };
        Self {
            at: part.at.last().copied().unwrap_or_default(),
            total_return: part.total_return(),
            volatility: ratio(ratios::volatility(&returns)),
            sharpe: ratio(ratios::sharpe(&returns, risk_free)),
            sortino: ratio(ratios::sortino(&returns, risk_free)),
            max_drawdown: max_drawdown(&part.equity),
        }
    }

    fn none(at: Timestamp) -> Self {
        let none = Measure::none(Absent::ShorterThanWindow);
        Self { at, total_return: none, volatility: none, sharpe: none, sortino: none, max_drawdown: none }
    }
}
