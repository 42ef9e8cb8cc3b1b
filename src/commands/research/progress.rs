//! How far a study is, on a terminal.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use replays::research::Progress;

const BAR: &str = "{msg} {wide_bar} {pos}/{len} {elapsed} eta {eta}";
/// How often the bar is drawn again.
const TICK: Duration = Duration::from_millis(200);

/// A bar on stderr, where that is a terminal.
pub struct Meter {
    bar: ProgressBar,
    /// When this began, and how many trials there were before.
    begun: (Instant, u64),
}

impl Meter {
    /// Nothing has been done yet.
    pub fn new() -> Self {
        let style = ProgressStyle::with_template(BAR).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(1).with_style(style);
        bar.enable_steady_tick(TICK);
        Self { bar, begun: (Instant::now(), 0) }
    }

    /// Trials that are there from an earlier time.
    pub fn resume(&mut self, trials: u64) {
        self.bar.set_position(trials);
        self.bar.reset_eta();
        self.begun = (Instant::now(), trials);
    }

    /// A trial has ended; `said` stands before the bar.
    pub fn show(&mut self, progress: Progress, said: &str) {
        let (begun, before) = self.begun;
        let rate = (progress.ended - before.min(progress.ended)) as f64 / begun.elapsed().as_secs_f64().max(0.001);
        self.bar.set_length(progress.wanted);
        self.bar.set_position(progress.ended);
        self.bar.set_message(format!("{said}{rate:.1} trials/s"));
    }

    /// Takes the bar away.
    pub fn clear(&self) {
        self.bar.finish_and_clear();
    }
}
