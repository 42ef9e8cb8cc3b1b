//! What trading cost, what is still held, and what changed on the way.

use engine::event::{Regime as Seen, Trend, Volatility};
use engine::number::Amount;
use engine::state::State;

use super::super::detail::Kept;
use super::super::document::{Changes, Costs, FillSum, Holding, Regime, Step};
use super::super::summary::padded;
use super::trips::Names;
use crate::metrics::Series;

/// A longer run is told by its days.
const MOMENTS_DAYS: f64 = 30.0;

/// Fees and slippage.
pub(super) fn costs(kept: &Kept, state: &State) -> Costs {
    let by_instrument = state.markets.iter().zip(&kept.fees).filter(|(_, fees)| !fees.is_zero());
    let arrived = kept.arrived.to_f64();
    Costs {
        fees: state.portfolio.fees().map(|(currency, amount)| (currency.to_string(), padded(amount))).collect(),
        fees_by_instrument: by_instrument.map(|(market, &fees)| (market.instrument.symbol.clone(), padded(fees))).collect(),
        maker: rounded(&kept.maker),
        taker: rounded(&kept.taker),
        slippage: Amount(kept.slippage.0.round_dp(8).normalize()),
        slippage_bps: (arrived > 0.0).then(|| kept.slippage.to_f64() / arrived * 10_000.0),
    }
}

fn rounded(sum: &FillSum) -> FillSum {
    FillSum { fills: sum.fills, notional: padded(sum.notional), fees: padded(sum.fees) }
}

/// Positions that are open.
pub(super) fn holdings(state: &State, names: &Names) -> Vec<Holding> {
    let open = state.portfolio.positions().filter(|(_, _, position)| position.quantity.is_positive());
    open.map(|(owner, instrument, position)| {
        let last_price = state.markets.get(instrument).and_then(engine::markets::Market::last_price);
        Holding {
            strategy: names.tag(owner),
            instrument: names.symbol(instrument),
            quantity: position.quantity,
            average_price: position.average_price(),
            last_price,
            unrealised: last_price.map(|price| position.unrealised(price)),
        }
    })
    .collect()
}

/// Steps of parameters, health and regimes.
pub(super) fn changes(kept: &Kept, names: &Names) -> Changes {
    let mut changes = Changes {
        min_confidence_bps: kept.min_confidence.iter().copied().collect(),
        size_scale_bps: kept.size_scale.iter().copied().collect(),
        health: kept.health.iter().copied().collect(),
        regimes_every: kept.regimes.every(),
        ..Changes::default()
    };
    for &(at, instrument, regime) in kept.regimes.iter() {
        let steps = changes.regimes.entry(names.symbol(instrument)).or_default();
        steps.push(Regime { at, name: name(regime) });
    }
    changes
}

/// Equity after fills, of a run that is too short for a curve of days.
pub(super) fn moments(kept: &Kept, series: &Series) -> Vec<Step> {
    let is_short = series.days() <= MOMENTS_DAYS;
    kept.moments.iter().copied().filter(|moment| is_short && moment.value.is_finite()).collect()
}

fn name(regime: Seen) -> &'static str {
    match (regime.trend, regime.volatility) {
        (Trend::Trending, Volatility::Low) => "trending, calm",
        (Trend::Trending, Volatility::High) => "trending, volatile",
        (Trend::Ranging, Volatility::Low) => "ranging, calm",
        (Trend::Ranging, Volatility::High) => "ranging, volatile",
    }
}
