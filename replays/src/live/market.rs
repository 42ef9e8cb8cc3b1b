//! Market data off the venue's connection, as inputs.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use data::okx::book::{BookError, Sequence, Step};
use data::okx::convert::{channel_of, market_inputs};
use data::okx::message::{Push, PushData};
use data::okx::subscription::Subscription;
use engine::event::Input;
use engine::instrument::Instrument;
use engine::market::FeedGap;
use engine::time::{Interval, Timestamp};

/// A channel that said what cannot be understood is trusted again after so many messages in a row that can, one of bars
/// after the next bar.
const READ_AGAIN: u32 = 20;
/// A book that cannot be read is asked for anew each so many messages: it may be readable from its next beginning on.
const BEGIN_ANEW_EACH: u64 = 64;
/// How often a person is told that it goes on.
const TELL_EACH: u64 = 1_024;

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
    /// Channels, each with its instrument, that say what cannot be understood.
    unreadable: BTreeMap<(String, String), Unreadable>,
}

/// What has come of a channel since it said what cannot be understood.
#[derive(Debug, Default)]
struct Unreadable {
    /// When the last market data of its instrument before it happened.
    since: Option<Timestamp>,
    /// Messages that could not be read.
    dropped: u64,
    /// Messages that could, since the last one that could not.
    read: u32,
}

/// What a frame of market data gives.
#[derive(Debug, Default)]
pub struct Told {
    /// Inputs, each with the time at which it happened by the venue's clock.
    pub inputs: Vec<(Timestamp, Input)>,
    /// A book that has to be asked for anew: messages of it are missing.
    pub gap: Option<Subscription>,
    /// What could not be understood, where that is news: of a channel it is said once, and not with each message.
    pub problem: Option<String>,
}

impl Market {
    /// Of these instruments, each at the place of its id.
    pub fn new(instruments: Vec<Instrument>) -> Self {
        let last_at = vec![None; instruments.len()];
        Self { instruments, sequences: BTreeMap::new(), last_at, unreadable: BTreeMap::new() }
    }

    /// The instruments, each at the place of its id.
    pub fn instruments(&self) -> &[Instrument] {
        &self.instruments
    }

    /// An instrument by the venue's name.
    pub fn find(&self, inst_id: &str) -> Option<&Instrument> {
        self.instruments.iter().find(|instrument| instrument.symbol == inst_id)
    }

    /// Whether a channel says what cannot be understood, such as prices with more decimals than its instrument had when the
    /// session began: what is known of the market is not whole then, however much of the rest comes.
    pub fn is_unreadable(&self) -> bool {
        !self.unreadable.is_empty()
    }

    /// Takes in a push of a public channel.
    pub fn push(&mut self, push: &Push) -> Told {
        let mut told = Told::default();
        let (channel, inst_id) = (push.arg.channel.as_str(), push.arg.inst_id.as_str());
        let key = || (channel.to_owned(), inst_id.to_owned());
        if let PushData::Books(books) = &push.data
            && channel == "books"
        {
            let is_first = !self.sequences.contains_key(inst_id);
            let sequence = self.sequences.entry(inst_id.to_owned()).or_default();
            for book in books {
                match sequence.check(push.action, book) {
                    Ok(Step::KeepAlive) => return told,
                    Ok(_) => {}
                    Err(error) => {
                        let unreadable = self.unreadable.get_mut(&key());
                        // After the first error there are only more of them until the book begins anew.
                        let is_news = is_first || error != BookError::NoSnapshot;
                        told.problem = (is_news && unreadable.is_none()).then(|| format!("{inst_id}: {error}"));
                        let is_wanted = unreadable.is_none_or(Unreadable::drop_one);
                        told.gap = is_wanted.then(|| Feed::Book.subscription(inst_id));
                        return told;
                    }
                }
            }
        }
        match market_inputs(push, |inst_id| self.instruments.iter().find(|instrument| instrument.symbol == inst_id)) {
            Ok(inputs) => {
                if !inputs.is_empty() && self.is_unreadable() {
                    self.read_one(key());
                }
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
                let index = self.instruments.iter().position(|instrument| instrument.symbol == inst_id);
                let since = index.and_then(|index| *self.last_at.get(index)?);
                let unreadable = self.unreadable.entry(key()).or_insert(Unreadable { since, ..Unreadable::default() });
                let begins_anew = unreadable.drop_one();
                told.problem = match unreadable.dropped {
                    1 => Some(format!("{channel} of {inst_id}: {error}; nothing new is bought until it can be read again")),
                    dropped if dropped.is_multiple_of(TELL_EACH) => {
                        Some(format!("{channel} of {inst_id}: {dropped} messages so far: {error}"))
                    }
                    _ => None,
                };
                // What was missed of a book is missing in all that follows.
                if let Some(sequence) = self.sequences.get_mut(inst_id).filter(|_| channel == "books") {
                    *sequence = Sequence::default();
                    told.gap = begins_anew.then(|| Feed::Book.subscription(inst_id));
                }
            }
        }
        told
    }

    /// A message of a channel could be read.
    fn read_one(&mut self, channel: (String, String)) {
        let enough = if channel.0.starts_with("candle") { 1 } else { READ_AGAIN };
        let Entry::Occupied(mut entry) = self.unreadable.entry(channel) else { return };
        entry.get_mut().read += 1;
        if entry.get().read >= enough {
            let ((channel, inst_id), Unreadable { dropped, .. }) = entry.remove_entry();
            eprintln!("warning: {channel} of {inst_id} can be read again; {dropped} messages could not");
        }
    }

    /// The data that a lost connection may have cost, up to `now`: of each instrument, since its last; where a channel of it
    /// cannot be read, since before that.
    pub fn gaps(&self, now: Timestamp) -> Vec<Input> {
        let gaps = self.instruments.iter().zip(&self.last_at).filter_map(|(instrument, last)| {
            let unreadable = self.unreadable.iter().filter(|((_, inst_id), _)| *inst_id == instrument.symbol);
            let from = unreadable.filter_map(|(_, unreadable)| unreadable.since).chain(*last).min()?;
            (from < now).then(|| Input::FeedGap(Box::new(FeedGap { instrument: instrument.id, from, to: now })))
        });
        gaps.collect()
    }

    /// A new connection begins with new numbers.
    pub fn reconnected(&mut self) {
        self.sequences.clear();
    }
}

impl Unreadable {
    /// One more that cannot be read. True where a book is to begin anew.
    fn drop_one(&mut self) -> bool {
        self.dropped += 1;
        self.read = 0;
        self.dropped % BEGIN_ANEW_EACH == 1
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

#[cfg(test)]
mod tests;
