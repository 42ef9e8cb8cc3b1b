//! `tickfold optimize`: a search for parameters.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use engine::hash::hash_of_bytes;
use replays::backtest::Backtest;
use replays::config::Config;
use replays::research::{Backtests, Header, Journal, Overfit, Plan, Recording, Search, Trial};
use replays::session::BUILD;

use super::found::Found;
use super::progress::Meter;
use super::searching::Searching;
use super::{number, table};
use crate::cli::Globals;
use crate::commands::setup::Setup;
use crate::exit::{Exit, Failure};
use crate::runs::RunStore;
use crate::summary::{self, Extent, Look};

/// Search for parameters
///
/// The history is read once and shared by all threads. Each trial is a backtest without a log, whose digest is that of the same
/// `tickfold backtest --set ...`; which trials there are, and what they come to, does not depend on the number of threads.
/// Every trial that ends is written down at once: a search that is stopped goes on when the same command is repeated, and more
/// --trials go on where fewer ended.
///
/// The best of many trials looks better than it is. The deflated Sharpe ratio says how likely it is that the best trial's is more
/// than the luck of that many trials, and the probability of overfitting how often what is best on one half of the days is worse
/// than the median on the other.
#[derive(Args)]
#[command(after_help = "Examples:
  tickfold optimize --data BTC-USDT_1h.csv.gz --param strategy.0.fast=5..50 --param strategy.0.slow=20..200
  tickfold optimize --search grid --param strategy.0.fast=5,10,20 --param strategy.0.slow=50..200:50
  tickfold optimize --config mine.toml --objective calmar --min-trades 30 --require 'max_drawdown<=0.25' --trials 500
  tickfold optimize --strategy mean_reversion --out mine.parquet --trials 500
  tickfold optimize --strategy mean_reversion --out mine.parquet --trial 17    run trial 17 again, with its log")]
pub struct Optimize {
    #[command(flatten)]
    setup: Setup,
    #[command(flatten)]
    searching: Searching,
    /// The table of all trials, a Parquet file; beside it, FILE.trials.jsonl keeps each as it ends [default: in the folder of
    /// the runs, named by what is searched]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Shows so many trials, the best first
    #[arg(long, value_name = "N", default_value_t = 10)]
    top: usize,
    /// Runs this trial of the table again, with a log, and compares the digests
    #[arg(long, value_name = "N")]
    trial: Option<u64>,
}

/// What is searched, and where it is kept.
struct Study {
    config: Config,
    recording: Recording,
    plan: Plan,
    header: Header,
    table: PathBuf,
    journal: PathBuf,
}

impl Optimize {
    /// Searches, or runs one trial again.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        let study = self.study(globals)?;
        match self.trial {
            Some(number) => study.repeat(number, globals, out),
            None => self.search(&study, globals, out),
        }
    }

    fn study(&self, globals: &Globals) -> Result<Study, Failure> {
        let config = self.setup.config(globals)?;
        let plan = self.searching.plan(&config)?;
        let ready = Backtest::prepare(config)?;
        ready.notes().iter().for_each(|note| eprintln!("note: {note}"));
        let (config, recording) = ready.read()?;
        let learns = matches!(plan.search, Search::Tpe { .. });
        let header = Header {
            build: BUILD.to_owned(),
            config: String::from_utf8_lossy(&config.canonical()).into_owned(),
            history: recording.fingerprint()?.to_string(),
            space: plan.space.texts(),
            search: plan.search.to_string(),
            objective: learns.then(|| plan.objective.to_string()),
        };
        let table = self.out.clone().unwrap_or_else(|| globals.runs.join(name(&header)));
        let mut journal = table.clone().into_os_string();
        journal.push(".trials.jsonl");
        Ok(Study { config, recording, plan, header, table, journal: journal.into() })
    }

    fn search(&self, study: &Study, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        let Study { config, recording, plan, header, table: path, journal } = study;
        let backtests = Backtests::new(config, &plan.space, recording)?;
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)
                .map_err(|error| Failure::new(Exit::Failed, format!("cannot make the folder {}: {error}", folder.display())))?;
        }
        let (mut journal, known) = Journal::open(journal, header)?;
        let resumed = known.len() as u64;
        let (started, mut ran) = (Instant::now(), 0_u64);
        let (mut meter, mut best) = (Meter::new(), known.iter().filter_map(|trial| merit(plan, trial)).reduce(better));
        meter.resume(resumed);
        let trials = plan.run(&backtests, known, &mut |trial, progress| {
            journal.add(trial)?;
            ran += u64::from(trial.done().is_some());
            best = best.into_iter().chain(merit(plan, trial)).reduce(better);
            let said =
                best.map_or_else(String::new, |(_, value)| format!("best {} {} ", plan.objective.name, number(Some(value))));
            meter.show(progress, &said);
            Ok(())
        });
        meter.clear();
        let trials = trials?;
        let seconds = started.elapsed().as_secs_f64();
        table::write(path, plan, &trials)?;
        let overfit = match plan.best(&trials) {
            None => None,
            Some((best, done)) => {
                let again = backtests.whole(&best.values)?;
                same(best, &done.digest, &again.summary.digest)?;
                Some(Overfit::of(&trials, &again.series.returns()))
            }
        };
        let words = self.setup.words(globals);
        let found = Found { plan, header, trials: &trials, overfit, resumed, ran, seconds, table: path, words: &words };
        if globals.json {
            let mut document = found.document(self.top);
            document["history"]["events"] = recording.events().into();
            return Ok(writeln!(out, "{document:#}")?);
        }
        Ok(found.print(self.top, out)?)
    }
}

impl Study {
    /// Runs one trial again.
    fn repeat(&self, number: u64, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        let trials = if self.journal.exists() { Journal::open(&self.journal, &self.header)?.1 } else { Vec::new() };
        let count = trials.len();
        let missing = || {
            let message = format!("{} has no trial {number} that was run: it has {count} trials", self.journal.display());
            Failure::new(Exit::Usage, message)
        };
        let trial = trials.iter().find(|trial| trial.number == number).ok_or_else(missing)?;
        let done = trial.done().ok_or_else(missing)?;
        let ready = Backtest::prepare(self.config.with_sets(&self.plan.space.sets(&trial.values))?)?;
        let run = RunStore::new(&globals.runs).create()?;
        let document = ready.run(Some(&run.path)).inspect_err(|_| drop(fs::remove_dir(&run.path)))?;
        let found = document.summary.digest.clone();
        summary::print(&document.of_run(Some(run.id)), &Look::default(), Extent::Page, globals, out)?;
        out.flush()?;
        same(trial, &done.digest, &found)
    }
}

/// Whether a trial that was run again is the run that it was.
fn same(trial: &Trial, before: &str, now: &str) -> Result<(), Failure> {
    if before == now {
        return Ok(());
    }
    let number = trial.number;
    let message = format!("trial {number} came to the digest {before}, and now to {now}: the build or the history is another");
    Err(Failure::new(Exit::Mismatch, message))
}

/// The file of a study, where none is named: the same study is found again.
fn name(header: &Header) -> String {
    let text = serde_json::to_vec(header).unwrap_or_default();
    let hash: String = hash_of_bytes(&text).to_string().chars().take(12).collect();
    format!("optimize-{hash}.parquet")
}

/// How good a trial is, and the objective's value; `None` where it has none.
fn merit(plan: &Plan, trial: &Trial) -> Option<((u8, f64), f64)> {
    let done = trial.done()?;
    Some((plan.objective.merit(&done.figures), plan.objective.value(&done.figures)?))
}

fn better(a: ((u8, f64), f64), b: ((u8, f64), f64)) -> ((u8, f64), f64) {
    if b.0 > a.0 { b } else { a }
}
