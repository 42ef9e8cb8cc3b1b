//! `tickfold data list`: the history in a folder.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{CellAlignment, Table};
use data::files::{Listed, list};

use crate::cli::Globals;
use crate::exit::Failure;

/// The longest problem in the table, in characters; `data check` says all of it.
const SHORT: usize = 60;

/// List the files of history in a folder and the folders in it
#[derive(Args)]
#[command(after_help = "Examples:\n  tickfold data list\n  tickfold data list history --json | jq -r '.[].path'")]
pub struct List {
    /// The folder
    #[arg(value_name = "DIR", default_value = ".")]
    dir: PathBuf,
}

impl List {
    /// Lists them; a file that cannot be read, with the reason.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        let files = list(&self.dir)?;
        if globals.json {
            let document = serde_json::to_value(&files).map_err(io::Error::from)?;
            writeln!(out, "{document:#}")?;
        } else if files.is_empty() {
            eprintln!("note: there is no file of history in {}", self.dir.display());
        } else {
            writeln!(out, "{}", table(&files))?;
        }
        Ok(())
    }
}

fn short(problem: &str, path: &Path) -> String {
    // The file's name is in its own column.
    let reason = problem.strip_prefix(&format!("{}: ", path.display())).unwrap_or(problem);
    match reason.char_indices().nth(SHORT) {
        Some((end, _)) => format!("{}…", &reason[..end]),
        None => reason.to_owned(),
    }
}

fn table(files: &[Listed]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED);
    table.set_header(["File", "Kind", "Instrument", "Interval", "Rows", "From", "To", "Bytes", "Problem"]);
    for file in files {
        let Listed { path, bytes, kind, symbol, interval, rows, first, last, problem } = file;
        table.add_row([
            path.display().to_string(),
            kind.map_or_else(String::new, |kind| kind.to_string()),
            symbol.clone().unwrap_or_default(),
            interval.map_or_else(String::new, |interval| interval.to_string()),
            rows.map_or_else(String::new, |rows| rows.to_string()),
            first.map_or_else(String::new, |at| at.to_string()),
            last.map_or_else(String::new, |at| at.to_string()),
            bytes.to_string(),
            problem.as_deref().map_or_else(String::new, |problem| short(problem, path)),
        ]);
    }
    for column in [4, 7] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}
