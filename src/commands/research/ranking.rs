//! A study's best trials, for people and for programs.

use replays::research::{Done, Plan, Trial};
use serde_json::{Value, json};

use super::command_line::command_line;
use super::{number, table_of};

/// Figures that stand beside the objective.
const BESIDE: [(&str, &str); 5] = [
    ("total_return", "Return"),
    ("sharpe", "Sharpe"),
    ("max_drawdown", "Max drawdown"),
    ("profit_factor", "Profit factor"),
    ("round_trips", "Trades"),
];
/// Figures that are shares, and shown as parts of a hundred.
const SHARES: [&str; 2] = ["total_return", "max_drawdown"];

/// One line a trial, the best first.
pub fn table(plan: &Plan, ranked: &[(&Trial, &Done)]) -> comfy_table::Table {
    let beside: Vec<_> = BESIDE.into_iter().filter(|(name, _)| *name != plan.objective.name).collect();
    let mut header = vec!["#".to_owned(), "Trial".to_owned()];
    header.extend(plan.space.0.iter().map(|dimension| short(plan, &dimension.key)));
    header.push(plan.objective.name.clone());
    header.extend(beside.iter().map(|(_, title)| (*title).to_owned()));
    header.extend((!plan.objective.constraints.is_empty()).then(|| "Kept".to_owned()));
    let mut table = table_of(0, &header);
    for (place, (trial, done)) in (1..).zip(ranked) {
        let figure = |name: &str| {
            let value = done.figures.get(name).copied();
            if SHARES.contains(&name) { super::percent(value) } else { number(value) }
        };
        let mut row = vec![format!("{place}"), trial.number.to_string()];
        row.extend(trial.values.iter().cloned());
        row.push(figure(&plan.objective.name));
        row.extend(beside.iter().map(|(name, _)| figure(name)));
        let kept = if plan.objective.is_kept(&done.figures) { "yes" } else { "no" };
        row.extend((!plan.objective.constraints.is_empty()).then(|| kept.to_owned()));
        table.add_row(row);
    }
    table
}

/// A trial with all that is needed to run it again.
pub fn row(plan: &Plan, (trial, done): (&Trial, &Done), words: &[String]) -> Value {
    json!({
        "trial": trial.number,
        "sets": plan.space.sets(&trial.values),
        "objective": plan.objective.value(&done.figures),
        "constraints_kept": plan.objective.is_kept(&done.figures),
        "digest": done.digest,
        "figures": done.figures,
        "command": again(plan, trial, words),
    })
}

/// The command that runs a trial again, with its log.
pub fn again(plan: &Plan, trial: &Trial, words: &[String]) -> String {
    let mut all = vec!["tickfold".to_owned(), "backtest".to_owned()];
    all.extend_from_slice(words);
    all.extend(plan.space.sets(&trial.values).into_iter().flat_map(|set| ["--set".to_owned(), set]));
    command_line(&all)
}

/// The last part of a key, where no other key ends so.
fn short(plan: &Plan, key: &str) -> String {
    let last = |key: &str| key.rsplit('.').next().unwrap_or(key).to_owned();
    let is_alone = plan.space.0.iter().filter(|other| last(&other.key) == last(key)).count() == 1;
    if is_alone { last(key) } else { key.to_owned() }
}
