//! Every indicator against TA-Lib's own values, where the folder with them is there: `shared/golden/ta` beside the
//! repository. What each one does without it is tested beside the indicators.
#![expect(clippy::disallowed_methods, reason = "what a strategy must not do, a test may: it reads files")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use engine::time::Timestamp;
use strategies::candle::Candle;
use strategies::indicators::named;

/// Of the larger of 1 and the value.
const TOLERANCE: f64 = 1e-9;

/// One file: its name, and a column for each output.
struct Golden {
    name: String,
    columns: Vec<String>,
    rows: Vec<Vec<Option<f64>>>,
}

/// What a comparison came to.
struct Comparison {
    values: usize,
    /// Of the larger of 1 and the value.
    largest_error: f64,
    problem: Option<String>,
}

fn folder() -> Option<PathBuf> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/golden/ta"));
    if folder.is_dir() {
        return Some(folder.to_owned());
    }
    eprintln!("SKIPPED: no {}: nothing was compared with TA-Lib", folder.display());
    None
}

fn read(path: &Path) -> Golden {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
    let mut lines = text.lines();
    let columns = lines.next().expect("a header").split(',').map(str::to_owned).collect();
    let cell = |text: &str| (!text.is_empty()).then(|| text.parse().unwrap_or_else(|_| panic!("{}: {text:?}", path.display())));
    let rows = lines.map(|line| line.split(',').map(cell).collect()).collect();
    Golden { name: path.file_stem().expect("a name").to_string_lossy().into_owned(), columns, rows }
}

fn candles(folder: &Path) -> Vec<(Timestamp, Candle)> {
    let input = read(&folder.join("input.csv"));
    assert_eq!(input.columns, ["i", "ts", "open", "high", "low", "close", "volume"]);
    let candle = |row: &Vec<Option<f64>>| {
        let [_, ts_ms, open, high, low, close, volume] = row[..] else { panic!("seven columns") };
        #[expect(clippy::cast_possible_truncation, reason = "a time in whole milliseconds")]
        let at = Timestamp(ts_ms.expect("a time") as i64 * 1_000_000);
        let number = |cell: Option<f64>| cell.expect("a number");
        let candle =
            Candle { open: number(open), high: number(high), low: number(low), close: number(close), volume: number(volume) };
        (at, candle)
    };
    input.rows.iter().map(candle).collect()
}

/// Runs the indicator that a file is named by over the candles beside it.
fn compare(golden: &Golden, candles: &[(Timestamp, Candle)]) -> Comparison {
    let mut comparison = Comparison { values: 0, largest_error: 0.0, problem: None };
    let mut indicator = named(&golden.name).unwrap_or_else(|error| panic!("{}: {error:?}", golden.name));
    let outputs = &golden.columns[2..];
    let expected: Vec<String> = match outputs {
        [_] => vec![golden.name.clone()],
        several => several.iter().map(|output| format!("{}.{output}", golden.name)).collect(),
    };
    assert_eq!(indicator.columns(), expected, "{}", golden.name);
    assert_eq!(golden.rows.len(), candles.len(), "{}", golden.name);
    for (index, (row, (opened_at, candle))) in golden.rows.iter().zip(candles).enumerate() {
        let mut ours = Vec::new();
        indicator.update(*opened_at, candle, &mut ours);
        assert_eq!(ours.len(), outputs.len(), "{}", golden.name);
        for ((ours, theirs), output) in ours.iter().zip(&row[2..]).zip(outputs) {
            let error = match (ours, theirs) {
                (None, None) => continue,
                (Some(ours), Some(theirs)) => (ours - theirs).abs() / theirs.abs().max(1.0),
                _ => f64::INFINITY,
            };
            comparison.values += 1;
            comparison.largest_error = comparison.largest_error.max(error);
            if (error.is_nan() || error > TOLERANCE) && comparison.problem.is_none() {
                comparison.problem = Some(format!("bar {index}: {output} is {ours:?} instead of {theirs:?}"));
            }
        }
    }
    comparison
}

/// Compares every file of a folder, and says in a table how that went.
fn compare_folder(folder: &Path, table: &mut String) -> Vec<String> {
    let candles = candles(folder);
    let mut names: BTreeSet<PathBuf> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    names.retain(|path| path.extension().is_some_and(|extension| extension == "csv") && !path.ends_with("input.csv"));
    let mut problems = Vec::new();
    let at = folder.file_name().expect("a name").to_string_lossy();
    for path in names {
        let golden = read(&path);
        let Comparison { values, largest_error, problem } = compare(&golden, &candles);
        let verdict = problem.as_deref().unwrap_or("ok");
        let _ = writeln!(table, "{at:<10} {:<24} {values:>6} {largest_error:>10.1e}  {verdict}", golden.name);
        problems.extend(problem.map(|problem| format!("{}: {problem}", path.display())));
        if values == 0 {
            problems.push(format!("{}: it has no values", path.display()));
        }
    }
    problems
}

#[test]
fn every_file_agrees() {
    let Some(folder) = folder() else { return };
    let mut table = format!("{:<10} {:<24} {:>6} {:>10}\n", "folder", "indicator", "values", "error");
    let mut problems = compare_folder(&folder, &mut table);
    problems.extend(compare_folder(&folder.join("edge_flat"), &mut table));
    println!("{table}");
    assert!(table.lines().count() > 60, "too few files:\n{table}");
    assert!(problems.is_empty(), "{table}\n{}", problems.join("\n"));
}
