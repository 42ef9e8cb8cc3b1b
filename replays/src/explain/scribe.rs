//! What explanations need of a run and its state does not keep: written down record by record, while it runs or
//! afterwards.

use std::collections::BTreeMap;

use data::log::{BLOCK, Mark, order_of};
use engine::event::{Decision, Event, Hash, Input, Record};
use engine::instrument::InstrumentId;
use engine::order::{OrderId, Owner, StrategyId};
use engine::position::RoundTrip;
use engine::state::State;
use serde::{Deserialize, Serialize};

/// Records between two snapshots, at least; each is at a checkpoint. Folding so many takes some hundredths of a second.
pub const SPAN: u64 = 131_072;
/// What follows from a record within so many is found by reading on from there; what follows later is written down.
pub const NEAR: u64 = BLOCK;
/// A shorter rest at the end of a session is folded again faster than it is worth a file.
const SHORTEST: u64 = 16_384;

/// The state after some records, and what it does not keep.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// What the records have made.
    pub state: State,
    /// What else is to be known of them.
    pub notes: Notes,
}

/// What the records so far say beside the state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notes {
    /// The seq of each strategy's last signal in each instrument.
    pub signals: BTreeMap<(StrategyId, InstrumentId), u64>,
    /// The seq of the last assessment of the run's health.
    pub health: Option<u64>,
    /// How many round trips there were.
    pub trips: u64,
    /// The last round trip of each position, to which more pieces of the same two orders may come.
    growing: BTreeMap<(Owner, InstrumentId), (OrderId, OrderId, u64)>,
}

/// What is linked within a span of records.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    /// What followed late.
    pub late: Vec<Late>,
    /// What round trips were closed.
    pub pieces: Vec<Piece>,
}

/// A record that follows from another one, or is about its order, more than [`NEAR`] records later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Late {
    /// What it follows from, or the order that it is about.
    pub of: u64,
    /// Which.
    pub seq: u64,
}

/// A fill that closed a round trip, or a part of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// The round trip's number, from 1, in the order of their first pieces.
    pub trip: u64,
    /// The order that opened it.
    pub entry: OrderId,
    /// The order that closed it.
    pub exit: OrderId,
    /// The fill's seq.
    pub seq: u64,
}

/// The fills of a span of records: the venue's id of each, and its seq.
pub type Fills = Vec<(u64, u64)>;

/// A span of records with the moment at its end.
#[derive(Clone, Debug)]
pub struct Chapter {
    /// Which records.
    pub mark: Mark,
    /// What they have made.
    pub moment: Moment,
    /// What is linked in them.
    pub links: Links,
    /// The fills in them.
    pub fills: Fills,
}

/// Writes down, and says when a chapter is full.
#[derive(Clone, Debug)]
pub struct Scribe {
    span: u64,
    from: u64,
    notes: Notes,
    links: Links,
    fills: Fills,
    /// What the state says of its last checkpoint.
    checkpointed: u64,
    has_ended: bool,
}

impl Scribe {
    /// Before the first record, with chapters of at least `span` records.
    pub fn new(span: u64) -> Self {
        Self::after(&Moment::default(), span)
    }

    /// After the records that have made a moment.
    pub fn after(moment: &Moment, span: u64) -> Self {
        let Moment { state, notes } = moment;
        let (links, fills) = Default::default();
        Self { span, from: state.count, notes: notes.clone(), links, fills, checkpointed: state.checkpointed, has_ended: false }
    }

    /// Takes the records of one input with the state after them, and gives the chapter that they end.
    #[inline]
    pub fn step(&mut self, state: &State, records: &[Record]) -> Option<Box<Chapter>> {
        match records {
            [Record { event: Event::Input(Input::Trade(_) | Input::Quote(_) | Input::Bar(_) | Input::BookDelta(_)), .. }] => None,
            records => self.eventful(state, records),
        }
    }

    fn eventful(&mut self, state: &State, records: &[Record]) -> Option<Box<Chapter>> {
        let mut full = None;
        for record in records {
            if let Some(bond) = self.ends_at(record) {
                // A checkpoint is the last of its step and changes nothing but this.
                let mut before = state.clone();
                (before.count, before.checkpointed) = (record.seq, self.checkpointed);
                full = Some(self.turn(before, bond));
            }
            self.note(state, record);
        }
        full
    }

    /// Whether a chapter ends before this record: then what the log says of the state there.
    pub fn ends_at(&self, record: &Record) -> Option<Hash> {
        let Event::Decision(Decision::Checkpoint(checkpoint)) = &record.event else { return None };
        let records = record.seq.saturating_sub(self.from);
        let is_full = records >= self.span || (self.has_ended && records >= self.span.min(SHORTEST));
        is_full.then_some(checkpoint.state)
    }

    /// Ends a chapter with a state, and begins the next.
    pub fn turn(&mut self, state: State, bond: Hash) -> Box<Chapter> {
        let mark = Mark { from: self.from, count: state.count, at: state.now, bond };
        self.from = state.count;
        let (links, fills) = (std::mem::take(&mut self.links), std::mem::take(&mut self.fills));
        Box::new(Chapter { mark, moment: Moment { state, notes: self.notes.clone() }, links, fills })
    }

    /// Takes a record in, with the state that has it applied.
    pub fn note(&mut self, state: &State, record: &Record) {
        let seq = record.seq;
        if record.cause != seq {
            self.link(record.cause, seq);
        }
        if let Some(order) = order_of(record) {
            self.link(order.0, seq);
        }
        match &record.event {
            Event::Input(input) => {
                self.has_ended = matches!(input, Input::SessionEnded { .. });
                if let Input::OrderFilled(fill) = input {
                    self.fills.push((fill.fill_id, seq));
                    for trip in state.portfolio.just_closed() {
                        self.piece(trip, seq);
                    }
                }
            }
            Event::Decision(Decision::Signal(signal)) => {
                self.notes.signals.insert((signal.strategy, signal.instrument), seq);
            }
            Event::Decision(Decision::HealthAssessed(_)) => self.notes.health = Some(seq),
            Event::Decision(Decision::Checkpoint(_)) => self.checkpointed = seq.saturating_add(1),
            Event::Decision(_) => {}
        }
    }

    /// What was written down since the last chapter.
    pub fn into_rest(self) -> (Notes, Links, Fills) {
        (self.notes, self.links, self.fills)
    }

    fn link(&mut self, of: u64, seq: u64) {
        if seq.saturating_sub(of) > NEAR {
            self.links.late.push(Late { of, seq });
        }
    }

    /// An order that filled in pieces makes one round trip with another, however it filled.
    fn piece(&mut self, trip: &RoundTrip, seq: u64) {
        let (entry, exit) = (trip.entry_order, trip.exit_order);
        let notes = &mut self.notes;
        let growing = notes.growing.entry((trip.owner, trip.instrument)).or_insert((entry, exit, 0));
        if (growing.0, growing.1) != (entry, exit) || growing.2 == 0 {
            notes.trips += 1;
            *growing = (entry, exit, notes.trips);
        }
        self.links.pieces.push(Piece { trip: growing.2, entry, exit, seq });
    }
}
