//! The venue: instruments, the account, and what is asked of them. It knows exchange time only.

use engine::event::Input;
use engine::instrument::{Instrument, InstrumentId};
use engine::order::{Amendment, CancelReason, OrderId, OrderRequest, RejectReason};
use engine::time::Timestamp;

use super::account::{Account, Balance};
use super::config::ExchangeConfig;
use super::fees::FeeCurrency;
use super::market::{Desk, Market};

/// All markets of the exchange, and the account that trades on them.
#[derive(Debug)]
pub(crate) struct Venue {
    pub(super) markets: Vec<Option<Market>>,
    pub(super) desk: Desk,
}

impl Venue {
    pub(crate) fn new(config: ExchangeConfig, fees_in: FeeCurrency) -> Self {
        let desk = Desk { config, fees_in, account: Account::default(), reports: Vec::new(), fills: 0 };
        Self { markets: Vec::new(), desk }
    }

    pub(crate) fn balances(&self) -> &[Balance] {
        self.desk.account.balances()
    }

    /// What has happened to orders since this was last asked.
    pub(crate) fn reports(&mut self) -> &mut Vec<Input> {
        &mut self.desk.reports
    }

    /// A fact of the world: market data, a listing, a deposit.
    #[inline]
    pub(crate) fn observe(&mut self, at: Timestamp, input: &Input) {
        let desk = &mut self.desk;
        match input {
            Input::Trade(trade) => {
                if let Some(market) = market(&mut self.markets, trade.instrument) {
                    market.on_trade(at, trade, desk);
                }
            }
            Input::Bar(bar) => {
                if let Some(market) = market(&mut self.markets, bar.instrument) {
                    market.on_bar(at, bar, desk);
                }
            }
            Input::Quote(quote) => {
                if let Some(market) = market(&mut self.markets, quote.instrument) {
                    market.on_quote(at, quote, desk);
                }
            }
            Input::BookDelta(levels) => {
                if let Some(market) = market(&mut self.markets, levels.instrument) {
                    market.on_book_delta(at, levels, desk);
                }
            }
            Input::BookSnapshot(levels) => {
                if let Some(market) = market(&mut self.markets, levels.instrument) {
                    market.on_book_snapshot(at, levels, desk);
                }
            }
            Input::InstrumentListed(instrument) => self.list(instrument),
            &Input::Deposited { currency, amount } => {
                let slot = desk.account.slot(currency);
                desk.account.deposit(slot, amount);
            }
            _ => {}
        }
    }

    fn list(&mut self, instrument: &Instrument) {
        if !instrument.tick_size.is_positive() || !instrument.lot_size.is_positive() {
            // Nothing is a multiple of it, so nothing can be traded: orders will be refused as for an unknown one.
            return;
        }
        let index = instrument.id.index();
        if self.markets.len() <= index {
            self.markets.resize_with(index + 1, || None);
        }
        match &mut self.markets[index] {
            Some(market) => market.relist(instrument.clone(), &mut self.desk),
            place => *place = Some(Market::new(instrument.clone(), &mut self.desk.account)),
        }
    }

    /// An order arrives.
    pub(crate) fn submit(&mut self, at: Timestamp, id: OrderId, request: &OrderRequest) {
        let result = match market(&mut self.markets, request.instrument) {
            Some(market) => market.submit(at, id, request, &mut self.desk),
            None => Err(RejectReason::UnknownInstrument),
        };
        if let Err(reason) = result {
            self.desk.reports.push(Input::OrderRejected { order: id, reason });
        }
    }

    /// An amendment arrives.
    pub(crate) fn amend(&mut self, at: Timestamp, amendment: &Amendment) {
        let result = match holder(&mut self.markets, amendment.order) {
            Some((market, index)) => market.amend(at, index, amendment, &mut self.desk),
            None => Err(RejectReason::NotOpen),
        };
        if let Err(reason) = result {
            self.desk.reports.push(Input::AmendRejected { order: amendment.order, reason });
        }
    }

    /// A cancellation arrives.
    pub(crate) fn cancel(&mut self, id: OrderId) {
        match holder(&mut self.markets, id) {
            Some((market, index)) => {
                market.cancel(index, CancelReason::Requested, &mut self.desk);
                market.sweep();
            }
            None => self.desk.reports.push(Input::CancelRejected { order: id, reason: RejectReason::NotOpen }),
        }
    }
}

fn market(markets: &mut [Option<Market>], id: InstrumentId) -> Option<&mut Market> {
    markets.get_mut(id.index())?.as_mut()
}

/// The market in which an order is open, and the order's place there.
fn holder(markets: &mut [Option<Market>], id: OrderId) -> Option<(&mut Market, usize)> {
    markets.iter_mut().flatten().find_map(|market| market.position(id).map(|index| (market, index)))
}
