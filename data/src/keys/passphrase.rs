//! The passphrase of the keystore, and where it comes from without being typed.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use age::secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use super::KeysError;

/// The variable that names a file with the passphrase in its first line.
const VARIABLE: &str = "TICKFOLD_PASSPHRASE_FILE";
/// The longest passphrase, in bytes.
const MAX_LEN: usize = 4_096;

/// A passphrase. It has no text form, and is wiped when it is dropped.
#[derive(Clone)]
pub struct Passphrase(SecretString);

impl Passphrase {
    /// Refuses an empty one. A line break at its end is not part of it.
    pub fn new(text: String) -> Result<Self, KeysError> {
        let text = Zeroizing::new(text);
        let first = text.lines().next().unwrap_or_default();
        if first.is_empty() {
            return Err(KeysError::Field { field: "passphrase of the keystore", reason: "is empty" });
        }
        Ok(Self(SecretString::from(first.to_owned())))
    }

    /// From the file that `TICKFOLD_PASSPHRASE_FILE` names.
    pub fn from_environment() -> Result<Self, KeysError> {
        match std::env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
            Some(path) => Self::from_file(Path::new(&path)),
            None => Err(KeysError::NoPassphrase),
        }
    }

    /// The first line of a file that the caller of the program opened as this number.
    pub fn from_descriptor(number: u32) -> Result<Self, KeysError> {
        Self::from_file(Path::new(&format!("/dev/fd/{number}")))
    }

    /// The first line of a file.
    pub fn from_file(path: &Path) -> Result<Self, KeysError> {
        let failed = |source| KeysError::Io { doing: "read the passphrase from", path: path.to_owned(), source };
        let file = File::open(path).map_err(failed)?;
        // Never grown, so that no copy of it stays behind.
        let mut bytes = Zeroizing::new(vec![0; MAX_LEN]);
        let mut len = 0;
        let mut file = file.take(MAX_LEN as u64);
        loop {
            match file.read(&mut bytes[len..]) {
                Ok(0) => break,
                Ok(read) => len += read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(failed(error)),
            }
        }
        let refuse = |reason| KeysError::Field { field: "passphrase of the keystore", reason };
        if len == MAX_LEN {
            return Err(refuse("is too long"));
        }
        match std::str::from_utf8(&bytes[..len]) {
            Ok(text) => Self::new(text.to_owned()),
            Err(_) => Err(refuse("is no UTF-8 text")),
        }
    }

    /// Whether both are the same: asked twice for a new keystore.
    pub fn is(&self, other: &Self) -> bool {
        self.0.expose_secret() == other.0.expose_secret()
    }

    pub(super) fn secret(&self) -> SecretString {
        self.0.clone()
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase { .. }")
    }
}
