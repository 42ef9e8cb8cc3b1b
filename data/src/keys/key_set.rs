//! What a venue gives to one user: a key, its secret, and the passphrase that was chosen with them.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use super::KeysError;
use crate::okx::sign::Credentials;

/// Longer ones are a mistake, in bytes.
const MAX_LEN: usize = 1_024;
/// The longest name of a set, in characters.
const MAX_NAME: usize = 64;
/// So much of a key is shown, in characters.
const SHOWN: usize = 4;

/// A key with its secret and its passphrase. It has no text form.
#[derive(Serialize, Deserialize)]
pub struct KeySet {
    key: String,
    secret: String,
    passphrase: String,
}

impl KeySet {
    /// Refuses what cannot be one: empty, with blanks around or line breaks inside, or absurdly long.
    pub fn new(key: String, secret: String, passphrase: String) -> Result<Self, KeysError> {
        // First of all it is in the type that wipes it.
        let set = Self { key, secret, passphrase };
        checked("key", &set.key)?;
        checked("secret", &set.secret)?;
        checked("passphrase of the key", &set.passphrase)?;
        Ok(set)
    }

    /// Refuses what no set can be named.
    pub fn check_name(name: &str) -> Result<(), KeysError> {
        let is_fine = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(is_fine) { Ok(()) } else { Err(KeysError::Name) }
    }

    /// The key's first four characters, and never more than half of it.
    pub fn shown(&self) -> String {
        self.key.chars().take(SHOWN.min(self.key.chars().count() / 2)).collect()
    }

    /// To sign with.
    pub fn credentials(&self) -> Credentials {
        Credentials::new(self.key.clone(), self.secret.clone(), self.passphrase.clone())
    }
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeySet { .. }")
    }
}

impl Drop for KeySet {
    fn drop(&mut self) {
        for text in [&mut self.key, &mut self.secret, &mut self.passphrase] {
            text.zeroize();
        }
    }
}

fn checked(field: &'static str, text: &str) -> Result<(), KeysError> {
    let refuse = |reason| Err(KeysError::Field { field, reason });
    match text {
        "" => refuse("is empty"),
        _ if text.len() > MAX_LEN => refuse("is too long"),
        _ if text.trim() != text => refuse("begins or ends with a blank"),
        _ if text.chars().any(char::is_control) => refuse("has a control character in it"),
        _ => Ok(()),
    }
}
