//! Market data off the venue's connection, as inputs.

use std::collections::BTreeMap;

use data::okx::book::{Sequence, Step};
use data::okx::convert::{channel_of, market_inputs};
use data::okx::message::{Push, PushData};
use data::okx::subscription::Subscription;
use engine::event::Input;
use engine::instrument::Instrument;
use engine::market::FeedGap;
use engine::time::{Interval, Timestamp};

/// What is listened to of an instrument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feed {
    /// Every trade.
    Trades,
    /// The best bid and ask.
    Quotes,
    /// The order book.
    Book,
    /// Bars of one length, when they close.
    Bars(Interval),
}

impl Feed {
    /// Reads the configuration's word for it.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "trades" => Some(Self::Trades),
            "quotes" => Some(Self::Quotes),
            "book" => Some(Self::Book),
            bars => bars.parse().ok().filter(|&interval| channel_of(interval).is_some()).map(Self::Bars),
        }
    }

    /// What is subscribed to for it.
    pub fn subscription(self, inst_id: &str) -> Subscription {
        let channel = match self {
            Self::Trades => "trades".to_owned(),
            Self::Quotes => "bbo-tbt".to_owned(),
            Self::Book => "books".to_owned(),
            Self::Bars(interval) => channel_of(interval).unwrap_or_default(),
        };
        Subscription::of(&channel, inst_id)
    }
}

/// The instruments that are listened to, and how far each has come.
#[derive(Debug)]
pub struct Market {
    instruments: Vec<Instrument>,
    sequences: BTreeMap<String, Sequence>,
    /// When the last market data of each happened, by the venue's clock.
    last_at: Vec<Option<Timestamp>>,
}

/// What a frame of market data gives.
#[derive(Debug, Default)]
pub struct Told {
    /// Inputs, each with the time at which it happened by the venue's clock.
    pub inputs: Vec<(Timestamp, Input)>,
    /// A book that has to be asked for anew: messages of it are missing.
    pub gap: Option<Subscription>,
    /// What could not be understood.
    pub problem: Option<String>,
}

impl Market {
    /// Of these instruments, each at the place of its id.
    pub fn new(instruments: Vec<Instrument>) -> Self {
        let last_at = vec![None; instruments.len()];
        Self { instruments, sequences: BTreeMap::new(), last_at }
    }

    /// The instruments, each at the place of its id.
    pub fn instruments(&self) -> &[Instrument] {
        &self.instruments
    }

    /// An instrument by the venue's name.
    pub fn find(&self, inst_id: &str) -> Option<&Instrument> {
        self.instruments.iter().find(|instrument| instrument.symbol == inst_id)
    }

    /// Takes in a push of a public channel.
    pub fn push(&mut self, push: &Push) -> Told {
        let mut told = Told::default();
        if let PushData::Books(books) = &push.data
            && push.arg.channel == "books"
        {
            let inst_id = push.arg.inst_id.as_str();
            let sequence = self.sequences.entry(inst_id.to_owned()).or_default();
            for book in books {
                match sequence.check(push.action, book) {
                    Ok(Step::KeepAlive) => return told,
                    Ok(_) => {}
                    Err(error) => {
                        told.gap = Some(Feed::Book.subscription(inst_id));
                        told.problem = Some(format!("{inst_id}: {error}"));
                        return told;
                    }
                }
            }
        }
        match market_inputs(push, |inst_id| self.instruments.iter().find(|instrument| instrument.symbol == inst_id)) {
            Ok(inputs) => {
                for input in inputs {
                    if let Some((index, at)) = happened(&input) {
                        if let Some(last) = self.last_at.get_mut(index) {
                            *last = Some(at).max(*last);
                        }
                        told.inputs.push((at, input));
                    }
                }
            }
            Err(error) => {
                // What was missed of a book is missing in all that follows.
                if let Some(sequence) = self.sequences.get_mut(push.arg.inst_id.as_str())
                    && push.arg.channel == "books"
                {
                    *sequence = Sequence::default();
                    told.gap = Some(Feed::Book.subscription(push.arg.inst_id.as_str()));
                }
                told.problem = Some(error.to_string());
            }
        }
        told
    }

    /// The data that a lost connection may have cost, up to `now`: of each instrument, since its last.
    pub fn gaps(&self, now: Timestamp) -> Vec<Input> {
        let gaps = self.instruments.iter().zip(&self.last_at).filter_map(|(instrument, last)| {
            let from = (*last)?;
            (from < now).then(|| Input::FeedGap(Box::new(FeedGap { instrument: instrument.id, from, to: now })))
        });
        gaps.collect()
    }

    /// A new connection begins with new numbers.
    pub fn reconnected(&mut self) {
        self.sequences.clear();
    }
}

/// Of which instrument market data are, and when they happened by the venue's clock.
fn happened(input: &Input) -> Option<(usize, Timestamp)> {
    match input {
        Input::Trade(trade) => Some((trade.instrument.index(), trade.venue_at)),
        Input::Quote(quote) => Some((quote.instrument.index(), quote.venue_at)),
        Input::Bar(bar) => Some((bar.instrument.index(), bar.closed_at())),
        Input::BookSnapshot(levels) | Input::BookDelta(levels) => Some((levels.instrument.index(), levels.venue_at)),
        Input::Funding(funding) => Some((funding.instrument.index(), funding.venue_at)),
        _ => None,
    }
}
