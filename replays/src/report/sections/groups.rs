//! Round trips by what they have in common.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use engine::number::Amount;

use super::super::detail::Ended;
use super::super::document::{Group, Groups, StrategyExit};
use super::super::round_trips::Tally;
use super::calendar::day_and_hour;
use super::trips::Names;
use crate::metrics::calendar::date_of;

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

/// All groups; `start` is the equity at the start.
pub(super) fn groups(trips: &[Ended], names: &Names, start: Option<Amount>) -> Groups {
    let mut instruments = BTreeMap::<_, Tally>::new();
    let mut strategies = BTreeMap::<_, Tally>::new();
    let mut exits = BTreeMap::<_, Tally>::new();
    let mut strategy_exits = BTreeMap::<_, Tally>::new();
    let mut years = BTreeMap::<_, Tally>::new();
    let mut hours: [Tally; 24] = Default::default();
    let mut weekdays: [Tally; 7] = Default::default();
    let mut months: [Tally; 12] = Default::default();
    for trip in trips {
        let (day, hour) = day_and_hour(trip.at);
        let (year, month, _) = date_of(day);
        // 1970-01-01 was a Thursday.
        let weekday = usize::try_from((day + 3).rem_euclid(7)).unwrap_or_default();
        for tally in [
            instruments.entry(trip.instrument).or_default(),
            strategies.entry(trip.owner).or_default(),
            exits.entry(trip.exit).or_default(),
            strategy_exits.entry((trip.owner, trip.exit)).or_default(),
            years.entry(year).or_default(),
            &mut hours[hour],
            &mut weekdays[weekday],
            &mut months[month as usize - 1],
        ] {
            tally.take(trip.held_ns.into(), trip.profit, trip.rate);
        }
    }
    let group = |key: String, tally: Tally| Group::new(key, tally, start);
    Groups {
        instruments: best_first(instruments.into_iter().map(|(id, tally)| group(names.symbol(id), tally))),
        strategies: best_first(strategies.into_iter().map(|(owner, tally)| group(names.tag(owner), tally))),
        exits: best_first(exits.into_iter().map(|(exit, tally)| group(exit.name().to_owned(), tally))),
        strategy_exits: strategy_exits
            .into_iter()
            .map(|((owner, exit), tally)| {
                let strategy = names.tag(owner);
                let group = group(format!("{strategy}, {}", exit.name()), tally);
                StrategyExit { strategy, exit: exit.name(), group }
            })
            .collect(),
        hours: (0..24).zip(hours).map(|(hour, tally)| group(format!("{hour:02}"), tally)).collect(),
        weekdays: WEEKDAYS.into_iter().zip(weekdays).map(|(day, tally)| group(day.to_owned(), tally)).collect(),
        months: MONTHS.into_iter().zip(months).map(|(month, tally)| group(month.to_owned(), tally)).collect(),
        years: years.into_iter().map(|(year, tally)| group(year.to_string(), tally)).collect(),
    }
}

fn best_first(groups: impl Iterator<Item = Group>) -> Vec<Group> {
    let mut groups: Vec<Group> = groups.collect();
    groups.sort_by_key(|group| Reverse(group.profit));
    groups
}

impl Group {
    /// Of a tally; `start` is the equity at the start.
    pub fn new(key: String, tally: Tally, start: Option<Amount>) -> Self {
        let profit = tally.net();
        let start = start.map(Amount::to_f64).filter(|start| *start > 0.0);
        Self {
            key,
            draws: tally.count - tally.wins - tally.losses,
            profit,
            profit_share: start.map(|start| profit.to_f64() / start),
            mean_return: tally.mean_return(),
            win_rate: tally.win_rate(),
            profit_factor: tally.profit_factor(),
            mean_held_seconds: tally.mean_held_seconds(),
            tally,
        }
    }
}
