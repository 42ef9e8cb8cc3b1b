//! Whatever is late, doubled, lost or cut short by a crash.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use crate::world::World;

const SEEDS: u64 = 300;
const STEPS: usize = 1_500;

fn run(seed: u64) -> BTreeMap<&'static str, usize> {
    let mut world = World::new(seed);
    let result = catch_unwind(AssertUnwindSafe(|| {
        for _ in 0..STEPS {
            world.live();
        }
        world.settle();
        world.check();
    }));
    if let Err(panic) = result {
        eprintln!("{}\nseed {seed} (DESK_SEED={seed} runs it alone)", world.transcript(4_000));
        resume_unwind(panic);
    }
    world.counts
}

/// `DESK_SEED` runs one seed alone, `DESK_SEEDS` so many of them.
#[test]
fn each_fill_counts_once_and_each_order_ends_once() {
    if let Some(seed) = std::env::var("DESK_SEED").ok().and_then(|seed| seed.parse().ok()) {
        println!("seed {seed}: {:?}", run(seed));
        return;
    }
    let mut counts = BTreeMap::<&str, usize>::new();
    let seeds = std::env::var("DESK_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(SEEDS);
    for seed in 0..seeds {
        for (what, count) in run(seed) {
            *counts.entry(what).or_default() += count;
        }
    }
    println!("{SEEDS} seeds: {counts:?}");
    // It says little when nothing happens.
    let least = [
        ("fills", 5_000),
        ("crashes", 300),
        ("held", 50),
        ("pairs", 1_000),
        ("triggered", 100),
        ("adopted", 50),
        ("trailing", 50),
    ];
    for (what, least) in least {
        assert!(counts.get(what).is_some_and(|count| *count >= least), "{what}: {counts:?}");
    }
}
