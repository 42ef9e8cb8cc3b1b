//! A round trip by its number or its orders, with what it made.

use engine::event::Record;
use engine::instrument::Currency;
use engine::number::{Amount, Price, Quantity, Rate};
use engine::order::OrderId;
use engine::position::RoundTrip;
use engine::time::Timestamp;
use serde::Serialize;

use super::scribe::Piece;
use super::{ExplainError, History};

/// An entry with its exit, all pieces of the two orders together. Money is in quote units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trip {
    /// Its number, from 1, in the order in which round trips began to close.
    pub number: u64,
    /// Whose: a strategy's name, or `operator`.
    pub owner: String,
    /// In what.
    pub instrument: String,
    /// What money is in; `None` when the instrument was never listed.
    pub quote: Option<Currency>,
    /// The order that opened it.
    pub entry_order: OrderId,
    /// The order that closed it.
    pub exit_order: OrderId,
    /// The fills of the exit.
    pub exit_seqs: Vec<u64>,
    /// When it opened.
    pub entry_at: Timestamp,
    /// When its last piece closed.
    pub exit_at: Timestamp,
    /// How much.
    pub quantity: Quantity,
    /// The average price of the entry.
    pub entry_price: Price,
    /// The average price of the exit.
    pub exit_price: Price,
    /// Fees of both.
    pub fees: Amount,
    /// Proceeds less cost and fees.
    pub profit: Amount,
    /// Profit as a share of the cost, rounded half to even at 6 decimals; `None` when it cost nothing.
    pub return_rate: Option<Rate>,
}

impl Trip {
    /// The round trip that these pieces make: all of one number, in order. `None` without any.
    pub fn of(history: &mut History, pieces: &[Piece]) -> Result<Option<Self>, ExplainError> {
        let mut whole: Option<RoundTrip> = None;
        for piece in pieces {
            let record = history.record(piece.seq)?;
            for part in closed_by(history, &record)? {
                if (part.entry_order, part.exit_order) != (piece.entry, piece.exit) {
                    continue;
                }
                match &mut whole {
                    Some(whole) => {
                        whole.exit_at = part.exit_at;
                        whole.quantity += part.quantity;
                        whole.cost += part.cost;
                        whole.proceeds += part.proceeds;
                        whole.fees += part.fees;
                    }
                    None => whole = Some(part),
                }
            }
        }
        let (Some(trip), Some(first)) = (whole, pieces.first()) else { return Ok(None) };
        let moment = history.moment(first.seq)?;
        let names = History::names(moment);
        let return_rate = trip.profit().0.checked_div(trip.cost.0).map(|rate| Rate(rate.round_dp(6).normalize()));
        Ok(Some(Self {
            number: first.trip,
            owner: super::words::owner(&names, trip.owner),
            instrument: names.symbol(trip.instrument).to_string(),
            quote: moment.state.markets.get(trip.instrument).map(|market| market.instrument.quote),
            entry_order: trip.entry_order,
            exit_order: trip.exit_order,
            exit_seqs: pieces.iter().map(|piece| piece.seq).collect(),
            entry_at: trip.entry_at,
            exit_at: trip.exit_at,
            quantity: trip.quantity,
            entry_price: rounded(trip.cost.per(trip.quantity)),
            exit_price: rounded(trip.proceeds.per(trip.quantity)),
            fees: trip.fees,
            profit: trip.profit(),
            return_rate,
        }))
    }
}

/// The round trips that a fill closed.
fn closed_by(history: &mut History, fill: &Record) -> Result<Vec<RoundTrip>, ExplainError> {
    // A snapshot does not keep them, so they are made again from the moment before.
    let mut state = history.moment(fill.seq)?.state.clone();
    state.apply(fill);
    Ok(state.portfolio.just_closed().to_vec())
}

fn rounded(price: Price) -> Price {
    Price(price.0.round_dp(8).normalize())
}
