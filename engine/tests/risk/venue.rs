//! A venue that is late, refuses, fills in parts, cancels by itself, repeats what it said and forgets to say it.

use std::collections::VecDeque;

use engine::event::{Decision, Event, Input, Record};
use engine::market::Side;
use engine::number::{Amount, Decimal, Price, Quantity};
use engine::order::{Amendment, CancelReason, Fill, Liquidity, OrderId, OrderKind, OrderRequest, RejectReason};
use engine::state::State;

use crate::whims::Chance;

#[derive(Clone, Debug)]
struct Live {
    id: OrderId,
    request: OrderRequest,
    filled: Quantity,
    accepted: bool,
    cancel: bool,
    amends: VecDeque<Amendment>,
}

#[derive(Default)]
pub struct Venue {
    live: Vec<Live>,
    due: VecDeque<Input>,
    said: Vec<Input>,
    fills: u64,
}

impl Venue {
    pub fn take(&mut self, records: &[Record]) {
        for record in records {
            match &record.event {
                Event::Decision(Decision::OrderRequested(request)) => self.live.push(Live {
                    id: OrderId(record.seq),
                    request: (**request).clone(),
                    filled: Quantity::ZERO,
                    accepted: false,
                    cancel: false,
                    amends: VecDeque::new(),
                }),
                Event::Decision(Decision::CancelRequested(id)) => match self.live.iter_mut().find(|live| live.id == *id) {
                    Some(live) => live.cancel = true,
                    None => self.due.push_back(Input::CancelRejected { order: *id, reason: RejectReason::NotOpen }),
                },
                Event::Decision(Decision::AmendRequested(amendment)) => {
                    match self.live.iter_mut().find(|live| live.id == amendment.order) {
                        Some(live) => live.amends.push_back(**amendment),
                        None => {
                            self.due.push_back(Input::AmendRejected { order: amendment.order, reason: RejectReason::NotOpen });
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// Something that it says now, if it says anything.
    pub fn says(&mut self, chance: &mut Chance, state: &State) -> Option<Input> {
        if chance.one_in(25) && !self.said.is_empty() {
            let back = usize::try_from(chance.below(6)).unwrap();
            return self.said.iter().rev().nth(back).cloned();
        }
        let input = self.due.pop_front().or_else(|| self.next(chance, state))?;
        // Acceptances get lost; what ends an order never does.
        if matches!(input, Input::OrderAccepted(_)) && chance.one_in(10) {
            return None;
        }
        self.said.push(input.clone());
        Some(input)
    }

    fn next(&mut self, chance: &mut Chance, state: &State) -> Option<Input> {
        if self.live.is_empty() {
            return None;
        }
        let index = usize::try_from(chance.below(self.live.len() as u64)).unwrap();
        let live = &mut self.live[index];
        let order = live.id;
        if !live.accepted {
            if chance.one_in(7) {
                self.live.remove(index);
                return Some(Input::OrderRejected { order, reason: RejectReason::InsufficientBalance });
            }
            live.accepted = true;
            return Some(Input::OrderAccepted(order));
        }
        if live.cancel && chance.one_in(2) {
            if chance.one_in(6) {
                live.cancel = false;
                return Some(Input::CancelRejected { order, reason: RejectReason::NotOpen });
            }
            self.live.remove(index);
            return Some(Input::OrderCanceled { order, reason: CancelReason::Requested });
        }
        if let Some(amendment) = live.amends.pop_front() {
            let quantity = amendment.quantity.unwrap_or(live.request.quantity);
            if chance.one_in(4) || quantity <= live.filled {
                return Some(Input::AmendRejected { order, reason: RejectReason::NotAmendable });
            }
            live.request.quantity = quantity;
            return Some(Input::OrderAmended(Box::new(amendment)));
        }
        if chance.one_in(25) {
            self.live.remove(index);
            return Some(Input::OrderCanceled { order, reason: CancelReason::Venue { code: 1 } });
        }
        // Stops and targets rest most of the time.
        if live.request.kind.is_conditional() && !chance.one_in(12) {
            return None;
        }
        self.fill(index, chance, state)
    }

    fn fill(&mut self, index: usize, chance: &mut Chance, state: &State) -> Option<Input> {
        let live = &mut self.live[index];
        let market = state.markets.get(live.request.instrument)?;
        let last = market.last_price()?;
        let left = live.request.quantity - live.filled;
        let quantity = if chance.one_in(3) { Quantity(left.0 / Decimal::TWO).ceil_to(market.instrument.lot_size) } else { left };
        let quantity = quantity.min(left);
        let price = match live.request.kind {
            OrderKind::Limit { price, .. } if live.request.side == Side::Buy => price.min(last),
            _ => Price((last.0 * chance.share(9_980, 10_020)).round_dp(6)),
        };
        let (fee, fee_currency) = match chance.below(10) {
            0 => (Amount(quantity.0 / Decimal::ONE_THOUSAND), market.instrument.base),
            1 => (Amount(Decimal::new(1, 3)), "BNB".parse().unwrap()),
            _ => ((price * quantity) * "0.001".parse().unwrap(), market.instrument.quote),
        };
        live.filled += quantity;
        self.fills += 1;
        let (id, request, done) = (live.id, live.request.clone(), live.filled >= live.request.quantity);
        if done {
            self.live.remove(index);
        }
        self.reduce_partner(id, request.oco, quantity);
        let (venue_at, liquidity) = (state.now, Liquidity::Taker);
        let fill = Fill { order: id, fill_id: self.fills, venue_at, price, quantity, fee, fee_currency, liquidity };
        Some(Input::OrderFilled(Box::new(fill)))
    }

    /// What one of a pair fills, the other loses.
    fn reduce_partner(&mut self, id: OrderId, linked: Option<OrderId>, quantity: Quantity) {
        let is_partner = |live: &Live| Some(live.id) == linked || live.request.oco == Some(id);
        let Some(place) = self.live.iter().position(is_partner) else { return };
        let partner = &mut self.live[place];
        partner.request.quantity -= quantity;
        let (order, total) = (partner.id, partner.request.quantity);
        if total <= partner.filled {
            self.live.remove(place);
            self.due.push_back(Input::OrderCanceled { order, reason: CancelReason::Linked });
        } else {
            let amendment = Amendment { order, quantity: Some(total), price: None, trigger: None };
            self.due.push_back(Input::OrderAmended(Box::new(amendment)));
        }
    }
}
