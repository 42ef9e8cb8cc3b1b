//! Scoring the chosen files, several at once, and putting the instruments in order.

use std::cmp::Reverse;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use data::files::{FileError, Source, history};
use engine::event::{Input, Rank};
use engine::instrument::{Instrument, InstrumentId};
use engine::number::{Decimal, Price, Quantity, Rate, decimal_from_f64};
use engine::time::{DAY_NS, Interval, Timestamp};
use strategies::bars::Bars;
use strategies::scanner::{Scan, Suggestion};

use super::files::Choice;

/// Instruments in order, and what is not among them.
pub struct Ranking {
    /// The time that they are ranked at; `None` when there are none.
    pub at: Option<Timestamp>,
    /// The best first; of equals, by symbol.
    pub ranked: Vec<Ranked>,
    /// By path.
    pub left_out: Vec<LeftOut>,
}

/// An instrument with its scores.
pub struct Ranked {
    pub symbol: String,
    pub rank: Rank,
    pub price: Price,
    /// A share; `None` where nothing is known of 24 hours before.
    pub change_24h: Option<f64>,
    pub suggestion: Suggestion,
    pub closed_at: Timestamp,
    /// How many bars were seen.
    pub bars: u64,
    pub path: PathBuf,
}

/// A file that nothing was ranked by.
pub struct LeftOut {
    pub path: PathBuf,
    pub symbol: Option<String>,
    pub reason: String,
    /// Whether it should have been read and could not.
    pub is_error: bool,
}

impl LeftOut {
    /// It could not be read.
    pub fn failed(path: &Path, error: &FileError) -> Self {
        // The file's name is told beside it.
        let reason = error.to_string();
        let reason = reason.strip_prefix(&format!("{}: ", path.display())).unwrap_or(&reason).to_owned();
        Self { path: path.to_owned(), symbol: None, reason, is_error: true }
    }
}

/// Reads and scores what was chosen, up to `at` where it is given.
pub fn rank(choice: Choice, interval: Interval, at: Option<Timestamp>) -> Ranking {
    let Choice { chosen, mut left_out } = choice;
    let files: Vec<(String, Source)> = chosen
        .into_iter()
        .flat_map(|(symbol, sources)| sources.into_iter().map(move |source| (symbol.clone(), source)))
        .collect();
    let mut ranked: Vec<Ranked> = Vec::new();
    for ((symbol, source), scored) in files.iter().zip(score_all(&files, interval, at)) {
        let leave_out =
            |reason: String| LeftOut { path: source.path().to_owned(), symbol: Some(symbol.clone()), reason, is_error: false };
        match scored {
            Err(error) => left_out.push(LeftOut { symbol: Some(symbol.clone()), ..LeftOut::failed(source.path(), &error) }),
            Ok(None) => left_out.push(leave_out(format!("no bar of {interval} closed in it by then"))),
            // The files of an instrument follow each other.
            Ok(Some(scored)) => match ranked.pop_if(|last| last.symbol == *symbol) {
                None => ranked.push(scored),
                Some(known) => {
                    let reaches_further = (scored.closed_at, scored.bars) > (known.closed_at, known.bars);
                    let (better, worse) = if reaches_further { (scored, known) } else { (known, scored) };
                    let reason = format!("{} reaches as far or further", better.path.display());
                    left_out.push(LeftOut { path: worse.path, symbol: Some(worse.symbol), reason, is_error: false });
                    ranked.push(better);
                }
            },
        }
    }
    let at = at.or_else(|| ranked.iter().map(|scored| scored.closed_at).max());
    let oldest = at.map(|at| at.plus_ns(-DAY_NS.max(2 * interval.ns())));
    let (mut ranked, stale): (Vec<_>, Vec<_>) = ranked.into_iter().partition(|scored| Some(scored.closed_at) >= oldest);
    left_out.extend(stale.into_iter().map(|Ranked { symbol, closed_at, path, .. }| {
        let reason = format!("its data end at {closed_at}");
        LeftOut { path, symbol: Some(symbol), reason, is_error: false }
    }));
    ranked.sort_by(|one, other| (Reverse(one.rank.score_bps), &one.symbol).cmp(&(Reverse(other.rank.score_bps), &other.symbol)));
    left_out.sort_by(|one, other| one.path.cmp(&other.path));
    Ranking { at, ranked, left_out }
}

type Scored = Result<Option<Ranked>, FileError>;

/// Each file's result, in the order of the files.
fn score_all(files: &[(String, Source)], interval: Interval, at: Option<Timestamp>) -> Vec<Scored> {
    let workers = thread::available_parallelism().map_or(1, NonZeroUsize::get).min(files.len());
    let next = AtomicUsize::new(0);
    let work = || {
        let mut scored = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some((symbol, source)) = files.get(place) else { return scored };
            scored.push((place, score(symbol, source, interval, at)));
        }
    };
    let mut scored: Vec<(usize, Scored)> = thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    scored.sort_by_key(|(place, _)| *place);
    scored.into_iter().map(|(_, scored)| scored).collect()
}

fn score(symbol: &str, source: &Source, interval: Interval, at: Option<Timestamp>) -> Scored {
    let instrument = stand_in(symbol, source);
    let (mut bars, mut scan) = (Bars::new(&[interval]), Scan::new());
    for event in history(vec![(source.clone(), instrument.clone())]) {
        let (now, input) = event?;
        if at.is_some_and(|at| now > at) {
            break;
        }
        bars.update(now, |_| Some(&instrument), &input).iter().for_each(|bar| scan.update(bar));
    }
    if let Some(at) = at {
        bars.update(at, |_| Some(&instrument), &Input::Timer).iter().for_each(|bar| scan.update(bar));
    }
    let (Some(rank), Some(scores), Some(closed_at), Some(close)) =
        (scan.rank(instrument.id), scan.scores(), scan.closed_at(), scan.last_price())
    else {
        return Ok(None);
    };
    let price = decimal_from_f64(close, u32::from(instrument.price_scale)).unwrap_or_default();
    Ok(Some(Ranked {
        symbol: symbol.to_owned(),
        rank,
        price: Price(price.normalize()),
        change_24h: scan.change_24h(),
        suggestion: scores.suggestion(),
        closed_at,
        bars: scan.bars(),
        path: source.path().to_owned(),
    }))
}

/// An instrument to read it as where nobody trades it: only its scales matter.
fn stand_in(symbol: &str, source: &Source) -> Instrument {
    let (price_scale, size_scale) = source.scales();
    let step = |scale: u8| Decimal::new(1, u32::from(scale));
    let code = |text: &str| text.parse().unwrap_or_else(|_| unreachable!("{text} is a currency code"));
    Instrument {
        id: InstrumentId(0),
        symbol: symbol.to_owned(),
        base: code("BASE"),
        quote: code("QUOTE"),
        price_scale,
        size_scale,
        tick_size: Price(step(price_scale)),
        lot_size: Quantity(step(size_scale)),
        min_size: Quantity(step(size_scale)),
        maker_fee: Rate::ZERO,
        taker_fee: Rate::ZERO,
    }
}
