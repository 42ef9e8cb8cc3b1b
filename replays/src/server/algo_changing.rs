//! Amending and canceling algo orders.

use super::account::Account;
use super::algo::{AlgoKind, AlgoState, Crossing, Leg, Plan};
use super::algo_placing::{check_directions, check_trigger_kind, order_price};
use super::arguments::{Arguments, Naming};
use super::core::Scene;
use super::listed::Listed;
use super::orders::Unit;
use super::orders_placing::{base_quantity, price_of};
use super::reply::Refusal;

impl Account {
    /// `trade/amend-algos`; its id, and the client's own.
    pub(super) fn amend_algo(&mut self, scene: &mut Scene<'_>, args: Arguments<'_>) -> Result<(u64, String), Refusal> {
        let listing = args.listing(scene.listings, Naming::Symbol)?;
        let listed = &scene.listings[listing];
        let req_id = args.client_id("reqId")?;
        let algo = self.find_algo(args)?.filter(|algo| algo.listing == listing && algo.state == AlgoState::Live);
        let algo = algo.ok_or_else(Refusal::not_amendable)?;
        if algo.kind == AlgoKind::Trailing {
            return Err(Refusal::parameter("algoId"));
        }
        let size = args.positive("newSz")?;
        if let Some(size) = size.filter(|_| algo.unit == Unit::Base) {
            base_quantity(listed, size)?;
        }
        let (side, mut plan) = (algo.side, algo.plan.clone());
        let last = self.venue.trigger_price(listed.instrument.id, side);
        let mut changes = size.is_some();
        match &mut plan {
            Plan::Exit { profit, loss } => {
                changes |= amend_leg(listed, args, profit, ("newTpTriggerPx", "newTpOrdPx"))?;
                changes |= amend_leg(listed, args, loss, ("newSlTriggerPx", "newSlOrdPx"))?;
                if let Some(last) = last {
                    check_directions(side, *profit, *loss, last)?;
                }
            }
            Plan::Trigger { leg, crossing, .. } => {
                let mut amended = Some(*leg);
                changes |= amend_leg(listed, args, &mut amended, ("newTriggerPx", "newOrdPx"))?;
                *leg = amended.unwrap_or(*leg);
                *crossing = if last.is_some_and(|last| last > leg.trigger) { Crossing::Falling } else { Crossing::Rising };
            }
            Plan::Trail { .. } => {}
        }
        if !changes {
            return Err(Refusal::new("51500", "You must enter a price, quantity, or TP/SL."));
        }
        let (id, client_id) = (algo.id, algo.client_id.clone());
        if let Some(algo) = self.algos.get_mut(&id) {
            algo.plan = plan;
            algo.size = size.unwrap_or(algo.size);
            algo.updated_at = scene.at;
        }
        self.push_algo(scene, id, Some(("0", &req_id)));
        Ok((id, client_id))
    }

    /// One of `trade/cancel-algos`; its id, and the client's own.
    pub(super) fn cancel_algo(&mut self, scene: &mut Scene<'_>, args: Arguments<'_>) -> Result<(u64, String), Refusal> {
        let listing = args.listing(scene.listings, Naming::Symbol)?;
        let algo = self.find_algo(args)?.filter(|algo| algo.listing == listing && algo.state == AlgoState::Live);
        let algo = algo.ok_or_else(Refusal::not_cancelable)?;
        let (id, client_id) = (algo.id, algo.client_id.clone());
        self.end_algo(scene, id, AlgoState::Canceled);
        Ok((id, client_id))
    }
}

/// Gives a leg new prices, where the request has such; whether it has.
fn amend_leg(
    listed: &Listed,
    args: Arguments<'_>,
    leg: &mut Option<Leg>,
    (trigger_name, order_name): (&str, &str),
) -> Result<bool, Refusal> {
    check_trigger_kind(args, &format!("{trigger_name}Type"))?;
    if args.text(trigger_name).is_none() && args.text(order_name).is_none() {
        return Ok(false);
    }
    let Some(known) = leg else { return Err(Refusal::parameter(trigger_name)) };
    known.trigger = price_of(listed, args, trigger_name)?.unwrap_or(known.trigger);
    if args.text(order_name).is_some() {
        known.limit = order_price(listed, args, order_name)?;
    }
    Ok(true)
}
