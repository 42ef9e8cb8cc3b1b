//! What the types alone cannot say: ranges, and values that are at odds with each other.

use std::collections::BTreeSet;

use engine::number::{Decimal, MAX_PRICE, MAX_QUANTITY, MAX_SCALE};
use engine::sizing::Size;

use super::error::KeyPath;
use super::run::{Config, InstrumentConfig, StrategyConfig};
use super::written::Percent;

/// The largest starting balance of one currency.
const MAX_BALANCE: i64 = 1_000_000_000_000_000_000;
/// A fee further from zero than these is a mistake in its unit.
const MIN_FEE_BPS: i64 = -100;
const MAX_FEE_BPS: i64 = 1_000;
/// All of something.
const ALL_BPS: u32 = 10_000;
/// The longest label of a strategy.
const MAX_LABEL: usize = 64;

type Finding = Result<(), (KeyPath, String)>;

impl Config {
    /// The first value that cannot be, and why.
    pub(super) fn validate(&self) -> Finding {
        self.check_account()?;
        self.check_data()?;
        self.check_exchange()?;
        self.check_shares()?;
        self.check_restraint()?;
        let mut symbols = BTreeSet::new();
        for (index, instrument) in self.instruments.iter().enumerate() {
            let path = KeyPath::default().child("instrument").child(&index);
            instrument.check(&path)?;
            if !symbols.insert(&instrument.symbol) {
                return Err((path.child("symbol"), format!("{} is listed twice", instrument.symbol)));
            }
        }
        let mut labels = BTreeSet::new();
        for (index, strategy) in self.strategies.iter().enumerate() {
            let path = KeyPath::default().child("strategy").child(&index);
            strategy.check(&path)?;
            if !labels.insert(strategy.label()) {
                let reason = format!("two strategies are called \"{}\": give each a label of its own", strategy.label());
                return Err((path, reason));
            }
        }
        Ok(())
    }

    fn check_account(&self) -> Finding {
        let path = KeyPath::default().child("account").child("balances");
        for (currency, balance) in &self.account.balances {
            if balance.is_negative() || balance.0 > MAX_BALANCE.into() {
                let reason = format!("must be between 0 and {MAX_BALANCE}, not {balance}");
                return Err((path.child(currency), reason));
            }
        }
        let balances = &self.account.balances;
        ensure(balances.is_empty() || balances.values().any(|balance| balance.is_positive()), || {
            (path, "a run needs something to trade with: give at least one balance above 0".to_owned())
        })
    }

    fn check_data(&self) -> Finding {
        let (Some(from), Some(to)) = (self.data.from, self.data.to) else { return Ok(()) };
        ensure(from < to, || {
            (KeyPath::default().child("data").child("to"), format!("{to} is not after data.from, which is {from}"))
        })
    }

    fn check_exchange(&self) -> Finding {
        let path = KeyPath::default().child("exchange");
        let shares = [
            ("slippage_bps", self.exchange.slippage_bps, ALL_BPS - 1),
            ("participation_bps", self.exchange.participation_bps, ALL_BPS),
        ];
        shares.into_iter().try_for_each(|(key, bps, most)| {
            ensure(bps <= most, || (path.child(key), format!("must be at most {most} basis points, not {bps}")))
        })
    }
}

impl Config {
    /// No share is more than all of it.
    fn check_shares(&self) -> Finding {
        let Self { risk, breakers, sizing, controller, .. } = self;
        let shares = [
            ("risk", "min_confidence", Some(risk.min_confidence.0)),
            ("risk", "per_asset", risk.per_asset.0),
            ("risk", "exposure", risk.exposure.0),
            ("risk", "per_trade", risk.per_trade.0),
            ("risk", "correlated", risk.correlated.0),
            ("risk", "value_at_risk", risk.value_at_risk.0),
            ("risk", "per_order", risk.per_order.0),
            ("risk", "price_band", risk.price_band.0),
            ("breakers", "daily_loss", breakers.daily_loss.0),
            ("breakers", "drawdown", breakers.drawdown.0),
            ("breakers", "emergency", breakers.emergency.0),
            ("sizing", "confidence", Some(sizing.confidence.0)),
            ("sizing", "kelly_prior_win_rate", Some(sizing.kelly_prior_win_rate.0)),
            ("sizing", "kelly_most", Some(sizing.kelly_most.0)),
            ("sizing", "risk", Some(sizing.risk.0)),
            ("controller", "max_confidence", Some(controller.max_confidence.0)),
            ("controller", "min_size", Some(controller.min_size.0)),
            ("controller", "win_rate", Some(controller.win_rate.0)),
        ];
        shares.into_iter().try_for_each(|(section, key, share)| {
            let path = KeyPath::default().child(section).child(key);
            let share = share.unwrap_or_default();
            ensure(share.0 <= Decimal::ONE, || (path, format!("must be at most 100%, not {}", Percent(share))))
        })
    }

    /// What would never do what it says.
    fn check_restraint(&self) -> Finding {
        let Self { risk, breakers, sizing, controller, .. } = self;
        let at = |section: &str, key: &str| KeyPath::default().child(section).child(key);
        let falls = breakers.drawdown.0.zip(breakers.emergency.0);
        ensure(falls.is_none_or(|(drawdown, emergency)| drawdown < emergency), || {
            let reason = format!("must be above breakers.drawdown, which is {}", breakers.drawdown);
            (at("breakers", "emergency"), reason)
        })?;
        ensure(sizing.kelly_least.0 <= sizing.kelly_most.0, || {
            (at("sizing", "kelly_least"), format!("must be at most sizing.kelly_most, which is {}", sizing.kelly_most))
        })?;
        ensure(risk.min_confidence.0 <= controller.max_confidence.0 || !controller.enabled, || {
            let reason = format!("must be at least risk.min_confidence, which is {}", risk.min_confidence);
            (at("controller", "max_confidence"), reason)
        })?;
        let counts = [
            ("risk", "positions", risk.positions.0),
            ("risk", "orders_per_second", risk.orders_per_second.0),
            ("breakers", "losses", breakers.losses.0),
            ("breakers", "low_profit_trades", breakers.low_profit_trades.0),
            ("controller", "critical_trades", Some(controller.critical_trades)),
            ("controller", "window_trades", Some(controller.window_trades)),
        ];
        counts.into_iter().try_for_each(|(section, key, count)| {
            ensure(count != Some(0), || (at(section, key), "must be at least 1".to_owned()))
        })
    }
}

impl InstrumentConfig {
    fn check(&self, path: &KeyPath) -> Finding {
        let Some((base, quote)) = self.pair() else {
            let reason =
                format!("\"{}\" does not tell its currencies: write it as BTC-USDT, or give base and quote", self.symbol);
            return Err((path.child("symbol"), reason));
        };
        ensure(base != quote, || (path.child("symbol"), format!("base and quote are both {base}")))?;
        let steps = [
            ("tick_size", self.tick_size.map(|tick| tick.0), MAX_PRICE),
            ("lot_size", self.lot_size.map(|lot| lot.0), MAX_QUANTITY),
            ("min_size", self.min_size.map(|size| size.0), MAX_QUANTITY),
        ];
        for (key, value, most) in steps {
            let Some(value) = value else { continue };
            ensure(value > Decimal::ZERO && value <= most.into(), || {
                (path.child(key), format!("must be above 0 and at most {most}, not {value}"))
            })?;
            ensure(value.scale() <= MAX_SCALE.into(), || {
                (path.child(key), format!("has {} decimals, and {MAX_SCALE} is the most", value.scale()))
            })?;
        }
        let (least, most) = (Decimal::new(MIN_FEE_BPS, 4).normalize(), Decimal::new(MAX_FEE_BPS, 4).normalize());
        [("maker_fee", self.maker_fee), ("taker_fee", self.taker_fee)].into_iter().try_for_each(|(key, fee)| {
            ensure(fee.is_none_or(|fee| (least..=most).contains(&fee.0)), || {
                let fee = fee.unwrap_or_default();
                (path.child(key), format!("must be between {least} and {most} (0.001 is 0.1 %), not {fee}"))
            })
        })
    }
}

impl StrategyConfig {
    fn check(&self, path: &KeyPath) -> Finding {
        let snake = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        ensure(!self.name.is_empty() && self.name.bytes().all(snake), || {
            (path.child("name"), format!("\"{}\" is no strategy's name: they are written like ema_cross", self.name))
        })?;
        ensure((1..=MAX_LABEL).contains(&self.label().len()) && !self.label().contains(char::is_control), || {
            (path.child("label"), format!("must be 1 to {MAX_LABEL} bytes of plain text"))
        })?;
        let size = path.child("size");
        match self.size {
            None | Some(Size::Kelly | Size::AtrRisk | Size::Confidence | Size::Volatility) => Ok(()),
            Some(Size::Quantity(quantity)) => ensure(quantity.is_positive() && quantity.0 <= MAX_QUANTITY.into(), || {
                (size, format!("must be above 0 and at most {MAX_QUANTITY}, not {quantity}"))
            }),
            Some(Size::Equity(share)) => ensure(share.is_positive() && share.0 <= Decimal::ONE, || {
                (size, format!("must be above 0% and at most 100%, not {}", Size::Equity(share)))
            }),
        }
    }
}

fn ensure(holds: bool, finding: impl FnOnce() -> (KeyPath, String)) -> Finding {
    if holds { Ok(()) } else { Err(finding()) }
}
