//! What only a report has: every measure with what it means, and round trips by the calendar.

use comfy_table::{Cell, ContentArrangement, Table};
use replays::metrics::{Described, Unit};
use replays::report::document::{Document, FillSum, Group, Rolling};

use super::words::{duration, grouped, money, percent, ratio};
use super::{WIDTH, left, right, signed, table};

/// Round trips by weekday and hour.
pub fn groups(document: &Document, currency: &str) -> [(String, Table); 2] {
    let groups = &document.groups;
    [
        (format!("BY WEEKDAY OF THE EXIT, {currency}"), by("Weekday", &groups.weekdays)),
        (format!("BY HOUR OF THE EXIT, UTC, {currency}"), by("Hour", &groups.hours)),
    ]
}

fn by(name: &str, groups: &[Group]) -> Table {
    let mut all = table(1, &[name, "Trips", "Profit", "Factor", "Avg return", "Avg held", "Win %"]);
    for group in groups.iter().filter(|group| group.tally.count > 0) {
        all.add_row([
            left(&group.key),
            right(grouped(group.tally.count)),
            signed(money(group.profit), group.profit.to_f64()),
            right(ratio(group.profit_factor)),
            signed(percent(group.mean_return), group.mean_return.unwrap_or_default()),
            right(duration(group.mean_held_seconds)),
            right(percent(group.win_rate)),
        ]);
    }
    all
}

/// Costs, windows and measures.
pub fn tables(document: &Document, currency: &str) -> [(String, Table); 3] {
    [
        (format!("FILLS, {currency}"), fills(document)),
        ("LAST AND WORST WINDOWS".to_owned(), windows(document)),
        ("MEASURES".to_owned(), measures(document)),
    ]
}

fn fills(document: &Document) -> Table {
    let mut all = table(1, &["", "Fills", "Notional", "Fees", "Fees, bps"]);
    for (name, sum) in [("maker", &document.costs.maker), ("taker", &document.costs.taker)] {
        let FillSum { fills, notional, fees } = sum;
        if *fills > 0 {
            let bps = fees.to_f64() / notional.to_f64() * 10_000.0;
            let bps = ratio(Some(bps).filter(|bps| bps.is_finite()));
            all.add_row([left(name), right(grouped(*fills)), right(money(*notional)), right(money(*fees)), right(bps)]);
        }
    }
    all
}

fn windows(document: &Document) -> Table {
    let mut all = table(1, &["Window", "Return", "Worst", "Best", "Volatility", "Sharpe", "Worst", "Best", "Drawdown", "Worst"]);
    for rolling in &document.rolling {
        let Rolling { days, rate, volatility, sharpe, drawdown, .. } = rolling;
        if rate.iter().all(Option::is_none) {
            continue;
        }
        let last = |column: &[Option<f64>]| column.last().copied().flatten();
        let most = |column: &[Option<f64>]| column.iter().flatten().copied().reduce(f64::max);
        let least = |column: &[Option<f64>]| column.iter().flatten().copied().reduce(f64::min);
        let cells: [Cell; 10] = [
            left(format!("{days} days")),
            right(percent(last(rate))),
            right(percent(least(rate))),
            right(percent(most(rate))),
            right(percent(last(volatility))),
            right(ratio(last(sharpe))),
            right(ratio(least(sharpe))),
            right(ratio(most(sharpe))),
            right(percent(last(drawdown))),
            right(percent(most(drawdown))),
        ];
        all.add_row(cells);
    }
    all
}

fn measures(document: &Document) -> Table {
    let mut all = table(1, &["Measure", "Value"]);
    all.set_header([left("Measure"), right("Value"), left("How it is computed, or why there is none")]);
    let currency = document.summary.equity.currency.as_deref().unwrap_or("");
    for Described { name, unit, value, reason, convention, .. } in &document.figures {
        let shown = match (unit, value.value()) {
            (_, None) => "-".to_owned(),
            (Unit::Share, value) => percent(value),
            (Unit::Amount, Some(value)) => format!("{value:.2} {currency}"),
            (Unit::Days | Unit::Count, Some(value)) => format!("{value:.0}"),
            (Unit::Ratio, Some(value)) => format!("{value:.4}"),
        };
        all.add_row([left(name), right(shown), left(reason.unwrap_or(convention))]);
    }
    all.set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH);
    all
}
