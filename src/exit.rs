//! How the program ends.

use std::fmt::Write as _;
use std::io::{self, ErrorKind, Write as _};
use std::process::ExitCode;

use data::files::FileError;
use replays::config::ConfigError;

/// The exit codes, the same for every command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Ok = 0,
    Failed = 1,
    Usage = 2,
    Data = 3,
    Venue = 4,
    Risk = 5,
    Mismatch = 6,
}

impl Exit {
    const ALL: [Self; 7] = [Self::Ok, Self::Failed, Self::Usage, Self::Data, Self::Venue, Self::Risk, Self::Mismatch];

    fn meaning(self) -> &'static str {
        match self {
            Self::Ok => "all is well",
            Self::Failed => "the run itself failed",
            Self::Usage => "the command line or the configuration is wrong",
            Self::Data => "data are missing or malformed",
            Self::Venue => "the venue or the network failed",
            Self::Risk => "stopped by risk: circuit breaker or halt",
            Self::Mismatch => "verification found a difference, or the log is damaged",
        }
    }
}

/// The exit codes, for `--help`.
pub fn table() -> String {
    Exit::ALL.iter().fold("Exit codes:".to_owned(), |mut table, exit| {
        let _ = write!(table, "\n  {}  {}", *exit as u8, exit.meaning());
        table
    })
}

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    message: String,
}

impl Failure {
    /// `message` says what was being done, on what, and what to do about it; it follows `error: `.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into() }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::new(Exit::Usage, error.to_string())
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        Self::new(Exit::Data, error.to_string())
    }
}

/// Of writing to stdout: every other I/O error has a type that says what was being done.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            // The reader, such as `head`, has had enough.
            ErrorKind::BrokenPipe => Self::new(Exit::Ok, ""),
            _ => Self::new(Exit::Failed, format!("cannot write to stdout: {error}")),
        }
    }
}

/// Says what failed on stderr, and how the process ends.
pub fn finish(result: Result<(), Failure>) -> ExitCode {
    let Err(Failure { exit, message }) = result else { return ExitCode::SUCCESS };
    if exit != Exit::Ok {
        // When stderr is gone too, the exit code is all that can be said.
        let _ = writeln!(io::stderr(), "error: {message}");
    }
    ExitCode::from(exit as u8)
}
