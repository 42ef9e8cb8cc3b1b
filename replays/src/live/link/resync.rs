//! Asking the venue for everything that it has: after each connection, and for single orders where something is missing.

use std::sync::Arc;
use std::time::Duration;

use data::okx::code::Remedy;
use data::okx::convert::{ClientId, ConvertError, SessionTag, balances, stray, stray_algo};
use data::okx::message::{AlgoInfo, Balance, FillInfo, InstType, OrdType, OrderInfo};
use data::okx::rest::{FillsOf, OkxError, OrderName, Rest};
use engine::event::{StrayOrder, VenueSnapshot};
use engine::instrument::Instrument;
use engine::number::Decimal;
use engine::order::{CancelReason, OrderId};
use engine::time::Timestamp;

use crate::live::word::{Ask, Name, Place, Progress, Resync, Word};
use crate::live::words;

/// How often balances are read until two readings are the same.
const READINGS: u32 = 10;
/// An order that the venue does not know after that long was never there: requests expire before.
const UNHEARD_AFTER: Duration = Duration::from_secs(7);
const ASK_AGAIN: Duration = Duration::from_millis(500);
const MOST_FILLS: usize = 20_000;
/// Ended algo orders that are looked through for one.
const MOST_ENDED: usize = 1_000;

/// Whoever asks.
#[derive(Clone, Debug)]
pub(super) struct Inquirer {
    pub(super) rest: Arc<Rest>,
    pub(super) session: SessionTag,
    pub(super) instruments: Arc<[Instrument]>,
}

/// What the venue knows of an order.
enum Known {
    Words(Vec<Word>),
    /// It has never heard of it.
    Nothing,
}

impl Inquirer {
    /// Everything that the venue has, at one moment: no fill came while it was asked, for the balances were the same
    /// before and after. Where fills come too fast for that, what it says of the orders.
    pub(super) async fn everything(&self, asks: &[Ask]) -> Result<Resync, OkxError> {
        let mut before = self.rest.balance().await?;
        for reading in 1.. {
            let (resync, strays) = self.once(asks).await?;
            let after = self.rest.balance().await?;
            if same(&before, &after) {
                return Ok(Resync { snapshot: Some(self.snapshot(&after, strays)?), ..resync });
            }
            if reading == READINGS {
                return Ok(resync);
            }
            before = after;
        }
        unreachable!("it ends with the last reading")
    }

    /// What is known of one order, asked for again until it is known, or certain that it never will be.
    pub(super) async fn one(&self, ask: &Ask) -> Result<Option<Vec<Word>>, OkxError> {
        let asked = tokio::time::Instant::now();
        loop {
            match self.known(ask).await? {
                Known::Words(words) => return Ok(Some(words)),
                Known::Nothing if asked.elapsed() >= UNHEARD_AFTER => return Ok(None),
                Known::Nothing => tokio::time::sleep(ASK_AGAIN).await,
            }
        }
    }

    async fn once(&self, asks: &[Ask]) -> Result<(Resync, Vec<StrayOrder>), OkxError> {
        let mut resync = Resync::default();
        let mut listed = Vec::new();
        for ask in asks {
            let Ask::Inquire { order, .. } = ask else { continue };
            listed.push(*order);
            match self.one(ask).await {
                Ok(Some(words)) => resync.words.extend(words),
                Ok(None) => resync.unheard.push(*order),
                // One order that the venue will not speak of is no reason to know nothing of the others. What it has traded is in
                // the balances all the same, so it does not count as asked.
                Err(error) if error.is_of_order() => {
                    eprintln!("warning: order {order} cannot be asked for: {error}");
                    continue;
                }
                Err(error) => return Err(error),
            }
            resync.asked.push(*order);
        }
        let strays = self.open_orders(&listed, &mut resync.words).await?;
        Ok((resync, strays))
    }

    /// Open orders that this session did not ask for. Of its own that are not among `listed` (they were sent since, or are
    /// believed to have ended) words are added.
    async fn open_orders(&self, listed: &[OrderId], words: &mut Vec<Word>) -> Result<Vec<StrayOrder>, OkxError> {
        let mut strays = Vec::new();
        let ours = |id: Option<ClientId>| id.filter(|id| id.session == self.session).map(|id| id.order);
        for order in self.rest.orders_pending().await?.items {
            let Some(instrument) = self.instrument(order.inst_id.as_str()) else { continue };
            match ours(ClientId::of(&order)) {
                None => strays.extend(told(stray(&order, instrument), "an open order")),
                Some(own) if listed.contains(&own) => {}
                Some(_) => words.extend(self.told_of(order, instrument).await?),
            }
        }
        for kind in [OrdType::Conditional, OrdType::MoveOrderStop, OrdType::Trigger] {
            for algo in self.rest.algos_pending(&kind).await?.items {
                let Some(instrument) = self.instrument(algo.inst_id.as_str()) else { continue };
                match ours(ClientId::parse(algo.algo_cl_ord_id.as_str())) {
                    None => strays.extend(told(stray_algo(&algo, instrument), "a waiting order")),
                    Some(own) if listed.contains(&own) => {}
                    Some(_) => words.extend(told(words::of_algo(&algo, self.session), "a waiting order of ours")),
                }
            }
        }
        Ok(strays)
    }

    /// What the account has of what is traded, as the venue says it now. Other currencies have no price here.
    fn snapshot(&self, balance: &Balance, strays: Vec<StrayOrder>) -> Result<VenueSnapshot, OkxError> {
        let venue_at = balance.u_time.time("uTime").unwrap_or_default();
        let traded = |currency| self.instruments.iter().any(|traded| traded.base == currency || traded.quote == currency);
        let unreadable = |error: ConvertError| OkxError::Unreadable {
            asked: "account/balance".to_owned(),
            status: 200,
            reason: error.to_string(),
        };
        let mut balances = balances(balance).map_err(unreadable)?;
        balances.retain(|(currency, _)| traded(*currency));
        Ok(VenueSnapshot { venue_at, balances, strays })
    }

    async fn known(&self, ask: &Ask) -> Result<Known, OkxError> {
        let Ask::Inquire { name, place, instrument, .. } = *ask else { return Ok(Known::Words(Vec::new())) };
        let Some(instrument) = self.instruments.get(instrument.index()) else { return Ok(Known::Words(Vec::new())) };
        match place {
            Place::Book => self.order(&self.name(name), instrument).await,
            Place::Algo => self.algo(name, instrument).await,
        }
    }

    fn name(&self, name: Name) -> Named {
        match name {
            Name::Client(order) => Named::Client(ClientId { session: self.session, order }.to_string()),
            Name::Venue(id) => Named::Venue(id.to_string()),
        }
    }

    async fn order(&self, name: &Named, instrument: &Instrument) -> Result<Known, OkxError> {
        let Some(info) = found(self.rest.order(&instrument.symbol, name.borrowed()).await)? else { return Ok(Known::Nothing) };
        Ok(Known::Words(self.told_of(info, instrument).await?.into_iter().collect()))
    }

    /// An order with all of its fills.
    async fn told_of(&self, info: OrderInfo, instrument: &Instrument) -> Result<Option<Word>, OkxError> {
        let fills = self.fills(&info).await?;
        let word = words::of_order(&without_push(info), self.session, instrument);
        Ok(told(word.and_then(|word| words::with_fills(word, &fills, instrument)), "an order"))
    }

    /// All fills of an order. The shorter history has three days, and may be asked more often.
    async fn fills(&self, info: &OrderInfo) -> Result<Vec<FillInfo>, OkxError> {
        let Some(filled) = info.acc_fill_sz.value().filter(|filled| !filled.is_zero()) else { return Ok(Vec::new()) };
        let of = FillsOf::Order { kind: &InstType::Spot, ord_id: info.ord_id.as_str() };
        let recent = self.rest.fills(of, MOST_FILLS).await?.items;
        let known: Decimal = recent.iter().filter_map(|fill| fill.fill_sz.value()).sum();
        if known >= filled { Ok(recent) } else { Ok(self.rest.fills_history(of, MOST_FILLS).await?.items) }
    }

    async fn algo(&self, name: Name, instrument: &Instrument) -> Result<Known, OkxError> {
        let info = match self.name(name) {
            Named::Client(id) => match found(self.rest.algo(&id).await)? {
                Some(info) => info,
                None => return Ok(Known::Nothing),
            },
            Named::Venue(id) => match self.by_id(&id).await? {
                Some(info) => info,
                None => return Ok(Known::Words(vec![forgotten(&id)])),
            },
        };
        let mut words: Vec<Word> = told(words::of_algo(&info, self.session), "an algo order").into_iter().collect();
        for id in info.ord_id_list.iter().filter_map(|id| id.some()) {
            if let Known::Words(placed) = self.order(&Named::Venue(id.to_owned()), instrument).await? {
                words.extend(placed);
            }
        }
        Ok(Known::Words(words))
    }

    /// An algo order by the venue's id, waiting or ended: there is no other way to ask for one that has no id of ours.
    async fn by_id(&self, algo_id: &str) -> Result<Option<AlgoInfo>, OkxError> {
        for kind in [OrdType::Conditional, OrdType::Oco, OrdType::MoveOrderStop] {
            let pending = self.rest.algos_pending(&kind).await?.items;
            if let Some(info) = pending.into_iter().find(|info| info.algo_id == algo_id) {
                return Ok(Some(info));
            }
            for state in ["effective", "canceled", "order_failed"] {
                let ended = self.rest.algos_history(&kind, state, 0, MOST_ENDED).await?.items;
                if let Some(info) = ended.into_iter().find(|info| info.algo_id == algo_id) {
                    return Ok(Some(info));
                }
            }
        }
        Ok(None)
    }

    pub(super) fn instrument(&self, symbol: &str) -> Option<&Instrument> {
        self.instruments.iter().find(|instrument| instrument.symbol == symbol)
    }
}

/// A name as text.
pub(super) enum Named {
    Client(String),
    Venue(String),
}

impl Named {
    fn borrowed(&self) -> OrderName<'_> {
        match self {
            Self::Client(id) => OrderName::Client(id),
            Self::Venue(id) => OrderName::Venue(id),
        }
    }
}

/// An answer, or that the venue knows no such order.
fn found<T>(answer: Result<T, OkxError>) -> Result<Option<T>, OkxError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.remedy() == Some(Remedy::NotOpen) => Ok(None),
        Err(error) => Err(error),
    }
}

/// An order as it is asked for has its last fill in the fields in which a push has its own: the fills are asked for apart.
fn without_push(info: OrderInfo) -> OrderInfo {
    OrderInfo { trade_id: "".into(), ..info }
}

/// An adopted algo order that the venue does not know any more.
fn forgotten(id: &str) -> Word {
    Word {
        ours: None,
        venue_id: id.parse().unwrap_or(0),
        place: Place::Algo,
        from_algo: None,
        at: Timestamp::default(),
        progress: Progress::Canceled(CancelReason::Venue { code: 0 }),
        filled: None,
        fills: Vec::new(),
        values: None,
        amended: None,
    }
}

/// Whether two readings say the same of all currencies.
fn same(before: &Balance, after: &Balance) -> bool {
    let cash = |balance: &Balance| {
        let mut cash: Vec<_> = balance.details.iter().map(|one| (one.ccy.to_string(), one.cash_bal.value())).collect();
        cash.sort();
        cash
    };
    cash(before) == cash(after)
}

/// What makes no sense is told to a person and left out.
pub(super) fn told<T, E: std::fmt::Display>(result: Result<T, E>, what: &str) -> Option<T> {
    result.inspect_err(|error| eprintln!("warning: {what} that cannot be understood: {error}")).ok()
}
