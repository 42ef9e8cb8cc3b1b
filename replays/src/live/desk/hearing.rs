//! What the desk understands of the venue's words, answers and resyncs.

use engine::event::Input;
use engine::number::Quantity;
use engine::order::{Amendment, CancelReason, Fill, OrderId, RejectReason};

use super::order::{Amending, Order, home};
use super::{Desk, HELD, Heard, OVERTAKEN};
use crate::live::word::{Amended, Answer, Ask, Asked, Half, Name, Place, Progress, Resync, Values, Word};

impl Desk {
    /// What a word on one order tells.
    pub fn hear(&mut self, word: &Word) -> Heard {
        let Some(id) = self.subject(word) else { return self.foreign(word) };
        self.by_venue.insert((word.venue_id, word.place), id);
        let mut heard = Heard::default();
        self.end_parent(id, word, &mut heard);
        match (word.place, self.orders[&id].home()) {
            (Place::Book, Place::Algo) => self.hear_child(id, word, &mut heard),
            (Place::Algo, _) => self.hear_algo(id, word, &mut heard),
            (Place::Book, Place::Book) => {
                self.accept(id, &mut heard);
                self.hear_ordinary(id, word, &mut heard);
            }
        }
        heard
    }

    /// What an answer to a request tells.
    pub fn answer(&mut self, order: OrderId, asked: Asked, answer: &Answer) -> Heard {
        let mut heard = Heard::default();
        if let (Asked::Placing, Answer::Taken { venue_id, place }) = (asked, answer)
            && self.orders.contains_key(&order)
        {
            self.by_venue.insert((*venue_id, *place), order);
            self.accept(order, &mut heard);
        }
        let Some(open) = self.open(order) else { return heard };
        let reason = match answer {
            Answer::Taken { .. } => return heard,
            Answer::Refused(reason) => reason.clone(),
            Answer::Lost => never_arrived(),
        };
        match asked {
            Asked::Placing if open.is_accepted && *answer == Answer::Lost => self.vanish(order, &mut heard),
            // It is there all the same: only the venue's word on it tells.
            Asked::Placing if open.is_accepted => heard.asks.push(open.inquire()),
            Asked::Placing => self.reject(order, &reason, &mut heard),
            Asked::Amending { number } => {
                let amended = Amended { number, result: Err(reason) };
                heard.asks.extend((*answer == Answer::Lost).then(|| open.inquire()));
                heard.inputs = Settlement::of(open, Some(&amended), None).inputs;
            }
            // It may have ended just now, or be about to.
            Asked::Canceling => {
                heard.asks.push(open.inquire());
                for id in self.halves(order) {
                    self.with(id, |half| {
                        half.cancel_doubt = Some(reason.clone()).filter(|_| half.is_canceling || half.is_unlinked);
                    });
                }
            }
        }
        heard
    }

    /// What the end of a resync tells, when all its words were heard. The snapshot comes last: by then all that led to it
    /// is known.
    pub fn resync(&mut self, resync: &Resync) -> Heard {
        let mut heard = Heard::default();
        for id in &resync.unheard {
            self.vanish(*id, &mut heard);
        }
        let Some(mut snapshot) = resync.snapshot.clone() else { return heard };
        if let Some(filled_at) = self.filled_at.filter(|&at| at > snapshot.venue_at) {
            let times = self.overtaken.filter(|(at, _)| *at == filled_at).map_or(0, |(_, times)| times);
            if times < OVERTAKEN {
                // A fill that came after it has overtaken it: the next one tells.
                self.overtaken = Some((filled_at, times + 1));
                return Heard { wants_resync: true, ..heard };
            }
        }
        self.overtaken = None;
        snapshot.strays.retain(|stray| !self.by_venue.contains_key(&(stray.venue_id, home(stray.kind))));
        self.strangers = snapshot.strays.iter().map(|stray| stray.venue_id).collect();
        heard.inputs.push(Input::VenueSnapshot(Box::new(snapshot)));
        heard
    }

    /// The order that a word is about: of a pair, either half.
    fn subject(&self, word: &Word) -> Option<OrderId> {
        let by = |venue_id: u64, place: Place| self.by_venue.get(&(venue_id, place)).copied();
        let parent = || word.from_algo.and_then(|algo| by(algo, Place::Algo));
        let id = word.ours.or_else(|| by(word.venue_id, word.place)).or_else(parent)?;
        self.orders.contains_key(&id).then_some(id)
    }

    /// An order of somebody else: it may have to be taken in, and what it traded has changed the balances.
    fn foreign(&self, word: &Word) -> Heard {
        let is_new = word.progress == Progress::Open && !self.strangers.contains(&word.venue_id);
        let has_traded = !word.fills.is_empty() || word.filled.is_some_and(Quantity::is_positive);
        Heard { wants_resync: word.ours.is_none() && (is_new || has_traded), ..Heard::default() }
    }

    /// A word on an algo order: on both halves of a pair.
    fn hear_algo(&mut self, id: OrderId, word: &Word, heard: &mut Heard) {
        let halves = self.halves(id);
        self.accept(id, heard);
        for &half in &halves {
            if self.open(half).is_some_and(|order| !order.is_triggered) {
                heard.inputs.extend(self.settlement(half, word).inputs);
            }
        }
        match word.progress {
            Progress::Open => {
                for &half in &halves {
                    self.stays_open(half, heard);
                }
                self.end_ghost(&halves, word, heard);
            }
            Progress::Triggered(half) => {
                let leg = self.leg(&halves, half.unwrap_or(Half::Stop));
                self.trigger(leg, heard);
                self.end_other_half(leg, heard);
                heard.again = self.release(&halves);
            }
            // Its order lives on without it, and has words of its own.
            Progress::Canceled(_) if halves.iter().any(|half| self.orders[half].child.is_some()) => {}
            Progress::Canceled(reason) => {
                let open = halves.iter().filter_map(|&half| self.open(half));
                heard.inputs.extend(open.map(|order| self.cancel_input(order, reason)));
            }
            Progress::Filled => {}
        }
    }

    /// A word on the ordinary order that a trigger placed.
    fn hear_child(&mut self, id: OrderId, word: &Word, heard: &mut Heard) {
        let halves = self.halves(id);
        let is_triggered = |id: &&OrderId| self.orders[*id].is_triggered;
        let is_over = halves.iter().all(|&half| self.open(half).is_none());
        let leg = match (halves.as_slice(), halves.iter().find(is_triggered)) {
            (&[only], _) | (_, Some(&only)) => only,
            _ if is_over => self.leg(&halves, Half::Stop),
            // Both halves place the same kind of order: which one this is, only the venue's word on the algo order tells.
            _ => {
                let is_first = !self.held.iter().any(|held| held.from_algo == word.from_algo);
                heard.asks.extend(self.open(id).filter(|_| is_first).map(Order::inquire));
                return self.hold(word);
            }
        };
        self.by_venue.insert((word.venue_id, word.place), leg);
        self.accept(leg, heard);
        self.trigger(leg, heard);
        let mut is_new = false;
        self.with(leg, |order| {
            is_new = order.child.replace(word.venue_id).is_none();
            // What was canceled so far was the algo order.
            order.cancel_doubt = order.cancel_doubt.take().filter(|_| !is_new);
        });
        if is_new && word.progress == Progress::Open && self.orders[&leg].is_canceling {
            heard.asks.extend(self.open(leg).map(Order::cancel));
        }
        self.hear_ordinary(leg, word, heard);
        self.end_other_half(leg, heard);
    }

    /// Its values, its fills and its end.
    fn hear_ordinary(&mut self, id: OrderId, word: &Word, heard: &mut Heard) {
        let settlement = self.settlement(id, word);
        let order = &self.orders[&id];
        let fills = order.unknown_fills(word);
        let traded = fills.iter().filter(|fill| !fill.is_impossible()).map(|fill| fill.quantity);
        let filled = traded.fold(order.filled, |filled, quantity| filled + quantity);
        // A snapshot has counted it already, and so does the engine now: the next snapshot makes that good.
        heard.wants_resync |= fills.iter().any(|fill| Some(fill.venue_at) < self.snapshot_at);
        let fills = fills.into_iter().map(|fill| Input::OrderFilled(Box::new(Fill { order: id, ..fill.clone() })));
        let quantity = settlement.order.request.quantity;
        if quantity < order.request.quantity {
            // It may shrink to what has filled, and end by that.
            heard.inputs.extend(fills.chain(settlement.inputs));
        } else {
            heard.inputs.extend(settlement.inputs.into_iter().chain(fills));
        }
        let is_missing = match word.filled {
            Some(said) => said > filled,
            None => order.is_open && word.progress == Progress::Filled && filled < quantity,
        };
        if is_missing {
            // It ends when all its fills are known.
            heard.asks.push(order.inquire());
        } else if order.is_open && filled < quantity {
            match word.progress {
                Progress::Open => self.stays_open(id, heard),
                // The venue makes an order smaller when the balance does not suffice, or when it is amended so.
                Progress::Filled => heard.inputs.push(Input::OrderAmended(Box::new(Amendment {
                    order: id,
                    quantity: Some(filled),
                    price: None,
                    trigger: None,
                }))),
                Progress::Canceled(reason) => heard.inputs.push(self.cancel_input(order, reason)),
                Progress::Triggered(_) => {}
            }
        }
        self.end_ghost(&[id], word, heard);
    }
}

/// What becomes of one order and its other half.
impl Desk {
    /// The order, and the other half of its pair: the first one first.
    fn halves(&self, id: OrderId) -> Vec<OrderId> {
        let order = self.orders.get(&id);
        let other = order.and_then(|order| self.other_half(order)).map(|other| other.id);
        let mut halves: Vec<_> = order.map(|order| order.id).into_iter().chain(other).collect();
        halves.sort();
        halves
    }

    fn leg(&self, halves: &[OrderId], half: Half) -> OrderId {
        halves.iter().copied().find(|id| self.orders[id].half() == half).unwrap_or(halves[0])
    }

    fn accept(&self, id: OrderId, heard: &mut Heard) {
        let open = self.halves(id).into_iter().filter_map(|half| self.open(half));
        heard.inputs.extend(open.filter(|order| !order.is_accepted).map(|order| Input::OrderAccepted(order.id)));
    }

    fn reject(&self, id: OrderId, reason: &RejectReason, heard: &mut Heard) {
        let open = self.halves(id).into_iter().filter(|&half| self.open(half).is_some());
        heard.inputs.extend(open.map(|order| Input::OrderRejected { order, reason: reason.clone() }));
    }

    /// The venue knows nothing of it: it never came there, or ended so long ago that the venue has forgotten it.
    fn vanish(&self, id: OrderId, heard: &mut Heard) {
        for order in self.halves(id).into_iter().filter_map(|half| self.open(half)) {
            let end = if order.is_accepted {
                self.cancel_input(order, CancelReason::Venue { code: 0 })
            } else {
                Input::OrderRejected { order: order.id, reason: never_arrived() }
            };
            if !heard.inputs.contains(&end) {
                heard.inputs.push(end);
            }
        }
    }

    fn trigger(&self, leg: OrderId, heard: &mut Heard) {
        if self.open(leg).is_some_and(|order| !order.is_triggered) {
            heard.inputs.push(Input::OrderTriggered(leg));
        }
    }

    /// With the child of a pair the other half has ended too.
    fn end_other_half(&self, leg: OrderId, heard: &mut Heard) {
        let Some(other) = self.other_half(&self.orders[&leg]).filter(|other| other.is_open) else { return };
        if self.open(leg).is_none_or(|order| order.ends_by(&heard.inputs)) {
            heard.inputs.push(Input::OrderCanceled { order: other.id, reason: CancelReason::Linked });
        }
    }

    fn cancel_input(&self, order: &Order, reason: CancelReason) -> Input {
        let is_linked = order.is_unlinked || self.other_half(order).is_some_and(|other| other.is_canceling);
        let reason = match reason {
            CancelReason::Requested if is_linked && !order.is_canceling => CancelReason::Linked,
            // Of algo orders the venue does not say who ended them.
            CancelReason::Venue { code: 0 } if order.is_canceling => CancelReason::Requested,
            CancelReason::Venue { code: 0 } if is_linked => CancelReason::Linked,
            reason => reason,
        };
        Input::OrderCanceled { order: order.id, reason }
    }

    /// A stray's child may have been taken in as a stray of its own: then that one has its fills, and the first is over.
    fn end_parent(&self, id: OrderId, word: &Word, heard: &mut Heard) {
        let parent = word.from_algo.and_then(|algo| self.by_venue.get(&(algo, Place::Algo)));
        if let Some(&parent) = parent.filter(|parent| !self.halves(**parent).contains(&id))
            && self.open(parent).is_some()
        {
            heard.inputs.push(Input::OrderCanceled { order: parent, reason: CancelReason::Linked });
        }
    }

    /// What was to be canceled, was not, and is open.
    fn stays_open(&mut self, id: OrderId, heard: &mut Heard) {
        let doubt = self.orders.get_mut(&id).filter(|order| order.is_open).and_then(|order| order.cancel_doubt.take());
        let Some(reason) = doubt else { return };
        if self.orders[&id].is_canceling {
            heard.inputs.push(Input::CancelRejected { order: id, reason });
        } else {
            heard.asks.extend(self.canceling(id));
        }
    }

    /// An order that has ended here, whatever the reason, is not to be open at the venue. If it is not, and the word comes
    /// late, this does no harm.
    fn end_ghost(&self, halves: &[OrderId], word: &Word, heard: &mut Heard) {
        if word.progress == Progress::Open && halves.iter().all(|&half| self.open(half).is_none()) {
            let (order, name) = (halves[0], Name::Venue(word.venue_id));
            let instrument = self.orders[&order].request.instrument;
            heard.asks.push(Ask::Cancel { order, name, place: word.place, instrument });
        }
    }

    fn hold(&mut self, word: &Word) {
        if self.held.len() == HELD {
            self.held.remove(0);
        }
        if !self.held.contains(word) {
            self.held.push(word.clone());
        }
    }

    fn release(&mut self, halves: &[OrderId]) -> Vec<Word> {
        let held = std::mem::take(&mut self.held);
        let is_free = |word: &Word| self.subject(word).is_none_or(|id| halves.contains(&id));
        let (free, held) = held.into_iter().partition(is_free);
        self.held = held;
        free
    }

    /// What a word makes of an order's amendments.
    fn settlement(&mut self, id: OrderId, word: &Word) -> Settlement {
        let mut values = None;
        self.with(id, |order| {
            if word.at >= order.values_at {
                (order.values_at, values) = (word.at, word.values);
            }
        });
        let order = &self.orders[&id];
        if order.is_open {
            Settlement::of(order, word.amended.as_ref(), values)
        } else {
            Settlement { inputs: Vec::new(), order: order.clone() }
        }
    }
}

/// What becomes of amendments.
struct Settlement {
    inputs: Vec<Input>,
    /// The order with what the venue has made of it.
    order: Order,
}

impl Settlement {
    /// An answer names its amendment. Without one the values tell: they are what the amendments up to one of them make of
    /// the order; or, when none is on its way, what the venue has made of it by itself.
    fn of(order: &Order, amended: Option<&Amended>, values: Option<Values>) -> Self {
        let mut settled = Self { inputs: Vec::new(), order: order.clone() };
        let answered = amended.and_then(|amended| {
            let place = order.amending.iter().position(|asked| asked.number == amended.number)?;
            Some((place, &amended.result))
        });
        let mut waiting = order.amending.iter();
        if let Some((place, result)) = answered {
            // The venue takes them one after the other: it has refused, or never had, those before.
            waiting.by_ref().take(place).for_each(|_| settled.refused(&never_arrived()));
            match (waiting.next(), result) {
                (Some(asked), Ok(())) => settled.done(&asked.amendment),
                (_, Err(reason)) => settled.refused(reason),
                (None, Ok(())) => {}
            }
        }
        let Some(values) = values else { return settled };
        let waiting: Vec<&Amending> = waiting.collect();
        let mut reached = (settled.order.difference(&values).is_none()).then_some(0);
        let mut order = settled.order.clone();
        for (count, asked) in (1..).zip(&waiting) {
            order.take(&asked.amendment);
            if order.difference(&values).is_none() {
                reached = Some(count);
            }
        }
        if let Some(count) = reached {
            waiting[..count].iter().for_each(|asked| settled.done(&asked.amendment));
        } else if waiting.is_empty()
            && let Some(difference) = settled.order.difference(&values)
        {
            settled.done(&difference);
        }
        settled
    }

    fn done(&mut self, amendment: &Amendment) {
        self.order.take(amendment);
        self.inputs.push(Input::OrderAmended(Box::new(*amendment)));
    }

    fn refused(&mut self, reason: &RejectReason) {
        self.inputs.push(Input::AmendRejected { order: self.order.id, reason: reason.clone() });
    }
}

fn never_arrived() -> RejectReason {
    RejectReason::Venue { code: 0, message: "it never reached the venue".into() }
}
