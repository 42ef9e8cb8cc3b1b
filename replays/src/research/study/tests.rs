//! Studies of functions whose best point is known.

use super::*;
use crate::research::Parts;

/// A bowl: highest in its middle. Points are refused where `a` is above 90.
struct Bowl {
    middle: [f64; 3],
}

impl Experiment for Bowl {
    type Ready = Vec<f64>;

    fn prepare(&self, values: &[String]) -> Result<Vec<f64>, String> {
        let values: Vec<f64> = values.iter().map(|value| value.parse().unwrap()).collect();
        if values[0] > 90.0 { Err(format!("a = {} is above 90", values[0])) } else { Ok(values) }
    }

    fn run(&self, ready: Vec<f64>) -> Result<Done, ResearchError> {
        // So that trials end in another order than they began in.
        let length = ready.iter().sum::<f64>().to_bits() % 700;
        std::thread::sleep(std::time::Duration::from_micros(length));
        let depth: f64 = ready.iter().zip(self.middle).map(|(value, middle)| ((value - middle) / 100.0).powi(2)).sum();
        let figures = [("sharpe".to_owned(), -depth), ("round_trips".to_owned(), ready[1])].into();
        Ok(Done { digest: format!("{ready:?}"), figures, parts: Parts::default() })
    }
}

fn plan(search: Search, space: &[&str], trials: u64, threads: usize) -> Plan {
    Plan {
        space: Space(space.iter().map(|text| text.parse().unwrap()).collect()),
        search,
        objective: Objective::new("sharpe", None, Vec::new()).unwrap(),
        trials,
        threads: NonZeroUsize::new(threads).unwrap(),
    }
}

const CUBE: [&str; 3] = ["a=0..100", "b=0.0..100.0", "c=0..100:4"];
const BOWL: Bowl = Bowl { middle: [70.0, 33.0, 12.0] };

fn run(plan: &Plan, known: Vec<Trial>) -> Vec<Trial> {
    plan.run(&BOWL, known, &mut |_, _| Ok(())).unwrap()
}

fn searches() -> [(Search, &'static [&'static str]); 3] {
    [
        (Search::Grid, &["a=60..100:10", "b=0..30:10", "c=0..2"]),
        (Search::Random { seed: 5 }, &CUBE),
        (Search::Tpe { seed: 5, batch: 4 }, &CUBE),
    ]
}

#[test]
fn the_table_is_the_same_for_any_number_of_threads() {
    for (search, space) in searches() {
        let alone = run(&plan(search.clone(), space, 60, 1), Vec::new());
        assert_eq!(alone.len(), 60, "{search}");
        assert!((0..).zip(&alone).all(|(number, trial)| number == trial.number));
        for threads in [2, 4, 9] {
            assert_eq!(run(&plan(search.clone(), space, 60, threads), Vec::new()), alone, "{search} on {threads} threads");
        }
    }
}

#[test]
fn stopped_anywhere_it_goes_on_to_the_same_table_and_runs_nothing_twice() {
    for (search, space) in searches() {
        let plan = plan(search.clone(), space, 60, 4);
        let whole = run(&plan, Vec::new());
        for stop in [0, 7, 30, 60] {
            let mut kept = Vec::new();
            let stopped = plan.run(&BOWL, Vec::new(), &mut |trial, _| {
                if kept.len() == stop {
                    return Err(ResearchError::Setup("stop".to_owned()));
                }
                kept.push(trial.clone());
                Ok(())
            });
            assert_eq!(stopped.is_ok(), stop == 60);
            let mut numbers: BTreeSet<u64> = kept.iter().map(|trial| trial.number).collect();
            let resumed = plan.run(&BOWL, kept, &mut |trial, progress| {
                assert!(numbers.insert(trial.number), "{search}: trial {} is run twice", trial.number);
                assert_eq!((progress.ended, progress.wanted), (numbers.len() as u64, 60));
                Ok(())
            });
            assert_eq!(resumed.unwrap(), whole, "{search}, stopped after {stop}");
        }
    }
}

#[test]
fn more_trials_go_on_where_fewer_ended() {
    for (search, space) in searches().into_iter().skip(1) {
        let few = run(&plan(search.clone(), space, 25, 3), Vec::new());
        let more = run(&plan(search.clone(), space, 60, 3), few);
        assert_eq!(more, run(&plan(search, space, 60, 1), Vec::new()));
    }
}

#[test]
fn a_grid_runs_each_point_once_and_tells_those_that_cannot_be() {
    let trials = run(&plan(Search::Grid, &["a=60..100:10", "b=0..30:10", "c=0..2"], 1, 4), Vec::new());
    let points: BTreeSet<_> = trials.iter().map(|trial| trial.values.clone()).collect();
    assert_eq!((trials.len(), points.len()), (60, 60));
    for trial in &trials {
        let refused = matches!(&trial.outcome, Outcome::Refused { reason } if reason == "a = 100 is above 90");
        assert_eq!(refused, trial.values[0] == "100", "{trial:?}");
    }
    let endless = plan(Search::Grid, &CUBE, 1, 1).run(&BOWL, Vec::new(), &mut |_, _| Ok(()));
    assert!(endless.unwrap_err().to_string().contains("steps"));
}

#[test]
fn a_small_space_ends_with_its_last_point() {
    for search in [Search::Random { seed: 1 }, Search::Tpe { seed: 1, batch: 4 }] {
        let trials = run(&plan(search.clone(), &["a=1..5", "b=1..2", "c=1..4"], 100, 2), Vec::new());
        let points: BTreeSet<_> = trials.iter().map(|trial| trial.values.clone()).collect();
        assert_eq!((trials.len(), points.len()), (40, 40), "{search}");
    }
    let none =
        plan(Search::Random { seed: 1 }, &["a=95..99", "b=1..2", "c=1..4"], 9, 2).run(&BOWL, Vec::new(), &mut |_, _| Ok(()));
    assert!(none.unwrap_err().to_string().contains("is above 90"));
}

/// The best value after each of some numbers of trials, the mean of several seeds.
fn found(search: impl Fn(u64) -> Search, seeds: u64) -> [f64; 2] {
    let mut means = [0.0; 2];
    for seed in 0..seeds {
        let trials = run(&plan(search(seed), &CUBE, 80, 4), Vec::new());
        for (mean, count) in means.iter_mut().zip([50, 80]) {
            let values = trials[..count].iter().filter_map(Trial::done).map(|done| done.figures["sharpe"]);
            *mean += values.reduce(f64::max).unwrap() / seeds as f64;
        }
    }
    means
}

#[test]
fn the_model_finds_the_middle_sooner_than_chance() {
    let seeds = 5;
    let random = found(|seed| Search::Random { seed }, seeds);
    let model = found(|seed| Search::Tpe { seed, batch: 4 }, seeds);
    // Seeds are fixed: this is no matter of luck.
    assert!(model[0] > random[0], "after 50 trials: {model:?}, by chance {random:?}");
    assert!(model[1] > random[1] / 3.0, "after 80 trials: {model:?}, by chance {random:?}");
}

#[test]
fn the_best_keeps_the_constraints() {
    let mut plan = plan(Search::Random { seed: 2 }, &CUBE, 80, 4);
    plan.objective.constraints = vec!["round_trips>=60".parse().unwrap()];
    let trials = run(&plan, Vec::new());
    let (best, done) = plan.best(&trials).unwrap();
    assert!(done.figures["round_trips"] >= 60.0);
    let better = |other: &&Trial| other.done().is_some_and(|other| other.figures["sharpe"] > done.figures["sharpe"]);
    assert!(trials.iter().filter(better).all(|other| other.done().unwrap().figures["round_trips"] < 60.0), "{best:?}");
    plan.objective.constraints = vec!["round_trips>=101".parse().unwrap()];
    assert!(plan.best(&trials).is_none());
}
