//! The engine from outside: inputs in, records out.

mod stage;

mod trading;
mod protection;
mod operating;
mod reports;
mod denials;
mod clocks;
mod money;
mod hostile;
mod ledger;
mod properties;
