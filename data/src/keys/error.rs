//! What can be wrong with keys, and what to do about it. No variant has room for a secret.

use std::path::PathBuf;

use super::VARIABLES;

/// Keys could not be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// Some variables of the environment are set, others not.
    #[error("{set} is set, but {missing} is not: set all of {}, {} and {}, or none", VARIABLES[0], VARIABLES[1], VARIABLES[2])]
    Environment {
        /// One that is set.
        set: &'static str,
        /// One that is not.
        missing: &'static str,
    },
    /// There is no home folder.
    #[error("cannot tell where the keystore is: set TICKFOLD_KEYS to its path")]
    Nowhere,
    /// There is no keystore.
    #[error("there is no keystore at {}: make one with `tickfold keys set NAME`, or set {}, {} and {}",
        path.display(), VARIABLES[0], VARIABLES[1], VARIABLES[2])]
    Missing {
        /// Where it would be.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// With which file.
        path: PathBuf,
        /// Its reason.
        source: std::io::Error,
    },
    /// Others may read or write the keystore.
    #[error("{} is open to other users (mode {mode:03o}): make it yours alone with `chmod 600 {}`, and change its keys if others \
        have used this machine", path.display(), path.display())]
    Exposed {
        /// Which file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The passphrase opens nothing.
    #[error("the passphrase does not open {}: it is wrong, or the file is damaged; if the passphrase is lost, so are the keys: \
        remove the file and set them again", path.display())]
    WrongPassphrase {
        /// Which file.
        path: PathBuf,
    },
    /// The file is no keystore, or not whole.
    #[error("{} is no keystore, or damaged ({reason}): bring back a copy of it, or remove it and set the keys again", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Somebody else wrote it while it was open.
    #[error("{} was changed by another program meanwhile: nothing was written, try again", path.display())]
    Changed {
        /// Which file.
        path: PathBuf,
    },
    /// There is no set of that name.
    #[error("there is no set `{name}` in {}: {}", path.display(), known(known_names))]
    NoSet {
        /// The name.
        name: String,
        /// In which file.
        path: PathBuf,
        /// The names that there are.
        known_names: Vec<String>,
    },
    /// There are several sets, and none was named.
    #[error("which keys of {}? {}", path.display(), known(known_names))]
    Unnamed {
        /// In which file.
        path: PathBuf,
        /// The names that there are.
        known_names: Vec<String>,
    },
    /// The name of a set is not one.
    #[error("a set is named with letters, digits, `-`, `_` and `.`, 64 at most, such as okx-demo")]
    Name,
    /// A key, secret or passphrase is not one.
    #[error("the {field} {reason}")]
    Field {
        /// Which one.
        field: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// There is no passphrase, and nobody to ask for it.
    #[error(
        "the keystore's passphrase is needed: name a file that holds it in TICKFOLD_PASSPHRASE_FILE, give an open file with \
        --passphrase-fd N, or run this in a terminal"
    )]
    NoPassphrase,
}

fn known(names: &[String]) -> String {
    if names.is_empty() { "it is empty".to_owned() } else { format!("there are {}", names.join(", ")) }
}
