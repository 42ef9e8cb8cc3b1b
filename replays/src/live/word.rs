//! What passes between the desk and the venue's connection, in the engine's own terms.

use engine::event::VenueSnapshot;
use engine::instrument::InstrumentId;
use engine::number::{Price, Quantity};
use engine::order::{Amendment, CancelReason, Fill, OrderId, OrderRequest, RejectReason};
use engine::time::Timestamp;

/// How the venue is told which order is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    /// By the client id of this order of ours: it is its own, or its pair's.
    Client(OrderId),
    /// By the venue's id.
    Venue(u64),
}

/// Whether an order is in the book or waits for its trigger, which the venue keeps apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// An ordinary order.
    Book,
    /// An algo order.
    Algo,
}

/// What the venue is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Place an order.
    Place {
        /// Which.
        order: OrderId,
        /// How.
        request: OrderRequest,
    },
    /// Place a stop and a target that share one quantity. The venue knows the two by the first one's client id.
    PlacePair {
        /// The order that was asked for first.
        first: (OrderId, OrderRequest),
        /// The other one.
        second: (OrderId, OrderRequest),
    },
    /// Give an order new values.
    Amend {
        /// Which.
        order: OrderId,
        /// Which amendment of the run, for its answers to name.
        number: u64,
        /// The order's name at the venue.
        name: Name,
        /// Where it is.
        place: Place,
        /// Of what it is.
        instrument: InstrumentId,
        /// What it is now.
        request: OrderRequest,
        /// What is to be.
        amendment: Amendment,
    },
    /// End an order.
    Cancel {
        /// Which.
        order: OrderId,
        /// The order's name at the venue.
        name: Name,
        /// Where it is.
        place: Place,
        /// Of what it is.
        instrument: InstrumentId,
    },
    /// Say again all that is known of an order, its fills included: of an algo order that was triggered first what became
    /// of it and then the order that it placed. What the venue cannot say yet is asked for again, so the connection waits
    /// a moment before it inquires a second time.
    Inquire {
        /// Which.
        order: OrderId,
        /// The order's name at the venue.
        name: Name,
        /// Where it is.
        place: Place,
        /// Of what it is.
        instrument: InstrumentId,
    },
}

/// What the venue says of one order, whenever and however it says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Our own order, where its client id says so; the pair's first one for a pair.
    pub ours: Option<OrderId>,
    /// The venue's id of it: of the ordinary order, or of the algo order.
    pub venue_id: u64,
    /// Where it is.
    pub place: Place,
    /// The algo order that it came from, by the venue's id.
    pub from_algo: Option<u64>,
    /// When the venue last changed it, by the venue's clock: values that are older than known ones say nothing.
    pub at: Timestamp,
    /// How far it is.
    pub progress: Progress,
    /// How much has filled, all fills included; `None` where that is not said.
    pub filled: Option<Quantity>,
    /// The fills that come with it, oldest first: the last ones of those that make `filled`, or all.
    /// [`Fill::order`] says nothing here.
    pub fills: Vec<Fill>,
    /// What it is now; `None` where that is not said.
    pub values: Option<Values>,
    /// The answer to an amendment.
    pub amended: Option<Amended>,
}

/// What became of an amendment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amended {
    /// The [`Ask::Amend`]'s number.
    pub number: u64,
    /// Whether the order has its values now.
    pub result: Result<(), RejectReason>,
}

/// How far an order is at the venue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It is there.
    Open,
    /// An algo order has placed its order; of a pair, by that half, which the venue names.
    Triggered(Option<Half>),
    /// It has filled whole.
    Filled,
    /// It has ended before that.
    Canceled(CancelReason),
}

/// Which half of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// The one that gets out at a worse price.
    Stop,
    /// The one that gets out at a better price.
    Target,
}

/// What can be amended of an order; a price is `None` where the order has no such price, or it is not said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Values {
    /// In total, what has filled included.
    pub quantity: Quantity,
    /// Its limit price.
    pub price: Option<Price>,
    /// A stop's trigger.
    pub stop: Option<Price>,
    /// A target's trigger.
    pub target: Option<Price>,
}

/// The venue's answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It will be done; what comes of it is reported.
    Taken {
        /// The venue's id of the order.
        venue_id: u64,
        /// Where it is.
        place: Place,
    },
    /// It will not be done.
    Refused(RejectReason),
    /// It certainly never reached the venue; or, of an amendment or a cancellation, it is not known whether it did.
    Lost,
}

/// What was asked, for its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// To place.
    Placing,
    /// To amend.
    Amending {
        /// The [`Ask::Amend`]'s number.
        number: u64,
    },
    /// To cancel.
    Canceling,
}

/// Everything that the venue has, after (re)connecting. What was asked before has been carried out by then, or never will be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resync {
    /// Of each of our orders that may be open, what is known. Fills that were missed are among them.
    pub words: Vec<Word>,
    /// Our orders that were asked about. What became of one that was placed since is not among the words.
    pub asked: Vec<OrderId>,
    /// Our orders that the venue has never heard of, though it was asked long after they may have been sent.
    pub unheard: Vec<OrderId>,
    /// What the account has. Its strays are all open orders that are not ours. All fills up to it, and none after it, are
    /// in the words or were told before.
    pub snapshot: Option<VenueSnapshot>,
}
