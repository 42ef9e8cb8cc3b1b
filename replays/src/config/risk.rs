//! The sections that say how a run holds itself back: `[risk]`, `[protection]`, `[breakers]`, `[sizing]` and
//! `[controller]`.

use engine::controller::ControllerPolicy;
use engine::number::{Decimal, Rate};
use engine::risk::{Breakers, Limits, LossStreak, LowProfit, Policy, Prefer, Protection, Trailing};
use engine::sizing::{Kelly, Sizing};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::written::{Count, OptionalSpan, Percent, Share, Span, Stop, Target};

/// `[risk]`: what an order that adds exposure may not exceed. Shares are of the equity; `"off"` is no limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RiskConfig {
    /// Whether there are limits, protection, breakers and a controller at all.
    pub enabled: bool,
    /// The least confidence of a signal that gets in.
    pub min_confidence: Percent,
    /// One asset, held and on order.
    pub per_asset: Share,
    /// Everything held and on order.
    pub exposure: Share,
    /// What a trade may lose at its stop.
    pub per_trade: Share,
    /// An asset with the others, each by its correlation to it over the last 250 days.
    pub correlated: Share,
    /// The 1-day historical value at risk at 5 % of all positions.
    pub value_at_risk: Share,
    /// One order: what is larger is a slip of the finger.
    pub per_order: Share,
    /// How far an order's price may be above the last one.
    pub price_band: Share,
    /// Open positions.
    pub positions: Count,
    /// How old the last market data may be, beyond the interval of its bars.
    pub stale_after: OptionalSpan,
    /// Orders in any one second.
    pub orders_per_second: Count,
}

/// `[protection]`: where a position gets out when its strategy does not say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ProtectionConfig {
    /// Whose stops and targets count where both have one.
    pub prefer: Preferred,
    /// Below the entry: `"2-3 atr"` is 2 average true ranges in a market of high volatility and 3 in any other.
    pub stop: Stop,
    /// Above the entry: `"1.5-2 risk"` is 1.5 times the distance to the stop in a ranging market and 2 times in
    /// any other.
    pub target: Target,
    /// Whether the stop follows the best price.
    pub trailing: bool,
}

/// Whose stops and targets count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Preferred {
    /// The strategy's, where it names them; else these.
    #[default]
    Strategy,
    /// These, where they are not off.
    Policy,
}

/// `[breakers]`: what stops new exposure, and for how long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct BreakersConfig {
    /// A loss since 00:00 UTC: until the next day.
    pub daily_loss: Share,
    /// A fall from the peak: until an operator resumes.
    pub drawdown: Share,
    /// A fall from the peak at which everything is sold: until an operator resumes.
    pub emergency: Share,
    /// Losing trades in a row.
    pub losses: Count,
    /// For how long those stop new exposure.
    pub losses_pause: Span,
    /// How long an instrument rests after a losing trade.
    pub cooldown: OptionalSpan,
    /// An instrument rests when so many trades in it brought too little.
    pub low_profit_trades: Count,
    /// How far back they count.
    pub low_profit_window: Span,
    /// The most that they may lose together, as the sum of their returns.
    pub low_profit_loss: Percent,
    /// For how long it rests.
    pub low_profit_pause: Span,
}

/// `[sizing]`: the numbers of the sizing methods. Shares are of the equity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SizingConfig {
    /// `atr_risk`: what an entry loses at its stop.
    pub risk: Percent,
    /// `confidence`: what a signal of 100 % is worth.
    pub confidence: Percent,
    /// `volatility`: an entry in a market whose daily volatility is as below.
    pub volatility: Percent,
    /// The standard deviation of a day's return that `volatility` and `kelly` scale to.
    pub daily_volatility: Percent,
    /// What entries are scaled by in a regime of low volatility.
    pub low_volatility: Percent,
    /// What entries are scaled by in a regime of high volatility.
    pub high_volatility: Percent,
    /// `kelly`: how many trades the belief below counts as.
    pub kelly_prior_trades: u32,
    /// The share of trades that win, as believed before there are any.
    pub kelly_prior_win_rate: Percent,
    /// The return of those that win, as believed.
    pub kelly_prior_win: Percent,
    /// The loss of those that lose, as believed.
    pub kelly_prior_loss: Percent,
    /// The least entry.
    pub kelly_least: Percent,
    /// The most.
    pub kelly_most: Percent,
}

/// `[controller]`: adjusts the least confidence and the size of entries by the run's own results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ControllerConfig {
    /// Whether it does.
    pub enabled: bool,
    /// The most trades that are looked at, the last ones.
    pub window_trades: u32,
    /// How old they may be.
    pub window: Span,
    /// Fewer trades say nothing; when the last so many all lost, that is critical.
    pub critical_trades: u32,
    /// How long an adjustment is given to show what it does.
    pub cooldown: Span,
    /// How far one adjustment goes.
    pub step: Percent,
    /// The least confidence never rises above this.
    pub max_confidence: Percent,
    /// Entries are never scaled by less than this.
    pub min_size: Percent,
    /// The least share of trades that should win.
    pub win_rate: Percent,
    /// The least that trades should win for what they lose; 120 % is a profit factor of 1.2.
    pub profit_factor: Percent,
    /// The most that equity should be below its peak.
    pub drawdown: Percent,
    /// The most signals that should come in an hour.
    pub signals_an_hour: u32,
}

impl Default for RiskConfig {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            enabled: true,
            min_confidence: Percent(Rate::from_bps(limits.min_confidence_bps.into())),
            per_asset: Share(limits.asset),
            exposure: Share(limits.exposure),
            per_trade: Share(limits.trade_risk),
            correlated: Share(limits.correlated),
            value_at_risk: Share(limits.value_at_risk),
            per_order: Share(limits.order),
            price_band: Share(limits.price_band),
            positions: Count(limits.positions),
            stale_after: OptionalSpan(limits.stale_ns),
            orders_per_second: Count(limits.orders_per_second),
        }
    }
}

impl Default for ProtectionConfig {
    fn default() -> Self {
        let Protection { stop, target, trailing, .. } = Protection::default();
        Self { prefer: Preferred::Strategy, stop: Stop(stop), target: Target(target), trailing: trailing == Trailing::On }
    }
}

impl Default for BreakersConfig {
    fn default() -> Self {
        let breakers = Breakers::default();
        let losses = breakers.losses.unwrap_or_default();
        let low_profit = breakers.low_profit.unwrap_or_default();
        Self {
            daily_loss: Share(breakers.daily_loss),
            drawdown: Share(breakers.drawdown),
            emergency: Share(breakers.emergency),
            losses: Count(Some(losses.trades)),
            losses_pause: Span(losses.pause_ns),
            cooldown: OptionalSpan(breakers.cooldown_ns),
            low_profit_trades: Count(Some(low_profit.trades)),
            low_profit_window: Span(low_profit.window_ns),
            low_profit_loss: Percent(Rate(-low_profit.least.0)),
            low_profit_pause: Span(low_profit.pause_ns),
        }
    }
}

impl Default for SizingConfig {
    fn default() -> Self {
        let Sizing { risk, confidence, daily_volatility, volatility, kelly, low_volatility, high_volatility } = Sizing::default();
        Self {
            risk: Percent(risk),
            confidence: Percent(confidence),
            volatility: Percent(volatility),
            daily_volatility: Percent(daily_volatility),
            low_volatility: Percent(low_volatility),
            high_volatility: Percent(high_volatility),
            kelly_prior_trades: kelly.prior_trades,
            kelly_prior_win_rate: Percent(kelly.prior_win_rate),
            kelly_prior_win: Percent(kelly.prior_win),
            kelly_prior_loss: Percent(kelly.prior_loss),
            kelly_least: Percent(kelly.least),
            kelly_most: Percent(kelly.most),
        }
    }
}

impl Default for ControllerConfig {
    fn default() -> Self {
        let policy = ControllerPolicy::default();
        Self {
            enabled: false,
            window_trades: policy.window_trades,
            window: Span(policy.window_ns),
            critical_trades: policy.critical_trades,
            cooldown: Span(policy.cooldown_ns),
            step: percent_of(policy.step_bps),
            max_confidence: percent_of(policy.max_confidence_bps),
            min_size: percent_of(policy.min_size_scale_bps),
            win_rate: Percent(policy.least_win_rate),
            profit_factor: Percent(policy.least_profit_factor),
            drawdown: Percent(policy.most_drawdown),
            signals_an_hour: policy.most_signals_an_hour,
        }
    }
}

fn percent_of(bps: u32) -> Percent {
    Percent(Rate::from_bps(bps.into()))
}

/// Whole basis points; more than 100 % where that is written.
fn bps(percent: Percent) -> u32 {
    u32::try_from((percent.0.0 * Decimal::from(10_000)).round().mantissa()).unwrap_or(u32::MAX)
}

/// What all the sections together ask of the engine.
pub(super) fn policy(
    risk: &RiskConfig,
    protection: &ProtectionConfig,
    breakers: &BreakersConfig,
    sizing: &SizingConfig,
    controller: &ControllerConfig,
) -> Policy {
    let sizing = sizing.sizing();
    let controller = controller.enabled.then(|| controller.policy());
    if !risk.enabled {
        return Policy { sizing, ..Policy::off() };
    }
    let (limits, protection, breakers) = (risk.limits(), protection.protection(), breakers.breakers());
    Policy { limits, protection, breakers, sizing, controller, ..Policy::default() }
}

impl RiskConfig {
    fn limits(&self) -> Limits {
        Limits {
            min_confidence_bps: u16::try_from(bps(self.min_confidence)).unwrap_or(10_000).min(10_000),
            asset: self.per_asset.0,
            exposure: self.exposure.0,
            trade_risk: self.per_trade.0,
            correlated: self.correlated.0,
            value_at_risk: self.value_at_risk.0,
            order: self.per_order.0,
            price_band: self.price_band.0,
            positions: self.positions.0,
            stale_ns: self.stale_after.0,
            orders_per_second: self.orders_per_second.0,
        }
    }
}

impl ProtectionConfig {
    fn protection(&self) -> Protection {
        let trailing = if self.trailing { Trailing::On } else { Trailing::Off };
        let prefer = match self.prefer {
            Preferred::Strategy => Prefer::Strategy,
            Preferred::Policy => Prefer::Policy,
        };
        Protection { prefer, stop: self.stop.0, target: self.target.0, trailing }
    }
}

impl BreakersConfig {
    fn breakers(&self) -> Breakers {
        let least = Rate(-self.low_profit_loss.0.0);
        Breakers {
            daily_loss: self.daily_loss.0,
            drawdown: self.drawdown.0,
            emergency: self.emergency.0,
            losses: self.losses.0.map(|trades| LossStreak { trades, pause_ns: self.losses_pause.0 }),
            cooldown_ns: self.cooldown.0,
            low_profit: self.low_profit_trades.0.map(|trades| LowProfit {
                trades,
                window_ns: self.low_profit_window.0,
                least,
                pause_ns: self.low_profit_pause.0,
            }),
        }
    }
}

impl SizingConfig {
    fn sizing(&self) -> Sizing {
        Sizing {
            risk: self.risk.0,
            confidence: self.confidence.0,
            daily_volatility: self.daily_volatility.0,
            volatility: self.volatility.0,
            kelly: Kelly {
                prior_trades: self.kelly_prior_trades,
                prior_win_rate: self.kelly_prior_win_rate.0,
                prior_win: self.kelly_prior_win.0,
                prior_loss: self.kelly_prior_loss.0,
                least: self.kelly_least.0,
                most: self.kelly_most.0,
            },
            low_volatility: self.low_volatility.0,
            high_volatility: self.high_volatility.0,
        }
    }
}

impl ControllerConfig {
    fn policy(&self) -> ControllerPolicy {
        ControllerPolicy {
            window_trades: self.window_trades,
            window_ns: self.window.0,
            critical_trades: self.critical_trades,
            cooldown_ns: self.cooldown.0,
            step_bps: bps(self.step),
            max_confidence_bps: bps(self.max_confidence).min(10_000),
            min_size_scale_bps: bps(self.min_size).min(10_000),
            least_win_rate: self.win_rate.0,
            least_profit_factor: self.profit_factor.0,
            most_drawdown: self.drawdown.0,
            most_signals_an_hour: self.signals_an_hour,
        }
    }
}
