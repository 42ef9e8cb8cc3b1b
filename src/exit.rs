//! How the program ends.

use std::fmt::Write as _;
use std::io::{self, ErrorKind, Write as _};
use std::process::ExitCode;

use data::files::FileError;
use data::log::LogError;
use replays::backtest::BacktestError;
use replays::config::ConfigError;
use replays::explain::ExplainError;
use replays::gateway::GatewayError;
use replays::rebuild::RebuildError;
use replays::run::RunError;
use replays::session::SessionError;
use replays::verify::VerifyError;

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

impl From<LogError> for Failure {
    fn from(error: LogError) -> Self {
        let exit = match error {
            LogError::Io { .. } | LogError::Exists { .. } | LogError::Poisoned { .. } => Exit::Failed,
            _ => Exit::Mismatch,
        };
        Self::new(exit, error.to_string())
    }
}

impl From<SessionError> for Failure {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Blob(error) => error.into(),
            error => Self::new(Exit::Usage, error.to_string()),
        }
    }
}

impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Gateway(GatewayError::Data(error)) => error.into(),
            RunError::Gateway(GatewayError::Log(error)) => (*error).into(),
            RunError::Gateway(error @ GatewayError::Venue(_)) => Self::new(Exit::Venue, error.to_string()),
            RunError::Log(error) => error.into(),
            error @ RunError::Differs(_) => Self::new(Exit::Mismatch, error.to_string()),
        }
    }
}

impl From<BacktestError> for Failure {
    fn from(error: BacktestError) -> Self {
        match error {
            BacktestError::Data(error) => error.into(),
            BacktestError::Session(error) => error.into(),
            BacktestError::Log(error) => error.into(),
            BacktestError::Run(error) => error.into(),
            BacktestError::Folder { .. } => Self::new(Exit::Failed, error.to_string()),
            BacktestError::Setup(_) | BacktestError::Listing(_) => Self::new(Exit::Usage, error.to_string()),
            BacktestError::NoData => Self::new(Exit::Data, error.to_string()),
        }
    }
}

impl From<VerifyError> for Failure {
    fn from(error: VerifyError) -> Self {
        match error {
            VerifyError::Log(error) => error.into(),
            error => Self::new(Exit::Mismatch, error.to_string()),
        }
    }
}

impl From<RebuildError> for Failure {
    fn from(error: RebuildError) -> Self {
        match error {
            RebuildError::Log(error) => error.into(),
            RebuildError::Checkpoint { .. } => Self::new(Exit::Mismatch, error.to_string()),
        }
    }
}

impl From<ExplainError> for Failure {
    fn from(error: ExplainError) -> Self {
        match error {
            ExplainError::Log(error) => error.into(),
            ExplainError::Rebuild(error) => error.into(),
            ExplainError::Session(error) => error.into(),
            ExplainError::NoSuch(_) => Self::new(Exit::Usage, error.to_string()),
        }
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
