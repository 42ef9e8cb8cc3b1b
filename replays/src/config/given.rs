//! One value given by its path: `--set strategy.fast=12`, `TICKFOLD__STRATEGY__FAST=12`.

use toml::Value;
use toml::de::DeValue;

use super::error::{ConfigError, Origin};
use super::layer::{Content, Node};
use super::shape::Shape;

/// The deepest path; the configuration itself has at most four levels.
const MAX_SEGMENTS: usize = 16;

/// What begins the name of an environment variable that sets a value.
const PREFIX: &str = "TICKFOLD__";

/// A value for one place, or for that place in every element of a list.
pub(super) struct Given {
    path: Vec<String>,
    text: String,
    origin: Origin,
}

impl Given {
    /// From `key.path=value`.
    pub fn from_set(text: &str) -> Result<Self, ConfigError> {
        let origin = Origin::Set(text.into());
        let Some((path, value)) = text.split_once('=') else {
            return Err(ConfigError::Override { origin, reason: "write it as key.path=value".to_owned() });
        };
        Self::new(path.split('.'), value, origin)
    }

    /// From an environment variable; `None` when it is none of ours.
    pub fn from_environment(name: &str, value: &str) -> Option<Result<Self, ConfigError>> {
        let path = name.get(..PREFIX.len()).filter(|start| start.eq_ignore_ascii_case(PREFIX)).map(|_| &name[PREFIX.len()..])?;
        Some(Self::new(path.split("__"), value, Origin::Environment(name.into())))
    }

    fn new<'a>(path: impl Iterator<Item = &'a str>, value: &str, origin: Origin) -> Result<Self, ConfigError> {
        let path: Vec<String> = path.map(|segment| segment.trim().to_owned()).collect();
        if path.len() > MAX_SEGMENTS {
            let origin = Origin::Nowhere;
            let reason = format!("its path has {} parts, and {MAX_SEGMENTS} is the most", path.len());
            return Err(ConfigError::Override { origin, reason });
        }
        if path.iter().any(String::is_empty) {
            let reason = "each part of its path needs a name, as in account.currency".to_owned();
            return Err(ConfigError::Override { origin, reason });
        }
        Ok(Self { path, text: value.trim().to_owned(), origin })
    }

    /// Puts the value into `root`.
    pub fn apply(&self, root: &mut Node, shape: Shape<'_>) -> Result<(), ConfigError> {
        self.put(root, shape, &self.path).map_err(|reason| ConfigError::Override { origin: self.origin.clone(), reason })
    }

    fn put(&self, node: &mut Node, shape: Shape<'_>, path: &[String]) -> Result<(), String> {
        let Some((segment, rest)) = path.split_first() else {
            *node = self.value(shape);
            return Ok(());
        };
        if let Content::List(items) = &mut node.content {
            return match segment.parse::<usize>() {
                Ok(index) if index > items.len() => {
                    Err(format!("element {index} is beyond the end of the list; its next one is {}", items.len()))
                }
                Ok(index) => {
                    if index == items.len() {
                        items.push(Node::table(self.origin.clone()));
                    }
                    self.put(&mut items[index], shape.item(), rest)
                }
                Err(_) if items.is_empty() => {
                    Err(format!("the list is empty, so there is no element whose \"{segment}\" it could be"))
                }
                Err(_) => items.iter_mut().try_for_each(|item| self.put(item, shape.item(), path)),
            };
        }
        if let Content::Scalar(_) = node.content {
            // A key below a plain value: what it should be is for the check of the whole to say.
            *node = Node::table(self.origin.clone());
        }
        let Content::Table(entries) = &mut node.content else { return Ok(()) };
        let key = match entries.keys().find(|key| key.eq_ignore_ascii_case(segment)) {
            Some(key) => key.clone(),
            None if shape.is_map() => segment.clone(),
            None => segment.to_ascii_lowercase(),
        };
        // An unknown key is put in its place all the same: the check of the whole says what is known there.
        let inner = shape.property(&key);
        let entry = entries.entry(key).or_insert_with(|| {
            let list = inner.is_some_and(|shape| shape.types() == ["array"]);
            let content = if list { Content::List(Vec::new()) } else { Content::Table([].into()) };
            Node { origin: self.origin.clone(), content }
        });
        self.put(entry, inner.unwrap_or(shape.item()), rest)
    }

    /// The value as TOML, or as a string where only a string fits: a shell takes the quotes away.
    fn value(&self, shape: Shape<'_>) -> Node {
        let here = |_| self.origin.clone();
        let parsed = DeValue::parse(&self.text).ok();
        let parsed = parsed.and_then(|value| Node::new(value.into_inner(), self.origin.clone(), &here).ok());
        match parsed {
            Some(node) if !matches!(&node.content, Content::Scalar(value) if !fits(value, shape)) => node,
            _ => {
                let text = Value::String(self.text.clone());
                Node { origin: self.origin.clone(), content: Content::Scalar(text) }
            }
        }
    }
}

/// Whether the value may stay what TOML reads it as.
fn fits(value: &Value, shape: Shape<'_>) -> bool {
    let name = match value {
        Value::Integer(_) => "integer",
        Value::Float(_) => "number",
        Value::Boolean(_) => "boolean",
        _ => return true,
    };
    shape.takes(name) || !shape.takes("string")
}
