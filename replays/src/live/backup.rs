//! Market data from Binance while the venue's own do not come.
//!
//! Strategies, stops and reports go on with them. What is bought is bought at the venue, so nothing is while its own data
//! are missing: they have to be back for a while before they are the source again.

mod line;

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, Instant};

use data::binance;
use engine::event::{FeedSwitch, Input};
use engine::instrument::{Instrument, InstrumentId};
use engine::market::Bar;
use engine::time::{Interval, Timestamp};

use self::line::{Heard, Line, Plan};
use super::market::Feed;
use crate::config::{BackupVenue, Clock, LiveConfig};

/// For so long the venue's data have to be back before they are the source again.
const BACK_FOR: Duration = Duration::from_secs(5);

const VENUE: &str = "okx";
const BACKUP: &str = "binance";

/// When the last bar of each kind opened.
type LastBars = BTreeMap<(InstrumentId, Interval), Timestamp>;

/// The other venue, and what is told of the two.
pub struct Backup {
    plan: Option<Arc<Plan>>,
    line: Option<Line>,
    /// The last bars that were told: each counts once, whoever gives it first.
    bars: LastBars,
    /// Since when the venue's data are back while the backup's are told.
    back_since: Option<Instant>,
}

/// What the backup says.
#[derive(Debug, Default)]
pub struct Said {
    /// That it is the source from here on.
    pub switched: Option<Input>,
    /// Its data, each with the time at which it happened by its clock.
    pub inputs: Vec<(Timestamp, Input)>,
}

impl Backup {
    /// As configured, for these feeds of these instruments. Quotes and books have no backup.
    pub fn new(config: &LiveConfig, feeds: &[Feed], instruments: &[Instrument]) -> Self {
        let plan = match config.backup {
            BackupVenue::Off => None,
            BackupVenue::Binance if config.clock == Clock::Venue => {
                eprintln!(
                    "warning: live.backup is off: with clock = \"venue\" another venue's times would be taken for the time"
                );
                None
            }
            BackupVenue::Binance => {
                let plan = Plan::new(config, feeds, instruments);
                if plan.is_none() {
                    eprintln!("warning: live.backup is off: Binance has none of live.feeds; it has trades and bars");
                }
                plan
            }
        };
        Self { plan: plan.map(Arc::new), line: None, bars: LastBars::new(), back_since: None }
    }

    /// What a session that goes on begins with: it may have been left on the backup's data.
    pub fn resumed(&self) -> Option<Input> {
        self.plan.as_ref().map(|_| switch(VENUE))
    }

    /// The venue's data do not come: connects, where that is configured and not done yet.
    pub fn call(&mut self) {
        self.back_since = None;
        if let (None, Some(plan)) = (&self.line, &self.plan) {
            self.line = Some(Line::open(plan.clone(), self.bars.clone()));
        }
    }

    /// Whether the backup is the source.
    pub fn serves(&self) -> bool {
        self.line.as_ref().is_some_and(|line| line.serves)
    }

    /// Whether what the venue did not tell was told by nobody.
    pub fn leaves_gaps(&self) -> bool {
        let Some(line) = self.line.as_ref().filter(|line| line.serves && line.is_up) else { return true };
        line.is_partial && self.back_since.is_none()
    }

    /// The venue's data come: they are the source again if the backup has nothing to say, or after a while. Gives what tells
    /// of the change.
    pub fn venue_speaks(&mut self) -> Option<Input> {
        let line = self.line.as_ref()?;
        if line.serves && line.is_up && self.back_since.get_or_insert_with(Instant::now).elapsed() < BACK_FOR {
            return None;
        }
        let served = line.serves;
        (self.line, self.back_since) = (None, None);
        served.then(|| switched(VENUE))
    }

    /// Whether market data of the venue are to be told. Trades are not while the backup's are: both together would be twice
    /// the volume.
    pub fn admits(&mut self, input: &Input) -> bool {
        match input {
            Input::Bar(bar) => is_news(&mut self.bars, bar),
            Input::Trade(_) => !self.serves(),
            _ => true,
        }
    }

    /// What the backup says next. It waits for ever while there is none, and can be given up at any time.
    pub async fn hear(&mut self) -> Said {
        loop {
            let Some(line) = &mut self.line else { return pending().await };
            match line.heard.recv().await {
                Some(Heard::Up) => line.is_up = true,
                Some(Heard::Down) => line.is_up = false,
                Some(Heard::Data(mut inputs)) => {
                    let bars = &mut self.bars;
                    inputs.retain(|(_, input)| if let Input::Bar(bar) = input { is_news(bars, bar) } else { true });
                    if !inputs.is_empty() {
                        let switched = (!line.serves).then(|| switched(BACKUP));
                        line.serves = true;
                        return Said { switched, inputs };
                    }
                }
                None => {
                    line.is_up = false;
                    return pending().await;
                }
            }
        }
    }
}

/// Whether a bar is newer than the last one of its kind, which it is from then on.
fn is_news(bars: &mut LastBars, bar: &Bar) -> bool {
    let kind = (bar.instrument, bar.interval);
    let is_news = bars.get(&kind).is_none_or(|last| *last < bar.opened_at);
    if is_news {
        bars.insert(kind, bar.opened_at);
    }
    is_news
}

fn switched(source: &str) -> Input {
    eprintln!("warning: market data come from {source} now");
    switch(source)
}

fn switch(source: &str) -> Input {
    Input::FeedSwitched(Box::new(FeedSwitch { instrument: None, source: source.into() }))
}

/// Whether bars of this length begin at the same times everywhere: those of several days do not.
fn is_alike(interval: Interval) -> bool {
    const DAY: Interval = Interval(86_400);
    interval <= DAY && binance::interval_name(interval).is_some()
}

#[cfg(test)]
mod tests {
    use engine::event::Input;
    use engine::number::{FixedPrice, FixedSize};

    use super::*;

    fn bar(instrument: u32, minutes: u32, opened_at: i64) -> Input {
        let interval = Interval(minutes * 60);
        let price = FixedPrice(1);
        let opened_at = Timestamp(opened_at);
        let instrument = InstrumentId(instrument);
        Input::Bar(Bar {
            instrument,
            interval,
            opened_at,
            open: price,
            high: price,
            low: price,
            close: price,
            volume: FixedSize(1),
        })
    }

    #[test]
    fn a_bar_counts_once_of_each_instrument_and_length() {
        let mut backup = Backup::new(&LiveConfig::default(), &[], &[]);
        let given = [(0, 1, 60), (0, 1, 60), (0, 1, 0), (1, 1, 60), (0, 5, 60), (0, 1, 120), (0, 1, 60), (0, 1, 120)];
        let told = given.map(|(instrument, minutes, opened_at)| backup.admits(&bar(instrument, minutes, opened_at)));
        assert_eq!(told, [true, false, false, true, true, true, false, false]);
    }

    #[test]
    fn without_a_backup_the_venue_is_the_source() {
        let mut backup = Backup::new(&LiveConfig::default(), &[Feed::Trades], &[]);
        backup.call();
        assert!(!backup.serves() && backup.leaves_gaps() && backup.venue_speaks().is_none());
    }

    #[test]
    fn bars_of_several_days_have_no_backup() {
        let alike = [1, 60, 3_600, 86_400, 600, 259_200, 604_800].map(|seconds| is_alike(Interval(seconds)));
        assert_eq!(alike, [true, true, true, true, false, false, false]);
    }
}
