//! Limits: what the venue allows in a time, kept below by both readings of its windows, fixed or sliding.
//!
//! A bucket's token comes back a window after it was taken, so no window of that length, wherever it begins, holds
//! more than the limit. REST and WebSocket draw on one set: the venue counts their orders together.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use thiserror::Error;

/// Windows are kept this much longer, in percent: requests sent apart may arrive closer together.
const MARGIN_PERCENT: u32 = 10;
/// More buckets than this are tidied up before a new one is made.
const MAX_BUCKETS: usize = 4_096;

/// What is counted together. Each is counted by user, by address or by connection, and some by a scope as well: an
/// instrument, or a kind of instruments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the endpoint of its name")]
pub enum Budget {
    Time,
    Instruments,
    Ticker,
    Tickers,
    Books,
    Candles,
    HistoryCandles,
    Trades,
    HistoryTrades,
    Status,
    PriceLimit,
    FundingRate,
    FundingRateHistory,
    Balance,
    Positions,
    AccountConfig,
    TradeFee,
    Place,
    PlaceBatch,
    Amend,
    AmendBatch,
    Cancel,
    CancelBatch,
    SubAccountOrders,
    Order,
    OrdersPending,
    OrdersHistory,
    OrdersArchive,
    Fills,
    FillsHistory,
    PlaceAlgo,
    AmendAlgo,
    CancelAlgo,
    AlgoOrder,
    AlgosPending,
    AlgosHistory,
    CancelAllAfter,
    Connect,
    Subscribe,
}

impl Budget {
    /// Tokens in a window, and its length.
    pub fn limit(self) -> (u32, Duration) {
        let two_seconds = |tokens| (tokens, Duration::from_secs(2));
        match self {
            Self::Candles | Self::Books | Self::OrdersHistory => two_seconds(40),
            Self::Trades => two_seconds(100),
            Self::Place | Self::Amend | Self::Cancel | Self::Order | Self::OrdersPending | Self::Fills => two_seconds(60),
            Self::PlaceBatch | Self::AmendBatch | Self::CancelBatch => two_seconds(300),
            Self::Time | Self::FundingRate | Self::FundingRateHistory | Self::Balance | Self::Positions | Self::FillsHistory => {
                two_seconds(10)
            }
            Self::AccountConfig | Self::TradeFee => two_seconds(5),
            Self::Instruments
            | Self::Ticker
            | Self::Tickers
            | Self::HistoryCandles
            | Self::HistoryTrades
            | Self::PriceLimit
            | Self::OrdersArchive
            | Self::PlaceAlgo
            | Self::AmendAlgo
            | Self::CancelAlgo
            | Self::AlgoOrder
            | Self::AlgosPending
            | Self::AlgosHistory => two_seconds(20),
            Self::SubAccountOrders => two_seconds(1_000),
            Self::Status => (1, Duration::from_secs(5)),
            Self::CancelAllAfter => (1, Duration::from_secs(1)),
            Self::Connect => (3, Duration::from_secs(1)),
            Self::Subscribe => (480, Duration::from_hours(1)),
        }
    }
}

/// What one request costs: tokens of a budget, in a scope (an instrument, say) or, with `""`, in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge<'a> {
    /// What it is counted with.
    pub budget: Budget,
    /// Within what.
    pub scope: &'a str,
    /// How many tokens: orders of a batch, else one.
    pub tokens: u32,
}

impl<'a> Charge<'a> {
    /// One token of a budget that knows no scope.
    pub fn one(budget: Budget) -> Self {
        Self { budget, scope: "", tokens: 1 }
    }

    /// One token within a scope.
    pub fn within(budget: Budget, scope: &'a str) -> Self {
        Self { budget, scope, tokens: 1 }
    }
}

/// A request that would have to wait longer than its sender wants to. Nothing was charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the limit of {budget:?} would have it wait {wait_ms} ms")]
pub struct Limited {
    /// The budget that lacks tokens.
    pub budget: Budget,
    /// How long, in milliseconds.
    pub wait_ms: u64,
}

/// The limits of one account at one address, shared by all that speaks for it.
#[derive(Debug)]
pub struct Limits {
    origin: Instant,
    buckets: Mutex<Buckets>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { origin: Instant::now(), buckets: Mutex::default() }
    }
}

impl Limits {
    /// Waits until the venue allows all the charges, in the order of asking, at most as long as `patience`.
    pub async fn acquire(&self, charges: &[Charge<'_>], patience: Duration) -> Result<(), Limited> {
        let at = self.buckets().reserve(self.origin.elapsed(), charges, patience)?;
        // The tokens stay taken if the caller gives up while it waits: rather too few requests than too many.
        tokio::time::sleep_until((self.origin + at).into()).await;
        Ok(())
    }

    /// The venue says that it is too much, whatever we counted: nothing of these charges leaves for that long.
    pub fn hold(&self, charges: &[Charge<'_>], wait: Duration) {
        let until = self.origin.elapsed() + wait;
        let mut buckets = self.buckets();
        for charge in charges {
            let bucket = buckets.bucket(charge);
            bucket.held_until = bucket.held_until.max(until);
        }
    }

    fn buckets(&self) -> std::sync::MutexGuard<'_, Buckets> {
        // A panic cannot leave a bucket half changed in a way that allows too much.
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All buckets, without a clock: times are since some origin.
#[derive(Debug, Default)]
struct Buckets(HashMap<(Budget, Box<str>), Bucket>);

#[derive(Debug, Default)]
struct Bucket {
    /// When tokens were, or will be, taken, and how many; the oldest first.
    taken: VecDeque<(Duration, u32)>,
    held_until: Duration,
}

impl Buckets {
    fn bucket(&mut self, charge: &Charge<'_>) -> &mut Bucket {
        self.0.entry((charge.budget, charge.scope.into())).or_default()
    }

    /// Takes the tokens at the first time when all charges fit, and says when that is.
    fn reserve(&mut self, now: Duration, charges: &[Charge<'_>], patience: Duration) -> Result<Duration, Limited> {
        if self.0.len() > MAX_BUCKETS {
            self.0.retain(|(budget, _), bucket| bucket.is_in_use(now, kept(*budget).1));
        }
        let mut at = now;
        // Each bucket can only move the time on, and what fits at a time fits later too.
        for charge in charges {
            let (limit, window) = kept(charge.budget);
            let fits = self.bucket(charge).earliest(now, charge.tokens, limit, window);
            let wait = fits.map_or(Duration::MAX, |fits| fits.saturating_sub(now));
            let Some(fits) = fits.filter(|_| wait <= patience) else {
                let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
                return Err(Limited { budget: charge.budget, wait_ms });
            };
            at = at.max(fits);
        }
        for charge in charges {
            self.bucket(charge).taken.push_back((at, charge.tokens));
        }
        Ok(at)
    }
}

/// A budget's limit, its window with the margin on it.
fn kept(budget: Budget) -> (u32, Duration) {
    let (limit, window) = budget.limit();
    (limit, window + window * MARGIN_PERCENT / 100)
}

impl Bucket {
    /// When that many tokens are there; never before those who asked earlier. `None` if they never are.
    fn earliest(&mut self, now: Duration, tokens: u32, limit: u32, window: Duration) -> Option<Duration> {
        while self.taken.front().is_some_and(|(at, _)| *at + window <= now) {
            self.taken.pop_front();
        }
        let room = limit.checked_sub(tokens)?;
        let last = self.taken.back().map_or(now, |(at, _)| *at);
        let mut at = now.max(last).max(self.held_until);
        let mut used: u32 = self.taken.iter().map(|(_, tokens)| tokens).sum();
        for (taken_at, taken) in &self.taken {
            if *taken_at + window > at {
                if used <= room {
                    break;
                }
                at = *taken_at + window;
            }
            used -= taken;
        }
        Some(at)
    }

    fn is_in_use(&self, now: Duration, window: Duration) -> bool {
        self.held_until > now || self.taken.back().is_some_and(|(at, _)| *at + window > now)
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    const FOREVER: Duration = Duration::from_secs(1_000_000);

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_full_bucket_waits_for_its_oldest_token() {
        let mut buckets = Buckets::default();
        let charge = [Charge::within(Budget::Place, "BTC-USDT")];
        for taken in 0..60 {
            assert_eq!(buckets.reserve(ms(taken), &charge, FOREVER), Ok(ms(taken)));
        }
        assert_eq!(buckets.reserve(ms(100), &charge, FOREVER), Ok(ms(2_200)), "2 s and the margin");
        assert_eq!(buckets.reserve(ms(100), &charge, FOREVER), Ok(ms(2_201)));
        let other = [Charge::within(Budget::Place, "ETH-USDT")];
        assert_eq!(buckets.reserve(ms(100), &other, FOREVER), Ok(ms(100)), "another instrument has its own");
    }

    #[test]
    fn a_batch_waits_for_all_its_tokens_and_an_impatient_one_takes_none() {
        let mut buckets = Buckets::default();
        let batch = |tokens| [Charge { budget: Budget::PlaceBatch, scope: "BTC-USDT", tokens }];
        assert_eq!(buckets.reserve(ms(0), &batch(290), FOREVER), Ok(ms(0)));
        assert_eq!(buckets.reserve(ms(5), &batch(10), FOREVER), Ok(ms(5)));
        assert_eq!(buckets.reserve(ms(10), &batch(20), ms(100)), Err(Limited { budget: Budget::PlaceBatch, wait_ms: 2_190 }));
        assert_eq!(buckets.reserve(ms(10), &batch(20), FOREVER), Ok(ms(2_200)));
        assert!(buckets.reserve(ms(10), &batch(301), FOREVER).is_err(), "no window has that many");
    }

    #[test]
    fn all_charges_of_a_request_are_taken_at_one_time() {
        let mut buckets = Buckets::default();
        let (time, place) = (Charge::one(Budget::CancelAllAfter), Charge::within(Budget::Place, "BTC-USDT"));
        assert_eq!(buckets.reserve(ms(0), &[time], FOREVER), Ok(ms(0)));
        assert_eq!(buckets.reserve(ms(0), &[place, time], FOREVER), Ok(ms(1_100)));
        assert_eq!(buckets.reserve(ms(0), &[place], FOREVER), Ok(ms(1_100)), "nobody overtakes");
    }

    proptest! {
        /// Whatever is asked for and whenever, no window of the limit's length, wherever it begins, holds more.
        #[test]
        fn no_window_is_above_the_limit(steps in vec((0_u64..400, 1_u32..=20, any::<bool>()), 1..400)) {
            let mut buckets = Buckets::default();
            let (mut now, mut sent) = (ms(0), Vec::new());
            for (gap, tokens, hurried) in steps {
                now += ms(gap / 8);
                let charge = [Charge { budget: Budget::PlaceBatch, scope: "BTC-USDT", tokens: tokens * 3 }];
                let patience = if hurried { ms(200) } else { FOREVER };
                if let Ok(at) = buckets.reserve(now, &charge, patience) {
                    prop_assert!(at >= now && at.saturating_sub(now) <= patience);
                    sent.push((at, charge[0].tokens));
                }
            }
            prop_assert!(sent.is_sorted_by_key(|(at, _)| *at), "first come, first served");
            for (from, _) in &sent {
                let inside = sent.iter().filter(|(at, _)| at >= from && *at <= *from + ms(2_000));
                let sum: u32 = inside.map(|(_, tokens)| tokens).sum();
                prop_assert!(sum <= 300, "{sum} from {from:?} on");
            }
        }
    }
}
