//! The ranking for people and for programs.

use std::io::{self, Write};

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};
use engine::event::Rank;
use engine::time::Interval;
use serde_json::{Value, json};

use super::ranking::{LeftOut, Ranked, Ranking};

/// How many files that were left out are named on stderr.
const NAMED: usize = 10;

/// Basis points as points of a hundred.
fn points(bps: u16) -> f64 {
    f64::from(bps) / 100.0
}

/// One line an instrument.
pub fn table(ranked: &[Ranked]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header([
        "#",
        "Symbol",
        "Score",
        "Breakout",
        "Momentum",
        "Mean rev.",
        "Volume",
        "Pattern",
        "Liquidity",
        "Price",
        "24 h",
        "Suggested",
    ]);
    for (place, scored) in (1..).zip(ranked) {
        let Rank { score_bps, breakout_bps, momentum_bps, mean_reversion_bps, volume_bps, pattern_bps, liquidity_bps, .. } =
            scored.rank;
        let parts = [breakout_bps, momentum_bps, mean_reversion_bps, volume_bps, pattern_bps, liquidity_bps];
        let change = scored.change_24h.map_or_else(String::new, |change| format!("{:+.2} %", 100.0 * change));
        let mut row = vec![place.to_string(), scored.symbol.clone(), format!("{:.1}", points(score_bps))];
        row.extend(parts.map(|bps| format!("{:.0}", points(bps))));
        row.extend([scored.price.to_string(), change, scored.suggestion.name().to_owned()]);
        table.add_row(row);
    }
    for column in [0].into_iter().chain(2..=10) {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// The first `shown`, and everything that was left out.
pub fn document(ranking: &Ranking, shown: usize, interval: Interval) -> Value {
    let ranked = (1..).zip(&ranking.ranked[..shown]).map(|(place, scored)| ranked(place, scored));
    json!({
        "at": ranking.at,
        "interval": interval.to_string(),
        "instruments": ranking.ranked.len(),
        "ranked": ranked.collect::<Vec<_>>(),
        "left_out": ranking.left_out.iter().map(left_out).collect::<Vec<_>>(),
    })
}

fn ranked(place: u64, scored: &Ranked) -> Value {
    let Ranked { symbol, rank, price, change_24h, suggestion, closed_at, bars, path } = scored;
    json!({
        "rank": place,
        "symbol": symbol,
        "score": points(rank.score_bps),
        "parts": {
            "breakout": points(rank.breakout_bps),
            "momentum": points(rank.momentum_bps),
            "mean_reversion": points(rank.mean_reversion_bps),
            "volume": points(rank.volume_bps),
            "pattern": points(rank.pattern_bps),
            "liquidity": points(rank.liquidity_bps),
        },
        "price": price,
        "change_24h": change_24h,
        "suggestion": suggestion.name(),
        "closed_at": closed_at,
        "bars": bars,
        "path": path,
    })
}

fn left_out(file: &LeftOut) -> Value {
    let LeftOut { path, symbol, reason, is_error } = file;
    json!({ "path": path, "symbol": symbol, "reason": reason, "error": is_error })
}

/// What could not be read first.
pub fn note_left_out(left_out: &[LeftOut], out: &mut dyn Write) -> io::Result<()> {
    let (errors, others): (Vec<_>, Vec<_>) = left_out.iter().partition(|file| file.is_error);
    for file in errors.iter().chain(&others).take(NAMED) {
        writeln!(out, "note: {} is left out: {}", file.path.display(), file.reason)?;
    }
    match left_out.len().saturating_sub(NAMED) {
        0 => Ok(()),
        more => writeln!(out, "note: and {more} more, which --json names"),
    }
}
