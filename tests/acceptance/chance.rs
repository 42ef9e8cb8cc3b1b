//! Seeds of tests that are another one each time.

use std::time::SystemTime;

/// Names the seed of a run that is to be repeated.
const VARIABLE: &str = "TICKFOLD_TEST_SEED";

/// The clock's, unless the environment names one; printed, as a failure is only of use with it.
pub fn seed() -> u64 {
    let given = std::env::var(VARIABLE).ok().map(|seed| seed.parse().expect("a seed is a whole number"));
    let seed = given.unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
        u64::from(now.subsec_nanos()) ^ now.as_secs() << 30
    });
    eprintln!("{VARIABLE}={seed} repeats this run");
    seed
}
