//! A comparison, printed.

use std::io::{self, Write};

use replays::compare::{Cause, Comparison, Difference, Pair, Trade};
use replays::fork::Line;
use replays::report::Summary;
use serde_json::Value;

use crate::table::{drawn, pairs, table};

/// What is compared beside the metrics: where it stands in a summary, and what it is called.
const TOTALS: [(&str, &str); 6] = [
    ("/equity/start", "equity at the start"),
    ("/equity/end", "equity at the end"),
    ("/events", "market data"),
    ("/signals", "signals"),
    ("/orders", "orders"),
    ("/fills", "fills"),
];

/// The metrics that are printed; all are in the JSON document.
const METRICS: [&str; 15] = [
    "total_return",
    "cagr",
    "sharpe",
    "sortino",
    "calmar",
    "max_drawdown",
    "volatility",
    "var_95",
    "profit_factor",
    "win_rate",
    "expectancy",
    "trades",
    "fees",
    "exposure",
    "turnover",
];

/// Adds a comparison's fields to a JSON object.
pub fn merge(document: &mut Value, found: &Comparison) {
    if let (Some(document), Ok(Value::Object(found))) = (document.as_object_mut(), serde_json::to_value(found)) {
        document.extend(found);
    }
}

/// Both summaries' totals and metrics, line by line.
pub fn metrics(names: [&str; 2], summaries: [&Summary; 2]) -> String {
    let [a, b] = summaries.map(|summary| serde_json::to_value(summary).unwrap_or_default());
    let mut table = table(&["", names[0], names[1], "difference"], |column| column > 0);
    for (pointer, name) in TOTALS {
        table.add_row(row(name, a.pointer(pointer), b.pointer(pointer)));
    }
    for name in METRICS {
        let (ours, theirs) = (a["metrics"].get(name), b["metrics"].get(name));
        if ours.or(theirs).is_some() {
            table.add_row(row(&name.replace('_', " "), ours, theirs));
        }
    }
    drawn(table)
}

fn row(name: &str, a: Option<&Value>, b: Option<&Value>) -> [String; 4] {
    let (a, b) = (a.and_then(number), b.and_then(number));
    let dash = || "-".to_owned();
    let text = |value: Option<f64>| value.map_or_else(dash, |value| short(value).to_string());
    let difference = a.zip(b).map_or_else(dash, |(a, b)| format!("{}{}", if b > a { "+" } else { "" }, short(b - a)));
    [name.to_owned(), text(a), text(b), difference]
}

/// A count as it is, anything else with four decimals.
fn short(value: f64) -> impl std::fmt::Display {
    std::fmt::from_fn(move |f| if value.fract() == 0.0 { write!(f, "{value:.0}") } else { write!(f, "{value:.4}") })
}

fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str().and_then(|text| text.parse().ok()))
}

/// Prints what differs; `names` are what the two runs are called in the text.
pub fn print(found: &Comparison, names: [&str; 2], out: &mut dyn Write) -> io::Result<()> {
    if found.is_same() {
        let (data, signals, trades) = (found.same_data, found.same_signals, found.same_trades);
        return writeln!(out, "\nthe same: {data} market data, {signals} signals, {trades} round trips");
    }
    if found.is_other_market {
        writeln!(out, "\nThey ran on different market data altogether: what follows says little.")?;
    }
    writeln!(out, "\nDIFFERENCES BY CAUSE\n{}", counts(found))?;
    if let Some(first) = &found.first {
        writeln!(out, "\nFIRST DIFFERENCE: {}", told(first, names))?;
        let (a, b) = &found.first_records;
        records([a.as_ref(), b.as_ref()], names, out)?;
    }
    for (cause, list) in found.differences.iter().filter(|(_, list)| !list.is_empty()) {
        writeln!(out, "\n{}", cause.name().to_uppercase())?;
        list.iter().try_for_each(|difference| writeln!(out, "  {}", told(difference, names)))?;
        let more = found.counts.get(cause).map_or(0, |count| count.saturating_sub(list.len() as u64));
        if more > 0 {
            writeln!(out, "  … and {more} more")?;
        }
    }
    if !found.trades.is_empty() {
        writeln!(out, "\nROUND TRIPS THAT ARE NOT THE SAME\n{}", trades(&found.trades, names))?;
        let more = (found.different_trades + found.only_a + found.only_b).saturating_sub(found.trades.len() as u64);
        if more > 0 {
            writeln!(out, "… and {more} more: --limit lists them")?;
        }
    }
    Ok(())
}

/// Two records that stand for the same.
pub fn records(lines: [Option<&Line>; 2], names: [&str; 2], out: &mut dyn Write) -> io::Result<()> {
    for (line, name) in lines.into_iter().zip(names) {
        let text = line.map_or("-", |line| line.text.as_str());
        writeln!(out, "  {name:10} {text}")?;
    }
    Ok(())
}

fn counts(found: &Comparison) -> String {
    let mut table = pairs();
    for cause in Cause::ALL {
        if let Some(count) = found.counts.get(&cause) {
            table.add_row([cause.name().to_owned(), count.to_string()]);
        }
    }
    table.add_row(["pauses the same".to_owned(), found.same_pauses.to_string()]);
    let (same, different) = (found.same_trades, found.different_trades);
    table.add_row(["market data the same".to_owned(), found.same_data.to_string()]);
    table.add_row(["signals the same".to_owned(), found.same_signals.to_string()]);
    table.add_row(["round trips the same / not".to_owned(), format!("{same} / {different}")]);
    table.add_row(["round trips of the first / second alone".to_owned(), format!("{} / {}", found.only_a, found.only_b)]);
    drawn(table)
}

fn told(difference: &Difference, names: [&str; 2]) -> String {
    let Difference { cause, at, strategy, instrument, seq_a, seq_b, text } = difference;
    let whose = [strategy, instrument].into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ");
    let seq = |seq: &Option<u64>| seq.map_or_else(|| "-".to_owned(), |seq| format!("seq {seq}"));
    let text = text.replace("first run", names[0]).replace("second run", names[1]);
    format!("{at} {whose} {}: {text} ({}, {})", cause.name(), seq(seq_a), seq(seq_b))
}

fn trades(pairs: &[Pair], names: [&str; 2]) -> String {
    let header = ["Signaled", "Strategy", "Instrument", "Run", "In at", "Out at", "By", "Profit"];
    let mut table = table(&header, |column| [4, 5, 7].contains(&column));
    for Pair { strategy, instrument, at, a, b } in pairs {
        for (trade, name) in [a, b].into_iter().zip(names) {
            let Some(trade) = trade else { continue };
            let Trade { entry_price, exit_price, exit, profit, .. } = trade;
            let dash = || "-".to_owned();
            table.add_row([
                at.to_string(),
                strategy.clone(),
                instrument.clone(),
                name.to_owned(),
                entry_price.map_or_else(dash, |price| price.to_string()),
                exit_price.map_or_else(dash, |price| price.to_string()),
                exit.map_or_else(dash, |way| format!("{way:?}").to_lowercase()),
                profit.map_or_else(dash, |profit| profit.to_string()),
            ]);
        }
    }
    drawn(table)
}
