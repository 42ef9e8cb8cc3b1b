//! Tables for people, in the look of a run's summary: a rule under the header, words on the left, numbers on the right.

use comfy_table::{Cell, CellAlignment, Table};

use crate::summary;

/// A table with these columns; those that are numbers by their place stand on the right.
pub fn table(header: &[&str], is_number: impl Fn(usize) -> bool) -> Table {
    let mut table = summary::table(0, &[]);
    let side = |place: usize| if is_number(place) { CellAlignment::Right } else { CellAlignment::Left };
    let names = header.iter().enumerate().map(|(place, name)| Cell::new(name).set_alignment(side(place)));
    table.set_header(names.collect::<Vec<_>>());
    for (place, column) in table.column_iter_mut().enumerate() {
        column.set_cell_alignment(side(place));
    }
    table
}

/// Names, and what each is: a table without a header.
pub fn pairs() -> Table {
    summary::table(0, &[])
}

/// As it is printed, without blanks at the ends of its lines.
pub fn drawn(mut table: Table) -> String {
    for column in table.column_iter_mut() {
        column.set_padding((0, 1));
    }
    table.trim_fmt()
}
