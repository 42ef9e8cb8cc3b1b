//! What can be traded: currencies and spot instruments.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::number::{Decimal, FixedPrice, FixedSize, MAX_SCALE, POWERS_OF_TEN, Price, Quantity, Rate};

/// A currency's code: 1 to 12 ASCII letters, digits, `.`, `_` or `$`, such as `BTC`, `USDT` or `1000SATS`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 12]);

/// The text is not a currency code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidCurrency;

impl Currency {
    /// Its code.
    pub fn as_str(&self) -> &str {
        let end = self.0.iter().position(|&byte| byte == 0).unwrap_or(self.0.len());
        core::str::from_utf8(&self.0[..end]).unwrap_or("")
    }
}

impl FromStr for Currency {
    type Err = InvalidCurrency;
    fn from_str(text: &str) -> Result<Self, InvalidCurrency> {
        let valid =
            (1..=12).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'$'));
        if !valid {
            return Err(InvalidCurrency);
        }
        let mut code = [0; 12];
        code[..text.len()].copy_from_slice(text.as_bytes());
        Ok(Self(code))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| D::Error::custom("expected a currency code such as \"BTC\""))
    }
}

/// An instrument's index in the order of listing, dense from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct InstrumentId(pub u32);

impl InstrumentId {
    /// Its place in a `Vec` of instruments.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A spot pair and its venue's rules. Listing the same id again replaces them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instrument {
    /// Its index.
    pub id: InstrumentId,
    /// The venue's name for it, such as `BTC-USDT`.
    pub symbol: String,
    /// What is bought and sold.
    pub base: Currency,
    /// What prices and notionals are in.
    pub quote: Currency,
    /// Decimals of the prices in its market data.
    pub price_scale: u8,
    /// Decimals of the sizes in its market data.
    pub size_scale: u8,
    /// Order prices are multiples of this.
    pub tick_size: Price,
    /// Order quantities are multiples of this.
    pub lot_size: Quantity,
    /// No order is smaller.
    pub min_size: Quantity,
    /// Fee of a fill that rested in the book, as a share of its notional.
    pub maker_fee: Rate,
    /// Fee of a fill that took liquidity, as a share of its notional.
    pub taker_fee: Rate,
}

impl Instrument {
    /// What makes these rules impossible to trade by; `None` when nothing does. A listing with a fault has no
    /// effect.
    pub fn fault(&self) -> Option<&'static str> {
        if self.price_scale > MAX_SCALE || self.size_scale > MAX_SCALE {
            Some("its prices or sizes have more than 12 decimals")
        } else if !self.tick_size.is_positive() || !self.lot_size.is_positive() {
            Some("its tick size and its lot size must be above zero")
        } else if self.min_size.is_negative() {
            Some("its minimum size is below zero")
        } else if self.base == self.quote {
            Some("its base and its quote currency are the same")
        } else {
            None
        }
    }

    /// A market price as exact money.
    pub fn price(&self, price: FixedPrice) -> Price {
        Price(decimal(price.0, self.price_scale))
    }

    /// A market size as an exact quantity.
    pub fn quantity(&self, size: FixedSize) -> Quantity {
        Quantity(decimal(size.0, self.size_scale))
    }

    /// A market price as a float, for indicators.
    pub fn price_f64(&self, price: FixedPrice) -> f64 {
        price.0 as f64 / POWERS_OF_TEN[usize::from(self.price_scale.min(MAX_SCALE))]
    }

    /// A market size as a float, for indicators.
    pub fn size_f64(&self, size: FixedSize) -> f64 {
        size.0 as f64 / POWERS_OF_TEN[usize::from(self.size_scale.min(MAX_SCALE))]
    }

    /// A price at this instrument's scale; `None` when it has more decimals or does not fit.
    pub fn fixed_price(&self, price: Price) -> Option<FixedPrice> {
        mantissa(price.0, self.price_scale).map(FixedPrice)
    }

    /// A quantity at this instrument's scale; `None` when it has more decimals or does not fit.
    pub fn fixed_size(&self, quantity: Quantity) -> Option<FixedSize> {
        mantissa(quantity.0, self.size_scale).map(FixedSize)
    }
}

/// A scale beyond the limit, which only a listing with a fault has, counts as the limit.
fn decimal(mantissa: i64, scale: u8) -> Decimal {
    Decimal::new(mantissa, u32::from(scale.min(MAX_SCALE)))
}

fn mantissa(value: Decimal, scale: u8) -> Option<i64> {
    let mut scaled = value;
    scaled.rescale(u32::from(scale.min(MAX_SCALE)));
    if scaled != value {
        return None;
    }
    i64::try_from(scaled.mantissa()).ok()
}

impl fmt::Display for Instrument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.symbol)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn currency_codes_are_checked() {
        assert_eq!("1000SATS".parse::<Currency>().unwrap().to_string(), "1000SATS");
        for text in ["", "BTC/USDT", "THIRTEENCHARS", "€"] {
            assert_eq!(text.parse::<Currency>(), Err(InvalidCurrency), "{text:?}");
        }
    }
}
