//! `[fork]`: what a log's configuration says of a run that went on with other values from a record on.

use engine::event::Hash;

use super::error::{ConfigError, KeyPath, Origin};
use super::run::Config;

/// The section's name in a log's configuration. Nobody can write it in a configuration of his own.
pub(super) const SECTION: &str = "fork";

/// From which record on a log's configuration holds, and what held before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fork {
    /// The input that is the first to meet it.
    pub at_seq: u64,
    /// The configuration before that: a blob beside the log, which may be that of a fork itself.
    pub before: Hash,
}

impl Fork {
    /// The bytes that a log keeps of `config` when it holds from there on.
    pub fn canonical(&self, config: &Config) -> Vec<u8> {
        let text = String::from_utf8(config.canonical()).expect("TOML is text");
        let mut table: toml::Table = toml::from_str(&text).expect("what was written is TOML");
        let mut fork = toml::Table::new();
        fork.insert("at_seq".to_owned(), toml::Value::Integer(i64::try_from(self.at_seq).unwrap_or(i64::MAX)));
        fork.insert("before".to_owned(), toml::Value::String(self.before.to_string()));
        table.insert(SECTION.to_owned(), toml::Value::Table(fork));
        toml::to_string(&table).expect("a table is TOML").into_bytes()
    }

    /// What the configuration of a log says; `None` when it holds from the beginning.
    pub fn of(canonical: &[u8]) -> Result<Option<Self>, ConfigError> {
        let document: Option<toml::Table> = std::str::from_utf8(canonical).ok().and_then(|text| toml::from_str(text).ok());
        let Some(section) = document.as_ref().and_then(|document| document.get(SECTION)) else { return Ok(None) };
        let number = section.get("at_seq").and_then(toml::Value::as_integer).and_then(|seq| u64::try_from(seq).ok());
        let before = section.get("before").and_then(toml::Value::as_str).and_then(hash);
        match number.zip(before) {
            Some((at_seq, before)) => Ok(Some(Self { at_seq, before })),
            None => Err(ConfigError::Invalid {
                key: KeyPath(vec![SECTION.to_owned()]),
                origin: Origin::Log,
                reason: "it does not say from which record on it holds, and what held before".to_owned(),
            }),
        }
    }
}

fn hash(text: &str) -> Option<Hash> {
    let mut hash = Hash::default();
    if text.len() != 2 * hash.0.len() || !text.is_ascii() {
        return None;
    }
    for (place, byte) in hash.0.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * place..2 * place + 2], 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_the_rest_is_the_configuration() {
        let config = Config { seed: 7, ..Config::default() };
        let fork = Fork { at_seq: 41, before: Hash(std::array::from_fn(|place| u8::try_from(place * 7).unwrap())) };
        let bytes = fork.canonical(&config);
        assert_eq!(Fork::of(&bytes).unwrap(), Some(fork));
        assert_eq!(Config::from_canonical(&bytes).unwrap(), Config::from_canonical(&config.canonical()).unwrap());
        assert_eq!(Fork::of(&config.canonical()).unwrap(), None);
    }

    #[test]
    fn nobody_else_can_write_it_and_what_is_broken_is_said() {
        let refused = Config::load(&[], std::iter::empty(), &["fork.at_seq=3".to_owned()]).unwrap_err().to_string();
        assert!(refused.contains("fork"), "{refused}");
        for broken in ["[fork]\nat_seq = 3", "[fork]\nat_seq = -3\nbefore = \"00\"", "fork = 1", "[fork]\nbefore = \"é\""] {
            let error = Fork::of(broken.as_bytes()).unwrap_err().to_string();
            assert!(error.contains("what held before"), "{error}");
        }
    }
}
