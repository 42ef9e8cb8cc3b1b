//! Numbers as people read them.

use engine::number::Amount;
use engine::time::Timestamp;

/// A share, in percent.
pub fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "-".to_owned(), |share| format!("{:.2} %", share * 100.0))
}

/// A ratio.
pub fn ratio(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.2}"))
}

/// With two decimals, for reading; exact figures are in `--json`.
pub fn money(amount: Amount) -> String {
    let mut rounded = amount.0.round_dp(2);
    rounded.rescale(2);
    let text = rounded.to_string();
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
    let (whole, cents) = digits.split_once('.').unwrap_or((digits, "00"));
    format!("{sign}{}.{cents}", group(whole))
}

/// A number without decimals, its thousands apart.
pub fn grouped(number: impl ToString + Copy) -> String {
    group(&number.to_string())
}

/// Thousands apart: `1,234,567`.
fn group(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Seconds in the two units that matter.
pub fn duration(seconds: Option<i64>) -> String {
    let Some(seconds) = seconds else { return "-".to_owned() };
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match seconds {
        86_400.. => format!("{days}d {hours:02}h"),
        3_600.. => format!("{hours}h {minutes:02}m"),
        60.. => format!("{minutes}m {:02}s", seconds % 60),
        _ => format!("{seconds}s"),
    }
}

/// The day of a time.
pub fn date(at: Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}

/// A time without its seconds.
pub fn minute(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "-".to_owned(), |at| at.to_string().chars().take(16).collect::<String>().replace('T', " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(money(Amount("-1234.5".parse().unwrap())), "-1,234.50");
        assert_eq!(money(Amount("0.005".parse().unwrap())), "0.00");
    }

    #[test]
    fn durations_have_two_units() {
        let seconds = [0, 59, 61, 3_599, 3_661, 86_399, 90_061];
        let texts = seconds.map(|seconds| duration(Some(seconds)));
        assert_eq!(texts, ["0s", "59s", "1m 01s", "59m 59s", "1h 01m", "23h 59m", "1d 01h"]);
    }
}
