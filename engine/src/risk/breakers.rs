//! Circuit breakers: what stops new exposure, and for how long. Protection and ways out go on.

use alloc::vec::Vec;

use crate::event::{Breaker, Trip};
use crate::instrument::InstrumentId;
use crate::number::{Amount, Decimal, Figure, Rate};
use crate::performance::ClosedTrade;
use crate::state::State;
use crate::time::{DAY_NS, HOUR_NS, Timestamp};

/// What trips; `None` never does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breakers {
    /// A loss since 00:00 UTC, as a share of the equity then. It holds until the next day.
    pub daily_loss: Option<Rate>,
    /// A fall from the peak, as a share of it. It holds until an operator resumes.
    pub drawdown: Option<Rate>,
    /// A fall from the peak at which every order is canceled and every position sold. It holds until an operator
    /// resumes.
    pub emergency: Option<Rate>,
    /// Losing trades in a row, over all instruments.
    pub losses: Option<LossStreak>,
    /// How long an instrument rests after a trade in it lost, in nanoseconds.
    pub cooldown_ns: Option<i64>,
    /// Instruments whose recent trades bring too little.
    pub low_profit: Option<LowProfit>,
}

/// So many losing trades in a row stop new exposure for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LossStreak {
    /// How many.
    pub trades: u32,
    /// For how long, in nanoseconds.
    pub pause_ns: i64,
}

/// An instrument rests when its trades of a while brought too little.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LowProfit {
    /// Fewer trades say nothing.
    pub trades: u32,
    /// How far back they count, in nanoseconds.
    pub window_ns: i64,
    /// The least sum of their returns.
    pub least: Rate,
    /// For how long it rests, in nanoseconds.
    pub pause_ns: i64,
}

impl Default for LowProfit {
    fn default() -> Self {
        Self { trades: 4, window_ns: 14 * DAY_NS, least: Rate::from_bps(-500), pause_ns: 3 * DAY_NS }
    }
}

impl Default for LossStreak {
    fn default() -> Self {
        Self { trades: 6, pause_ns: DAY_NS }
    }
}

impl Default for Breakers {
    fn default() -> Self {
        Self {
            daily_loss: Some(Rate::from_bps(500)),
            drawdown: Some(Rate::from_bps(2_500)),
            emergency: Some(Rate::from_bps(4_000)),
            losses: Some(LossStreak::default()),
            cooldown_ns: Some(HOUR_NS / 2),
            low_profit: Some(LowProfit::default()),
        }
    }
}

impl Breakers {
    /// None of them.
    pub fn off() -> Self {
        Self { daily_loss: None, drawdown: None, emergency: None, losses: None, cooldown_ns: None, low_profit: None }
    }
}

/// The equity below which a breaker trips that has not yet.
pub(crate) fn floor(state: &State, breakers: &Breakers) -> Option<Amount> {
    let performance = &state.performance;
    let below = |from: Option<Amount>, share: Option<Rate>, breaker| {
        let share = share.filter(|_| !state.is_paused(breaker, None))?;
        from.filter(|from| from.is_positive()).map(|from| lowest(from, share))
    };
    let floors = [
        below(performance.day_start(), breakers.daily_loss, Breaker::DailyLoss),
        below(performance.peak(), breakers.drawdown, Breaker::Drawdown),
        below(performance.peak(), breakers.emergency, Breaker::Emergency),
    ];
    floors.into_iter().flatten().max()
}

/// What is left of a mark after the most that may be lost of it.
fn lowest(mark: Amount, limit: Rate) -> Amount {
    mark * Rate(Decimal::ONE.saturating_sub(limit.0))
}

/// What trips in this state that has not yet.
pub(crate) fn trips(state: &State, breakers: &Breakers) -> Vec<Trip> {
    let performance = &state.performance;
    let mut trips = Vec::new();
    let mut trip = |breaker, instrument, until, value: Decimal, limit: Decimal| {
        if !state.is_paused(breaker, instrument) {
            let (value, limit) = (Figure(value.round_dp(6).normalize()), Figure(limit));
            trips.push(Trip { breaker, instrument, until, value, limit });
        }
    };
    if let Some(equity) = state.seen_equity() {
        let (day_start, peak) = (performance.day_start(), performance.peak());
        let tomorrow = Timestamp(state.now.day().saturating_add(1).saturating_mul(DAY_NS));
        let falls = [
            (Breaker::DailyLoss, day_start, breakers.daily_loss, Some(tomorrow)),
            (Breaker::Drawdown, peak, breakers.drawdown, None),
            (Breaker::Emergency, peak, breakers.emergency, None),
        ];
        for (breaker, mark, limit, until) in falls {
            if let Some((mark, limit)) = mark.filter(|mark| mark.is_positive()).zip(limit)
                && equity < lowest(mark, limit)
            {
                let fall = (mark - equity).0.checked_div(mark.0).unwrap_or(Decimal::ONE);
                trip(breaker, None, until, fall, limit.0);
            }
        }
    }
    if state.portfolio.just_closed().is_empty() {
        return trips;
    }
    let closed: Vec<&ClosedTrade> = performance.recent().filter(|trade| trade.closed_at == state.now).collect();
    if let Some(LossStreak { trades, pause_ns }) = breakers.losses
        && performance.losses_in_a_row() >= trades.max(1)
    {
        let (count, limit) = (performance.losses_in_a_row().into(), trades.into());
        trip(Breaker::LossesInARow, None, Some(state.now.plus_ns(pause_ns)), count, limit);
    }
    for trade in closed {
        let instrument = trade.instrument;
        if let Some(cooldown_ns) = breakers.cooldown_ns.filter(|_| trade.profit.is_negative()) {
            let until = Some(state.now.plus_ns(cooldown_ns));
            trip(Breaker::Cooldown, Some(instrument), until, trade.return_rate().0, Decimal::ZERO);
        }
        if let Some(rule) = breakers.low_profit
            && let Some(sum) = low_profit(state, instrument, rule)
        {
            let until = Some(state.now.plus_ns(rule.pause_ns));
            trip(Breaker::LowProfit, Some(instrument), until, sum, rule.least.0);
        }
    }
    trips
}

/// The sum of an instrument's recent returns, when it is too low.
fn low_profit(state: &State, instrument: InstrumentId, rule: LowProfit) -> Option<Decimal> {
    let since = Timestamp(state.now.0.saturating_sub(rule.window_ns));
    let of = state.performance.recent().filter(|trade| trade.instrument == instrument && trade.closed_at >= since);
    let returns: Vec<Decimal> = of.map(|trade| trade.return_rate().0).collect();
    let sum = returns.iter().fold(Decimal::ZERO, |sum, value| sum.saturating_add(*value));
    (returns.len() >= rule.trades.max(1) as usize && sum < rule.least.0).then_some(sum)
}
