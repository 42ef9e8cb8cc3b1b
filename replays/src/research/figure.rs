//! The figures of a run, by name: what is searched for, and what is required.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use engine::state::State;
use serde_json::Value;

use super::error::ResearchError;
use crate::report::{Report, Summary};

/// Figures that are better when they are lower. Every other one is better when it is higher: a loss, a value at risk and
/// an expected shortfall are negative returns.
const LOWER_IS_BETTER: [&str; 14] = [
    "max_drawdown",
    "longest_drawdown",
    "volatility",
    "ulcer",
    "fees",
    "turnover",
    "tracking_error",
    "mean_loss",
    "sqn_p_value",
    "longest_losing_streak",
    "denials",
    "rejections",
    "cancellations",
    "kurtosis",
];
/// Counts of a summary, beside its metrics.
const COUNTS: [&str; 6] = ["signals", "orders", "fills", "denials", "rejections", "cancellations"];

/// Figures by name. One that does not exist is not there.
pub type Figures = BTreeMap<String, f64>;

/// All figures of a summary.
pub fn figures(summary: &Summary) -> Figures {
    named(summary).into_iter().filter_map(|(name, value)| Some((name, number(&value)?))).collect()
}

/// The names of all figures.
pub fn known() -> Vec<String> {
    named(&Report::default().finish(&State::default(), String::new())).into_keys().collect()
}

fn named(summary: &Summary) -> BTreeMap<String, Value> {
    let whole = serde_json::to_value(summary).unwrap_or_default();
    let counts = COUNTS.iter().map(|&name| (name.to_owned(), whole[name].clone()));
    let trips = [("round_trips".to_owned(), whole["round_trips"]["count"].clone())];
    let metrics = whole["metrics"].as_object().into_iter().flatten();
    let metrics = metrics.filter(|(_, value)| value.is_null() || number(value).is_some());
    metrics.map(|(name, value)| (name.clone(), value.clone())).chain(counts).chain(trips).collect()
}

/// Amounts are decimals in quotes.
fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.parse().ok()).filter(|number| number.is_finite())
}

/// What a search is for.
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    /// The figure.
    pub name: String,
    /// Which of two values is the better one.
    pub direction: Direction,
    /// What a trial must keep to be the best.
    pub constraints: Vec<Constraint>,
}

/// Which of two values is the better one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The higher one.
    Maximize,
    /// The lower one.
    Minimize,
}

/// A bound that a figure must keep.
#[derive(Clone, Debug, PartialEq)]
pub struct Constraint {
    name: String,
    bound: Bound,
    limit: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bound {
    AtLeast,
    AtMost,
}

impl Direction {
    /// How a figure is usually meant.
    pub fn of(name: &str) -> Self {
        if LOWER_IS_BETTER.contains(&name) { Self::Minimize } else { Self::Maximize }
    }
}

impl Objective {
    /// A figure with its own direction unless one is given; fails when no figure has a name that is used.
    pub fn new(name: &str, direction: Option<Direction>, constraints: Vec<Constraint>) -> Result<Self, ResearchError> {
        let known = known();
        for name in constraints.iter().map(|constraint| constraint.name.as_str()).chain([name]) {
            if !known.iter().any(|known| known == name) {
                let likeness = known.iter().map(|known| (strsim::jaro_winkler(known, name), known));
                let nearest = likeness.filter(|(likeness, _)| *likeness > 0.75).max_by(|a, b| a.0.total_cmp(&b.0));
                let hint = nearest.map_or_else(String::new, |(_, known)| format!(": did you mean \"{known}\"?"));
                return Err(ResearchError::Figure { name: name.to_owned(), hint, known: known.join(", ") });
            }
        }
        Ok(Self { name: name.to_owned(), direction: direction.unwrap_or_else(|| Direction::of(name)), constraints })
    }

    /// Its value in a trial; `None` where the figure does not exist.
    pub fn value(&self, figures: &Figures) -> Option<f64> {
        figures.get(&self.name).copied()
    }

    /// Whether a trial keeps all constraints.
    pub fn is_kept(&self, figures: &Figures) -> bool {
        self.constraints.iter().all(|constraint| constraint.is_kept(figures))
    }

    /// How good a trial is, the greater the better: those that keep the constraints before those that do not, and those
    /// without the figure last. Ordered by `f64::total_cmp`.
    pub fn merit(&self, figures: &Figures) -> (u8, f64) {
        let value = self.value(figures).map(|value| if self.direction == Direction::Minimize { -value } else { value });
        match value {
            Some(value) => (1 + u8::from(self.is_kept(figures)), value),
            None => (0, 0.0),
        }
    }
}

impl Constraint {
    fn is_kept(&self, figures: &Figures) -> bool {
        figures.get(&self.name).is_some_and(|value| match self.bound {
            Bound::AtLeast => *value >= self.limit,
            Bound::AtMost => *value <= self.limit,
        })
    }

    /// A figure of at least this.
    pub fn at_least(name: &str, limit: f64) -> Self {
        Self { name: name.to_owned(), bound: Bound::AtLeast, limit }
    }
}

impl FromStr for Constraint {
    type Err = ResearchError;

    /// `round_trips>=30`, `max_drawdown<=0.2`.
    fn from_str(text: &str) -> Result<Self, ResearchError> {
        let parts = |sign| text.split_once(sign);
        let (bound, parts) = match (parts(">="), parts("<=")) {
            (Some(parts), _) => (Bound::AtLeast, parts),
            (None, Some(parts)) => (Bound::AtMost, parts),
            (None, None) => return Err(ResearchError::Constraint { text: text.to_owned() }),
        };
        let (name, limit) = (parts.0.trim(), parts.1.trim().parse::<f64>().ok().filter(|limit| limit.is_finite()));
        match limit {
            Some(limit) if !name.is_empty() => Ok(Self { name: name.to_owned(), bound, limit }),
            _ => Err(ResearchError::Constraint { text: text.to_owned() }),
        }
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.bound == Bound::AtLeast { ">=" } else { "<=" };
        write!(f, "{}{sign}{}", self.name, self.limit)
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::Maximize { "maximize" } else { "minimize" })
    }
}

impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.direction, self.name)?;
        self.constraints.iter().try_for_each(|constraint| write!(f, ", {constraint}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objective(name: &str, constraints: &[&str]) -> Result<Objective, ResearchError> {
        Objective::new(name, None, constraints.iter().map(|text| text.parse()).collect::<Result<_, _>>()?)
    }

    fn some(pairs: &[(&str, f64)]) -> Figures {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect()
    }

    #[test]
    fn figures_have_the_summarys_names() {
        let known = known();
        for name in ["sharpe", "calmar", "max_drawdown", "fees", "expectancy", "round_trips", "fills", "denials", "total_return"]
        {
            assert!(known.iter().any(|known| known == name), "{name} is not in {known:?}");
        }
        let error = objective("sharp", &[]).unwrap_err().to_string();
        assert!(error.contains("did you mean \"sharpe\"?") && error.contains("max_drawdown"), "{error}");
        assert!(objective("sharpe", &["trips>=3"]).unwrap_err().to_string().contains("\"trips\""));
        assert!(LOWER_IS_BETTER.iter().all(|name| name.len() > 3));
    }

    #[test]
    fn the_better_trial_has_the_greater_merit() {
        let merit = |objective: &Objective, pairs: &[(&str, f64)]| objective.merit(&some(pairs));
        let calmer = objective("max_drawdown", &["round_trips>=10"]).unwrap();
        let (deep, shallow) = ([("max_drawdown", 0.5), ("round_trips", 30.0)], [("max_drawdown", 0.1), ("round_trips", 10.0)]);
        assert!(merit(&calmer, &shallow) > merit(&calmer, &deep));
        let idle = [("max_drawdown", 0.0), ("round_trips", 9.0)];
        assert!(merit(&calmer, &deep) > merit(&calmer, &idle), "the constraint is not kept");
        assert!(merit(&calmer, &idle) > merit(&calmer, &[("round_trips", 90.0)]), "the figure does not exist");
        let highest = Objective::new("max_drawdown", Some(Direction::Maximize), Vec::new()).unwrap();
        assert!(merit(&highest, &deep) > merit(&highest, &shallow));
    }

    #[test]
    fn constraints_are_read_and_written() {
        for text in ["round_trips>=30", "max_drawdown<=0.2", "sharpe>=-1"] {
            assert_eq!(text.parse::<Constraint>().unwrap().to_string(), text);
        }
        for text in ["sharpe", "sharpe>1", ">=3", "sharpe>=high", "sharpe<=NaN"] {
            assert!(text.parse::<Constraint>().is_err(), "{text}");
        }
    }
}
