//! What an entry met on its way: sizing and limits, derived again in the state that its signal met.

use std::fmt::Write;

use engine::event::{Decision, DenialReason, Event, Record, Signal};
use engine::number::{Decimal, Quantity, Rate};
use engine::order::OrderRequest;
use engine::rationale::{Proposal, Rationale, rationale};
use engine::risk::Policy;
use engine::sizing::Size;
use engine::state::State;
use engine::text::Names;

use super::words::{distance, excess, percent, short, signed_percent};
use super::{ExplainError, History};

/// A step has no more records than this between a signal and what became of it.
const LONGEST_STEP: u64 = 64;

/// What became of a signal to get in, in words: `outcome` is the order or the denial that followed from it.
pub(super) fn words(history: &mut History, signal: &Record, outcome: &Record) -> Result<Vec<String>, ExplainError> {
    let Event::Decision(Decision::Signal(opinion)) = &signal.event else { return Ok(Vec::new()) };
    // One that waited for an old position to close is decided on later, in another state.
    let decided_at = if is_one_step(history, signal.seq, outcome.seq)? { signal.seq } else { outcome.seq };
    let Some(stage) = history.stage(decided_at)? else { return Ok(Vec::new()) };
    let Some(size) = stage.config.strategies.get(usize::from(opinion.strategy.0)).map(crate::session::size_of) else {
        return Ok(Vec::new());
    };
    let moment = history.moment(decided_at)?;
    let names = History::names(moment);
    let policy = stage.config.policy();
    let Some(mut met) = rationale(&moment.state, &policy, opinion, size) else { return Ok(Vec::new()) };
    let judged = judged(&moment.state, &met, opinion);
    if let (Err(_), Some(quantity)) = (&met.verdict, judged) {
        met.used = used(&moment.state, &policy, opinion, quantity);
    }
    let mut words = vec![];
    if decided_at != signal.seq {
        words.push(format!("the signal waited from record {} until the position that was there had closed", signal.seq));
    }
    words.extend(sizing(&moment.state, opinion, &met, judged, &size.to_string()));
    words.extend(bracket(&met));
    words.push(limits(&met));
    let logged = match &outcome.event {
        Event::Decision(Decision::OrderRequested(request)) => Ok(Some((**request).clone())),
        Event::Decision(Decision::Denied(denial)) => Err(denial.reason.clone()),
        _ => return Ok(words),
    };
    if logged != met.verdict {
        words.push(format!(
            "derived again by this build it would be {}, so another build wrote it",
            verdict(&names, &met.verdict)
        ));
    }
    Ok(words)
}

fn is_one_step(history: &mut History, signal: u64, outcome: u64) -> Result<bool, ExplainError> {
    if outcome - signal > LONGEST_STEP {
        return Ok(false);
    }
    for seq in signal..outcome {
        if matches!(history.record(seq)?.event, Event::Input(_)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// How much the limits were asked about: what sizing left of the wish, and the smallest order where it left less. `None`
/// when it never came to that.
fn judged(state: &State, met: &Rationale, signal: &Signal) -> Option<Quantity> {
    match &met.verdict {
        Ok(order) => return order.as_ref().map(|order| order.quantity),
        Err(DenialReason::BelowMinimumSize { .. } | DenialReason::LowConfidence { .. }) => return None,
        Err(_) => {}
    }
    let Proposal { wanted, room, lot_size, .. } = met.proposal.as_ref()?;
    let cut = room.map_or(*wanted, |(_, most)| most.min(*wanted)).floor_to(*lot_size);
    Some(cut.max(state.markets.get(signal.instrument)?.smallest_order()))
}

/// How far each limit would be used with so much.
fn used(state: &State, policy: &Policy, signal: &Signal, quantity: Quantity) -> Vec<DenialReason> {
    let mut state = state.clone();
    // It has been scaled already.
    state.tuning.size_scale_bps = 10_000;
    rationale(&state, policy, signal, Size::Quantity(quantity)).map_or_else(Vec::new, |met| met.used)
}

fn sizing(state: &State, signal: &Signal, met: &Rationale, judged: Option<Quantity>, size: &str) -> Option<String> {
    let Proposal { share, regime, scale, wanted, room, lot_size } = met.proposal.as_ref()?;
    let base = state.markets.get(signal.instrument)?.instrument.base;
    let mut text = match share {
        None => format!("sizing: {} {base}, as configured", short(wanted.0, 8)),
        Some(share) => {
            let currency = state.session.as_ref()?.currency;
            let equity = state.equity().map_or_else(|| "unknown".to_owned(), |equity| short(equity.0, 2).to_string());
            // A share that is written in the configuration needs no method's name.
            let method = if size.ends_with('%') { String::new() } else { format!("{size} says ") };
            let (share, price) = (percent(*share), met.price.0.normalize());
            format!(
                "sizing: {method}{share} of the equity, {equity} {currency}, fee included: {} {base} at {price}",
                short(wanted.0, 8)
            )
        }
    };
    for (what, by) in [("for the regime", regime), ("by the controller", scale)] {
        if by.0 != Decimal::ONE {
            let _ = write!(text, ", scaled to {} {what}", percent(*by));
        }
    }
    if let Some((limit, most)) = room.filter(|(_, most)| most < wanted) {
        let _ = write!(text, "; {limit} leaves {}", short(most.0, 8));
    }
    let lots = lot_size.0.normalize();
    match (&met.verdict, judged) {
        (_, Some(quantity)) if room.is_some_and(|(_, most)| most < quantity) => {
            let _ = write!(text, ", less than the smallest order of {}, which was asked about", quantity.0.normalize());
        }
        (_, Some(quantity)) => {
            let _ = write!(text, "; in lots of {lots} that is {}", quantity.0.normalize());
        }
        (Err(DenialReason::BelowMinimumSize { quantity, minimum }), None) => {
            let (quantity, minimum) = (quantity.0.normalize(), minimum.0.normalize());
            let _ = write!(text, "; in lots of {lots} that is {quantity}, less than the smallest order of {minimum}");
        }
        _ => {}
    }
    Some(text)
}

fn bracket(met: &Rationale) -> Option<String> {
    let bracket = met.bracket?;
    let at = |what: &str, price: engine::number::Price| {
        let away = distance(price, met.price).map_or_else(String::new, |rate| format!(" ({})", signed_percent(rate)));
        format!("{what} at {}{away}", price.0.normalize())
    };
    let both = [bracket.stop.map(|price| at("stop", price)), bracket.target.map(|price| at("target", price))];
    let both: Vec<String> = both.into_iter().flatten().collect();
    Some(format!("protection: {}", both.join(", ")))
}

/// Which limit came closest, or said no, with how much room.
fn limits(met: &Rationale) -> String {
    let share_of_limit = |reason: &&DenialReason| {
        let used = excess(reason).and_then(|excess| excess.share.0.checked_div(excess.limit.0));
        used.unwrap_or(Decimal::MAX)
    };
    let closest = met.used.iter().max_by_key(share_of_limit);
    let used = |reason: &DenialReason| {
        let excess = excess(reason)?;
        let room = Rate(excess.limit.0.saturating_sub(excess.share.0));
        let (share, limit) = (percent(excess.share), percent(excess.limit));
        let room = if room.is_negative() { String::new() } else { format!(", {} of the equity is left", percent(room)) };
        Some(format!("{} is {share} of at most {limit}{room}", reason.name()))
    };
    match (&met.verdict, closest.and_then(used)) {
        (Ok(_), Some(closest)) => format!("risk: it passes; the closest limit: {closest}"),
        (Ok(_), None) => "risk: it passes; no limit on shares of the equity is set".to_owned(),
        (Err(reason), _) if excess(reason).is_some() => {
            // The order that was asked about is the one that the denial names.
            format!("risk: denied: {}", excess(reason).map_or_else(String::new, |excess| over(reason, excess)))
        }
        (Err(DenialReason::LowConfidence { minimum_bps, .. }), _) => {
            format!("risk: denied: a signal must be {} sure here", percent(Rate::from_bps((*minimum_bps).into())))
        }
        (Err(reason), Some(closest)) => format!("risk: denied: {}; of the other limits the closest: {closest}", reason.name()),
        (Err(reason), None) => format!("risk: denied: {}", reason.name()),
    }
}

fn over(reason: &DenialReason, over: engine::event::Excess) -> String {
    let more = Rate(over.share.0.saturating_sub(over.limit.0));
    format!("{} would be {}, {} more than the {} allowed", reason.name(), percent(over.share), percent(more), percent(over.limit))
}

fn verdict(names: &Names, verdict: &Result<Option<OrderRequest>, DenialReason>) -> String {
    match verdict {
        Ok(Some(OrderRequest { quantity: Quantity(quantity), instrument, .. })) => {
            format!("an order for {} {}", quantity.normalize(), names.symbol(*instrument))
        }
        Ok(None) => "nothing".to_owned(),
        Err(reason) => format!("denied ({})", reason.name()),
    }
}
