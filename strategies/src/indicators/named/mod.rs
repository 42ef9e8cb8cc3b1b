//! Indicators by their names: `rsi:14` or `macd:12:26:9`, as the command line takes them.

mod table;

use std::fmt;

use engine::time::Timestamp;

use super::patterns::Pattern;
use crate::candle::Candle;
pub use table::INDICATORS;

/// An indicator with its parameters, over candles, and the columns that it gives.
pub struct Named {
    columns: Vec<String>,
    stream: Stream,
}

/// What is known of an indicator before it is made.
#[derive(Clone, Copy)]
pub struct Definition {
    /// What it is called.
    pub name: &'static str,
    /// What else it is called.
    pub aliases: &'static [&'static str],
    /// What it is, in a line.
    pub summary: &'static str,
    /// What it takes, in order.
    pub parameters: &'static [Parameter],
    /// What it gives, in order.
    pub outputs: &'static [&'static str],
    /// What its columns are called: this, the parameters, and that.
    column: (&'static str, &'static str),
    /// What the parameters must be to each other.
    rule: Option<Rule>,
    build: fn(&[f64]) -> Stream,
}

/// A number that an indicator takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameter {
    /// What it is.
    pub name: &'static str,
    /// What it is when it is not given.
    pub default: f64,
    /// The least it can be.
    pub least: f64,
    /// The most it can be.
    pub most: f64,
    /// Whether it counts something.
    pub is_whole: bool,
}

/// An indicator cannot be made as named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameError {
    /// No indicator has this name.
    Unknown(String),
    /// What was given, and what the indicator takes.
    Parameters {
        /// As it was written.
        given: String,
        /// What is wrong with it.
        reason: String,
        /// What it can be, with an example.
        expected: String,
    },
}

/// Takes one candle in, and adds one cell for each output: `None` while it warms up.
type Stream = Box<dyn FnMut(Timestamp, &Candle, &mut Vec<Option<f64>>)>;
/// A test of the parameters, and what it says in words.
type Rule = (fn(&[f64]) -> bool, &'static str);

/// Makes the indicator of a name with its parameters. Those that are left out at the end take their defaults, and what
/// a column is called means the same: `atr_14_tv` is `atr_tv:14`.
pub fn named(text: &str) -> Result<Named, NameError> {
    let mut parts = text.split(':').map(str::trim);
    let name = parts.next().unwrap_or_default().to_ascii_lowercase();
    let given: Vec<&str> = parts.collect();
    if let Some(definition) = INDICATORS.iter().find(|known| known.name == name || known.aliases.contains(&name.as_str())) {
        return definition.make(text, &given);
    }
    if let Some(pattern) = Pattern::ALL.iter().find(|pattern| pattern.name() == name) {
        if !given.is_empty() {
            let (reason, expected) = ("a pattern has no parameters".to_owned(), name);
            return Err(NameError::Parameters { given: text.to_owned(), reason, expected });
        }
        return Ok(Named { columns: vec![name], stream: table::patterns(std::slice::from_ref(pattern)) });
    }
    let column =
        given.is_empty().then(|| INDICATORS.iter().find_map(|known| Some((known, known.parameters_of(&name)?)))).flatten();
    let Some((definition, given)) = column else { return Err(NameError::Unknown(name)) };
    definition.make(text, &given)
}

/// Every name, patterns included.
pub fn names() -> impl Iterator<Item = &'static str> {
    let known = INDICATORS.iter().flat_map(|known| std::iter::once(known.name).chain(known.aliases.iter().copied()));
    known.chain(Pattern::ALL.iter().map(|pattern| pattern.name()))
}

impl Named {
    /// What each output is called: `rsi_14`, or `macd_12_26_9.signal` where there are several.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Takes the candle that opened at a time in, and adds one cell a column to the row.
    pub fn update(&mut self, opened_at: Timestamp, candle: &Candle, row: &mut Vec<Option<f64>>) {
        (self.stream)(opened_at, candle, row);
    }
}

impl Definition {
    fn make(&self, text: &str, given: &[&str]) -> Result<Named, NameError> {
        let wrong = |reason: String| NameError::Parameters { given: text.to_owned(), reason, expected: self.to_string() };
        if given.len() > self.parameters.len() {
            return Err(wrong(format!("it has {} parameters too many", given.len() - self.parameters.len())));
        }
        let mut values = Vec::with_capacity(self.parameters.len());
        for (index, parameter) in self.parameters.iter().enumerate() {
            values.push(given.get(index).map_or(Ok(parameter.default), |text| parameter.parse(text)).map_err(wrong)?);
        }
        if let Some((_, reason)) = self.rule.filter(|(holds, _)| !holds(&values)) {
            return Err(wrong(reason.to_owned()));
        }
        let (stem, ending) = self.column;
        let name = values.iter().fold(stem.to_owned(), |name, value| format!("{name}_{value}")) + ending;
        let columns = match self.outputs {
            [_] => vec![name],
            several => several.iter().map(|output| format!("{name}.{output}")).collect(),
        };
        Ok(Named { columns, stream: (self.build)(&values) })
    }

    /// The parameters in a column's name, if it is one of this indicator with all of them.
    fn parameters_of<'a>(&self, column: &'a str) -> Option<Vec<&'a str>> {
        let middle = column.strip_prefix(self.column.0)?.strip_suffix(self.column.1)?;
        let parameters: Vec<&str> = match middle.strip_prefix('_') {
            Some(parameters) => parameters.split('_').collect(),
            None if middle.is_empty() => Vec::new(),
            None => return None,
        };
        let fits = parameters.iter().zip(self.parameters).all(|(text, parameter)| parameter.parse(text).is_ok());
        (fits && parameters.len() == self.parameters.len()).then_some(parameters)
    }
}

/// What it takes, with an example: `rsi:PERIOD, such as rsi:14, with PERIOD from 2 to 100000`.
impl fmt::Display for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.parameters.is_empty() {
            return write!(f, "{} without parameters", self.name);
        }
        f.write_str(self.name)?;
        for parameter in self.parameters {
            write!(f, ":{}", parameter.name.to_ascii_uppercase())?;
        }
        write!(f, ", such as {}", self.name)?;
        for parameter in self.parameters {
            write!(f, ":{}", parameter.default)?;
        }
        for (index, Parameter { name, least, most, is_whole, .. }) in self.parameters.iter().enumerate() {
            let start = if index == 0 { ", with" } else { " and" };
            let what = if *is_whole { " whole" } else { "" };
            write!(f, "{start} {}{what} from {least} to {most}", name.to_ascii_uppercase())?;
        }
        Ok(())
    }
}

impl Parameter {
    fn parse(&self, text: &str) -> Result<f64, String> {
        let Self { name, least, most, is_whole, .. } = *self;
        // Digits alone: `inf`, `1e3` and the like would not be the column's name again.
        let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' && !is_whole);
        match text.parse::<f64>() {
            Ok(value) if plain && (least..=most).contains(&value) => Ok(value),
            Ok(value) if plain && value.is_finite() => Err(format!("its {name} must be from {least} to {most}")),
            _ if is_whole => Err(format!("its {name} must be a whole number, not {text:?}")),
            _ => Err(format!("its {name} must be a number, not {text:?}")),
        }
    }
}
