//! Ranks instruments by how much there is to be had, and never trades.
//!
//! Each instrument is scored from its closed bars by [`Scan`]; [`Scores`] says what each part means. The strategy
//! `scanner` keeps one for each instrument that it sees, and every so often, when a bar has closed since, records the
//! best of them with [`Context::scanned`]. `tickfold scan` does the same over files.

mod scan;
mod score;

use engine::event::{Input, Rank};
use engine::hash::StateHasher;
use engine::strategy::{Context, Strategy};
use engine::time::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bars::Bars;
use crate::catalogue::{Golden, Parameters};
use crate::timeframe::Timeframe;

pub use scan::Scan;
pub use score::{Scores, Suggestion, bps};

/// On the embedded sample.
pub const GOLDEN: Golden = Golden { signals: 0, orders: 0, end_equity: "10000.00000000" };

/// What is ranked, and how often.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Params {
    /// The length of the bars that are scored.
    pub timeframe: Timeframe,
    /// How often the ranking is recorded, at most; counted from midnight UTC.
    pub every: Timeframe,
    /// How many instruments are recorded, the best first.
    #[schemars(range(min = 1, max = 1_000))]
    pub top: u32,
}

impl Default for Params {
    fn default() -> Self {
        Self { timeframe: Timeframe::HOUR, every: Timeframe(engine::time::Interval(300)), top: 20 }
    }
}

impl Parameters for Params {
    fn build(self) -> Result<Box<dyn Strategy>, String> {
        let bars = Bars::new(&[self.timeframe.0]);
        Ok(Box::new(Scanner { params: self, bars, scans: Vec::new(), due_at: None }))
    }
}

struct Scanner {
    params: Params,
    bars: Bars,
    /// By instrument id.
    scans: Vec<Scan>,
    /// When the next ranking is recorded; `None` while nothing has changed.
    due_at: Option<Timestamp>,
}

impl Scanner {
    /// The end of the period that the instant is in; the instant itself at its end.
    fn next_due(&self, now: Timestamp) -> Timestamp {
        let rest = now.0.rem_euclid(self.params.every.0.ns());
        if rest == 0 { now } else { now.plus_ns(self.params.every.0.ns() - rest) }
    }

    /// The best, highest score first; of equals, the one that was listed first.
    fn ranks(&self) -> Vec<Rank> {
        let ranks = self.scans.iter().zip(0..).filter_map(|(scan, id)| scan.rank(engine::instrument::InstrumentId(id)));
        let mut ranks: Vec<Rank> = ranks.collect();
        ranks.sort_by_key(|rank| core::cmp::Reverse(rank.score_bps));
        ranks.truncate(self.params.top as usize);
        ranks
    }
}

impl Strategy for Scanner {
    fn on_input(&mut self, input: &Input, ctx: &mut Context<'_>) {
        let now = ctx.now();
        // What was due is told before what closes now changes it.
        if self.due_at.is_some_and(|due_at| due_at < now || (due_at == now && *input == Input::Timer)) {
            self.due_at = None;
            ctx.scanned(self.ranks());
        }
        let mut has_closed = false;
        for bar in self.bars.update(now, |id| ctx.instrument(id), input) {
            let index = bar.instrument.index();
            if self.scans.len() <= index {
                self.scans.resize_with(index + 1, Scan::new);
            }
            self.scans[index].update(bar);
            has_closed = true;
        }
        if has_closed && self.due_at.is_none() {
            // Bars of other instruments close at the same instant: those are waited for.
            let due_at = self.next_due(now).max(now.plus_ns(1));
            self.due_at = Some(due_at);
            ctx.wake_at(due_at);
        }
        if let Some(at) = self.bars.deadline() {
            ctx.wake_at(at);
        }
    }

    fn hash_state(&self, hasher: &mut StateHasher) {
        hasher.write(&self.bars);
        hasher.write(&self.scans);
        hasher.write(&self.due_at);
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these numbers are exact")]
mod tests;
