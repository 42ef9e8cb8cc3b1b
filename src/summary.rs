//! The summary of a run on the terminal, or as JSON.

use std::io::Write;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};
use engine::number::Amount;
use replays::report::{Restraint, Summary, Tally};

use crate::cli::Globals;
use crate::exit::Failure;

/// Prints it as `globals` ask.
pub fn print(summary: &Summary, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
    if globals.json {
        serde_json::to_writer_pretty(&mut *out, summary).map_err(std::io::Error::from)?;
        writeln!(out)?;
        return Ok(());
    }
    writeln!(out, "ROUND TRIPS BY INSTRUMENT\n{}\n", instruments(summary))?;
    if let Some(restraint) = restraint(&summary.restraint) {
        writeln!(out, "HELD BACK\n{restraint}\n")?;
    }
    writeln!(out, "SUMMARY\n{}", metrics(summary))?;
    if let Some(stop) = &summary.restraint.stopped_by {
        let since = stop.since.map_or_else(String::new, |since| format!(" since {since}"));
        writeln!(out, "\nNew exposure is stopped{since} by {}, until an operator resumes.", stop.by)?;
    }
    if let Some(id) = &summary.run_id {
        writeln!(out, "\nThe log is run {id}: `tickfold verify {id}` derives every decision of it again.")?;
    }
    Ok(())
}

fn instruments(summary: &Summary) -> Table {
    let mut table = new_table();
    table.set_header(["Instrument", "Round trips", "Avg profit", "Total profit", "Avg duration", "Win", "Loss", "Win rate"]);
    for (symbol, tally) in &summary.by_instrument {
        table.add_row(tally_row(symbol, tally));
    }
    if summary.by_instrument.len() != 1 {
        table.add_row(tally_row("TOTAL", &summary.round_trips));
    }
    for column in 1..8 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn tally_row(name: &str, tally: &Tally) -> [String; 8] {
    [
        name.to_owned(),
        tally.count.to_string(),
        percent(tally.mean_return()),
        money(tally.net()),
        tally.mean_held_seconds().map_or_else(|| "-".to_owned(), duration),
        tally.wins.to_string(),
        tally.losses.to_string(),
        percent(tally.win_rate()),
    ]
}

fn restraint(restraint: &Restraint) -> Option<Table> {
    let mut table = new_table();
    for (reason, count) in &restraint.denials {
        table.add_row(["denied".to_owned(), (*reason).to_owned(), grouped(*count)]);
    }
    for (breaker, count) in &restraint.breakers {
        table.add_row(["breaker".to_owned(), breaker.clone(), grouped(*count)]);
    }
    let adjusted = [("min confidence", restraint.min_confidence_bps), ("size scale", restraint.size_scale_bps)];
    for (parameter, bps) in adjusted {
        if let Some(bps) = bps {
            table.add_row(["adjusted".to_owned(), format!("{parameter}, at last"), percent(Some(f64::from(bps) / 10_000.0))]);
        }
    }
    if restraint.adjustments > 0 {
        table.add_row(["adjusted".to_owned(), "times".to_owned(), grouped(restraint.adjustments)]);
    }
    if let Some(health) = restraint.health {
        table.add_row(["health".to_owned(), "of 100, at last".to_owned(), health.to_string()]);
    }
    if restraint.alerts > 0 {
        table.add_row(["alerts".to_owned(), "see log show --kind alert".to_owned(), grouped(restraint.alerts)]);
    }
    if let Some(counts) = table.column_mut(2) {
        counts.set_cell_alignment(CellAlignment::Right);
    }
    (table.row_count() > 0).then_some(table)
}

fn metrics(summary: &Summary) -> Table {
    let Summary { metrics, equity, .. } = summary;
    let currency = equity.currency.as_deref().unwrap_or("");
    let amount = |amount: Option<Amount>| amount.map_or_else(|| "-".to_owned(), |amount| format!("{} {currency}", money(amount)));
    let time = |time: Option<engine::time::Timestamp>| time.map_or_else(|| "-".to_owned(), |time| time.to_string());
    let mut rows: Vec<(String, String)> = Vec::new();
    let mut row = |name: &str, value: String| rows.push((name.to_owned(), value));
    row("From", time(summary.from));
    row("To", time(summary.to));
    row("Events / decisions", format!("{} / {}", grouped(summary.events), grouped(summary.decisions)));
    row("Orders / fills", format!("{} / {}", grouped(summary.orders), grouped(summary.fills)));
    let (denied, rejected, canceled) = (summary.denials, summary.rejections, summary.cancellations);
    row("Denied / rejected / canceled", format!("{} / {} / {}", grouped(denied), grouped(rejected), grouped(canceled)));
    if summary.skipped_rows > 0 {
        row("Malformed rows skipped", grouped(summary.skipped_rows));
    }
    row("", String::new());
    row("Starting equity", amount(equity.start));
    row("Final equity", amount(equity.end));
    row("Total return", percent(metrics.total_return));
    row("CAGR", percent(metrics.cagr));
    for market in &summary.market {
        row(&format!("Market change {}", market.symbol), percent(market.change));
    }
    row("Max drawdown", percent(metrics.max_drawdown));
    row("Sharpe / Sortino", format!("{} / {}", ratio(metrics.sharpe), ratio(metrics.sortino)));
    row("Calmar", ratio(metrics.calmar));
    row("VaR / CVaR 95 %, daily", format!("{} / {}", percent(metrics.var_95), percent(metrics.cvar_95)));
    row("", String::new());
    row("Round trips", grouped(summary.round_trips.count));
    row("Win rate", percent(metrics.win_rate));
    row("Profit factor", ratio(metrics.profit_factor));
    row("Expectancy", amount(metrics.expectancy));
    row("Best / worst", format!("{} / {}", percent(summary.round_trips.best_return), percent(summary.round_trips.worst_return)));
    row("Fees", amount(Some(metrics.fees)));
    row("Exposure", percent(metrics.exposure));
    for (currency, balance) in &summary.balances {
        row(&format!("Balance {currency}"), balance.to_string());
    }
    row("", String::new());
    row("Digest", summary.digest.chars().take(16).collect());
    let timing = summary.timing;
    row("Engine", format!("{:.3} s, {} events/s", timing.engine_seconds, grouped(timing.events_per_second)));
    if let Some(bytes) = timing.peak_rss_bytes {
        row("Peak memory", format!("{} MiB", bytes >> 20));
    }
    let mut table = new_table();
    for (name, value) in rows {
        table.add_row([name, value]);
    }
    if let Some(values) = table.column_mut(1) {
        values.set_cell_alignment(CellAlignment::Right);
    }
    table
}

fn new_table() -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), |share| format!("{:.2} %", share * 100.0))
}

fn ratio(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"))
}

/// With two decimals, for reading; exact figures are in the balances and in `--json`.
fn money(amount: Amount) -> String {
    let mut rounded = amount.0.round_dp(2);
    rounded.rescale(2);
    let text = rounded.to_string();
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
    let (whole, cents) = digits.split_once('.').unwrap_or((digits, "00"));
    format!("{sign}{}.{cents}", group(whole))
}

fn grouped(number: u64) -> String {
    group(&number.to_string())
}

/// Thousands apart: `1,234,567`.
fn group(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn duration(seconds: i64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (hours, minutes, seconds) = (rest / 3_600, rest / 60 % 60, rest % 60);
    if days > 0 { format!("{days} d {hours:02}:{minutes:02}:{seconds:02}") } else { format!("{hours}:{minutes:02}:{seconds:02}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(money(Amount("-1234.5".parse().unwrap())), "-1,234.50");
        assert_eq!(money(Amount("0.005".parse().unwrap())), "0.00");
        assert_eq!(duration(90_061), "1 d 01:01:01");
        assert_eq!(duration(61), "0:01:01");
    }
}
