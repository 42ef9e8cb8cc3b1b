//! Which rows are wanted: what is not is not computed.

/// A kind of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// [`Row::Order`](super::Row::Order).
    Orders,
    /// [`Row::Fill`](super::Row::Fill).
    Fills,
    /// [`Row::RoundTrip`](super::Row::RoundTrip).
    RoundTrips,
    /// [`Row::Position`](super::Row::Position) and [`Row::Balance`](super::Row::Balance).
    Holdings,
    /// [`Row::Deposit`](super::Row::Deposit).
    Deposits,
    /// [`Row::Equity`](super::Row::Equity) at the start, at each 00:00 UTC and at the end.
    Days,
    /// [`Row::Equity`](super::Row::Equity) at each fill and deposit.
    Equity,
    /// [`Row::Signal`](super::Row::Signal).
    Signals,
    /// [`Row::Denial`](super::Row::Denial).
    Denials,
    /// [`Row::Breaker`](super::Row::Breaker), [`Row::Adjustment`](super::Row::Adjustment), [`Row::Health`](super::Row::Health),
    /// [`Row::Regime`](super::Row::Regime), [`Row::Trouble`](super::Row::Trouble) and [`Row::Funding`](super::Row::Funding).
    Others,
}

/// A set of kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted(u16);

impl Wanted {
    /// Every kind.
    pub const ALL: Self = Self(u16::MAX);

    /// These kinds.
    pub fn of(kinds: &[Kind]) -> Self {
        Self(kinds.iter().fold(0, |set, kind| set | kind.bit()))
    }

    /// Whether a kind is among them.
    pub fn has(self, kind: Kind) -> bool {
        self.0 & kind.bit() != 0
    }

    /// Whether one of these kinds is among them.
    pub fn has_any(self, kinds: &[Kind]) -> bool {
        self.0 & Self::of(kinds).0 != 0
    }
}

impl Kind {
    fn bit(self) -> u16 {
        1 << self as u16
    }
}
