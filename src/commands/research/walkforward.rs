//! `tickfold walkforward`: what a search would have earned on days that it had not seen.

use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use engine::time::{Interval, Timestamp};
use replays::backtest::Backtest;
use replays::research::{Anchor, Chosen, Half, Plan, Span, Step, WalkForward as Walk, Walked, Windows};
use serde_json::{Value, json};

use super::progress::Meter;
use super::searching::Searching;
use super::{number, percent, table_of};
use crate::cli::Globals;
use crate::commands::flags::interval;
use crate::commands::setup::Setup;
use crate::exit::{Exit, Failure};

const DAY_SECONDS: u32 = 86_400;

/// Choose parameters on some days and test them on the next, through all of the history
///
/// In each window the parameters that are best on --train days are run on the --test days that follow; then the window moves by
/// --test days. Tests begin in cash with what the one before ended with, and with strategies that have seen the --train days but
/// could not trade on them. What is open at a test's end is worth its last price less the fees of selling it.
///
/// Walk-forward efficiency is the yearly growth of the tests over that of the days that were searched (Pardo 2008). Far below 1,
/// the search finds what has been, and not what comes.
#[derive(Args)]
#[command(after_help = "Examples:
  tickfold walkforward --data BTC-USDT_1h.csv.gz --train 180d --test 30d --param strategy.0.fast=5..50 --param strategy.0.slow=20..200
  tickfold walkforward --config mine.toml --train 1y --test 90d --anchored --objective calmar --min-trades 20
  tickfold walkforward --config mine.toml --equity stitched.csv && tickfold report --equity stitched.csv")]
pub struct WalkForward {
    #[command(flatten)]
    setup: Setup,
    #[command(flatten)]
    searching: Searching,
    /// How long is searched before each test, such as 90d or 26w
    #[arg(long, value_name = "DAYS", default_value = "90d", value_parser = days)]
    train: u32,
    /// How long the choice is tested, such as 30d
    #[arg(long, value_name = "DAYS", default_value = "30d", value_parser = days)]
    test: u32,
    /// What is searched begins with the history each time, and grows
    #[arg(long)]
    anchored: bool,
    /// Writes the stitched equity of the tests as CSV
    #[arg(long, value_name = "FILE")]
    equity: Option<PathBuf>,
}

fn days(text: &str) -> Result<u32, String> {
    let wrong = || "it is whole days, written like 90d or 13w".to_owned();
    if let Some(years) = text.strip_suffix('y') {
        return years.parse::<u32>().ok().and_then(|years| years.checked_mul(365)).filter(|days| *days > 0).ok_or_else(wrong);
    }
    let Interval(seconds) = interval(text).map_err(|_| wrong())?;
    if seconds.is_multiple_of(DAY_SECONDS) { Ok(seconds / DAY_SECONDS) } else { Err(wrong()) }
}

impl WalkForward {
    /// Walks, and prints what came of it.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        let config = self.setup.config(globals)?;
        let plan = self.searching.plan(&config)?;
        let ready = Backtest::prepare(config)?;
        ready.notes().iter().for_each(|note| eprintln!("note: {note}"));
        let (config, recording) = ready.read()?;
        let Some((from, to)) = recording.span() else {
            return Err(replays::backtest::BacktestError::NoData.into());
        };
        let anchor = if self.anchored { Anchor::Anchored } else { Anchor::Rolling };
        let windows = Windows { train_days: self.train, test_days: self.test, anchor }.of(Span { from, to })?;
        let mut meter = Meter::new();
        let walk = Walk { config: &config, recording: &recording, plan: &plan };
        let walked = walk.run(&windows, &mut |window, progress| {
            let before = progress.wanted * window as u64;
            let all = progress.wanted * windows.len() as u64;
            let overall = replays::research::Progress { ended: before + progress.ended, wanted: all };
            meter.show(overall, &format!("window {} of {} ", window + 1, windows.len()));
        });
        meter.clear();
        let walked = walked?;
        if let Some(file) = &self.equity {
            write_equity(file, &walked)?;
        }
        if globals.json {
            writeln!(out, "{:#}", self.document(&plan, &walked))?;
            return Ok(());
        }
        print(&plan, &walked, out)
    }

    fn document(&self, plan: &Plan, walked: &Walked) -> Value {
        let Walked { stitched, measures, .. } = walked;
        let first = stitched.equity.first().copied().unwrap_or(1.0);
        let growth: Vec<Value> =
            stitched.at.iter().zip(&stitched.equity).map(|(at, equity)| json!([at, equity / first])).collect();
        json!({
            "objective": { "figure": plan.objective.name, "direction": plan.objective.direction.to_string(),
                           "constraints": plan.objective.constraints.iter().map(ToString::to_string).collect::<Vec<_>>() },
            "space": plan.space.texts(),
            "search": plan.search.to_string(),
            "train_days": self.train,
            "test_days": self.test,
            "anchored": self.anchored,
            "windows": walked.windows,
            "in_sample": { "yearly_growth": walked.in_sample_growth, "mean_objective": mean(walked, |chosen| &chosen.in_sample) },
            "out_of_sample": { "yearly_growth": walked.out_of_sample_growth,
                               "mean_objective": mean(walked, |chosen| &chosen.out_of_sample), "metrics": measures, "reasons": measures.reasons(),
                               "growth": growth },
            "efficiency": walked.efficiency,
            "conventions": {
                "tests": "each begins in cash, with what the one before ended with; what is open at its end is worth its last price less the fees of selling it",
                "strategies": "have seen the days that were searched when a test begins, and could not trade on them",
                "efficiency": "yearly growth of the tests over that of the days that were searched",
            },
        })
    }
}

fn print(plan: &Plan, walked: &Walked, out: &mut dyn Write) -> Result<(), Failure> {
    let objective = &plan.objective.name;
    let titles = [&format!("{objective} in"), "out", "Return in", "out", "DD out"].map(str::to_owned);
    let header: Vec<String> = ["Tested", "Chosen"].map(str::to_owned).into_iter().chain(titles).collect();
    let mut table = table_of(2, &header);
    for Step { test, chosen, .. } in &walked.windows {
        let spans = [span(*test)];
        let values = match chosen {
            None => ["none kept the constraints", "-", "-", "-", "-", "-"].map(str::to_owned),
            Some(Chosen { sets, in_sample, out_of_sample }) => {
                let share = |half: &Half, name: &str| percent(half.figures.get(name).copied());
                [
                    settings(sets),
                    number(in_sample.objective),
                    number(out_of_sample.objective),
                    share(in_sample, "total_return"),
                    share(out_of_sample, "total_return"),
                    share(out_of_sample, "max_drawdown"),
                ]
            }
        };
        table.add_row(spans.into_iter().chain(values));
    }
    writeln!(out, "WINDOWS: {}\n{table}\n", plan.objective)?;
    let measures = &walked.measures;
    let mut stitched = table_of(1, &["Out of sample, stitched".to_owned(), String::new()]);
    for (name, value) in [
        ("Total return", percent(measures.total_return.value())),
        ("Yearly growth", percent(walked.out_of_sample_growth)),
        ("Yearly growth in sample", percent(walked.in_sample_growth)),
        ("Walk-forward efficiency", number(walked.efficiency)),
        (&*format!("Mean {objective} in sample"), number(mean(walked, |chosen| &chosen.in_sample))),
        (&*format!("Mean {objective} out of sample"), number(mean(walked, |chosen| &chosen.out_of_sample))),
        ("Sharpe", number(measures.sharpe.value())),
        ("Sortino", number(measures.sortino.value())),
        ("Max drawdown", percent(measures.max_drawdown.value())),
        ("Trades", number(measures.trades.value())),
        ("Profit factor", number(measures.profit_factor.value())),
    ] {
        stitched.add_row([name.to_owned(), value]);
    }
    writeln!(out, "{stitched}")?;
    Ok(())
}

/// The mean of the objective's values where there are some.
fn mean(walked: &Walked, half: fn(&Chosen) -> &Half) -> Option<f64> {
    let chosen = walked.windows.iter().filter_map(|step| step.chosen.as_ref());
    let values: Vec<f64> = chosen.filter_map(|chosen| half(chosen).objective).collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

fn span(span: Span) -> String {
    let day = |time: Timestamp| time.to_string().chars().take(10).collect::<String>();
    format!("{} to {}", day(span.from), day(span.to))
}

/// Only the last part of each key.
fn settings(sets: &[String]) -> String {
    let short = |set: &String| {
        let (key, value) = set.split_once('=').unwrap_or((set, ""));
        format!("{}={value}", key.rsplit('.').next().unwrap_or(key))
    };
    sets.iter().map(short).collect::<Vec<_>>().join(" ")
}

fn write_equity(path: &Path, walked: &Walked) -> Result<(), Failure> {
    let mut text = "date,equity\n".to_owned();
    for (at, equity) in walked.stitched.at.iter().zip(&walked.stitched.equity) {
        let _ = writeln!(text, "{at},{equity}");
    }
    fs::write(path, text)
        .map_err(|error| Failure::new(Exit::Failed, format!("cannot write the equity to {}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_whole_days() {
        assert_eq!(["1d", "90d", "2w", "1y"].map(days), [Ok(1), Ok(90), Ok(14), Ok(365)]);
        for text in ["", "36h", "0d", "90", "-1d", "1.5d", "y", "99999999y"] {
            assert!(days(text).is_err(), "{text}");
        }
    }

    #[test]
    fn settings_are_shown_short() {
        let sets = ["strategy.0.fast=5", "strategy.0.stop=0.5", "seed=3"].map(str::to_owned);
        assert_eq!(settings(&sets), "fast=5 stop=0.5 seed=3");
    }
}
