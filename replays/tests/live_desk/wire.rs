//! The connection to the venue: what is on its way, in both directions, and what gets lost.

use std::collections::VecDeque;

use engine::order::OrderId;
use replays::live::word::{Answer, Ask, Asked, Resync, Word};

use crate::chance::Chance;
use crate::venue::{Scope, Venue};

#[derive(Clone, Debug)]
pub enum Fact {
    Word(Word),
    Answer(OrderId, Asked, Answer),
    Resync(Resync),
}

#[derive(Clone, Debug)]
pub enum Errand {
    Ask(Ask),
    Resync(Vec<Ask>),
}

#[derive(Debug)]
pub struct Wire {
    pub is_up: bool,
    /// Sent, in order; not carried out yet.
    pub errands: VecDeque<Errand>,
    answers: Vec<(OrderId, Asked, Answer)>,
    /// What inquiries gave.
    told: VecDeque<Word>,
    said: Vec<Word>,
    /// A resync that was read and has not arrived yet.
    late: Option<Resync>,
    /// Whether pushes overtake resyncs.
    pub is_slow: bool,
}

fn asked(ask: &Ask) -> Option<(OrderId, Asked)> {
    Some(match *ask {
        Ask::Place { order, .. } => (order, Asked::Placing),
        Ask::PlacePair { ref first, .. } => (first.0, Asked::Placing),
        Ask::Amend { order, number, .. } => (order, Asked::Amending { number }),
        Ask::Cancel { order, .. } => (order, Asked::Canceling),
        Ask::Inquire { .. } => return None,
    })
}

impl Wire {
    pub fn new(is_slow: bool) -> Self {
        let (errands, answers, told, said, late) = (VecDeque::new(), Vec::new(), VecDeque::new(), Vec::new(), None);
        Self { is_up: true, errands, answers, told, said, late, is_slow }
    }

    pub fn late(&mut self) -> Option<Fact> {
        self.late.take().map(Fact::Resync)
    }

    /// The next request reaches the venue, or certainly never does.
    pub fn carry_out(&mut self, venue: &mut Venue, chance: &mut Chance) -> Option<Fact> {
        match self.errands.pop_front()? {
            Errand::Resync(asks) if self.is_slow => {
                let before = self.late.replace(venue.resync(&asks, Scope::Asked));
                return before.map(Fact::Resync);
            }
            Errand::Resync(asks) => return Some(Fact::Resync(venue.resync(&asks, Scope::Everything))),
            Errand::Ask(ask) => match asked(&ask) {
                None => self.told.extend(venue.inquire(&ask).unwrap_or_default()),
                Some((order, asked)) if chance.one_in(20) => {
                    // Whether an amendment or a cancellation arrived is not known.
                    if asked != Asked::Placing && chance.one_in(2) {
                        venue.carry_out(&ask, chance);
                    }
                    self.answers.push((order, asked, Answer::Lost));
                }
                Some(_) => self.answers.extend(venue.carry_out(&ask, chance)),
            },
        }
        None
    }

    /// Something that the venue said arrives: in the order of its channel, but channels overtake each other. Now and then
    /// something old comes once more.
    pub fn deliver(&mut self, venue: &mut Venue, chance: &mut Chance) -> Option<Fact> {
        if chance.one_in(8) && !self.said.is_empty() {
            let back = chance.index(self.said.len().min(20));
            return self.said.iter().rev().nth(back).cloned().map(Fact::Word);
        }
        let word = match chance.below(5) {
            4 => return self.late(),
            0 => venue.pushes[0].pop_front(),
            1 => venue.pushes[1].pop_front(),
            2 => self.told.pop_front(),
            _ if self.answers.is_empty() => None,
            _ => {
                let (order, asked, answer) = self.answers.remove(chance.index(self.answers.len()));
                return Some(Fact::Answer(order, asked, answer));
            }
        };
        self.said.extend(word.clone());
        let mut word = word?;
        // It does not always say everything.
        if chance.one_in(15) && word.ours.is_some() && word.values.take().is_some() && chance.one_in(2) {
            word.fills.clear();
        }
        Some(Fact::Word(word))
    }

    /// Nothing that it said so far comes again.
    pub fn forget(&mut self) {
        self.said.clear();
    }

    pub fn is_quiet(&self, venue: &Venue) -> bool {
        let pushes = venue.pushes.iter().all(VecDeque::is_empty);
        pushes && self.late.is_none() && self.errands.is_empty() && self.answers.is_empty() && self.told.is_empty()
    }

    /// The connection breaks: what the venue says is lost, and nobody knows which requests it still got.
    pub fn breaks(&mut self, venue: &mut Venue, chance: &mut Chance) {
        let in_flight = chance.index(self.errands.len() + 1);
        for errand in self.errands.drain(..in_flight) {
            if let Errand::Ask(ask) = errand
                && chance.one_in(2)
            {
                venue.carry_out(&ask, chance);
            }
        }
        self.is_up = false;
        self.hush(venue);
    }

    /// What was said while nobody listened is lost.
    fn hush(&mut self, venue: &mut Venue) {
        venue.pushes.iter_mut().for_each(VecDeque::clear);
        self.answers.clear();
        self.told.clear();
        self.late = None;
    }

    /// It is there again. What was not sent in time never is, or goes out first.
    pub fn returns(&mut self, venue: &mut Venue, chance: &mut Chance) -> Vec<Fact> {
        self.hush(venue);
        self.is_up = true;
        let is_dropped = chance.one_in(2);
        let mut facts = Vec::new();
        for errand in std::mem::take(&mut self.errands) {
            match errand {
                Errand::Ask(ask) if is_dropped => {
                    facts.extend(asked(&ask).map(|(order, asked)| Fact::Answer(order, asked, Answer::Lost)));
                }
                Errand::Ask(ask) => self.answers.extend(venue.carry_out(&ask, chance)),
                Errand::Resync(_) => {}
            }
        }
        facts
    }
}
