//! The instruments of a run: what the configuration says of each, and for the rest what its data suggest.

use data::files::{Kind, Source};
use engine::instrument::{Currency, Instrument, InstrumentId};
use engine::number::{Decimal, MAX_SCALE, Price, Quantity, Rate};

use crate::config::{Config, InstrumentConfig};

/// OKX's fees of a regular spot account, where the configuration does not say: 0.08 % maker, 0.1 % taker.
const MAKER_FEE_BPS: i64 = 8;
const TAKER_FEE_BPS: i64 = 10;
/// Decimals of a lot where only bars are known: a volume does not tell the size of a trade.
const LOT_DECIMALS: u8 = 8;

/// An instrument's rules cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum ListingError {
    /// Neither the caller nor the file's name says what the file is of.
    #[error("{path}: its name does not tell what it is of: pass --instrument BTC-USDT, or name it like BTC-USDT_1h.csv")]
    NoSymbol {
        /// The file.
        path: String,
    },
    /// The symbol does not name two currencies.
    #[error("{path}: cannot tell the currencies of {symbol}: add an [[instrument]] with symbol = \"{symbol}\", base and quote")]
    NoPair {
        /// The file.
        path: String,
        /// The symbol.
        symbol: String,
    },
}

/// Each source with its instrument.
pub type Listed = Vec<(Source, Instrument)>;

/// Each source with its instrument, and the instruments by id: in the order in which their first files are given.
pub fn instruments_of(config: &Config, sources: Vec<Source>) -> Result<(Listed, Vec<Instrument>), ListingError> {
    let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
    for (place, source) in sources.iter().enumerate() {
        let no_symbol = || ListingError::NoSymbol { path: source.path().display().to_string() };
        let symbol = source.symbol().ok_or_else(no_symbol)?;
        match groups.iter_mut().find(|(known, _)| known == symbol) {
            Some((_, places)) => places.push(place),
            None => groups.push((symbol.to_owned(), vec![place])),
        }
    }
    let mut instruments = Vec::new();
    let mut of_source: Vec<Option<Instrument>> = vec![None; sources.len()];
    for ((symbol, places), id) in groups.into_iter().zip(0..) {
        let files: Vec<&Source> = places.iter().map(|&place| &sources[place]).collect();
        let given = config.instruments.iter().find(|given| given.symbol == symbol);
        let instrument = instrument(InstrumentId(id), symbol, given, &files)?;
        for place in places {
            of_source[place] = Some(instrument.clone());
        }
        instruments.push(instrument);
    }
    let listed = sources.into_iter().zip(of_source).filter_map(|(source, instrument)| Some((source, instrument?)));
    Ok((listed.collect(), instruments))
}

fn instrument(
    id: InstrumentId,
    symbol: String,
    given: Option<&InstrumentConfig>,
    files: &[&Source],
) -> Result<Instrument, ListingError> {
    let Some((base, quote)) = given.and_then(InstrumentConfig::pair).or_else(|| pair_in(&symbol)) else {
        let path = files.first().map_or_else(String::new, |file| file.path().display().to_string());
        return Err(ListingError::NoPair { path, symbol });
    };
    let (price_scale, size_scale) = Source::common_scales(files.iter().copied());
    let price_decimals = files.iter().map(|file| file.decimals().0).max().unwrap_or_default();
    let sizes = files.iter().filter(|file| file.kind() != Kind::Candles).map(|file| file.decimals().1);
    let size_decimals = sizes.max().unwrap_or(LOT_DECIMALS);
    let step = |decimals: u8| Decimal::new(1, u32::from(decimals));
    let tick_size = given.and_then(|given| given.tick_size);
    let lot_size = given.and_then(|given| given.lot_size);
    let lot = lot_size.unwrap_or(Quantity(step(size_decimals)));
    Ok(Instrument {
        id,
        symbol,
        base,
        quote,
        // A given step tells the scale, unless the data have more decimals than it.
        price_scale: tick_size.map_or(price_scale, |tick| price_decimals.max(scale_of(tick.0))),
        size_scale: lot_size.map_or(size_scale, |lot| size_decimals_of(files).max(scale_of(lot.0))),
        tick_size: tick_size.unwrap_or(Price(step(price_decimals))),
        lot_size: lot,
        min_size: given.and_then(|given| given.min_size).unwrap_or(lot),
        maker_fee: given.and_then(|given| given.maker_fee).unwrap_or(Rate::from_bps(MAKER_FEE_BPS)),
        taker_fee: given.and_then(|given| given.taker_fee).unwrap_or(Rate::from_bps(TAKER_FEE_BPS)),
    })
}

/// What stands before and after the dash: `BTC-USDT`, `BTC-USDT-SWAP`.
fn pair_in(symbol: &str) -> Option<(Currency, Currency)> {
    let mut parts = symbol.split('-');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

fn scale_of(step: Decimal) -> u8 {
    u8::try_from(step.normalize().scale()).unwrap_or(MAX_SCALE)
}

fn size_decimals_of(files: &[&Source]) -> u8 {
    files.iter().map(|file| file.decimals().1).max().unwrap_or_default().min(LOT_DECIMALS)
}
