//! `tickfold config`: what a run would use, and whether it is right.

use std::io::Write;

use clap::{Args, Subcommand};
use replays::config::{Config, StrategyConfig};
use replays::live::link;
use serde_json::json;

use crate::cli::Globals;
use crate::exit::{Exit, Failure};

/// Show, check or describe the configuration
#[derive(Args)]
pub struct ConfigCommand {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Print the whole configuration of a run: files, environment, --set and defaults
    #[command(
        after_help = "Examples:\n  tickfold config show\n  tickfold config show --config base.toml --config mine.toml --json"
    )]
    Show,
    /// Is the configuration right? Exit code 2 and the reason when it is not
    #[command(
        after_help = "Examples:\n  tickfold config check\n  tickfold config check --config mine.toml --set strategy.fast=12"
    )]
    Check,
    /// Print the JSON Schema of the configuration, for editors
    #[command(after_help = "Example:\n  tickfold config schema > tickfold.schema.json")]
    Schema,
}

impl ConfigCommand {
    /// Answers on `out`.
    pub fn run(&self, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
        match self.action {
            Action::Show => show(&globals.load(&[])?, globals, out),
            Action::Check => check(&globals.load(&[])?, globals, out),
            Action::Schema => Ok(writeln!(out, "{:#}", Config::schema())?),
        }
    }
}

fn show(config: &Config, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
    let unprintable =
        |error: &dyn std::fmt::Display| Failure::new(Exit::Usage, format!("cannot print the configuration: {error}"));
    if globals.json {
        let document = serde_json::to_value(config).map_err(|error| unprintable(&error))?;
        writeln!(out, "{document:#}")?;
    } else {
        let text = toml::to_string(config).map_err(|error| unprintable(&error))?;
        write!(out, "{text}")?;
    }
    Ok(())
}

fn check(config: &Config, globals: &Globals, out: &mut dyn Write) -> Result<(), Failure> {
    replays::session::engine(config)?;
    if !config.live.is_default() {
        link::check(&config.live).map_err(|error| Failure::new(Exit::Usage, format!("[live]: {error}")))?;
    }
    let files: Vec<String> = globals.files().iter().map(|path| path.display().to_string()).collect();
    let strategies: Vec<&str> = config.strategies.iter().map(StrategyConfig::label).collect();
    if globals.json {
        writeln!(out, "{}", json!({ "ok": true, "files": files, "strategies": strategies }))?;
    } else {
        let files = if files.is_empty() { "no file, only defaults".to_owned() } else { files.join(", ") };
        let strategies = if strategies.is_empty() { "no strategy".to_owned() } else { strategies.join(", ") };
        writeln!(out, "ok: {files} ({strategies})")?;
    }
    Ok(())
}
