//! Why the venue refused an order or ended it.

use engine::order::{CancelReason, RejectReason};

use crate::okx::code::Remedy;

/// Longer words of the venue are cut: they go into the log.
const MAX_MESSAGE: usize = 200;

/// Why an order, an amendment or a cancellation was refused: an item's code and words.
pub fn reject_reason(code: &str, message: &str) -> RejectReason {
    let code = code.split_once('_').map_or(code, |(code, _)| code).trim();
    match (code, Remedy::of(code)) {
        (_, Remedy::ResyncBalances) => RejectReason::InsufficientBalance,
        (_, Remedy::RefreshInstruments) => RejectReason::UnknownInstrument,
        (_, Remedy::NotOpen) => RejectReason::NotOpen,
        ("51020", _) => RejectReason::BelowMinimumSize,
        ("51121", _) => RejectReason::QuantityOffLot,
        ("51150", _) => RejectReason::PriceOffTick,
        _ => RejectReason::Venue {
            code: code.parse().unwrap_or(0),
            message: message.trim().chars().take(MAX_MESSAGE).collect::<String>().into(),
        },
    }
}

/// Why an order ended: its `cancelSource`.
pub fn cancel_reason(source: &str) -> CancelReason {
    match source.trim() {
        "1" => CancelReason::Requested,
        "9" => CancelReason::InsufficientBalance,
        "13" => CancelReason::CouldNotFillWhole,
        "14" => CancelReason::NothingLeftToTake,
        "31" => CancelReason::WouldTake,
        "36" | "37" => CancelReason::Linked,
        other => CancelReason::Venue { code: other.parse().unwrap_or(0) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_in_the_engines_words() {
        assert_eq!(reject_reason("51008", "Order failed. Insufficient BTC balance"), RejectReason::InsufficientBalance);
        assert_eq!(reject_reason("51119", ""), RejectReason::InsufficientBalance);
        assert_eq!(reject_reason("51001", ""), RejectReason::UnknownInstrument);
        assert_eq!(reject_reason("51400", ""), RejectReason::NotOpen);
        assert_eq!(reject_reason("51503", ""), RejectReason::NotOpen);
        assert_eq!(reject_reason("51020", ""), RejectReason::BelowMinimumSize);
        assert_eq!(reject_reason("51121", ""), RejectReason::QuantityOffLot);
        let other = reject_reason("51000", "Parameter clOrdId  error ");
        assert_eq!(other, RejectReason::Venue { code: 51_000, message: "Parameter clOrdId  error".into() });
        let RejectReason::Venue { code, message } = reject_reason("gone", &"€".repeat(1_000)) else {
            panic!("not the venue's")
        };
        assert_eq!((code, message.chars().count()), (0, MAX_MESSAGE));
    }

    #[test]
    fn ends_are_told_in_the_engines_words() {
        for (source, reason) in [
            ("1", CancelReason::Requested),
            ("13", CancelReason::CouldNotFillWhole),
            ("14", CancelReason::NothingLeftToTake),
            ("31", CancelReason::WouldTake),
            ("36", CancelReason::Linked),
            ("32", CancelReason::Venue { code: 32 }),
            ("20", CancelReason::Venue { code: 20 }),
            ("", CancelReason::Venue { code: 0 }),
            ("new", CancelReason::Venue { code: 0 }),
        ] {
            assert_eq!(cancel_reason(source), reason, "{source:?}");
        }
    }
}
