//! What can be wrong with a configuration, and where.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// A configuration could not be read, or says something that cannot be.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The operating system refused.
    #[error("cannot read the configuration {}: {source}{}", path.display(), first_one(source))]
    Read {
        /// Which file.
        path: PathBuf,
        /// Its reason.
        source: std::io::Error,
    },
    /// It is not TOML.
    #[error("not valid TOML {origin}: {reason}")]
    Syntax {
        /// Where.
        origin: Origin,
        /// What the parser met.
        reason: String,
    },
    /// A key that nothing reads.
    #[error("unknown key \"{key}\" {origin}: {hint}known keys here: {known}")]
    UnknownKey {
        /// Which.
        key: KeyPath,
        /// Where it was written.
        origin: Origin,
        /// `did you mean …? `, or nothing.
        hint: String,
        /// The keys that could stand there.
        known: String,
    },
    /// A value of the wrong type, out of range, or at odds with another.
    #[error("{key} {origin}: {reason}")]
    Invalid {
        /// Which.
        key: KeyPath,
        /// Where it was written.
        origin: Origin,
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// A `--set` or environment variable that names no place in the configuration.
    #[error("cannot set a value {origin}: {reason}")]
    Override {
        /// Which.
        origin: Origin,
        /// Why not.
        reason: String,
    },
}

fn first_one(error: &std::io::Error) -> &'static str {
    if error.kind() == std::io::ErrorKind::NotFound { " (`tickfold init` writes a first one)" } else { "" }
}

/// Where a value was written. Prints as `in tickfold.toml (line 7)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nowhere: it is a default, or it is missing.
    Nowhere,
    /// In a file.
    File {
        /// Its path, as it was given.
        path: Arc<str>,
        /// From 1; `None` for the file as a whole.
        line: Option<usize>,
    },
    /// In an environment variable of this name.
    Environment(Arc<str>),
    /// In a `--set` with this text.
    Set(Arc<str>),
    /// In the configuration that a log keeps.
    Log,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nowhere => f.write_str("in the configuration"),
            Self::File { path, line: Some(line) } => write!(f, "in {path} (line {line})"),
            Self::File { path, line: None } => write!(f, "in {path}"),
            Self::Environment(name) => write!(f, "in the environment variable {name}"),
            Self::Set(text) => write!(f, "in --set {text}"),
            Self::Log => f.write_str("in the log's configuration"),
        }
    }
}

/// A place in the configuration, as `--set` names it: `strategy.0.fast`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyPath(pub Vec<String>);

impl KeyPath {
    /// The place below this one.
    #[must_use]
    pub fn child(&self, segment: &(impl ToString + ?Sized)) -> Self {
        let mut segments = self.0.clone();
        segments.push(segment.to_string());
        Self(segments)
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, segment) in self.0.iter().enumerate() {
            let dot = if index == 0 { "" } else { "." };
            if segment.contains('.') || segment.is_empty() {
                write!(f, "{dot}\"{segment}\"")?;
            } else {
                write!(f, "{dot}{segment}")?;
            }
        }
        Ok(())
    }
}
