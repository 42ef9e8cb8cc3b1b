//! The commands, in the order in which one meets them.

mod init;
mod backtest;
mod verify;
mod report;
mod query;
mod why;
mod at;
mod fork;
mod compare;
mod lookahead;
mod research;
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
mod setup;
mod recorded;

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
    Query(query::Query),
    Why(why::Why),
    WhyNot(why::WhyNot),
    At(at::At),
    Fork(fork::Fork),
    Compare(compare::Compare),
    Lookahead(lookahead::Lookahead),
    Optimize(research::Optimize),
    Walkforward(research::WalkForward),
    Montecarlo(research::MonteCarlo),
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
            Self::Query(query) => query.run(globals, out),
            Self::Why(why) => why.run(globals, out),
            Self::WhyNot(why_not) => why_not.run(globals, out),
            Self::At(at) => at.run(globals, out),
            Self::Fork(fork) => fork.run(globals, out),
            Self::Compare(compare) => compare.run(globals, out),
            Self::Lookahead(lookahead) => lookahead.run(globals, out),
            Self::Optimize(optimize) => optimize.run(globals, out),
            Self::Walkforward(walkforward) => walkforward.run(globals, out),
            Self::Montecarlo(montecarlo) => montecarlo.run(globals, out),
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
