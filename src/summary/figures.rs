//! The summary's figures, side by side, what held the run back, and what the numbers mean.

use std::io::Write;

use comfy_table::Table;
use engine::number::Amount;
use replays::metrics::Measure;
use replays::report::document::Document;
use replays::report::{Restraint, Summary};

use super::words::{duration, grouped, minute, money, percent, ratio};
use super::{Extent, left, right, table};
use crate::exit::Failure;

type Lines = Vec<(String, String)>;

/// Money and risk on the left, trading on the right.
pub fn summary(document: &Document) -> Table {
    let (left_side, right_side) = (results(document), trading(document));
    let mut all = table(0, &[]);
    let none = (String::new(), String::new());
    for place in 0..left_side.len().max(right_side.len()) {
        let (name, value) = left_side.get(place).unwrap_or(&none);
        let (other, count) = right_side.get(place).unwrap_or(&none);
        all.add_row([left(name), right(value), left(format!("  {other}")), right(count)]);
    }
    all
}

/// What came of it.
fn results(document: &Document) -> Lines {
    let Document { summary: Summary { metrics, equity, .. }, days, .. } = document;
    let m = &metrics.measures;
    let currency = equity.currency.as_deref().unwrap_or("");
    let amount = |amount: Option<Amount>| amount.map_or_else(|| "-".to_owned(), |amount| format!("{} {currency}", money(amount)));
    let share = |measure: Measure| percent(measure.value());
    let number = |measure: Measure| ratio(measure.value());
    let day = |day: &Option<replays::report::document::Day>| {
        day.as_ref().map_or_else(|| "-".to_owned(), |day| format!("{}  {}", day.date, percent(Some(day.rate))))
    };
    let mut lines = Lines::new();
    let mut line = |name: &str, value: String| lines.push((name.to_owned(), value));
    line("From", minute(document.summary.from));
    line("To", minute(document.summary.to));
    line("Starting equity", amount(equity.start));
    line("Final equity", amount(equity.end));
    line("Total return", share(m.total_return));
    line("Holding the instruments", share(m.benchmark_return));
    line("CAGR", share(m.cagr));
    line("Max drawdown", share(m.max_drawdown));
    line("Longest drawdown", m.longest_drawdown.value().map_or_else(|| "-".to_owned(), |days| format!("{days:.0} days")));
    line("", String::new());
    line("Sharpe / Sortino", format!("{} / {}", number(m.sharpe), number(m.sortino)));
    line("Calmar / omega", format!("{} / {}", number(m.calmar), number(m.omega)));
    line("Probabilistic Sharpe", share(m.probabilistic_sharpe));
    line("Volatility", share(m.volatility));
    line("VaR / CVaR 95 %, daily", format!("{} / {}", share(m.var_95), share(m.cvar_95)));
    line("Alpha / beta to holding", format!("{} / {}", share(m.alpha), number(m.beta)));
    line("", String::new());
    line("Best day", day(&days.best));
    line("Worst day", day(&days.worst));
    line("Days won / same / lost", format!("{} / {} / {}", grouped(days.wins), grouped(days.draws), grouped(days.losses)));
    lines
}

/// What was done.
fn trading(document: &Document) -> Lines {
    let Document { summary, streaks, costs, .. } = document;
    let Summary { metrics, equity, round_trips, timing, .. } = summary;
    let m = &metrics.measures;
    let currency = equity.currency.as_deref().unwrap_or("");
    let amount = |amount: Option<Amount>| amount.map_or_else(|| "-".to_owned(), |amount| format!("{} {currency}", money(amount)));
    let share = |measure: Measure| percent(measure.value());
    let number = |measure: Measure| ratio(measure.value());
    let mut lines = Lines::new();
    let mut line = |name: &str, value: String| lines.push((name.to_owned(), value));
    line("Events / decisions", format!("{} / {}", grouped(summary.events), grouped(summary.decisions)));
    line("Orders / fills", format!("{} / {}", grouped(summary.orders), grouped(summary.fills)));
    let (denied, rejected, canceled) = (summary.denials, summary.rejections, summary.cancellations);
    line("Denied/rejected/canceled", format!("{} / {} / {}", grouped(denied), grouped(rejected), grouped(canceled)));
    if summary.skipped_rows > 0 {
        line("Malformed rows skipped", grouped(summary.skipped_rows));
    }
    line("Round trips", grouped(round_trips.count));
    line("Win rate / factor", format!("{} / {}", share(m.win_rate), number(m.profit_factor)));
    line("Expectancy", amount(metrics.expectancy));
    line("Payoff / SQN", format!("{} / {}", number(m.payoff), number(m.sqn)));
    line("Best / worst", format!("{} / {}", percent(round_trips.best_return), percent(round_trips.worst_return)));
    line("Held, won / lost", format!("{} / {}", duration(streaks.mean_win_seconds), duration(streaks.mean_loss_seconds)));
    line("In a row, won / lost", format!("{} / {}", grouped(streaks.wins), grouped(streaks.losses)));
    line("Exposure", share(m.exposure));
    line("Turnover a year", m.turnover.value().map_or_else(|| "-".to_owned(), |times| format!("{times:.1} times")));
    line("Fees", amount(Some(metrics.fees)));
    line("Slippage", costs.slippage_bps.map_or_else(|| "-".to_owned(), |bps| format!("{bps:.2} bps")));
    for (currency, balance) in &summary.balances {
        line(&format!("Balance {currency}"), balance.to_string());
    }
    line("Digest", summary.digest.chars().take(16).collect());
    line("Engine", format!("{:.3} s", timing.engine_seconds));
    line("Events a second", grouped(timing.events_per_second));
    if let Some(bytes) = timing.peak_rss_bytes {
        line("Peak memory", format!("{} MiB", bytes >> 20));
    }
    lines
}

/// Denials, breakers, adjustments, alerts.
pub fn restraint(restraint: &Restraint) -> Table {
    let mut all = table(2, &[]);
    for (reason, count) in &restraint.denials {
        all.add_row([left("denied"), left(reason), right(grouped(*count))]);
    }
    for (breaker, count) in &restraint.breakers {
        all.add_row([left("breaker"), left(breaker), right(grouped(*count))]);
    }
    let adjusted = [("min confidence", restraint.min_confidence_bps), ("size scale", restraint.size_scale_bps)];
    for (parameter, bps) in adjusted {
        if let Some(bps) = bps {
            let value = percent(Some(f64::from(bps) / 10_000.0));
            all.add_row([left("adjusted"), left(format!("{parameter}, at last")), right(value)]);
        }
    }
    if restraint.adjustments > 0 {
        all.add_row([left("adjusted"), left("times"), right(grouped(restraint.adjustments))]);
    }
    if let Some(health) = restraint.health {
        all.add_row([left("health"), left("of 100, at last"), right(health)]);
    }
    if restraint.alerts > 0 {
        all.add_row([left("alerts"), left("see log show --kind alert"), right(grouped(restraint.alerts))]);
    }
    all
}

/// What stops the run, what the numbers mean, and where there is more.
pub fn footer(document: &Document, extent: Extent, out: &mut dyn Write) -> Result<(), Failure> {
    let Summary { restraint, conventions, run_id, .. } = &document.summary;
    if let Some(stop) = &restraint.stopped_by {
        let since = stop.since.map_or_else(String::new, |since| format!(" since {since}"));
        writeln!(out, "New exposure is stopped{since} by {}, until an operator resumes.\n", stop.by)?;
    }
    let free = conventions.risk_free * 100.0;
    writeln!(
        out,
        "Returns and drawdowns are those of the daily equity at 00:00 UTC, {} days a year,",
        conventions.periods_per_year
    )?;
    writeln!(out, "risk-free {free} % a year. Profits are after fees. Holding is equal parts at the first prices.")?;
    if let Some(id) = run_id {
        match extent {
            Extent::Page => writeln!(
                out,
                "\nRun {id}: `tickfold report {id}` has all measures, `tickfold verify {id}` proves its decisions."
            )?,
            Extent::Whole => writeln!(out, "\nRun {id}: `tickfold verify {id}` derives every decision of it again.")?,
        }
    }
    Ok(())
}
