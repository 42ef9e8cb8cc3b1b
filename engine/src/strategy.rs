//! What a strategy is, and all that it may see and ask for.

use alloc::vec::Vec;

use crate::book::Book;
use crate::event::{Direction, Input, Rank, Reason, Regime, RegimeChange, Scan, Signal};
use crate::hash::StateHasher;
use crate::instrument::{Instrument, InstrumentId};
use crate::number::{Price, Quantity};
use crate::order::{Amendment, OrderId, OrderRequest, Owner, StrategyId};
use crate::orders::OpenOrder;
use crate::state::State;
use crate::time::Timestamp;

/// Decides what to be in. Deterministic: the same inputs give the same wishes, on every machine.
pub trait Strategy: Send {
    /// Sees market data of its instruments, reports on its own orders, its timers, listings and commands;
    /// asks for what it wants through `ctx`. The state in `ctx` has the input applied already.
    fn on_input(&mut self, input: &Input, ctx: &mut Context<'_>);

    /// Adds all that it remembers: two strategies with the same hash must go on in the same way.
    fn hash_state(&self, hasher: &mut StateHasher);
}

/// What a strategy wants, in the order of asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    Signal(Signal),
    Submit(OrderRequest),
    Amend(Amendment),
    Cancel(OrderId),
    Regime(RegimeChange),
    Scan(Scan),
}

/// A strategy's view of the world during one input.
pub struct Context<'a> {
    pub(crate) state: &'a State,
    pub(crate) strategy: StrategyId,
    pub(crate) wishes: &'a mut Vec<(StrategyId, Wish)>,
    pub(crate) wakes: &'a mut Vec<(Timestamp, StrategyId)>,
}

/// The optional parts of a signal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opinion {
    /// How sure, in basis points; at most 10,000.
    pub confidence_bps: u16,
    /// Where to get out with a loss.
    pub stop: Option<Price>,
    /// Where to get out with a profit.
    pub target: Option<Price>,
    /// Why.
    pub reasons: Vec<Reason>,
}

impl Context<'_> {
    /// The time of the input.
    pub fn now(&self) -> Timestamp {
        self.state.now
    }

    /// An instrument's rules; `None` when it was never listed.
    pub fn instrument(&self, id: InstrumentId) -> Option<&Instrument> {
        self.state.markets.get(id).map(|market| &market.instrument)
    }

    /// An instrument's last price; `None` before the first.
    pub fn last_price(&self, id: InstrumentId) -> Option<Price> {
        self.state.markets.get(id)?.last_price()
    }

    /// An instrument's order book; `None` when there was none.
    pub fn book(&self, id: InstrumentId) -> Option<&Book> {
        self.state.books.get(&id)
    }

    /// How much of the instrument this strategy's own fills have built up.
    pub fn held(&self, id: InstrumentId) -> Quantity {
        self.state.portfolio.held(Owner::Strategy(self.strategy), id)
    }

    /// Whether this strategy holds enough of the instrument to sell it, or is buying it.
    pub fn is_in(&self, id: InstrumentId) -> bool {
        self.state.is_in(Owner::Strategy(self.strategy), id)
    }

    /// This strategy's own open orders in the instrument, oldest first.
    pub fn open_orders(&self, id: InstrumentId) -> impl Iterator<Item = &OpenOrder> {
        self.state.orders.of(Owner::Strategy(self.strategy), id)
    }

    /// Says what it wants to be in. Sizing, execution and risk make orders of it, or a denial.
    pub fn signal(&mut self, instrument: InstrumentId, direction: Direction, opinion: Opinion) {
        let Opinion { confidence_bps, stop, target, reasons } = opinion;
        let confidence_bps = confidence_bps.min(10_000);
        let signal = Signal { strategy: self.strategy, instrument, direction, confidence_bps, stop, target, reasons };
        self.wishes.push((self.strategy, Wish::Signal(signal)));
    }

    /// Asks for an order of its own making, past sizing and execution but not past risk. Whatever the
    /// request says, the strategy owns it, and it can be linked with the strategy's own open orders only.
    pub fn submit(&mut self, mut request: OrderRequest) {
        request.owner = Owner::Strategy(self.strategy);
        self.wishes.push((self.strategy, Wish::Submit(request)));
    }

    /// Asks for new values for one of its open orders.
    pub fn amend(&mut self, amendment: Amendment) {
        self.wishes.push((self.strategy, Wish::Amend(amendment)));
    }

    /// Asks for the end of one of its open orders.
    pub fn cancel(&mut self, order: OrderId) {
        self.wishes.push((self.strategy, Wish::Cancel(order)));
    }

    /// Says that it sees another regime than before. It is logged, and sizing and protection may look at it.
    pub fn regime_changed(&mut self, instrument: InstrumentId, regime: Regime, reasons: Vec<Reason>) {
        let change = RegimeChange { strategy: self.strategy, instrument, regime, reasons };
        self.wishes.push((self.strategy, Wish::Regime(change)));
    }

    /// Says how it ranks instruments, best first. It is logged.
    pub fn scanned(&mut self, ranks: Vec<Rank>) {
        self.wishes.push((self.strategy, Wish::Scan(Scan { strategy: self.strategy, ranks })));
    }

    /// Asks for an [`Input::Timer`] at `at`, or one nanosecond from now when that has passed.
    pub fn wake_at(&mut self, at: Timestamp) {
        self.wakes.push((at.max(self.state.now.plus_ns(1)), self.strategy));
    }
}
