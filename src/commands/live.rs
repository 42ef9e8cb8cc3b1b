//! `tickfold live` and `tickfold paper`: the engine on a venue's connection.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use data::keys;
use engine::event::Mode;
use engine::hash::hash_of_bytes;
use replays::config::Config;
use replays::live::link::{LinkError, endpoint};
use replays::live::resume::{self, can_resume};
use replays::live::trade::{self, Folder, LiveError};
use replays::report::Document;

use crate::cli::Globals;
use crate::commands::keys::Unlock;
use crate::exit::{Exit, Failure};
use crate::runs::{Run, RunStore};
use crate::summary::{self, Extent, Look};

/// Trade at OKX, or at an exchange that speaks its API
///
/// A run that was stopped, however it was stopped, goes on where its log ends when the same configuration is started
/// again. Ctrl-C stops in order: what then happens to open orders and positions is `live.on_stop` of the configuration.
#[derive(Args)]
#[command(after_help = "Examples:
  tickfold live --config demo.toml                the keys of TICKFOLD_OKX_KEY and its like, or of the keystore
  tickfold live --config demo.toml --new          a new session, although one could go on
  tickfold live --config mine.toml --live-money   with money

Demo accounts and exchanges on this machine need no flag. A key that may withdraw is refused always.")]
pub struct Live {
    /// Trade with real money
    #[arg(long = "live-money")]
    allows_money: bool,
    #[command(flatten)]
    session: SessionFlags,
    #[command(flatten)]
    unlock: Unlock,
}

/// Live market data, simulated fills: no key, no order leaves
///
/// Fills, fees and latency are those of a backtest (`exchange` of the configuration). A run that was stopped goes on
/// where its log ends when the same configuration is started again.
#[derive(Args)]
#[command(after_help = "Examples:
  tickfold paper --config mine.toml
  tickfold paper --config mine.toml --set live.instruments='[\"BTC-USDT\"]'")]
pub struct Paper {
    #[command(flatten)]
    session: SessionFlags,
}

/// Which session.
#[derive(Args)]
struct SessionFlags {
    /// Begin a new session even if one of this configuration could go on
    #[arg(long)]
    new: bool,
    /// Go on with this run and no other
    #[arg(long, value_name = "RUN", conflicts_with = "new")]
    run: Option<String>,
}

/// A run's folder, and whether a session is in it.
enum Chosen {
    New(Run),
    Old(PathBuf),
}

impl Live {
    /// Runs it, and prints its summary when it is stopped.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        let config = globals.load(&[])?;
        let endpoint = endpoint(&config.live).map_err(|error| Failure::from(LiveError::from(LinkError::from(error))))?;
        // Addresses of one's own may be anything, whatever the environment is called.
        let is_ours = config.live.rest.is_some() || config.live.websocket.is_some();
        let is_play = endpoint.is_loopback() || (endpoint.is_demo() && !is_ours);
        if !is_play && !self.allows_money {
            let reason = format!(
                "{} may trade real money: pass --live-money if that is what you want, or set live.environment = \"demo\" and no addresses",
                endpoint.rest
            );
            return Err(Failure::new(Exit::Usage, reason));
        }
        let credentials = keys::load_with(config.live.keys.as_deref(), || self.unlock.passphrase())?;
        self.session.run(&config, Mode::Live, globals, out, |folder| trade::live(&config, folder, credentials))
    }
}

impl Paper {
    /// Runs it, and prints its summary when it is stopped.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        let config = globals.load(&[])?;
        self.session.run(&config, Mode::Paper, globals, out, |folder| trade::paper(&config, folder))
    }
}

impl SessionFlags {
    fn run(
        &self,
        config: &Config,
        mode: Mode,
        globals: &Globals,
        out: &mut dyn Write,
        trade: impl FnOnce(Folder<'_>) -> Result<Document, LiveError>,
    ) -> Result<(), Failure> {
        let (id, document) = match self.choose(config, mode, globals)? {
            Chosen::New(run) => {
                eprintln!("run {}: a new session; Ctrl-C stops it", run.id);
                let begun = trade(Folder::New(&run.path));
                // A run that could not even begin is none.
                let begun = begun.inspect_err(|error| {
                    if matches!(error, LiveError::Link(_)) {
                        let _ = std::fs::remove_dir_all(&run.path);
                    }
                });
                (Some(run.id), begun?)
            }
            Chosen::Old(path) => {
                let id = path.file_name().map(|name| name.to_string_lossy().into_owned());
                eprintln!("run {}: going on with it; Ctrl-C stops it", path.display());
                (id, trade(Folder::Old(&path))?)
            }
        };
        summary::print(&document.of_run(id), &Look::default(), Extent::Page, globals, out)
    }

    /// The named run, else the newest one that can go on, else a new one.
    fn choose(&self, config: &Config, mode: Mode, globals: &Globals) -> Result<Chosen, Failure> {
        let store = RunStore::new(&globals.runs);
        let hash = hash_of_bytes(&config.canonical());
        if let Some(name) = &self.run {
            let path = store.resolve(name)?;
            return match can_resume(&path, hash, mode)? {
                Ok(()) => Ok(Chosen::Old(path)),
                Err(other) => Err(Failure::new(Exit::Usage, format!("run {name} cannot go on: {}", why(other)))),
            };
        }
        if !self.new {
            for run in store.list()? {
                let why = match can_resume(&run.path, hash, mode) {
                    Ok(Ok(())) => return Ok(Chosen::Old(run.path)),
                    Ok(Err(resume::Other::Empty | resume::Other::Ended | resume::Other::Mode)) => continue,
                    Ok(Err(other)) => why(other).to_owned(),
                    Err(error) => error.to_string(),
                };
                // Its positions would be nobody's, and its stops strangers.
                if mode == Mode::Live {
                    let reason =
                        format!("run {} was not ended and cannot go on: {why}; --new begins a session beside it", run.id);
                    return Err(Failure::new(Exit::Usage, reason));
                }
            }
        }
        Ok(Chosen::New(store.create()?))
    }
}

fn why(other: resume::Other) -> &'static str {
    match other {
        resume::Other::Empty => "it has no session",
        resume::Other::Ended => "its session has ended",
        resume::Other::Build => "another build wrote it",
        resume::Other::Mode => "it is no run of this kind",
        resume::Other::Config => "it has another configuration (`tickfold log show RUN` names it; --new begins a new session)",
    }
}

impl From<LiveError> for Failure {
    fn from(error: LiveError) -> Self {
        let exit = match error {
            LiveError::Run(error) => return error.into(),
            LiveError::Log(error) => return error.into(),
            LiveError::Session(error) => return error.into(),
            LiveError::Link(LinkError::Venue(_) | LinkError::Convert(_)) => Exit::Venue,
            LiveError::Link(_) | LiveError::Rescaled { .. } => Exit::Usage,
            LiveError::Resume(_) => Exit::Mismatch,
            LiveError::NotFlat { .. } => Exit::Risk,
            LiveError::Io { .. } | LiveError::Tag { .. } | LiveError::Taken { .. } => Exit::Failed,
        };
        let mut said = error.to_string();
        if said.contains("Connection refused") {
            said += "; on this machine, `tickfold exchange` has to run in another terminal";
        }
        Self::new(exit, said)
    }
}
