//! Long while indicators, models and advisors together say that the price rises.
//!
//! The score goes from 0 to 100, with 50 for no opinion: 60 % of it are the votes of six indicators (RSI 15, MACD 20,
//! the trend of two averages 25, Bollinger bands 10, volume 10, ADX 20 points of a hundred), 40 % the mean of the
//! probabilities that models give ([`Input::PredictionReceived`]); the mean of what advisors say
//! ([`Input::AdviceReceived`]) adds up to 20 points or takes them off. What is not there, or not valid any more, does
//! not count: without a model the indicators are all of the score, and the reasons say `model_weight=0`.
//!
//! In: the score comes up to `entry`; it must have been lower since the last entry. Out: it is down at `exit`. It is
//! looked at with each closed bar, and when a prediction or advice comes. Its hundredth is the confidence.
//!
//! The reasons grade what it is getting into: `risk_low`, `risk_medium` or `risk_high` with the average true range of
//! a day in percent, and `timing_excellent`, `timing_good`, `timing_fair` or `timing_poor` with its points of a hundred.

mod votes;

use std::collections::BTreeMap;

use engine::event::{Input, Reason};
use engine::hash::StateHasher;
use engine::instrument::InstrumentId;
use engine::strategy::{Context, Strategy};
use engine::time::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::bars::Bars;
use crate::catalogue::{Golden, Parameters};
use crate::tactic::{Distances, Entry, Move, Stance, reasons};
use crate::timeframe::Timeframe;
use votes::{Indicators, Votes};

/// On the embedded sample.
pub const GOLDEN: Golden = Golden { signals: 3062, orders: 669, end_equity: "10893.6818823782305" };

const TECHNICAL_WEIGHT: f64 = 0.6;
const MODEL_WEIGHT: f64 = 0.4;
/// The most that advice adds or takes off, in points.
const MOST_ADVICE: f64 = 20.0;
/// Models, and advisors, that are listened to at once; one more takes the place of the one that is valid shortest.
const MAX_VOICES: usize = 16;

/// Scores are in points of a hundred.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Params {
    /// The length of a bar.
    pub timeframe: Timeframe,
    /// The score that is bought at.
    #[schemars(range(min = 50.0, max = 100.0))]
    pub entry: f64,
    /// The score that is sold at; below `entry`.
    #[schemars(range(min = 0.0, max = 99.0))]
    pub exit: f64,
    /// From the entry down to the stop, in average true ranges.
    #[schemars(range(min = 0.5, max = 10.0))]
    pub stop_atr: f64,
    /// From the entry up to the target, in distances to the stop.
    #[schemars(range(min = 0.5, max = 20.0))]
    pub target_risk: f64,
}

impl Default for Params {
    fn default() -> Self {
        Self { timeframe: Timeframe::HOUR, entry: 65.0, exit: 45.0, stop_atr: 2.5, target_risk: 2.0 }
    }
}

impl Parameters for Params {
    fn build(self) -> Result<Box<dyn Strategy>, String> {
        let Self { timeframe, entry, exit, .. } = self;
        if exit >= entry {
            return Err(format!("exit = {exit} and entry = {entry}: it must be exit < entry"));
        }
        Ok(Box::new(Ensemble { params: self, bars: Bars::new(&[timeframe.0]), panels: Vec::new() }))
    }
}

struct Ensemble {
    params: Params,
    bars: Bars,
    /// By instrument id.
    panels: Vec<Panel>,
}

/// All that is known of one instrument.
#[derive(Clone, Debug, Serialize)]
struct Panel {
    indicators: Indicators,
    votes: Option<Votes>,
    /// Probabilities of a rise, in points of a hundred.
    models: Voices,
    /// Points of a hundred.
    advisors: Voices,
    /// The score was below the entry since the last one.
    is_ready: bool,
}

/// What each of several says, and until when it counts.
#[derive(Clone, Debug, Default, Serialize)]
struct Voices(BTreeMap<String, (f64, Timestamp)>);

/// The score and what it is made of.
struct Verdict {
    score: f64,
    technical: f64,
    model: Option<f64>,
    advice: Option<f64>,
}

impl Voices {
    fn hear(&mut self, name: &str, points: f64, valid_until: Timestamp) {
        self.0.insert(name.to_owned(), (points, valid_until));
        if self.0.len() > MAX_VOICES {
            let shortest = self.0.iter().min_by_key(|(_, (_, valid_until))| *valid_until).map(|(name, _)| name.clone());
            shortest.map(|name| self.0.remove(&name));
        }
    }

    /// Of those that are valid; the others are forgotten.
    fn mean(&mut self, now: Timestamp) -> Option<f64> {
        self.0.retain(|_, (_, valid_until)| *valid_until >= now);
        let count = self.0.len() as f64;
        (count > 0.0).then(|| self.0.values().map(|(points, _)| points).sum::<f64>() / count)
    }
}

impl Verdict {
    fn of(technical: f64, model: Option<f64>, advice: Option<f64>) -> Self {
        let base = model
            .map_or(technical, |model| (TECHNICAL_WEIGHT * technical + MODEL_WEIGHT * model) / (TECHNICAL_WEIGHT + MODEL_WEIGHT));
        let advice = advice.map(|points| points.clamp(-MOST_ADVICE, MOST_ADVICE));
        let score = (base + advice.unwrap_or(0.0)).clamp(0.0, 100.0);
        Self { score, technical, model, advice }
    }

    fn reasons(&self) -> Vec<Reason> {
        let mut told = reasons([("score", self.score), ("technical", self.technical)]);
        told.extend(match self.model {
            Some(model) => reasons([("model", model), ("model_weight", MODEL_WEIGHT)]).into_iter(),
            None => reasons([("model_weight", 0.0)]).into_iter(),
        });
        told.extend(self.advice.into_iter().flat_map(|advice| reasons([("advice", advice)])));
        told
    }
}

impl Panel {
    fn new() -> Self {
        let (models, advisors) = (Voices::default(), Voices::default());
        Self { indicators: Indicators::new(), votes: None, models, advisors, is_ready: true }
    }

    fn decide(&mut self, params: &Params, stance: Stance, now: Timestamp) -> Option<Move> {
        let (model, advice) = (self.models.mean(now), self.advisors.mean(now));
        let votes = self.votes?;
        let verdict = Verdict::of(votes.score(), model, advice);
        self.is_ready |= verdict.score < params.entry;
        match stance {
            Stance::In => {
                self.is_ready = false;
                (verdict.score <= params.exit).then(|| Move::Leave(verdict.reasons()))
            }
            Stance::Out if !self.is_ready || verdict.score < params.entry => None,
            Stance::Out => Some(Move::Enter(entry(params, &votes, &verdict))),
        }
    }
}

fn entry(params: &Params, votes: &Votes, verdict: &Verdict) -> Entry {
    let Params { stop_atr, target_risk, timeframe, .. } = *params;
    let (stop, target) = Distances { stop_atr, target_risk }.around(votes.close, votes.atr);
    let ((risk, percent), (timing, points)) = (votes.risk(timeframe.0), votes.timing());
    let mut told = verdict.reasons();
    told.extend(reasons(votes.named()));
    told.extend(reasons([(risk.name(), percent), (timing.name(), points)]));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 10,000")]
    let confidence_bps = (100.0 * verdict.score) as u16;
    Entry { confidence_bps, stop, target, reasons: told }
}

impl Ensemble {
    fn panel(&mut self, id: InstrumentId) -> &mut Panel {
        let index = id.index();
        if self.panels.len() <= index {
            self.panels.resize_with(index + 1, Panel::new);
        }
        &mut self.panels[index]
    }

    fn look_at(&mut self, id: InstrumentId, ctx: &mut Context<'_>) {
        let (stance, now, params) = (Stance::of(ctx, id), ctx.now(), self.params.clone());
        if let Some(action) = self.panel(id).decide(&params, stance, now) {
            action.carry_out(id, ctx);
        }
    }
}

impl Strategy for Ensemble {
    fn on_input(&mut self, input: &Input, ctx: &mut Context<'_>) {
        let closed = self.bars.update(ctx.now(), |id| ctx.instrument(id), input).to_vec();
        for bar in closed {
            let panel = self.panel(bar.instrument);
            panel.votes = panel.indicators.update(&bar.candle);
            self.look_at(bar.instrument, ctx);
        }
        match input {
            // Only what is listed has a place here.
            Input::PredictionReceived(prediction) if ctx.instrument(prediction.instrument).is_some() => {
                let points = f64::from(prediction.up_bps.min(10_000)) / 100.0;
                self.panel(prediction.instrument).models.hear(&prediction.model, points, prediction.valid_until);
                self.look_at(prediction.instrument, ctx);
            }
            Input::AdviceReceived(advice) if ctx.instrument(advice.instrument).is_some() => {
                let points = f64::from(advice.points);
                self.panel(advice.instrument).advisors.hear(&advice.source, points, advice.valid_until);
                self.look_at(advice.instrument, ctx);
            }
            _ => {}
        }
        if let Some(at) = self.bars.deadline() {
            ctx.wake_at(at);
        }
    }

    fn hash_state(&self, hasher: &mut StateHasher) {
        hasher.write(&self.bars);
        hasher.write(&self.panels);
    }
}

#[cfg(test)]
mod tests;
