//! A study's trials as a Parquet file: a row a trial, in the order of their numbers.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use polars::prelude::{Column, DataFrame, ParquetWriter, PlSmallStr, PolarsResult};
use replays::research::{Outcome, Plan, Range, Trial};

use crate::exit::{Exit, Failure};

/// Writes the table. The file is there when it is whole.
pub fn write(path: &Path, plan: &Plan, trials: &[Trial]) -> Result<(), Failure> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let unfinished = path.with_file_name(format!("{name}.part"));
    let written = frame(plan, trials).map_err(|error| io::Error::other(error.to_string())).and_then(|mut frame| {
        let file = File::create(&unfinished)?;
        ParquetWriter::new(&file).finish(&mut frame).map_err(|error| io::Error::other(error.to_string()))?;
        file.sync_all()?;
        fs::rename(&unfinished, path)
    });
    written.map_err(|error| {
        let message = format!("cannot write the table {}: {error}; the trials are kept, repeat the command", path.display());
        Failure::new(Exit::Failed, message)
    })
}

fn frame(plan: &Plan, trials: &[Trial]) -> PolarsResult<DataFrame> {
    let named = PlSmallStr::from_str;
    let mut columns = vec![
        Column::new(named("trial"), trials.iter().map(|trial| trial.number).collect::<Vec<u64>>()),
        Column::new(named("state"), trials.iter().map(state).collect::<Vec<&str>>()),
    ];
    for (place, dimension) in plan.space.0.iter().enumerate() {
        let texts = trials.iter().map(|trial| trial.values.get(place).map(String::as_str));
        let name = named(&dimension.key);
        columns.push(match dimension.range {
            Range::Numbers(_) => Column::new(name, texts.map(|text| text?.parse::<f64>().ok()).collect::<Vec<Option<f64>>>()),
            Range::Choices(_) => Column::new(name, texts.collect::<Vec<Option<&str>>>()),
        });
    }
    let objective = |trial: &Trial| plan.objective.value(&trial.done()?.figures);
    let is_kept = |trial: &Trial| trial.done().map(|done| plan.objective.is_kept(&done.figures));
    let reason = |trial: &Trial| match &trial.outcome {
        Outcome::Refused { reason } => Some(reason.clone()),
        Outcome::Done(_) => None,
    };
    let sets = |trial: &Trial| plan.space.sets(&trial.values).join(" ");
    columns.extend([
        Column::new(named("objective"), trials.iter().map(objective).collect::<Vec<Option<f64>>>()),
        Column::new(named("constraints_kept"), trials.iter().map(is_kept).collect::<Vec<Option<bool>>>()),
        Column::new(named("digest"), trials.iter().map(|trial| Some(trial.done()?.digest.as_str())).collect::<Vec<_>>()),
        Column::new(named("sets"), trials.iter().map(sets).collect::<Vec<String>>()),
        Column::new(named("reason"), trials.iter().map(reason).collect::<Vec<Option<String>>>()),
    ]);
    let taken: BTreeSet<String> = columns.iter().map(|column| column.name().to_string()).collect();
    let names: BTreeSet<&String> = trials.iter().filter_map(Trial::done).flat_map(|done| done.figures.keys()).collect();
    for name in names.into_iter().filter(|name| !taken.contains(*name)) {
        let values = trials.iter().map(|trial| trial.done()?.figures.get(name).copied());
        columns.push(Column::new(named(name), values.collect::<Vec<Option<f64>>>()));
    }
    DataFrame::new_infer_height(columns)
}

fn state(trial: &Trial) -> &'static str {
    match trial.outcome {
        Outcome::Done(_) => "done",
        Outcome::Refused { .. } => "refused",
    }
}
