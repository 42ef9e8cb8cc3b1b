//! The rows of random runs against what a search in all records finds.

mod stage;
mod ledger;
mod fates;
mod excursions;
mod days;

use stage::{Feed, Scene};

/// Every kind of feed, with and without latency.
fn scenes(count: u64) -> impl Iterator<Item = Scene> {
    (0..count).map(|seed| {
        println!("seed {seed}");
        let feed = if seed % 2 == 0 { Feed::Trades } else { Feed::Bars };
        Scene::play(seed, feed, 700)
    })
}

/// A run shows all records of a step at once, a log one by one.
#[test]
fn rows_are_the_same_while_it_runs_and_from_its_log() {
    for scene in scenes(4) {
        assert!(scene.rows.len() > 100, "{} rows", scene.rows.len());
        let again = scene.rebuilt();
        for (row, other) in scene.rows.iter().zip(&again) {
            assert_eq!(row, other);
        }
        assert_eq!(scene.rows.len(), again.len());
    }
}
