//! Keys to venues: from the environment, or from a file that is encrypted with a passphrase.
//!
//! The file is one of [age](https://age-encryption.org) with a scrypt passphrase, so `age -d` reads it where this program
//! is not at hand. Secrets are wiped from memory when they are dropped, have no text form, and are in no error.

mod error;
mod key_set;
mod passphrase;
mod keystore;

use std::ffi::OsString;

pub use error::KeysError;
pub use key_set::KeySet;
pub use keystore::{Keystore, OpenKeystore};
pub use passphrase::Passphrase;

use crate::okx::sign::Credentials;

/// The variables that hold a key, its secret and its passphrase.
pub const VARIABLES: [&str; 3] = ["TICKFOLD_OKX_KEY", "TICKFOLD_OKX_SECRET", "TICKFOLD_OKX_PASSPHRASE"];

/// The keys to trade with: those of the environment, else the set of that name in the keystore, whose passphrase is in the
/// file that `TICKFOLD_PASSPHRASE_FILE` names. Without a name, the only set that there is.
pub fn load(name: Option<&str>) -> Result<Credentials, KeysError> {
    load_with(name, Passphrase::from_environment)
}

/// The same, with a passphrase that is asked for only if it is needed.
pub fn load_with(
    name: Option<&str>,
    passphrase: impl FnOnce() -> Result<Passphrase, KeysError>,
) -> Result<Credentials, KeysError> {
    let env = |variable: &str| std::env::var_os(variable);
    match from_environment(&env)? {
        Some(credentials) => Ok(credentials),
        None => from_keystore(&Keystore::locate()?, name, passphrase),
    }
}

/// What the variables hold; nothing where none of them is set.
fn from_environment(env: &dyn Fn(&str) -> Option<OsString>) -> Result<Option<Credentials>, KeysError> {
    let values = VARIABLES.map(|variable| env(variable).filter(|value| !value.is_empty()));
    let Some(set) = values.iter().position(Option::is_some) else { return Ok(None) };
    if let Some(missing) = values.iter().position(Option::is_none) {
        return Err(KeysError::Environment { set: VARIABLES[set], missing: VARIABLES[missing] });
    }
    // What is no Unicode becomes text that the check refuses, without showing it.
    let [key, secret, passphrase] = values.map(|value| value.unwrap_or_default().into_string().unwrap_or_default());
    Ok(Some(KeySet::new(key, secret, passphrase)?.credentials()))
}

fn from_keystore(
    keystore: &Keystore,
    name: Option<&str>,
    passphrase: impl FnOnce() -> Result<Passphrase, KeysError>,
) -> Result<Credentials, KeysError> {
    if !keystore.exists() {
        return Err(KeysError::Missing { path: keystore.path().to_owned() });
    }
    let open = keystore.open(&passphrase()?)?;
    match name {
        Some(name) => Ok(open.get(name)?.credentials()),
        None => Ok(open.only()?.credentials()),
    }
}

#[cfg(test)]
mod tests;
