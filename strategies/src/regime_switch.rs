//! Trades each kind of market by its own rule: low volatility by mean reversion, else a strong trend by momentum, else
//! by the consensus of several timeframes.
//!
//! With its defaults: mean reversion while the volatility of a day is below 0.02; else momentum while the trend strength
//! (the ADX divided by 50) is above 0.7; else consensus. What [`crate::regime`] says about hysteresis holds: the way back
//! needs a little more, and some bars in a row.
//!
//! Every change of the regime is said, with the rule that is selected now. A position stays with the rule that opened
//! it, which closes it by its own exits; only when nothing is held does the selected rule look for entries. All rules
//! follow the market all the time, so a rule that is selected is warm.

use engine::event::{Input, Reason, Regime, Trend, Volatility};
use engine::hash::StateHasher;
use engine::number::Decimal;
use engine::strategy::{Context, Strategy};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bars::{Bars, ClosedBar};
use crate::catalogue::{Golden, Parameters};
use crate::mean_reversion::MeanReversion;
use crate::momentum::Momentum;
use crate::multi_timeframe::Consensus;
use crate::regime::{Band, RegimeDetector, RegimeReading, RegimeRules};
use crate::tactic::{Deeds, Move, Stance, Tactic, reasons};
use crate::timeframe::Timeframe;
use crate::{mean_reversion, momentum, multi_timeframe};

/// On the embedded sample.
pub const GOLDEN: Golden = Golden { signals: 285, orders: 461, end_equity: "9762.4031632572993" };

/// How the market is judged. The rules have their own defaults.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Params {
    /// The length of a bar, for the regime, mean reversion and momentum.
    pub timeframe: Timeframe,
    /// Below it volatility is low: the standard deviation of a day's return.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub low_volatility: f64,
    /// From it on volatility is high again; not below `low_volatility`.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub high_volatility: f64,
    /// The bars whose returns are the volatility.
    #[schemars(range(min = 2, max = 5_000))]
    pub volatility_window: u32,
    /// From it on a trend is strong: the ADX divided by 50.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub strong_trend: f64,
    /// Below it a trend is strong no more; not above `strong_trend`.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub weak_trend: f64,
    /// The bars of the ADX.
    #[schemars(range(min = 2, max = 200))]
    pub adx_period: u32,
    /// Bars in a row that must say the same before the regime changes.
    #[schemars(range(min = 1, max = 1_000))]
    pub min_bars: u32,
}

impl Default for Params {
    fn default() -> Self {
        Self {
            timeframe: Timeframe::HOUR,
            low_volatility: 0.02,
            high_volatility: 0.022,
            volatility_window: 24,
            strong_trend: 0.7,
            weak_trend: 0.6,
            adx_period: 14,
            min_bars: 3,
        }
    }
}

impl Parameters for Params {
    fn build(self) -> Result<Box<dyn Strategy>, String> {
        let Self { low_volatility, high_volatility, strong_trend, weak_trend, timeframe, .. } = self;
        if low_volatility > high_volatility {
            let given = format!("low_volatility = {low_volatility} and high_volatility = {high_volatility}");
            return Err(format!("{given}: it must be low_volatility <= high_volatility"));
        }
        if weak_trend > strong_trend {
            let given = format!("weak_trend = {weak_trend} and strong_trend = {strong_trend}");
            return Err(format!("{given}: it must be weak_trend <= strong_trend"));
        }
        let consensus = multi_timeframe::Params::default();
        let intervals = [consensus.intervals(), vec![timeframe.0]].concat();
        let parts = Parts {
            timeframe,
            detector: RegimeDetector::new(timeframe.0, self.rules()),
            mean_reversion: MeanReversion::new(&mean_reversion::Params { timeframe, ..Default::default() }),
            momentum: Momentum::new(&momentum::Params { timeframe, ..Default::default() }),
            consensus: Consensus::new(&consensus),
            selected: None,
            owner: None,
        };
        Ok(Box::new(RegimeSwitch { bars: Bars::new(&intervals), blank: parts, parts: Vec::new() }))
    }
}

impl Params {
    fn rules(&self) -> RegimeRules {
        RegimeRules {
            trend: Band { lower: self.weak_trend, upper: self.strong_trend },
            adx_period: self.adx_period,
            volatility: Band { lower: self.low_volatility, upper: self.high_volatility },
            volatility_window: self.volatility_window,
            min_bars: self.min_bars,
        }
    }
}

struct RegimeSwitch {
    bars: Bars,
    blank: Parts,
    /// By instrument id.
    parts: Vec<Parts>,
}

/// One instrument's regime and rules.
#[derive(Clone, Serialize)]
struct Parts {
    timeframe: Timeframe,
    detector: RegimeDetector,
    mean_reversion: MeanReversion,
    momentum: Momentum,
    consensus: Consensus,
    /// `None` until the regime is known.
    selected: Option<Rule>,
    /// Whose the position is.
    owner: Option<Rule>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
enum Rule {
    MeanReversion,
    Momentum,
    Consensus,
}

impl Rule {
    fn of(regime: Regime) -> Self {
        match (regime.volatility, regime.trend) {
            (Volatility::Low, _) => Self::MeanReversion,
            (Volatility::High, Trend::Trending) => Self::Momentum,
            (Volatility::High, Trend::Ranging) => Self::Consensus,
        }
    }

    /// That it is selected, as a reason.
    fn selected(self) -> Reason {
        let name = match self {
            Self::MeanReversion => "selects_mean_reversion",
            Self::Momentum => "selects_momentum",
            Self::Consensus => "selects_consensus",
        };
        Reason::new(name, Decimal::ONE)
    }

    /// That the position stays with it, as a reason.
    fn keeps(self) -> Reason {
        let name = match self {
            Self::MeanReversion => "mean_reversion_keeps_position",
            Self::Momentum => "momentum_keeps_position",
            Self::Consensus => "consensus_keeps_position",
        };
        Reason::new(name, Decimal::ONE)
    }
}

impl Parts {
    /// The regime, when this bar changes it, and why.
    fn judge(&mut self, bar: &ClosedBar, stance: Stance) -> Option<(Regime, Vec<Reason>)> {
        if bar.interval != self.timeframe.0 {
            return None;
        }
        let RegimeReading { regime, changed, trend_strength, daily_volatility } = self.detector.update(&bar.candle)?;
        let selected = Rule::of(regime);
        self.selected = Some(selected);
        if !changed {
            return None;
        }
        let mut reasons = reasons([("daily_volatility", daily_volatility), ("trend_strength", trend_strength)]);
        reasons.push(selected.selected());
        let keeper = self.owner.filter(|&owner| stance == Stance::In && owner != selected);
        reasons.extend(keeper.map(Rule::keeps));
        Some((regime, reasons))
    }

    /// What the rule in charge wants; the others only follow.
    fn trade(&mut self, bar: &ClosedBar, stance: Stance) -> Option<Move> {
        if stance == Stance::Out {
            self.owner = None;
        }
        let in_charge = self.owner.or(self.selected);
        let stance_of = |rule| if in_charge == Some(rule) { stance } else { Stance::Out };
        let mean_reversion = self.mean_reversion.on_bar(bar, stance_of(Rule::MeanReversion));
        let momentum = self.momentum.on_bar(bar, stance_of(Rule::Momentum));
        let consensus = self.consensus.on_bar(bar, stance_of(Rule::Consensus));
        let wanted = match in_charge? {
            Rule::MeanReversion => mean_reversion,
            Rule::Momentum => momentum,
            Rule::Consensus => consensus,
        };
        if let Some(Move::Enter(_)) = wanted {
            self.owner = in_charge;
        }
        wanted
    }
}

impl Strategy for RegimeSwitch {
    fn on_input(&mut self, input: &Input, ctx: &mut Context<'_>) {
        let mut deeds = Deeds::default();
        for bar in self.bars.update(ctx.now(), |id| ctx.instrument(id), input) {
            let (id, index) = (bar.instrument, bar.instrument.index());
            if self.parts.len() <= index {
                self.parts.resize(index + 1, self.blank.clone());
            }
            let stance = deeds.stance(id, ctx);
            if let Some((regime, reasons)) = self.parts[index].judge(bar, stance) {
                ctx.regime_changed(id, regime, reasons);
            }
            if let Some(action) = self.parts[index].trade(bar, stance) {
                deeds.carry_out(action, id, ctx);
            }
        }
        if let Some(at) = self.bars.deadline() {
            ctx.wake_at(at);
        }
    }

    fn hash_state(&self, hasher: &mut StateHasher) {
        hasher.write(&self.bars);
        hasher.write(&self.parts);
    }
}

#[cfg(test)]
mod tests {
    use engine::event::{Decision, Event};
    use expect_test::expect;
    use serde_json::json;

    use super::*;
    use crate::stage::{Stage, decisions, history, hours, instrument};

    /// Hours of small steps to and fro, of large ones, of a steep rise in small and large steps, and small ones again.
    fn calm_wild_rising_calm() -> Vec<(i64, i64)> {
        let steps = [0, 90, 20, 110, -10, 60];
        let calm = |level| (0..60).map(move |hour| level + steps[hour % 6]);
        let wild = (0..40).map(|hour| 100_000 + 15 * steps[hour % 6]);
        let rising = (0..40).map(|hour| 100_000 + 1_000 * hour + 900 * (hour % 2));
        calm(100_000).chain(wild).chain(rising).chain(calm(139_000)).map(|close| (close, 10)).collect()
    }

    #[test]
    fn it_says_each_change_of_the_regime() {
        let lines = decisions("regime_switch", json!({}), hours(20, calm_wild_rising_calm()));
        let regimes = lines.lines().filter(|line| line.contains("> regime")).fold(String::new(), |all, line| all + line + "\n");
        expect![[r#"
            31 1970-01-02T04:00:00Z > regime regime_switch BTC-USDT trending 64.45% low volatility 90.46% daily_volatility=0.00419322 trend_strength=0.83130740 selects_mean_reversion=1 ^30
            60 1970-01-03T08:00:00Z > regime regime_switch BTC-USDT ranging 58.13% low volatility 90.46% daily_volatility=0.00419322 trend_strength=0.58606052 selects_mean_reversion=1 ^59
            70 1970-01-03T17:00:00Z > regime regime_switch BTC-USDT trending 63.66% low volatility 50% daily_volatility=0.02828770 trend_strength=0.81871761 selects_mean_reversion=1 ^69
            73 1970-01-03T19:00:00Z > regime regime_switch BTC-USDT trending 64.67% high volatility 73.85% daily_volatility=0.03145048 trend_strength=0.83486079 selects_momentum=1 ^72
            171 1970-01-07T20:00:00Z > regime regime_switch BTC-USDT trending 75% low volatility 84.08% daily_volatility=0.00700421 trend_strength=1.00000000 selects_mean_reversion=1 ^170
        "#]].assert_eq(&regimes);
    }

    #[test]
    fn the_rule_is_that_of_the_volatility_then_of_the_trend() {
        let rule =
            |volatility, trend| Rule::of(Regime { trend, trend_confidence_bps: 0, volatility, volatility_confidence_bps: 0 });
        assert_eq!(rule(Volatility::Low, Trend::Trending), Rule::MeanReversion);
        assert_eq!(rule(Volatility::Low, Trend::Ranging), Rule::MeanReversion);
        assert_eq!(rule(Volatility::High, Trend::Trending), Rule::Momentum);
        assert_eq!(rule(Volatility::High, Trend::Ranging), Rule::Consensus);
    }

    /// What kind of entry it is shows in its first reason.
    fn rule_of(reason: &Reason) -> Rule {
        match &*reason.name {
            "rsi" => Rule::MeanReversion,
            "macd_histogram" => Rule::Momentum,
            _ => Rule::Consensus,
        }
    }

    #[test]
    fn on_real_candles_each_entry_is_of_the_selected_rule_and_each_exit_of_the_one_that_entered() {
        let Some(bars) = history("BTC-USDT_1h_binance.csv.gz") else { return };
        let mut stage = Stage::new("regime_switch", json!({}), &[instrument(0)]);
        stage.play(bars);
        let (mut selected, mut entered, mut kept, mut entries) = (None, None, 0, [0; 3]);
        for record in &stage.records {
            match &record.event {
                Event::Decision(Decision::RegimeChanged(change)) => {
                    selected = Some(Rule::of(change.regime));
                    kept += usize::from(change.reasons.iter().any(|reason| reason.name.ends_with("keeps_position")));
                }
                Event::Decision(Decision::Signal(signal)) if signal.target.is_some() => {
                    let rule = rule_of(&signal.reasons[0]);
                    assert_eq!(Some(rule), selected, "{record:?}");
                    entries[rule as usize] += 1;
                    entered = Some(rule);
                }
                Event::Decision(Decision::Signal(signal)) => {
                    let expected = match entered {
                        Some(Rule::MeanReversion) => ["close"].as_slice(),
                        Some(Rule::Momentum) => &["macd_histogram", "trailing_stop"],
                        _ => &["rising"],
                    };
                    assert!(expected.contains(&&*signal.reasons[0].name), "{record:?}");
                }
                _ => {}
            }
        }
        eprintln!("entries of mean reversion, momentum, consensus: {entries:?}; positions kept over a change: {kept}");
        assert!(entries.iter().all(|&count| count > 5) && kept > 5, "{entries:?} {kept}");
    }
}
