//! What would have been: forks of runs, comparisons, the proof that nothing knew its future, and bundles of runs.

#[path = "../acceptance/program.rs"]
mod program;
#[path = "../acceptance/market.rs"]
mod market;
mod stage;
mod venue;
mod fork;
mod forked;
mod compare;
mod lookahead;
mod bundle;
