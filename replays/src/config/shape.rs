//! The configuration's shape, read from its JSON Schema: which keys are known where, and what they hold.

use std::ops::RangeInclusive;

use serde_json::Value as Json;
use strsim::jaro_winkler;
use toml::Value;

use super::error::{ConfigError, KeyPath};
use super::layer::{Content, Node};

/// The schema of one place in the configuration.
#[derive(Clone, Copy)]
pub(super) struct Shape<'s> {
    root: &'s Json,
    here: &'s Json,
}

/// The schema of what a strategy's own parameters may be.
static ANYTHING: Json = Json::Bool(true);

impl<'s> Shape<'s> {
    pub fn of(schema: &'s Json) -> Self {
        Self { root: schema, here: schema }.resolved()
    }

    fn at(self, here: &'s Json) -> Self {
        Self { here, ..self }.resolved()
    }

    fn resolved(mut self) -> Self {
        while let Some(pointer) = self.here["$ref"].as_str().and_then(|text| text.strip_prefix('#')) {
            match self.root.pointer(pointer) {
                Some(there) => self.here = there,
                None => break,
            }
        }
        self
    }

    /// What `key` holds; `None` when nothing reads such a key.
    pub fn property(self, key: &str) -> Option<Self> {
        match self.here["properties"].get(key) {
            Some(named) => Some(self.at(named)),
            None => match &self.here["additionalProperties"] {
                Json::Bool(false) => None,
                Json::Object(_) => Some(self.at(&self.here["additionalProperties"])),
                _ => Some(self.at(&ANYTHING)),
            },
        }
    }

    /// What each element holds.
    pub fn item(self) -> Self {
        self.here.get("items").map_or(self.at(&ANYTHING), |items| self.at(items))
    }

    /// The names that have a meaning here.
    pub fn known(self) -> impl Iterator<Item = &'s str> {
        self.here["properties"].as_object().into_iter().flatten().map(|(key, _)| key.as_str())
    }

    /// Whether its keys are names of things, such as currencies, and not of fields.
    pub fn is_map(self) -> bool {
        self.known().next().is_none() && self.here["additionalProperties"].is_object()
    }

    /// The JSON types that it may have; none is any.
    pub fn types(self) -> Vec<&'s str> {
        let own = match &self.here["type"] {
            Json::String(one) => vec![one.as_str()],
            Json::Array(several) => several.iter().filter_map(Json::as_str).collect(),
            _ => ["oneOf", "anyOf"]
                .iter()
                .filter_map(|choice| self.here[choice].as_array())
                .flatten()
                .flat_map(|choice| self.at(choice).types())
                .collect(),
        };
        own.into_iter().filter(|&name| name != "null").collect()
    }

    /// Whether a value of this JSON type may stand here.
    pub fn takes(self, name: &str) -> bool {
        let types = self.types();
        types.is_empty() || types.contains(&name)
    }

    /// Whether `node` fits: known keys only, each with a value of its type.
    pub fn check(self, node: &Node, path: &KeyPath) -> Result<(), ConfigError> {
        let invalid = |reason| ConfigError::Invalid { key: path.clone(), origin: node.origin.clone(), reason };
        let (name, found) = describe(&node.content);
        if !self.takes(name) {
            let hint = match (self.types()[..] == ["array"], path.0.last()) {
                (true, Some(key)) if name == "object" => format!(": write [[{key}]]"),
                _ => String::new(),
            };
            return Err(invalid(format!("expected {}, found {found}{hint}", self.expected())));
        }
        match &node.content {
            Content::Scalar(Value::Integer(number)) if !self.range().contains(number) => {
                let (least, most) = self.range().into_inner();
                let bound = if *number < least { format!("at least {least}") } else { format!("at most {most}") };
                Err(invalid(format!("must be {bound}, not {number}")))
            }
            Content::Scalar(Value::String(text)) => {
                let choices = self.choices();
                if choices.is_empty() || choices.contains(&text.as_str()) {
                    return Ok(());
                }
                let hint = nearest(choices.iter().copied(), text).map(|name| format!("; did you mean \"{name}\"?"));
                Err(invalid(format!("\"{text}\" is none of {}{}", choices.join(", "), hint.unwrap_or_default())))
            }
            Content::Scalar(_) => Ok(()),
            Content::List(items) => {
                items.iter().enumerate().try_for_each(|(index, item)| self.item().check(item, &path.child(&index)))
            }
            Content::Table(entries) => {
                if let Some(missing) = self.required().find(|key| !entries.contains_key(*key)) {
                    return Err(invalid(format!("has no \"{missing}\", and needs one")));
                }
                entries.iter().try_for_each(|(key, entry)| match self.property(key) {
                    Some(shape) => shape.check(entry, &path.child(key)),
                    None => Err(ConfigError::UnknownKey {
                        key: path.child(key),
                        origin: entry.origin.clone(),
                        hint: self.hint(key),
                        known: self.known().collect::<Vec<_>>().join(", "),
                    }),
                })
            }
        }
    }

    fn required(self) -> impl Iterator<Item = &'s str> {
        self.here["required"].as_array().into_iter().flatten().filter_map(Json::as_str)
    }

    /// The words that may stand here; none is any text.
    fn choices(self) -> Vec<&'s str> {
        let alternatives = self.here["oneOf"].as_array().into_iter().flatten();
        alternatives.filter_map(|choice| choice["const"].as_str()).collect()
    }

    fn range(self) -> RangeInclusive<i64> {
        let least = self.here["minimum"].as_i64().unwrap_or(i64::MIN);
        let narrow = self.here["format"] == "uint32";
        least..=self.here["maximum"].as_i64().unwrap_or(if narrow { u32::MAX.into() } else { i64::MAX })
    }

    /// What was probably meant: a key here that looks like it, or the same key in another section.
    fn hint(self, key: &str) -> String {
        if let Some(name) = nearest(self.known(), key) {
            return format!("did you mean \"{name}\"? ");
        }
        let root = Self::of(self.root);
        let elsewhere = root.known().find_map(|section| {
            let shape = root.property(section)?;
            shape.known().find(|&known| known == key).map(|key| format!("did you mean \"{section}.{key}\"? "))
        });
        elsewhere.unwrap_or_default()
    }

    fn expected(self) -> &'static str {
        match self.types()[..] {
            ["string", "integer"] => "a number in quotes",
            ["string", ..] => "a string",
            ["integer", ..] => "a whole number",
            ["boolean"] => "true or false",
            ["array"] => "a list",
            ["object"] => "a table",
            _ => "something else",
        }
    }
}

/// The word that was probably meant, if one looks like it.
fn nearest<'w>(words: impl Iterator<Item = &'w str>, written: &str) -> Option<&'w str> {
    let likeness = words.map(|word| (jaro_winkler(word, written), word)).max_by(|a, b| a.0.total_cmp(&b.0));
    likeness.filter(|(likeness, _)| *likeness > 0.75).map(|(_, word)| word)
}

/// A value's JSON type, and how to show it to the one who wrote it.
fn describe(content: &Content) -> (&'static str, String) {
    match content {
        Content::Scalar(Value::Integer(number)) => ("integer", format!("the number {number}")),
        Content::Scalar(Value::Float(number)) => {
            ("number", format!("the float {number}: write \"{number}\", so that it is exact"))
        }
        Content::Scalar(Value::Boolean(flag)) => ("boolean", flag.to_string()),
        Content::Scalar(text) => ("string", format!("the string {text}")),
        Content::List(_) => ("array", "a list".to_owned()),
        Content::Table(_) => ("object", "a table".to_owned()),
    }
}
