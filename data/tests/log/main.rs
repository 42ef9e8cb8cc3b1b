//! The log as a whole: what was written comes back, or what is wrong is named.

mod samples;
mod golden;
mod roundtrip;
mod live;
mod power;
mod damage;
mod tamper;
mod closed;
mod salvage;
mod index;
