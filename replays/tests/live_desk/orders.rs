//! What the venue has: ordinary orders and algo orders, and its words on them.

use engine::event::StrayOrder;
use engine::instrument::InstrumentId;
use engine::market::Side;
use engine::number::{Price, Quantity};
use engine::order::{CancelReason, Fill, OrderId, OrderKind, OrderRequest};
use engine::time::Timestamp;
use replays::live::word::{Amended, Half, Place, Progress, Values, Word};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Open,
    Triggered(Half),
    Filled,
    Canceled(CancelReason),
}

/// An ordinary order or an algo order.
#[derive(Clone, Debug)]
pub struct Listed {
    pub id: u64,
    pub place: Place,
    /// Whose it is, by its client id.
    pub ours: Option<OrderId>,
    pub instrument: InstrumentId,
    pub side: Side,
    pub kind: OrderKind,
    /// The other half of a pair.
    pub second: Option<(OrderId, OrderKind)>,
    pub quantity: Quantity,
    pub filled: Quantity,
    pub fills: Vec<Fill>,
    pub state: State,
    pub at: Timestamp,
    /// The algo order that it came from.
    pub parent: Option<u64>,
    /// The order of ours that its fills belong to.
    pub leg: Option<OrderId>,
}

pub fn is_target(kind: OrderKind) -> bool {
    matches!(kind, OrderKind::TakeProfitMarket { .. } | OrderKind::TakeProfitLimit { .. })
}

impl Listed {
    pub fn new(id: u64, ours: Option<OrderId>, request: &OrderRequest, at: Timestamp) -> Self {
        let place = if request.kind.is_conditional() { Place::Algo } else { Place::Book };
        let OrderRequest { instrument, side, kind, quantity, .. } = *request;
        let (second, filled, fills, state) = (None, Quantity::ZERO, Vec::new(), State::Open);
        Self { id, place, ours, instrument, side, kind, second, quantity, filled, fills, state, at, parent: None, leg: ours }
    }

    pub fn is_open(&self) -> bool {
        self.state == State::Open
    }

    /// The half of it that the venue calls so.
    pub fn half(&self, half: Half) -> Option<(Option<OrderId>, OrderKind)> {
        let is_half = |kind| is_target(kind) == (half == Half::Target);
        let second = self.second.map(|(id, kind)| (Some(id), kind));
        [Some((self.ours, self.kind)), second].into_iter().flatten().find(|(_, kind)| is_half(*kind))
    }

    fn trigger(&self, half: Half) -> Option<Price> {
        self.half(half).and_then(|(_, kind)| kind.trigger())
    }

    pub fn word(&self, fills: &[Fill], amended: Option<Amended>) -> Word {
        let progress = match self.state {
            State::Open => Progress::Open,
            State::Triggered(half) => Progress::Triggered(Some(half)),
            State::Filled => Progress::Filled,
            State::Canceled(reason) => Progress::Canceled(reason),
        };
        Word {
            ours: self.ours,
            venue_id: self.id,
            place: self.place,
            from_algo: self.parent,
            at: self.at,
            progress,
            filled: (self.place == Place::Book).then_some(self.filled),
            fills: fills.to_vec(),
            values: Some(Values {
                quantity: self.quantity,
                price: self.kind.limit_price(),
                stop: self.trigger(Half::Stop).filter(|_| self.place == Place::Algo),
                target: self.trigger(Half::Target).filter(|_| self.place == Place::Algo),
            }),
            amended,
        }
    }

    pub fn stray(&self) -> StrayOrder {
        let &Self { id: venue_id, instrument, side, quantity, filled, kind, .. } = self;
        StrayOrder { venue_id, instrument, side, quantity, filled, kind }
    }
}
