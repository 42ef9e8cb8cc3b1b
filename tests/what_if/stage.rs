//! Small runs on made-up markets.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use data::log::{Disk, Reader};
use engine::event::{Decision, Event, Input, Record};
use replays::backtest::Backtest;
use replays::config::Config;

use crate::market::{BEGINS_MS, Dice};
use crate::program::tickfold;

/// Bars of a minute whose prices jump by up to 5 %.
pub fn bars(seed: u64, count: u64) -> String {
    let mut dice = Dice(seed);
    let mut close = 50_000;
    let mut text = "ts_ms,open,high,low,close,volume\n".to_owned();
    for bar in 0..count {
        let open = close + dice.below(21) - 10;
        close = (open * (950 + dice.below(101)) / 1_000).max(1_000);
        let (high, low) = (open.max(close) + dice.below(50), open.min(close) - dice.below(50));
        writeln!(text, "{},{open},{high},{low},{close},{}.{:04}", BEGINS_MS + bar * 60_000, dice.below(9), dice.below(10_000))
            .expect("memory takes it");
    }
    text
}

/// Two strategies that trade a lot.
pub const STRATEGIES: &str = "strategy=[{name='ema_cross', label='one', fast=2, slow=4, size='20%'}, \
    {name='ema_cross', label='two', fast=3, slow=7, size='30%'}]";

/// Runs a backtest, and gives its folder.
pub fn backtest(dir: &Path, name: &str, file: &str, sets: &[&str]) -> PathBuf {
    let path = dir.join(file);
    let mut all = vec![format!("data.paths=[{:?}]", path.to_str().expect("a plain path")), "data.symbol=BTC-USDT".to_owned()];
    all.push(STRATEGIES.to_owned());
    all.extend(sets.iter().map(|&set| set.to_owned()));
    let config = Config::load(&[], std::iter::empty(), &all).expect("a configuration");
    let folder = dir.join(name);
    Backtest::prepare(config).expect("data that fit").run(Some(&folder)).expect("a run");
    folder
}

/// A folder with a file of bars.
pub fn stage(seed: u64, count: u64) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("BTC-USDT_1m.csv"), bars(seed, count)).unwrap();
    dir
}

pub fn reader(folder: &Path) -> Reader {
    Reader::open(Arc::new(Disk::open(folder).unwrap())).unwrap().0
}

/// All of a log.
pub fn records(folder: &Path) -> Vec<Record> {
    let (mut reader, mut all) = (reader(folder), Vec::new());
    while let Some(block) = reader.next_block().unwrap() {
        all.extend_from_slice(block);
    }
    all
}

/// The same record without what has the session in it.
pub fn without_session(record: &Record) -> Record {
    let mut record = record.clone();
    match &mut record.event {
        Event::Input(Input::SessionStarted(session)) => {
            session.parent = None;
            session.config = engine::event::Hash::default();
        }
        Event::Decision(Decision::Checkpoint(checkpoint)) => checkpoint.state = engine::event::Hash::default(),
        _ => {}
    }
    record
}

/// Exit code, stdout and stderr.
pub fn run(dir: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let output = tickfold(dir, args).output().expect("the program runs");
    (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}
