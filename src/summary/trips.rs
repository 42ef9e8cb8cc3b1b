//! Tables of round trips: by instrument, by strategy and exit, and what is still open.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use comfy_table::{Cell, Table};
use replays::report::document::{Document, Group};

use super::words::{duration, grouped, money, percent, ratio};
use super::{left, right, signed, strong, table};

/// The most instruments that did not trade and are told all the same.
const UNTRADED: usize = 12;

const HEADER: [&str; 8] = ["Trips", "Profit", "Of start", "Average", "Avg held", "Win", "Draw", "Loss"];

fn header<'a>(first: &'a str, second: &'a str) -> Vec<&'a str> {
    let mut header = vec![first, second];
    header.extend(HEADER);
    header.push("Win %");
    header
}

fn columns(group: &Group) -> [Cell; 9] {
    let Group { tally, .. } = group;
    [
        right(grouped(tally.count)),
        signed(money(group.profit), group.profit.to_f64()),
        signed(percent(group.profit_share), group.profit.to_f64()),
        signed(percent(group.mean_return), group.mean_return.unwrap_or_default()),
        right(duration(group.mean_held_seconds)),
        right(grouped(tally.wins)),
        right(grouped(group.draws)),
        right(grouped(tally.losses)),
        right(group.win_rate.map_or_else(|| "-".to_owned(), |rate| format!("{:.1}", rate * 100.0))),
    ]
}

fn row(first: Cell, second: Cell, group: &Group) -> Vec<Cell> {
    [first, second].into_iter().chain(columns(group)).collect()
}

/// Every instrument that traded, the best first, and how its price moved.
pub fn instruments(document: &Document) -> Table {
    let market: BTreeMap<&str, Option<f64>> =
        document.summary.market.iter().map(|market| (market.symbol.as_str(), market.change)).collect();
    let mut all = table(1, &header("Instrument", "Market"));
    let change = |symbol: &str| market.get(symbol).copied().flatten();
    let traded = &document.groups.instruments;
    for group in traded {
        let change = change(&group.key);
        all.add_row(row(left(&group.key), signed(percent(change), change.unwrap_or_default()), group));
    }
    let untraded = market.keys().filter(|symbol| traded.iter().all(|group| group.key != **symbol));
    for symbol in untraded.take(UNTRADED) {
        let change = change(symbol);
        let none = Group::new(String::new(), replays::report::Tally::default(), None);
        all.add_row(row(left(symbol), signed(percent(change), change.unwrap_or_default()), &none));
    }
    if market.len() != 1 {
        let holding = document.summary.metrics.measures.benchmark_return.value();
        let total = Group::new(String::new(), document.summary.round_trips.clone(), document.summary.equity.start);
        all.add_row(row(strong(left("all")), signed(percent(holding), holding.unwrap_or_default()), &total));
    }
    all
}

/// Every strategy, and under it how its round trips ended.
pub fn strategies(document: &Document) -> Table {
    let mut all = table(1, &header("Strategy", "Factor"));
    let groups = &document.groups;
    for strategy in &groups.strategies {
        all.add_row(row(strong(left(&strategy.key)), right(ratio(strategy.profit_factor)), strategy));
        let mut exits: Vec<_> = groups.strategy_exits.iter().filter(|exit| exit.strategy == strategy.key).collect();
        exits.sort_by_key(|exit| Reverse(exit.group.profit));
        for exit in exits {
            all.add_row(row(left(format!("· {}", exit.exit)), right(ratio(exit.group.profit_factor)), &exit.group));
        }
    }
    if groups.strategies.len() > 1 {
        all.add_row(row(
            strong(left("all")),
            left(""),
            &Group::new(String::new(), document.summary.round_trips.clone(), document.summary.equity.start),
        ));
        for exit in &groups.exits {
            all.add_row(row(left(format!("· {}", exit.key)), right(ratio(exit.profit_factor)), exit));
        }
    }
    all
}

/// What is still held.
pub fn holdings(document: &Document) -> Table {
    let mut all = table(2, &["Strategy", "Instrument", "Quantity", "Average price", "Last price", "Unrealised"]);
    let price = |price: Option<engine::number::Price>| {
        price.map_or_else(|| "-".to_owned(), |price| price.0.round_dp(8).normalize().to_string())
    };
    for holding in &document.holdings {
        let unrealised = holding.unrealised.unwrap_or_default();
        all.add_row([
            left(&holding.strategy),
            left(&holding.instrument),
            right(holding.quantity.0.normalize()),
            right(price(holding.average_price)),
            right(price(holding.last_price)),
            signed(holding.unrealised.map_or_else(|| "-".to_owned(), money), unrealised.to_f64()),
        ]);
    }
    all
}
