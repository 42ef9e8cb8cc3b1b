//! Tables of time: periods, months, drawdowns.

use std::collections::BTreeMap;

use comfy_table::{Cell, Table};
use replays::report::document::{Document, Period};

use super::words::{date, grouped, money, percent};
use super::{Breakdown, Extent, left, right, signed, strong, table};

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// How many drawdowns a page has.
const PAGE_DRAWDOWNS: usize = 5;

/// A line a period.
pub fn breakdown(document: &Document, breakdown: Breakdown, currency: &str) -> (String, Table) {
    let periods = &document.periods;
    let (name, periods) = match breakdown {
        Breakdown::Day => ("Day", &periods.days),
        Breakdown::Week => ("Week", &periods.weeks),
        Breakdown::Month => ("Month", &periods.months),
        Breakdown::Year => ("Year", &periods.years),
    };
    let mut all =
        table(1, &[name, "Return", "Holding", "Profit", "Equity", "Trips", "Trip profit", "Win", "Draw", "Loss", "Win %"]);
    for Period { key, equity, profit, rate, holding_return, trips } in periods {
        let net = trips.net();
        all.add_row([
            left(key),
            signed(percent(*rate), rate.unwrap_or_default()),
            signed(percent(*holding_return), holding_return.unwrap_or_default()),
            signed(money(*profit), profit.to_f64()),
            right(equity.map_or_else(|| "-".to_owned(), money)),
            right(grouped(trips.count)),
            signed(money(net), net.to_f64()),
            right(grouped(trips.wins)),
            right(grouped(trips.count - trips.wins - trips.losses)),
            right(grouped(trips.losses)),
            right(trips.win_rate().map_or_else(|| "-".to_owned(), |rate| format!("{:.1}", rate * 100.0))),
        ]);
    }
    (format!("BY {}, {currency}", name.to_uppercase()), all)
}

/// A line a year, a column a month; nothing of a run within one month.
pub fn months(document: &Document) -> Table {
    let mut header = vec!["Year"];
    header.extend(MONTHS);
    header.push("Year");
    let mut all = table(1, &header);
    if document.periods.months.len() < 2 {
        return all;
    }
    let returns: BTreeMap<&str, Option<f64>> =
        document.periods.months.iter().map(|month| (month.key.as_str(), month.rate)).collect();
    for year in &document.periods.years {
        let month = |number: usize| returns.get(format!("{}-{number:02}", year.key).as_str()).copied().flatten();
        let cells = (1..=12).map(|number| short(month(number))).chain([strong(short(year.rate))]);
        all.add_row([left(&year.key)].into_iter().chain(cells).collect::<Vec<_>>());
    }
    all
}

fn short(rate: Option<f64>) -> Cell {
    let text = rate.map_or_else(String::new, |rate| format!("{:.1}", rate * 100.0));
    let text = if text == "-0.0" { "0.0".to_owned() } else { text };
    signed(text, rate.unwrap_or_default())
}

/// The deepest falls.
pub fn drawdowns(document: &Document, extent: Extent) -> Table {
    let mut all = table(0, &["", "Depth", "Loss", "Peak", "Trough", "Recovered", "Days down", "Days in all"]);
    let most = if extent == Extent::Page { PAGE_DRAWDOWNS } else { usize::MAX };
    for (place, fall) in document.drawdowns.iter().take(most).enumerate() {
        let days_down = fall.trough.day() - fall.start.day();
        let loss = engine::number::decimal_from_f64(fall.peak_equity - fall.trough_equity, 2).unwrap_or_default();
        all.add_row([
            right(place + 1),
            right(percent(Some(fall.depth))),
            right(money(engine::number::Amount(loss))),
            right(date(fall.start)),
            right(date(fall.trough)),
            right(fall.recovery.map_or_else(|| "not yet".to_owned(), date)),
            right(grouped(days_down)),
            right(format!("{:.0}", fall.days)),
        ]);
    }
    all
}
