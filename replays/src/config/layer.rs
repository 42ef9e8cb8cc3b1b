//! One source's values, each with the place where it was written, and how a later source covers an earlier one.

use std::collections::BTreeMap;

use toml::Value;
use toml::de::DeValue;

use super::error::{KeyPath, Origin};

/// A value and where it was written.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub origin: Origin,
    pub content: Content,
}

#[derive(Clone, Debug)]
pub(super) enum Content {
    /// Anything but a list or a table. Times are strings by now: nothing here needs TOML's own type.
    Scalar(Value),
    List(Vec<Node>),
    Table(BTreeMap<String, Node>),
}

impl Node {
    pub fn table(origin: Origin) -> Self {
        Self { origin, content: Content::Table(BTreeMap::new()) }
    }

    /// A parsed document or value; `place` tells where a byte offset is.
    pub fn new(parsed: DeValue<'_>, origin: Origin, place: &impl Fn(usize) -> Origin) -> Result<Self, (Origin, String)> {
        let content = match parsed {
            DeValue::String(text) => Content::Scalar(Value::String(text.into_owned())),
            DeValue::Boolean(flag) => Content::Scalar(Value::Boolean(flag)),
            DeValue::Datetime(time) => Content::Scalar(Value::String(time.to_string())),
            DeValue::Float(number) => match number.as_str().parse() {
                Ok(float) => Content::Scalar(Value::Float(float)),
                Err(_) => return Err((origin, format!("{} is not a number", number.as_str()))),
            },
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(whole) => Content::Scalar(Value::Integer(whole)),
                Err(_) => return Err((origin, format!("{number} is too large for a number without quotes"))),
            },
            DeValue::Array(items) => {
                let item = |item: toml::Spanned<DeValue<'_>>| {
                    let origin = place(item.span().start);
                    Self::new(item.into_inner(), origin, place)
                };
                Content::List(items.into_iter().map(item).collect::<Result<_, _>>()?)
            }
            DeValue::Table(entries) => {
                let entry = |(key, value): (toml::Spanned<toml::de::DeString<'_>>, toml::Spanned<DeValue<'_>>)| {
                    let origin = place(key.span().start);
                    Ok((key.into_inner().into_owned(), Self::new(value.into_inner(), origin, place)?))
                };
                Content::Table(entries.into_iter().map(entry).collect::<Result<_, _>>()?)
            }
        };
        Ok(Self { origin, content })
    }

    /// Covers this with `later`: tables key by key, anything else whole.
    pub fn cover(&mut self, later: Self) {
        match (&mut self.content, later.content) {
            (Content::Table(ours), Content::Table(theirs)) => {
                for (key, node) in theirs {
                    match ours.get_mut(&key) {
                        Some(ours) => ours.cover(node),
                        None => {
                            ours.insert(key, node);
                        }
                    }
                }
                self.origin = later.origin;
            }
            (_, content) => *self = Self { origin: later.origin, content },
        }
    }

    /// Where `path` was written, or else what holds it.
    pub fn origin_of(&self, path: &KeyPath) -> Origin {
        let mut node = self;
        for segment in &path.0 {
            let inner = match &node.content {
                Content::Table(entries) => entries.get(segment),
                Content::List(items) => segment.parse().ok().and_then(|index: usize| items.get(index)),
                Content::Scalar(_) => None,
            };
            match inner {
                Some(inner) => node = inner,
                None => break,
            }
        }
        node.origin.clone()
    }
}

impl From<Node> for Value {
    fn from(node: Node) -> Self {
        match node.content {
            Content::Scalar(value) => value,
            Content::List(items) => Self::Array(items.into_iter().map(Self::from).collect()),
            Content::Table(entries) => Self::Table(entries.into_iter().map(|(key, node)| (key, node.into())).collect()),
        }
    }
}
