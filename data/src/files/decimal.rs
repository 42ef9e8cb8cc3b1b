//! Decimal text to a mantissa at a scale, exactly: no float in between.

/// Powers of ten that fit `i64`.
const TENS: [i64; 19] = {
    let mut powers = [1; 19];
    let mut exponent = 1;
    while exponent < powers.len() {
        powers[exponent] = powers[exponent - 1] * 10;
        exponent += 1;
    }
    powers
};

/// More significant digits than this are refused; a float has 17 at most.
const MAX_DIGITS: u32 = 34;

/// Why a text is no mantissa at the scale asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    /// It is not a decimal number (or has absurdly many digits).
    NotANumber,
    /// It has this many decimals, more than the scale.
    Decimals(u32),
    /// Its mantissa does not fit 64 bits.
    TooLarge,
}

/// A decimal as it stands in the text, without trailing zeros: `±mantissa × 10^-decimals`, `decimals` not negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Digits {
    pub negative: bool,
    pub mantissa: u128,
    pub decimals: u32,
}

impl Digits {
    /// Reads `-12.50`, `.5`, `1e-05` and the like.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let (negative, text) = match text {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, text),
        };
        let exponent_at = text.iter().position(|byte| matches!(byte, b'e' | b'E'));
        let (number, exponent) = match exponent_at {
            Some(at) => (&text[..at], std::str::from_utf8(&text[at + 1..]).ok()?.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (mut mantissa, mut digits, mut decimals, mut seen_point, mut seen_digit) = (0_u128, 0, 0_i32, false, false);
        for &byte in number {
            match byte {
                b'0'..=b'9' => {
                    seen_digit = true;
                    digits += u32::from(mantissa != 0 || byte != b'0');
                    if digits > MAX_DIGITS {
                        return None;
                    }
                    mantissa = mantissa * 10 + u128::from(byte - b'0');
                    decimals = decimals.checked_add(i32::from(seen_point))?;
                }
                b'.' if !seen_point => seen_point = true,
                _ => return None,
            }
        }
        if !seen_digit {
            return None;
        }
        let mut decimals = decimals.checked_sub(exponent)?;
        if mantissa == 0 {
            return Some(Self { negative: false, mantissa, decimals: 0 });
        }
        while decimals > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            decimals -= 1;
        }
        if decimals < 0 {
            mantissa = mantissa.checked_mul(10_u128.checked_pow(decimals.unsigned_abs())?)?;
        }
        Some(Self { negative, mantissa, decimals: decimals.max(0).unsigned_abs() })
    }

    fn scaled(self, scale: u8) -> Result<i64, Unfit> {
        let mantissa = match u32::from(scale).checked_sub(self.decimals) {
            Some(missing) => 10_u128.checked_pow(missing).and_then(|power| self.mantissa.checked_mul(power)),
            // Half to even, on the digits beyond the scale.
            None => Some(match 10_u128.checked_pow(self.decimals - u32::from(scale)) {
                Some(power) => {
                    let (whole, rest) = (self.mantissa / power, self.mantissa % power);
                    whole + u128::from(rest > power / 2 || (rest == power / 2 && whole % 2 == 1))
                }
                None => 0,
            }),
        };
        let mantissa = mantissa.and_then(|mantissa| i64::try_from(mantissa).ok()).ok_or(Unfit::TooLarge)?;
        Ok(if self.negative { -mantissa } else { mantissa })
    }
}

/// The mantissa of `text` at `scale`, exactly.
pub(super) fn fixed(text: &[u8], scale: u8) -> Result<i64, Unfit> {
    if let Some(mantissa) = short(text, scale) {
        return Ok(mantissa);
    }
    let digits = Digits::parse(text).ok_or(Unfit::NotANumber)?;
    if digits.decimals > u32::from(scale) {
        return Err(Unfit::Decimals(digits.decimals));
    }
    digits.scaled(scale)
}

/// The mantissa of `text` at `scale`, rounded half to even.
pub(super) fn rounded(text: &[u8], scale: u8) -> Result<i64, Unfit> {
    short(text, scale).map_or_else(|| Digits::parse(text).ok_or(Unfit::NotANumber)?.scaled(scale), Ok)
}

/// The common case: at most 19 digits (a time in nanoseconds), none beyond the scale, no sign, no exponent.
fn short(text: &[u8], scale: u8) -> Option<i64> {
    if text.is_empty() || text.len() > 20 {
        return None;
    }
    let mut mantissa = 0_u64;
    let mut decimals = None;
    for (at, &byte) in text.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit < 10 {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit));
        } else if byte == b'.' && decimals.is_none() {
            decimals = Some(text.len() - at - 1);
        } else {
            return None;
        }
    }
    if text.len() - usize::from(decimals.is_some()) > 19 || text == b"." {
        return None;
    }
    let missing = usize::from(scale).checked_sub(decimals.unwrap_or(0))?;
    i64::try_from(mantissa).ok()?.checked_mul(*TENS.get(missing)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_becomes_the_exact_mantissa_or_says_why_not() {
        for (text, scale, expected) in [
            ("50000.1", 1, Ok(500_001)),
            ("61737.63000000", 2, Ok(6_173_763)),
            ("5", 8, Ok(500_000_000)),
            (".5", 1, Ok(5)),
            ("5.", 1, Ok(50)),
            ("1e-05", 5, Ok(1)),
            ("1.5E3", 0, Ok(1_500)),
            ("-0.1", 1, Ok(-1)),
            ("0.000", 0, Ok(0)),
            ("9223372036854775807", 0, Ok(i64::MAX)),
            ("9223372036854775808", 0, Err(Unfit::TooLarge)),
            ("1e30", 8, Err(Unfit::TooLarge)),
            ("1e400", 8, Err(Unfit::NotANumber)),
            ("1e-400", 8, Err(Unfit::Decimals(400))),
            ("1.23456789012", 8, Err(Unfit::Decimals(11))),
            ("", 8, Err(Unfit::NotANumber)),
            (".", 8, Err(Unfit::NotANumber)),
            ("-", 8, Err(Unfit::NotANumber)),
            ("NaN", 8, Err(Unfit::NotANumber)),
            ("inf", 8, Err(Unfit::NotANumber)),
            ("1.2.3", 8, Err(Unfit::NotANumber)),
            ("1 000", 8, Err(Unfit::NotANumber)),
            ("1e", 8, Err(Unfit::NotANumber)),
            ("0x10", 8, Err(Unfit::NotANumber)),
        ] {
            assert_eq!(fixed(text.as_bytes(), scale), expected, "{text:?} at {scale}");
        }
    }

    #[test]
    fn volumes_round_half_to_even() {
        for (text, expected) in
            [("0.125", 12), ("0.135", 14), ("0.1250000001", 13), ("2.675", 268), ("114.60000000000000853", 11_460), ("1e-400", 0)]
        {
            assert_eq!(rounded(text.as_bytes(), 2), Ok(expected), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_mantissa_survives_its_text(mantissa in any::<i64>(), scale in 0_u8..=12) {
            let text = rust_decimal::Decimal::new(mantissa, u32::from(scale)).to_string();
            prop_assert_eq!(fixed(text.as_bytes(), scale), Ok(mantissa), "{}", text);
            prop_assert_eq!(rounded(text.as_bytes(), scale), Ok(mantissa), "{}", text);
        }

        #[test]
        fn no_text_panics(text in "[-+0-9.eE]{0,45}", scale in 0_u8..=12) {
            let (exact, near) = (fixed(text.as_bytes(), scale), rounded(text.as_bytes(), scale));
            if let Ok(value) = exact {
                prop_assert_eq!(near, Ok(value));
            }
        }
    }
}
