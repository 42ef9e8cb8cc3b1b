//! History in files, from outside: what is read, what is refused and with which words, and how fast.

mod columns;
mod malformed;
mod missing;
mod reports;
mod shared_data;
mod speed;
mod streams;

use std::io::Write;
use std::path::{Path, PathBuf};

use data::files::{FileError, ReadOptions, Source, history};
use engine::event::Input;
use engine::instrument::{Instrument, InstrumentId};
use engine::number::{Decimal, Price, Quantity, Rate};
use engine::time::Timestamp;

/// An instrument with these scales.
pub fn instrument(id: u32, symbol: &str, (price_scale, size_scale): (u8, u8)) -> Instrument {
    Instrument {
        id: InstrumentId(id),
        symbol: symbol.to_owned(),
        base: "BTC".parse().unwrap(),
        quote: "USDT".parse().unwrap(),
        price_scale,
        size_scale,
        tick_size: Price(Decimal::new(1, price_scale.into())),
        lot_size: Quantity(Decimal::new(1, size_scale.into())),
        min_size: Quantity(Decimal::new(1, size_scale.into())),
        maker_fee: Rate::from_bps(10),
        taker_fee: Rate::from_bps(10),
    }
}

/// Everything that a file gives, at the scales that suit it.
pub fn read(path: &Path, options: &ReadOptions) -> Result<Vec<(Timestamp, Input)>, FileError> {
    let source = Source::open(path, options)?;
    let instrument = instrument(0, source.symbol().unwrap_or("BTC-USDT"), source.scales());
    history(vec![(source, instrument)]).collect()
}

/// One line an event, as short as a person would write it.
pub fn transcript(events: &[(Timestamp, Input)]) -> String {
    let lines = events.iter().map(|(at, input)| {
        let text = match input {
            Input::Bar(bar) => format!(
                "bar {} {} {} {} {} {} {}",
                bar.opened_at, bar.interval, bar.open.0, bar.high.0, bar.low.0, bar.close.0, bar.volume.0
            ),
            Input::Trade(trade) => {
                format!("trade {} {} {:?} {:?}", trade.price.0, trade.size.0, trade.taker, trade.trade_id)
            }
            Input::Quote(quote) => {
                format!("quote {} {} {} {}", quote.bid_price.0, quote.bid_size.0, quote.ask_price.0, quote.ask_size.0)
            }
            Input::BookSnapshot(book) => format!("snapshot {}+{}", book.bids.len(), book.asks.len()),
            Input::BookDelta(book) => format!("delta {}+{}", book.bids.len(), book.asks.len()),
            Input::Funding(funding) => format!("funding {}", funding.rate),
            Input::FeedGap(gap) => format!("gap {} {}", gap.from, gap.to),
            other => format!("{other:?}"),
        };
        format!("{at} {text}\n")
    });
    lines.collect()
}

/// A folder with files in it, removed when it is dropped.
pub struct Folder(tempfile::TempDir);

impl Folder {
    /// An empty one.
    #[expect(clippy::new_without_default, reason = "a test says what it makes")]
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file, packed as its ending says.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, pack(name, content.as_ref())).unwrap();
        path
    }
}

/// Packs bytes as the name's ending says.
pub fn pack(name: &str, content: &[u8]) -> Vec<u8> {
    match name.rsplit_once('.') {
        Some((inner, "zip")) => zip(&[(&format!("{inner}.csv"), content)]),
        Some((_, "gz")) => {
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            packed.write_all(content).unwrap();
            packed.finish().unwrap()
        }
        Some((_, "zst")) => zstd::encode_all(content, 1).unwrap(),
        _ => content.to_vec(),
    }
}

/// A zip archive of these files.
pub fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in files {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}
