//! What a run came to, on the terminal or as JSON.

mod words;
mod trips;
mod calendar;
mod figures;
mod whole;

use std::io::Write;

use clap::{Args, ValueEnum};
use comfy_table::{Attribute, Cell, CellAlignment, Color, LineStyle, Table, TableStyle};
use replays::report::Document;

use crate::cli::Globals;
use crate::exit::Failure;

/// A terminal that is 100 wide shows all of it.
const WIDTH: u16 = 100;
/// A rule under the header and nothing else: what is aligned needs no lines.
const STYLE: TableStyle = TableStyle::new()
    .header_lines(comfy_table::ContentLineStyle::none())
    .header_separator(LineStyle::none().fill('─').junction('─').left('─').right('─'))
    .content_lines(comfy_table::ContentLineStyle::none());

/// What of a summary is shown on the terminal.
#[derive(Args, Clone, Debug, Default)]
pub struct Look {
    /// Results by day, week, month or year as well; several with commas between them
    #[arg(long, value_name = "PERIOD", value_delimiter = ',')]
    breakdown: Vec<Breakdown>,
}

/// A piece of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Breakdown {
    Day,
    Week,
    Month,
    Year,
}

/// How much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// What is asked first, after a run.
    Page,
    /// Every measure and breakdown.
    Whole,
}

/// Prints it as `globals` ask.
pub fn print(document: &Document, look: &Look, extent: Extent, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
    if globals.json {
        serde_json::to_writer_pretty(&mut *out, document).map_err(std::io::Error::from)?;
        writeln!(out)?;
        return Ok(());
    }
    for (title, table) in sections(document, look, extent) {
        writeln!(out, "{title}\n{}\n", table.trim_fmt())?;
    }
    figures::footer(document, extent, out)?;
    Ok(())
}

/// Each table with its title; those without rows are left out.
fn sections(document: &Document, look: &Look, extent: Extent) -> Vec<(String, Table)> {
    let currency = document.summary.equity.currency.as_deref().unwrap_or("-");
    let mut all = vec![(format!("INSTRUMENTS, {currency}"), trips::instruments(document))];
    all.push((format!("STRATEGIES AND THEIR EXITS, {currency}"), trips::strategies(document)));
    all.push(("OPEN POSITIONS, quote currency".to_owned(), trips::holdings(document)));
    if extent == Extent::Whole {
        all.extend(whole::groups(document, currency));
    }
    for breakdown in &look.breakdown {
        all.push(calendar::breakdown(document, *breakdown, currency));
    }
    all.push(("MONTHLY RETURNS, %".to_owned(), calendar::months(document)));
    all.push((format!("DRAWDOWNS, {currency}"), calendar::drawdowns(document, extent)));
    if extent == Extent::Whole {
        all.extend(whole::tables(document, currency));
    }
    all.push(("HELD BACK".to_owned(), figures::restraint(&document.summary.restraint)));
    all.push(("SUMMARY".to_owned(), figures::summary(document)));
    all.retain(|(_, table)| !table.is_empty());
    for (_, table) in &mut all {
        for column in table.column_iter_mut() {
            column.set_padding((0, 1));
        }
    }
    all
}

/// A table with these columns, of which the first ones are words and the rest numbers.
pub fn table(words: usize, header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(STYLE);
    if std::env::var_os("NO_COLOR").is_some_and(|set| !set.is_empty()) {
        table.force_no_tty();
    }
    let cell = |(place, name): (usize, &&str)| {
        let side = if place < words { CellAlignment::Left } else { CellAlignment::Right };
        Cell::new(name).set_alignment(side)
    };
    if !header.is_empty() {
        table.set_header(header.iter().enumerate().map(cell).collect::<Vec<_>>());
    }
    table
}

/// A number that is good when it is above zero.
fn signed(text: String, value: f64) -> Cell {
    let cell = right(text);
    match value {
        value if value > 0.0 => cell.fg(Color::Green),
        value if value < 0.0 => cell.fg(Color::Red),
        _ => cell,
    }
}

pub fn right(text: impl ToString) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

fn left(text: impl ToString) -> Cell {
    Cell::new(text)
}

fn strong(cell: Cell) -> Cell {
    cell.add_attribute(Attribute::Bold)
}

#[cfg(test)]
mod tests;
