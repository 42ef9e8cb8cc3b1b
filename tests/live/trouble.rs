//! A script of everything that can go wrong at the venue, made of a seed.

use std::fmt::Write as _;

use crate::market::Dice;

/// Faults between these milliseconds since the venue's start.
pub fn script(dice: &mut Dice, from_ms: u64, to_ms: u64) -> String {
    let mut text = format!("seed = {}\n", dice.below(1_000_000));
    let mut fault = |kind: &str, rest: String| {
        let window = if rest.contains("from_ms") { String::new() } else { format!("from_ms = {from_ms}\nto_ms = {to_ms}\n") };
        write!(text, "[[fault]]\nkind = \"{kind}\"\n{window}{rest}\n").expect("memory takes it");
    };
    let mut between = |low: u64, high: u64| low + dice.below(high - low + 1);
    fault("disconnect", format!("on = \"private\"\nevery = {}", between(6, 40)));
    fault("disconnect", format!("on = \"business\"\nevery = {}", between(10, 80)));
    fault("disconnect", format!("on = \"public\"\nevery = {}", between(200, 1_000)));
    fault("delay", format!("ms = {}\nprobability = 0.0{}", between(20, 400), between(1, 4)));
    fault("lose", format!("channel = \"orders\"\nprobability = 0.{:02}", between(1, 10)));
    fault("lose", format!("channel = \"orders-algo\"\nprobability = 0.{:02}", between(1, 10)));
    fault("double", format!("channel = \"orders\"\nprobability = 0.{}", between(1, 4)));
    fault("double", format!("channel = \"orders-algo\"\nprobability = 0.{}", between(1, 4)));
    fault("late_ack", format!("ms = {}\nprobability = 0.{}", between(50, 700), between(1, 5)));
    for code in ["50001", "50004", "50011", "50013", "50026", "51149"] {
        fault("refuse", format!("code = \"{code}\"\nprobability = 0.0{}", between(1, 2)));
    }
    fault("no_reply", format!("ms = {}\nprobability = 0.0{}", between(100, 1_500), between(2, 6)));
    fault("no_reply", format!("path = \"trade/order-algo\"\nms = {}\nprobability = 0.{}", between(100, 1_500), between(1, 3)));
    fault("gap", format!("channel = \"books\"\nevery = {}", between(30, 300)));
    for skew_ms in [4_000, 45_000] {
        let begins = between(from_ms, to_ms - 3_000);
        fault("skew", format!("ms = {skew_ms}\nfrom_ms = {begins}\nto_ms = {}", begins + between(500, 3_000)));
    }
    let begins = between(from_ms, to_ms - 2_000);
    fault("maintenance", format!("from_ms = {begins}\nto_ms = {}", begins + between(300, 2_000)));
    fault("reset", format!("channel = \"books\"\nevery = {}", between(30, 300)));
    text
}
