//! Numbers: fixed-point market data and exact money.
//!
//! Market data are `i64` mantissas at their instrument's scale ([`FixedPrice`], [`FixedSize`]): cheap to
//! compare and to store. What is booked is a [`Decimal`] in a newtype that only allows the arithmetic that
//! makes sense: [`Price`], [`Quantity`], [`Amount`], [`Rate`]. It saturates: a venue's absurd report may make a
//! sum wrong, but it never stops the engine.

use alloc::string::ToString;
use core::fmt;
use core::iter::Sum;
use core::ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign};
use core::str::FromStr;

use rust_decimal::prelude::ToPrimitive;
pub use rust_decimal::{Decimal, RoundingStrategy};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The highest price, in quote units, that an instrument may have. With [`MAX_QUANTITY`] it keeps every
/// product of the two inside a `Decimal`.
pub const MAX_PRICE: i64 = 1_000_000_000_000;
/// The largest quantity, in base units, of one trade, level, bar or order.
pub const MAX_QUANTITY: i64 = 1_000_000_000_000_000;
/// The most decimals that an instrument's prices and sizes may have.
pub const MAX_SCALE: u8 = 12;

/// A market price as a mantissa at its instrument's `price_scale`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FixedPrice(pub i64);

/// A market size as a mantissa at its instrument's `size_scale`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FixedSize(pub i64);

/// Writes a decimal as a string for people, as its 16 bytes for the log: its default form cannot be read
/// back by bincode.
fn serialize_decimal<S: Serializer>(value: Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    if serializer.is_human_readable() {
        serializer.serialize_str(&value.to_string())
    } else {
        // The same bytes as the array's, in two pieces instead of sixteen.
        let (low, high) = halves(value.serialize());
        (low, high).serialize(serializer)
    }
}

/// Two little-endian halves.
fn halves(bytes: [u8; 16]) -> (u64, u64) {
    let whole = u128::from_le_bytes(bytes);
    #[expect(clippy::cast_possible_truncation, reason = "the low half is meant")]
    (whole as u64, (whole >> 64) as u64)
}

fn deserialize_decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    if deserializer.is_human_readable() {
        let text = <alloc::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Decimal::from_str_exact(&text).map_err(|_| D::Error::custom("expected a decimal number in quotes, such as \"0.01\""))
    } else {
        let (low, high) = <(u64, u64)>::deserialize(deserializer)?;
        let bytes = (u128::from(high) << 64 | u128::from(low)).to_le_bytes();
        // The flags hold the scale and the sign; anything else there is not a decimal.
        if bytes[2] > 28 || bytes[0] != 0 || bytes[1] != 0 || bytes[3] & 0x7f != 0 {
            return Err(D::Error::custom("not a decimal"));
        }
        Ok(Decimal::deserialize(bytes))
    }
}

macro_rules! money {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub Decimal);

        impl $name {
            /// Nothing of it.
            pub const ZERO: Self = Self(Decimal::ZERO);

            /// Whether it is exactly zero.
            pub fn is_zero(self) -> bool {
                self.0.is_zero()
            }

            /// Whether it is above zero.
            pub fn is_positive(self) -> bool {
                self.0 > Decimal::ZERO
            }

            /// Whether it is below zero.
            pub fn is_negative(self) -> bool {
                self.0 < Decimal::ZERO
            }

            /// Its distance from zero.
            pub fn abs(self) -> Self {
                Self(self.0.abs())
            }

            /// The nearest float, for statistics and display only.
            pub fn to_f64(self) -> f64 {
                self.0.to_f64().unwrap_or(0.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = rust_decimal::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Decimal::from_str_exact(text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serialize_decimal(self.0, serializer)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserialize_decimal(deserializer).map(Self)
            }
        }
    };
}

macro_rules! additive {
    ($name:ident) => {
        impl Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0.saturating_add(other.0))
            }
        }
        impl Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0.saturating_sub(other.0))
            }
        }
        impl AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                *self = *self + other;
            }
        }
        impl SubAssign for $name {
            fn sub_assign(&mut self, other: Self) {
                *self = *self - other;
            }
        }
        impl Neg for $name {
            type Output = Self;
            fn neg(self) -> Self {
                Self(-self.0)
            }
        }
        impl Sum for $name {
            fn sum<I: Iterator<Item = Self>>(values: I) -> Self {
                values.fold(Self::ZERO, Add::add)
            }
        }
    };
}

money! {
    /// Quote currency for one unit of base currency.
    Price
}
money! {
    /// Units of base currency.
    Quantity
}
money! {
    /// Units of a currency: cash, notional, fee, profit, equity.
    Amount
}
money! {
    /// A fraction of something: `0.001` is ten basis points.
    Rate
}
money! {
    /// A number that is no money, such as an indicator's value.
    Figure
}
additive!(Price);
additive!(Quantity);
additive!(Amount);

impl Mul<Quantity> for Price {
    type Output = Amount;
    fn mul(self, quantity: Quantity) -> Amount {
        Amount(self.0.saturating_mul(quantity.0))
    }
}

impl Mul<Rate> for Amount {
    type Output = Amount;
    fn mul(self, rate: Rate) -> Amount {
        Amount(self.0.saturating_mul(rate.0))
    }
}

impl Mul<Rate> for Quantity {
    type Output = Quantity;
    fn mul(self, rate: Rate) -> Quantity {
        Quantity(self.0.saturating_mul(rate.0))
    }
}

impl Mul<Rate> for Price {
    type Output = Price;
    fn mul(self, rate: Rate) -> Price {
        Price(self.0.saturating_mul(rate.0))
    }
}

impl Rate {
    /// `bps` hundredths of a percent, without trailing zeros: as the same share is read from a text.
    pub fn from_bps(bps: i64) -> Self {
        Self(Decimal::new(bps, 4).normalize())
    }
}

impl Amount {
    /// The average price of `quantity` that cost this much, rounded half to even at 28 digits; zero for no quantity.
    pub fn per(self, quantity: Quantity) -> Price {
        Price(self.0.checked_div(quantity.0).unwrap_or(Decimal::ZERO))
    }

    /// How much of something this buys at `price`, rounded half to even at 28 digits; zero at price zero.
    pub fn at(self, price: Price) -> Quantity {
        Quantity(self.0.checked_div(price.0).unwrap_or(Decimal::ZERO))
    }
}

impl Quantity {
    /// The share `self / whole` of an amount, rounded half to even at 28 digits; all of it when they are equal.
    pub fn share_of(self, whole: Quantity, amount: Amount) -> Amount {
        if self == whole {
            return amount;
        }
        let product = amount.0.checked_mul(self.0).and_then(|product| product.checked_div(whole.0));
        // Too large to multiply first: then the share is rounded before, not after.
        let share = || self.0.checked_div(whole.0).unwrap_or(Decimal::ZERO);
        Amount(product.unwrap_or_else(|| amount.0.saturating_mul(share())))
    }

    /// The nearest multiple of `step` towards zero; itself for a step of zero.
    pub fn floor_to(self, step: Quantity) -> Quantity {
        Quantity(floor(self.0, step.0))
    }

    /// The smallest multiple of `step` that is not smaller.
    pub fn ceil_to(self, step: Quantity) -> Quantity {
        let floor = self.floor_to(step);
        if floor < self { floor + step } else { floor }
    }
}

impl Price {
    /// Whether it is a whole multiple of `tick`.
    pub fn is_multiple_of(self, tick: Price) -> bool {
        floor(self.0, tick.0) == self.0
    }

    /// The nearest multiple of `tick` towards zero; itself for a tick of zero.
    pub fn floor_to(self, tick: Price) -> Price {
        Price(floor(self.0, tick.0))
    }

    /// The nearest multiple of `tick` that is not below.
    pub fn ceil_to(self, tick: Price) -> Price {
        let floor = self.floor_to(tick);
        if floor < self { floor + tick } else { floor }
    }
}

/// The multiple has the decimals of the step and no more: what is sent and logged carries no row of zeros.
fn floor(value: Decimal, step: Decimal) -> Decimal {
    let Some(rest) = value.checked_rem(step) else { return value };
    let floor = value.saturating_sub(rest);
    let mut short = floor;
    short.rescale(step.scale().min(floor.scale()));
    if short == floor { short } else { floor }
}

/// The one place where a strategy's float becomes a decimal: rounded half to even to `decimals` places.
/// `None` when it is not finite or does not fit.
pub fn decimal_from_f64(value: f64, decimals: u32) -> Option<Decimal> {
    if let Some(power) = POWERS_OF_TEN.get(decimals as usize) {
        let scaled = value * power;
        // Below 2^51, adding and taking off 1.5 * 2^52 rounds half to even, exactly and on every machine.
        if scaled.abs() < INTEGERS_BELOW {
            #[expect(clippy::cast_possible_truncation, reason = "an integer below 2^51")]
            return Some(Decimal::new((scaled + ROUNDER - ROUNDER) as i64, decimals));
        }
    }
    Decimal::from_f64_retain(value).map(|exact| exact.round_dp_with_strategy(decimals, RoundingStrategy::MidpointNearestEven))
}

const INTEGERS_BELOW: f64 = 2_251_799_813_685_248.0;
const ROUNDER: f64 = 6_755_399_441_055_744.0;

/// 10 to the power of `scale`, for turning mantissas into floats.
///
/// `mantissa as f64 / POWERS_OF_TEN[scale]` is the float nearest to the decimal, as a parser of the text
/// would give, because both operands are exact (mantissas below 2^53).
pub const POWERS_OF_TEN: [f64; MAX_SCALE as usize + 1] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mantissas_become_the_float_that_a_parser_would_read() {
        for (mantissa, scale, text) in
            [(500_001_i64, 1, "50000.1"), (5_000_010_000_000, 8, "50000.1"), (3, 1, "0.3"), (8_123, 9, "0.000008123")]
        {
            let float: f64 = mantissa as f64 / POWERS_OF_TEN[scale];
            assert_eq!(float.to_bits(), text.parse::<f64>().unwrap().to_bits());
        }
    }

    #[test]
    fn floats_leave_rounded_half_to_even_and_never_as_nan() {
        assert_eq!(decimal_from_f64(0.125, 2).unwrap().to_string(), "0.12");
        assert_eq!(decimal_from_f64(f64::NAN, 2), None);
        assert_eq!(decimal_from_f64(f64::INFINITY, 2), None);
    }

    #[test]
    fn prices_snap_to_ticks() {
        let (price, tick): (Price, Price) = ("100.07".parse().unwrap(), "0.05".parse().unwrap());
        assert_eq!(price.floor_to(tick), "100.05".parse().unwrap());
        assert_eq!(price.ceil_to(tick), "100.10".parse().unwrap());
        assert!(price.ceil_to(tick).is_multiple_of(tick));
        assert_eq!(price.floor_to(Price::ZERO), price, "no tick, no rounding");
        let long = Quantity(Decimal::TEN / Decimal::from(3));
        assert_eq!(long.floor_to("0.01".parse().unwrap()).to_string(), "3.33");
        assert_eq!(Quantity(Decimal::TEN).floor_to("0.01".parse().unwrap()).to_string(), "10");
    }

    #[test]
    fn money_saturates_and_never_panics() {
        let (most, least) = (Amount(Decimal::MAX), Amount(Decimal::MIN));
        assert_eq!((most + most, least - most, -least), (most, least, most));
        assert_eq!(Price(Decimal::MAX) * Quantity(Decimal::NEGATIVE_ONE - Decimal::ONE), least);
        assert_eq!(Quantity(Decimal::ONE).share_of(Quantity(Decimal::TWO), most).0, Decimal::MAX / Decimal::TWO);
        assert_eq!(Quantity(Decimal::TWO).share_of(Quantity(Decimal::TEN), most), most * Rate(Decimal::new(2, 1)));
        assert_eq!(most.at(Price(Decimal::new(1, 28))), Quantity::ZERO, "what does not fit");
    }
}
