//! `data import`: many files of candles or trades to one.

use std::path::Path;

use engine::event::Input;
use engine::instrument::Instrument;
use engine::market::Side;
use engine::time::{Interval, Timestamp};
use serde::Serialize;

use super::history::history;
use super::layout::Kind;
use super::source::{ReadOptions, Source};
use super::table::{Cell, Table};
use super::{FileError, display};

const NS_PER_MS: i64 = 1_000_000;

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// What it holds.
    pub kind: Kind,
    /// Of what, where the files or the caller say it.
    pub symbol: Option<String>,
    /// The length of its bars.
    #[serde(serialize_with = "display")]
    pub interval: Option<Interval>,
    /// Rows that were written.
    pub rows: u64,
    /// Rows that were skipped because they were bad, or in another file already.
    pub skipped: u64,
    /// The first row's time.
    pub first: Option<Timestamp>,
    /// The last row's time.
    pub last: Option<Timestamp>,
}

/// Merges files of the same kind into one: Parquet or CSV, as the ending of `out` says. Its times are the bars' opens.
pub fn import<P: AsRef<Path>>(
    paths: impl IntoIterator<Item = P>,
    out: impl AsRef<Path>,
    options: &ReadOptions,
) -> Result<ImportReport, FileError> {
    let out = out.as_ref();
    let refuse = |reason: String| FileError::Format { path: out.to_owned(), reason };
    let sources = paths.into_iter().map(|path| Source::open(path, options)).collect::<Result<Vec<_>, _>>()?;
    let Some(first) = sources.first() else { return Err(refuse("no file was given to import".to_owned())) };
    for source in &sources {
        alike(first, source)?;
    }
    if !matches!(first.kind(), Kind::Candles | Kind::Trades) {
        return Err(refuse(format!("only candles and trades can be imported, not {}", first.kind())));
    }
    let mut report = ImportReport {
        kind: first.kind(),
        symbol: sources.iter().find_map(Source::symbol).map(str::to_owned),
        interval: first.interval(),
        rows: 0,
        skipped: 0,
        first: None,
        last: None,
    };
    let mut instrument = first.stand_in();
    (instrument.price_scale, instrument.size_scale) = Source::common_scales(&sources);
    let is_fine = sources.iter().any(Source::is_finer_than_ms);
    let mut table = Table::create(out, &columns(report.kind, is_fine))?;
    let mut stream = history(sources.into_iter().map(|source| (source, instrument.clone())).collect());
    for event in stream.by_ref() {
        let (_, input) = event?;
        let Some(time) = write(&mut table, &input, &instrument, is_fine).transpose()? else { continue };
        report.first.get_or_insert(time);
        report.last = Some(time);
        report.rows += 1;
    }
    report.skipped = stream.skipped();
    table.finish()?;
    Ok(report)
}

fn alike(first: &Source, other: &Source) -> Result<(), FileError> {
    let differs = |what: &str, one: String, two: String| {
        let reason = format!("its {what} is {one}, but that of {} is {two}: import them one by one", first.path().display());
        Err(FileError::Format { path: other.path().to_owned(), reason })
    };
    if other.kind() != first.kind() {
        return differs("kind", other.kind().to_string(), first.kind().to_string());
    }
    if let (Some(one), Some(two)) = (other.symbol(), first.symbol())
        && one != two
    {
        return differs("symbol", one.to_owned(), two.to_owned());
    }
    if let (Some(one), Some(two)) = (other.interval(), first.interval())
        && one != two
    {
        return differs("interval", one.to_string(), two.to_string());
    }
    Ok(())
}

fn columns(kind: Kind, is_fine: bool) -> Vec<(&'static str, Cell)> {
    let (whole, decimal, text) = (Cell::Whole(None), Cell::Decimal(0, 0), Cell::Text(""));
    let time = (if is_fine { "ts_ns" } else { "ts_ms" }, whole);
    match kind {
        Kind::Candles => {
            vec![time, ("open", decimal), ("high", decimal), ("low", decimal), ("close", decimal), ("volume", decimal)]
        }
        _ => vec![time, ("price", decimal), ("size", decimal), ("side", text), ("trade_id", whole)],
    }
}

/// Writes one event; `None` for a gap, which the reader of the new file will find again.
fn write(table: &mut Table, input: &Input, instrument: &Instrument, is_fine: bool) -> Option<Result<Timestamp, FileError>> {
    let time = |time: Timestamp| Cell::Whole(Some(if is_fine { time.0 } else { time.0.div_euclid(NS_PER_MS) }));
    let price = |price: engine::number::FixedPrice| Cell::Decimal(price.0, instrument.price_scale);
    let size = |size: engine::number::FixedSize| Cell::Decimal(size.0, instrument.size_scale);
    match input {
        Input::Bar(bar) => {
            let prices = [bar.open, bar.high, bar.low, bar.close].map(price);
            let row = [time(bar.opened_at), prices[0], prices[1], prices[2], prices[3], size(bar.volume)];
            Some(table.write(&row).map(|()| bar.opened_at))
        }
        Input::Trade(trade) => {
            let taker = Cell::Text(if trade.taker == Side::Buy { "buy" } else { "sell" });
            // Venues count trades up; none has come near half of what 64 bits hold.
            let id = Cell::Whole(trade.trade_id.and_then(|id| i64::try_from(id).ok()));
            Some(table.write(&[time(trade.venue_at), price(trade.price), size(trade.size), taker, id]).map(|()| trade.venue_at))
        }
        _ => None,
    }
}
