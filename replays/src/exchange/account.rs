//! The account: what is owned in each currency, and how much of it open orders hold.

use engine::instrument::Currency;
use engine::number::{Amount, Decimal};

/// A currency's place in the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slot(usize);

/// What is owned of one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// Of which currency.
    pub currency: Currency,
    /// All of it.
    pub total: Amount,
    /// The part of it that open orders hold.
    pub held: Amount,
}

/// A spot cash account. No total is ever below zero, and no hold above its total.
#[derive(Debug, Default)]
pub(super) struct Account {
    balances: Vec<Balance>,
}

impl Account {
    /// Everything that is or was owned.
    pub(super) fn balances(&self) -> &[Balance] {
        &self.balances
    }

    /// A currency's place, made when it is new.
    pub(super) fn slot(&mut self, currency: Currency) -> Slot {
        let known = self.balances.iter().position(|balance| balance.currency == currency);
        Slot(known.unwrap_or_else(|| {
            self.balances.push(Balance { currency, total: Amount::ZERO, held: Amount::ZERO });
            self.balances.len() - 1
        }))
    }

    /// Adds money, or takes it out (a negative amount): never more than is free.
    pub(super) fn deposit(&mut self, slot: Slot, amount: Amount) {
        let balance = &mut self.balances[slot.0];
        balance.total = sum(balance.total, amount).max(balance.held);
    }

    /// What no order holds.
    pub(super) fn free(&self, slot: Slot) -> Amount {
        let balance = &self.balances[slot.0];
        balance.total - balance.held
    }

    /// Holds an amount; `false`, and nothing changes, when less is free.
    #[must_use]
    pub(super) fn hold(&mut self, slot: Slot, amount: Amount) -> bool {
        let enough = amount <= self.free(slot);
        if enough {
            self.balances[slot.0].held += amount;
        }
        enough
    }

    /// Lets a held amount go.
    pub(super) fn release(&mut self, slot: Slot, amount: Amount) {
        let balance = &mut self.balances[slot.0];
        // Sums of more than 28 digits are rounded: what is left then may be a hair below nothing.
        balance.held = (balance.held - amount).max(Amount::ZERO);
    }

    /// Pays one amount out of what is free and books another; `false`, and nothing changes, when less is free.
    #[must_use]
    pub(super) fn exchange(&mut self, pay: (Slot, Amount), receive: (Slot, Amount)) -> bool {
        let enough = pay.1 <= self.free(pay.0) && !sum(self.free(receive.0), receive.1).is_negative();
        if enough {
            self.balances[pay.0.0].total -= pay.1;
            let total = &mut self.balances[receive.0.0].total;
            *total = sum(*total, receive.1);
        }
        enough
    }
}

/// Saturates, so that absurd deposits cannot panic.
fn sum(a: Amount, b: Amount) -> Amount {
    Amount(a.0.checked_add(b.0).unwrap_or(if b.is_negative() { Decimal::MIN } else { Decimal::MAX }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(text: &str) -> Amount {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_held_cannot_be_paid_withdrawn_or_held_again() {
        let mut account = Account::default();
        let (usdt, btc) = (account.slot("USDT".parse().unwrap()), account.slot("BTC".parse().unwrap()));
        account.deposit(usdt, amount("100"));
        assert!(account.hold(usdt, amount("60")));
        assert!(!account.hold(usdt, amount("40.01")));
        assert!(!account.exchange((usdt, amount("41")), (btc, amount("1"))));
        account.deposit(usdt, amount("-1000"));
        assert_eq!((account.balances()[0].total, account.free(usdt)), (amount("60"), Amount::ZERO));
        account.release(usdt, amount("60"));
        assert!(account.exchange((usdt, amount("59.5")), (btc, amount("1"))));
        assert_eq!((account.free(usdt), account.free(btc)), (amount("0.5"), amount("1")));
    }

    #[test]
    fn absurd_deposits_saturate() {
        let mut account = Account::default();
        let slot = account.slot("USDT".parse().unwrap());
        (0..3).for_each(|_| account.deposit(slot, Amount(Decimal::MAX)));
        assert_eq!(account.free(slot), Amount(Decimal::MAX));
    }
}
