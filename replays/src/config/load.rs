//! From files, the environment and the command line to a [`Config`], and to the bytes that a log keeps.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value as Json;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, KeyPath, Origin};
use super::fork;
use super::given::Given;
use super::layer::{Content, Node};
use super::run::Config;
use super::shape::Shape;

/// The longest configuration file; a longer one is something else, such as a file of history.
const MAX_FILE_BYTES: u64 = 1 << 20;

impl Config {
    /// Reads `files` in order, then the variables `TICKFOLD__KEY__PATH` of `env`, then the `key.path=value` of
    /// `sets`; the later one wins. Tables are merged, lists replaced.
    ///
    /// In a path, a number picks an element of a list (`strategy.0.fast`), and anything else there means that key
    /// in every element (`strategy.fast`).
    pub fn load(files: &[PathBuf], env: impl Iterator<Item = (String, String)>, sets: &[String]) -> Result<Self, ConfigError> {
        let mut root = Node::table(Origin::Nowhere);
        for path in files {
            root.cover(read(path)?);
        }
        let schema = Self::schema();
        let mut variables: Vec<_> = env.collect();
        variables.sort();
        for (name, value) in &variables {
            if let Some(given) = Given::from_environment(name, value) {
                given?.apply(&mut root, Shape::of(&schema))?;
            }
        }
        for text in sets {
            Given::from_set(text)?.apply(&mut root, Shape::of(&schema))?;
        }
        Self::build(&root, &schema)
    }

    /// Its JSON Schema.
    pub fn schema() -> Json {
        schemars::schema_for!(Self).to_value()
    }

    /// The bytes that a log keeps: everything that decides, defaults included, as TOML in the order of its keys.
    /// Comments, the order in a file and where the history lies leave no trace.
    pub fn canonical(&self) -> Vec<u8> {
        let mut deciding = self.clone();
        deciding.data.paths.clear();
        let table = toml::Table::try_from(deciding).expect("every field has a form in TOML");
        toml::to_string(&table).expect("a table is TOML").into_bytes()
    }

    /// Reads what [`Config::canonical`] wrote.
    pub fn from_canonical(bytes: &[u8]) -> Result<Self, ConfigError> {
        let mut root = parse(bytes, &|_| Origin::Log)?;
        if let Content::Table(sections) = &mut root.content {
            sections.remove(fork::SECTION);
        }
        let mut config = Self::build(&root, &Self::schema())?;
        // A session of before there were limits ran without any.
        config.risk.enabled &= matches!(&root.content, Content::Table(sections) if sections.contains_key("risk"));
        Ok(config)
    }

    /// This configuration with more `key.path=value` over it: the same as if they had been the last ones of `sets`.
    pub fn with_sets(&self, sets: &[String]) -> Result<Self, ConfigError> {
        let schema = Self::schema();
        let table = toml::Table::try_from(self).expect("every field has a form in TOML");
        let text = toml::to_string(&table).expect("a table is TOML");
        let mut root = parse(text.as_bytes(), &|_| Origin::Nowhere)?;
        for text in sets {
            Given::from_set(text)?.apply(&mut root, Shape::of(&schema))?;
        }
        Self::build(&root, &schema)
    }

    fn build(root: &Node, schema: &Json) -> Result<Self, ConfigError> {
        Shape::of(schema).check(root, &KeyPath::default())?;
        let value = toml::Value::from(root.clone());
        let config: Self = serde_path_to_error::deserialize(value).map_err(|error| {
            let key = KeyPath(error.path().iter().filter_map(segment).collect());
            let reason = error.inner().message().to_owned();
            ConfigError::Invalid { origin: root.origin_of(&key), key, reason }
        })?;
        match config.validate() {
            Ok(()) => Ok(config),
            Err((key, reason)) => Err(ConfigError::Invalid { origin: root.origin_of(&key), key, reason }),
        }
    }
}

fn segment(segment: &serde_path_to_error::Segment) -> Option<String> {
    use serde_path_to_error::Segment::{Enum, Map, Seq, Unknown};
    match segment {
        Seq { index } => Some(index.to_string()),
        Map { key } => Some(key.clone()),
        Enum { .. } | Unknown => None,
    }
}

fn read(path: &Path) -> Result<Node, ConfigError> {
    let failed = |source| ConfigError::Read { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    let name: Arc<str> = path.display().to_string().into();
    if bytes.len() as u64 > MAX_FILE_BYTES {
        let reason = format!("longer than {MAX_FILE_BYTES} bytes, so this is no configuration");
        return Err(ConfigError::Syntax { origin: Origin::File { path: name, line: None }, reason });
    }
    parse(&bytes, &|line| Origin::File { path: name.clone(), line })
}

/// `place` makes an origin of a line, if one is known.
fn parse(bytes: &[u8], place: &dyn Fn(Option<usize>) -> Origin) -> Result<Node, ConfigError> {
    let line = |offset: usize| {
        let before = &bytes[..offset.min(bytes.len())];
        place(Some(before.split(|&byte| byte == b'\n').count()))
    };
    let text = std::str::from_utf8(bytes).map_err(|error| ConfigError::Syntax {
        origin: line(error.valid_up_to()),
        reason: "this line is not UTF-8 text".to_owned(),
    })?;
    let document = DeTable::parse(text).map_err(|error| ConfigError::Syntax {
        origin: error.span().map_or_else(|| place(None), |span| line(span.start)),
        reason: error.message().to_owned(),
    })?;
    Node::new(DeValue::Table(document.into_inner()), place(None), &line)
        .map_err(|(origin, reason)| ConfigError::Syntax { origin, reason })
}
