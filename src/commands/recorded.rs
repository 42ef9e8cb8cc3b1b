//! Commands that look at what a run recorded: no setting changes it any more.

use crate::cli::Globals;
use crate::exit::{Exit, Failure};

/// Refuses settings, which `command` has no use for.
pub fn refuse_settings(command: &str, globals: &Globals) -> Result<(), Failure> {
    let given =
        [("--set", globals.set.first().cloned()), ("--config", globals.config.first().map(|file| file.display().to_string()))];
    match given.into_iter().find_map(|(flag, value)| Some((flag, value?))) {
        None => Ok(()),
        Some((flag, value)) => Err(Failure::new(
            Exit::Usage,
            format!(
                "{command} takes no {flag} {value}: what it shows is past; leave it out, or try other values with \
                 `tickfold fork RUN --at SEQ --set KEY=VALUE` or `tickfold backtest --set KEY=VALUE`"
            ),
        )),
    }
}
