//! What a client does about an error code.

/// The one right thing to do. Whether a request may be sent again also depends on what it was: an order whose outcome is
/// not known is asked for by its client id before anything else is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Nothing: it went well, or the items of the reply say more.
    Proceed,
    /// Send it again a little later: it was not carried out.
    Retry,
    /// Send less, then send it again.
    BackOff,
    /// It may or may not have been carried out: ask for it before anything is sent again.
    OutcomeUnknown,
    /// It came too late and was not carried out: decide anew.
    DecideAnew,
    /// Measure the venue's clock, then try once more.
    ResyncClock,
    /// Log in on this connection, then send it again.
    LogIn,
    /// Leave this connection for a new one.
    Reconnect,
    /// Subscribe to the `books` channel instead: the account may not have this one.
    UsePlainBooks,
    /// Stop trading and tell a person: the key or the account is not accepted.
    Stop,
    /// Stop trading this instrument.
    StopInstrument,
    /// Fetch the list of instruments: this one has another code, or is gone.
    RefreshInstruments,
    /// This order cannot be; the reason is the order's or the market's.
    Reject,
    /// This order cannot be paid: what we believe of the balances is wrong.
    ResyncBalances,
    /// This order does not fit the position: what we believe of it is wrong.
    ResyncPositions,
    /// There are too many orders: wait for some to end.
    Wait,
    /// Ask for the order: it may be alive, or on its way out.
    QueryOrder,
    /// The order is not open: ask for it, it has ended.
    NotOpen,
    /// The order stays as it was.
    KeepOrder,
    /// The request is wrong, and it will be the next time. A fault of this program or of its configuration.
    Bug,
    /// A code that is not known here: treated as a refusal, and told to a person.
    Unknown,
}

impl Remedy {
    /// Of a reply's code, an item's, or a frame's. Of `51008_1000` the part before the underscore counts.
    pub fn of(code: &str) -> Self {
        let code = code.split_once('_').map_or(code, |(code, _)| code);
        match code.trim().parse() {
            Ok(0..=2) => Self::Proceed,
            Ok(code @ 50_000..=50_999) => of_gateway(code),
            Ok(code @ 51_000..=59_999) => of_order(code),
            Ok(code @ 60_000..=64_999) => of_socket(code),
            _ => Self::Unknown,
        }
    }

    /// Whether a request that only reads, or that was surely not carried out, may be sent again by itself.
    pub fn may_repeat(self) -> bool {
        matches!(self, Self::Retry | Self::BackOff | Self::ResyncClock | Self::LogIn)
    }
}

/// Whatever was asked.
fn of_gateway(code: u32) -> Remedy {
    match code {
        50_001 | 50_005 | 50_013 => Remedy::Retry,
        50_011 | 50_040 | 50_042 | 50_061 => Remedy::BackOff,
        50_004 | 50_026 => Remedy::OutcomeUnknown,
        50_036 | 50_037 => Remedy::DecideAnew,
        50_102 => Remedy::ResyncClock,
        50_009 | 50_012 | 50_027 | 50_029 | 50_030 | 50_100 | 50_101 | 50_103..=50_114 | 50_119 | 50_120 => Remedy::Stop,
        50_000 | 50_002 | 50_006 | 50_014..=50_016 | 50_024 | 50_038 | 50_115 => Remedy::Bug,
        _ => Remedy::Unknown,
    }
}

/// Of an order.
fn of_order(code: u32) -> Remedy {
    match code {
        51_054 | 51_149 => Remedy::OutcomeUnknown,
        51_001 => Remedy::RefreshInstruments,
        51_004..=51_006 | 51_020 | 51_101 | 51_116 | 51_137 | 51_138 | 51_201..=51_203 => Remedy::Reject,
        51_008 | 51_119 | 51_127 | 51_131 => Remedy::ResyncBalances,
        51_016 | 51_410 | 51_412 => Remedy::QueryOrder,
        51_021 | 51_022 | 51_027 | 51_028 | 51_155 => Remedy::StopInstrument,
        51_024 => Remedy::Stop,
        51_025 | 51_102 | 51_174 => Remedy::Wait,
        51_169 | 51_170 => Remedy::ResyncPositions,
        51_400..=51_402 | 51_503 | 51_603 => Remedy::NotOpen,
        51_500 | 51_506 | 51_511..=51_513 => Remedy::KeepOrder,
        51_000 | 51_003 | 51_010 | 51_111 | 51_121 | 51_150 | 51_204 => Remedy::Bug,
        _ => Remedy::Unknown,
    }
}

/// Of a WebSocket.
fn of_socket(code: u32) -> Remedy {
    match code {
        60_004 | 60_006 => Remedy::ResyncClock,
        60_005 | 60_007 | 60_009 | 60_024 | 60_032 | 60_033 => Remedy::Stop,
        60_011 => Remedy::LogIn,
        60_014 | 60_023 => Remedy::BackOff,
        63_999 | 64_007 | 64_008 => Remedy::Reconnect,
        64_003 | 64_004 => Remedy::UsePlainBooks,
        60_012 | 60_013 | 60_018 | 60_019 | 60_027 | 60_028 | 60_031 | 64_001 | 64_002 => Remedy::Bug,
        _ => Remedy::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_that_timed_out_is_never_simply_sent_again() {
        for code in ["50004", "50026", "51054", "51149"] {
            assert_eq!(Remedy::of(code), Remedy::OutcomeUnknown, "{code}");
            assert!(!Remedy::of(code).may_repeat());
        }
        assert_eq!(Remedy::of("51016"), Remedy::QueryOrder, "the first one of a duplicate may be alive");
    }

    #[test]
    fn codes_have_their_remedies() {
        for (code, remedy) in [
            ("0", Remedy::Proceed),
            ("50001", Remedy::Retry),
            ("50011", Remedy::BackOff),
            ("60014", Remedy::BackOff),
            ("50102", Remedy::ResyncClock),
            ("60006", Remedy::ResyncClock),
            ("50113", Remedy::Stop),
            ("60005", Remedy::Stop),
            ("51008", Remedy::ResyncBalances),
            ("51008_1001", Remedy::ResyncBalances),
            ("51400", Remedy::NotOpen),
            ("51511", Remedy::KeepOrder),
            ("64008", Remedy::Reconnect),
            ("60011", Remedy::LogIn),
            ("51000", Remedy::Bug),
            ("12345", Remedy::Unknown),
            ("", Remedy::Unknown),
            ("-1", Remedy::Unknown),
        ] {
            assert_eq!(Remedy::of(code), remedy, "{code}");
        }
    }
}
