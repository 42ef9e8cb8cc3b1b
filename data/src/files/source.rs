//! One opened file: what it is, found out from its name, its header and its first rows.

use std::cmp::Reverse;
use std::path::Path;

use csv::ByteRecord;
use engine::instrument::{Instrument, InstrumentId};
use engine::number::{Decimal, MAX_QUANTITY, MAX_SCALE, Price, Quantity, Rate};
use engine::time::{Interval, SECOND_NS, Timestamp};

use super::FileError;
use super::archive::Origin;
use super::clock::{TimeColumn, Unit};
use super::decimal::Digits;
use super::layout::{Columns, Kind, Layout};
use super::name::NameHint;
use super::rows::Rows;

/// How many rows are looked at to tell decimals and interval.
const SAMPLED_ROWS: usize = 1_000;

/// Prices and sizes have at least this many decimals where the caller does not say: the most that Binance and OKX publish.
const USUAL_SCALE: u8 = 8;

/// A size may become this much larger than those among the first rows.
const HEADROOM: u128 = 1_000;

/// What the time column of a bar says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BarTime {
    /// When it opened.
    #[default]
    Open,
    /// When it closed.
    Close,
}

/// What happens at a row that is malformed, impossible or out of order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// Reading stops with an error that names it.
    #[default]
    Strict,
    /// It is skipped and counted. A file that is cut short is an error all the same: nothing after the cut can be read.
    Lenient,
}

/// How a file is to be read. What is said here goes before what the file's name or rows tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// What the time column of a bar says.
    pub bar_time: BarTime,
    /// The length of the bars.
    pub interval: Option<Interval>,
    /// What the data are of.
    pub symbol: Option<String>,
    /// What happens at a bad row.
    pub policy: Policy,
    /// Rows before this time are left out; of bars, those that open before. A book begins with one snapshot of what
    /// they make of it, so they are read all the same, and a bad one among them is refused.
    pub from: Option<Timestamp>,
    /// Rows at this time and after are left out; of bars, those that open then.
    pub to: Option<Timestamp>,
}

/// An opened file, about which everything is known that its name, header and first rows tell.
#[derive(Clone, Debug)]
pub struct Source {
    pub(super) origin: Origin,
    pub(super) options: ReadOptions,
    pub(super) layout: Layout,
    pub(super) time: TimeColumn,
    pub(super) aggregated: bool,
    /// No event of it is before this.
    pub(super) earliest: Timestamp,
    /// A bar that opens where most of the first ones do: the others must be whole intervals away.
    pub(super) grid: Option<Timestamp>,
    symbol: Option<String>,
    interval: Option<Interval>,
    price: Seen,
    size: Seen,
}

/// The widest number of a column group among the first rows.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    decimals: u32,
    whole: u128,
}

impl Seen {
    fn add(&mut self, field: &[u8]) {
        if let Some(digits) = Digits::parse(field) {
            let whole = 10_u128.checked_pow(digits.decimals).map_or(0, |power| digits.mantissa / power);
            // What is beyond the limits is refused when it is its turn.
            if whole <= u128::from(MAX_QUANTITY.unsigned_abs()) {
                self.decimals = self.decimals.max(digits.decimals);
                self.whole = self.whole.max(whole);
            }
        }
    }

    fn merge(&mut self, other: Self, most_decimals: u8) {
        self.decimals = self.decimals.max(other.decimals.min(most_decimals.into()));
        self.whole = self.whole.max(other.whole);
    }

    fn decimals(self) -> u8 {
        u8::try_from(self.decimals).unwrap_or(u8::MAX).min(MAX_SCALE)
    }

    /// The usual scale or what was seen; where that leaves no room for numbers a thousand times as large, fewer
    /// decimals, but never fewer than are needed.
    fn scale(self, needed: u8) -> u8 {
        let wanted = self.decimals().max(USUAL_SCALE);
        let largest = (self.whole + 1).saturating_mul(HEADROOM);
        let fits = |scale: u8| largest.saturating_mul(10_u128.pow(u32::from(scale))) <= u128::from(i64::MAX.unsigned_abs());
        (needed..=wanted).rev().find(|&scale| fits(scale)).unwrap_or(needed)
    }
}

impl Source {
    /// Opens a file and looks at its first rows.
    pub fn open(path: impl AsRef<Path>, options: &ReadOptions) -> Result<Self, FileError> {
        Self::of(Origin::File(path.as_ref().to_owned()), options)
    }

    pub(super) fn of(origin: Origin, options: &ReadOptions) -> Result<Self, FileError> {
        let hint = NameHint::of(origin.path());
        let (mut rows, layout) = Rows::open(&origin, hint.aggregated)?;
        let mut sampled = Vec::new();
        let mut row = ByteRecord::new();
        // A row that cannot be read is reported when it is its turn.
        while sampled.len() < SAMPLED_ROWS && matches!(rows.next(&mut row), Ok(true)) {
            sampled.push(row.clone());
        }
        if sampled.is_empty() && matches!(rows.next(&mut row), Ok(false)) {
            return Err(origin.format_error("it has a header but no rows"));
        }
        let time = TimeColumn::of(&layout, &sampled);
        let (price, size) = widest(&layout, &sampled);
        let mut source = Self {
            symbol: options.symbol.clone().or(hint.symbol),
            interval: None,
            origin,
            options: options.clone(),
            aggregated: hint.aggregated,
            earliest: sampled.iter().filter_map(|row| time.read_any(row)).min().unwrap_or(Timestamp(i64::MIN)),
            grid: None,
            layout,
            time,
            price,
            size,
        };
        if source.kind() == Kind::Candles {
            let interval = options.interval.or(hint.interval).or_else(|| commonest_step(time, &sampled));
            let interval = interval.ok_or_else(|| {
                source.origin.format_error("its bars do not tell how long they are: say it with the interval option, such as 1h")
            })?;
            source.interval = Some(interval);
            source.grid = commonest_phase(time, interval, &sampled).map(|first| match options.bar_time {
                BarTime::Open => first,
                BarTime::Close => first.plus_ns(-interval.ns()),
            });
        }
        Ok(source)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.origin.path()
    }

    /// What it holds.
    pub fn kind(&self) -> Kind {
        self.layout.columns.kind()
    }

    /// What its data are of, where the caller or its name says it.
    pub fn symbol(&self) -> Option<&str> {
        self.symbol.as_deref()
    }

    /// The length of its bars; `None` when it holds no bars.
    pub fn interval(&self) -> Option<Interval> {
        self.interval
    }

    /// The most decimals of its prices and of its sizes among the first rows, without trailing zeros.
    pub fn decimals(&self) -> (u8, u8) {
        (self.price.decimals(), self.size.decimals())
    }

    /// The scales of prices and sizes that suit it: 8, or more where its first rows have more, or fewer where their
    /// numbers are so large that they would not fit. The volume of bars gets 8 at most: more are a float's noise.
    pub fn scales(&self) -> (u8, u8) {
        Self::common_scales([self])
    }

    /// The scales that suit all of them, where one instrument's data are in several files.
    pub fn common_scales<'a>(sources: impl IntoIterator<Item = &'a Self>) -> (u8, u8) {
        let (mut price, mut size, mut needed) = (Seen::default(), Seen::default(), 0);
        for source in sources {
            price.merge(source.price, MAX_SCALE);
            if source.kind() == Kind::Candles {
                // Volumes are rounded.
                size.merge(source.size, USUAL_SCALE);
            } else {
                size.merge(source.size, MAX_SCALE);
                needed = needed.max(source.size.decimals());
            }
        }
        (price.scale(price.decimals()), size.scale(needed))
    }

    /// An instrument to read it as where nobody trades it: to check, list and import.
    pub(super) fn stand_in(&self) -> Instrument {
        let (price_scale, size_scale) = self.scales();
        let code = |text: &str| text.parse().unwrap_or_else(|_| unreachable!("{text} is a currency code"));
        Instrument {
            id: InstrumentId(0),
            symbol: self.symbol().unwrap_or("the instrument").to_owned(),
            base: code("BASE"),
            quote: code("QUOTE"),
            price_scale,
            size_scale,
            tick_size: Price(Decimal::new(1, price_scale.into())),
            lot_size: Quantity(Decimal::new(1, size_scale.into())),
            min_size: Quantity(Decimal::new(1, size_scale.into())),
            maker_fee: Rate::ZERO,
            taker_fee: Rate::ZERO,
        }
    }

    /// Whether its times have more than milliseconds.
    pub(super) fn is_finer_than_ms(&self) -> bool {
        matches!(self.time.unit, Unit::Microseconds | Unit::Nanoseconds)
    }
}

fn widest(layout: &Layout, rows: &[ByteRecord]) -> (Seen, Seen) {
    let (prices, sizes): (&[usize], &[usize]) = match layout.columns {
        Columns::Candles { open, high, low, close, volume, .. } => (&[open, high, low, close], &[volume]),
        Columns::Trades { price, size, .. } | Columns::Books { price, size, .. } => (&[price], &[size]),
        Columns::Quotes { bid_price, bid_size, ask_price, ask_size } => (&[bid_price, ask_price], &[bid_size, ask_size]),
        Columns::Funding { .. } => (&[], &[]),
    };
    let seen = |columns: &[usize]| {
        let mut seen = Seen::default();
        rows.iter().flat_map(|row| columns.iter().filter_map(|&column| row.get(column))).for_each(|field| seen.add(field));
        seen
    };
    (seen(prices), seen(sizes))
}

/// The first row of those that are whole intervals apart, where they are the most; the earlier ones when others are as many.
fn commonest_phase(time: TimeColumn, interval: Interval, rows: &[ByteRecord]) -> Option<Timestamp> {
    let mut phases = std::collections::BTreeMap::<i64, (usize, usize, Timestamp)>::new();
    for (index, time) in rows.iter().filter_map(|row| time.read_any(row)).enumerate() {
        phases.entry(time.0.rem_euclid(interval.ns().max(1))).or_insert((0, index, time)).0 += 1;
    }
    phases.into_values().max_by_key(|&(count, index, _)| (count, Reverse(index))).map(|(.., first)| first)
}

/// The most common distance between neighbouring rows, the shorter one when two are as common.
fn commonest_step(time: TimeColumn, rows: &[ByteRecord]) -> Option<Interval> {
    let times: Vec<i64> = rows.iter().filter_map(|row| time.read_any(row)).map(|time| time.0).collect();
    let mut counts = std::collections::BTreeMap::<i64, usize>::new();
    for pair in times.windows(2) {
        let step = pair[1].saturating_sub(pair[0]);
        if step > 0 && step % SECOND_NS == 0 {
            *counts.entry(step / SECOND_NS).or_default() += 1;
        }
    }
    let most = counts.values().copied().max()?;
    let step = counts.into_iter().find(|&(_, count)| count == most)?.0;
    u32::try_from(step).ok().map(Interval)
}
