//! `tickfold report RUN --csv DIR` and `--parquet DIR`: all tables of a run as files.

use std::io::Write;
use std::path::Path;

use serde_json::json;

use crate::cli::Globals;
use crate::commands::query::export::{self, Exported};
use crate::exit::Failure;
use crate::runs::{OpenRun, RunStore};

/// Writes the tables to the folders that are given, and says what was written.
pub fn write(
    run: &str,
    csv: Option<&Path>,
    parquet: Option<&Path>,
    globals: &Globals,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let runs = RunStore::new(&globals.runs);
    let mut written: Vec<Exported> = Vec::new();
    let OpenRun { id, mut reader, .. } = runs.open(run)?;
    if let Some(dir) = csv {
        written.extend(export::csv(&mut reader, dir)?);
        reader.seek(0)?;
    }
    if let Some(dir) = parquet {
        written.extend(export::parquet(&mut reader, dir)?);
    }
    if globals.json {
        let files: Vec<_> = written.iter().map(|Exported { file, rows }| json!({ "file": file, "rows": rows })).collect();
        return Ok(writeln!(out, "{}", json!({ "run_id": id, "files": files }))?);
    }
    for Exported { file, rows } in written {
        writeln!(out, "wrote {rows} rows to {}", file.display())?;
    }
    Ok(())
}
