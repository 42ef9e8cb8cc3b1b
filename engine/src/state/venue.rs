//! Reconciliation: what the venue says that the account has is what it has.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::State;
use crate::event::{StrayOrder, VenueSnapshot};
use crate::instrument::Currency;
use crate::number::Amount;

/// A balance that is not what the log's own fills and deposits make it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    pub currency: Currency,
    pub ours: Amount,
    pub venues: Amount,
}

impl State {
    /// Whether the account is known from anything but the venue's own word: before, a snapshot tells what there is.
    pub(crate) fn knows_balances(&self) -> bool {
        self.portfolio.balances().next().is_some()
    }

    /// Where a snapshot differs from what is known, in the order of currencies.
    pub(crate) fn differences(&self, snapshot: &VenueSnapshot) -> Vec<Difference> {
        let mut both: BTreeMap<Currency, (Amount, Amount)> =
            self.portfolio.balances().map(|(currency, ours)| (currency, (ours, Amount::ZERO))).collect();
        for &(currency, venues) in &snapshot.balances {
            both.entry(currency).or_default().1 = venues;
        }
        let differing = both.into_iter().filter(|(_, (ours, venues))| ours != venues);
        differing.map(|(currency, (ours, venues))| Difference { currency, ours, venues }).collect()
    }

    /// Of a snapshot's orders, those that can be taken in.
    pub(crate) fn adoptable<'a>(&self, snapshot: &'a VenueSnapshot) -> impl Iterator<Item = &'a StrayOrder> {
        snapshot.strays.iter().filter(|stray| {
            self.markets.get(stray.instrument).is_some()
                && !self.orders.has_adopted(stray.venue_id)
                && stray.quantity > stray.filled
        })
    }

    /// What the venue has more than we knew of came in like a deposit: it is no profit.
    pub(super) fn reconcile(&mut self, snapshot: &VenueSnapshot) {
        for Difference { currency, ours, venues } in self.differences(snapshot) {
            self.deposited(currency, venues - ours);
        }
        self.forget_left_positions();
    }
}
