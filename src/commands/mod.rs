//! The commands, in the order in which one meets them.

mod init;
mod backtest;
mod verify;
mod report;
mod log;
mod data;
mod indicators;
mod scan;
mod exchange;
mod live;
mod operate;
mod config;
mod keys;
mod doctor;
mod completions;
mod flags;

use std::io::Write;

use clap::Subcommand;

use crate::cli::Globals;
use crate::exit::Failure;

/// What to do.
#[derive(Subcommand)]
pub enum Command {
    Init(init::Init),
    Backtest(backtest::Backtest),
    Verify(verify::Verify),
    Report(report::Report),
    Log(log::LogCommand),
    Data(data::DataCommand),
    Indicators(indicators::Indicators),
    Scan(scan::Scan),
    Exchange(exchange::Exchange),
    Paper(live::Paper),
    Live(live::Live),
    Operate(operate::Operate),
    Config(config::ConfigCommand),
    Doctor(doctor::Doctor),
    Keys(keys::KeysCommand),
    Completions(completions::Completions),
}

impl Command {
    /// Does it. The answer goes to `out`, diagnostics to stderr.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        match self {
            Self::Init(init) => init.run(globals, out),
            Self::Backtest(backtest) => backtest.run(globals, out),
            Self::Verify(verify) => verify.run(globals, out),
            Self::Report(report) => report.run(globals, out),
            Self::Log(log) => log.run(globals, out),
            Self::Data(data) => data.run(globals, out),
            Self::Indicators(indicators) => indicators.run(globals, out),
            Self::Scan(scan) => scan.run(globals, out),
            Self::Exchange(exchange) => exchange.run(globals, out),
            Self::Paper(paper) => paper.run(globals, out),
            Self::Live(live) => live.run(globals, out),
            Self::Operate(operate) => operate.run(globals, out),
            Self::Config(config) => config.run(globals, out),
            Self::Doctor(doctor) => doctor.run(globals, out),
            Self::Keys(keys) => keys.run(globals, out),
            Self::Completions(completions) => completions.run(out),
        }
    }
}
