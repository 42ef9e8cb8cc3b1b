//! The tables of a run: what SQL sees, and what is exported.

pub mod column;
mod trading;
mod account;
mod thought;
mod market;
pub mod frame;
pub mod gather;

use replays::report::projection::Kind;
use strsim::jaro_winkler;

use column::{Column, Sort};

/// A table of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    LiveTrades,
    AiSignals,
    PortfolioData,
    MarketData,
    OptimizationLogs,
    RiskMetrics,
    Orders,
    Fills,
    Equity,
    Events,
}

impl Table {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::LiveTrades,
        Self::AiSignals,
        Self::PortfolioData,
        Self::MarketData,
        Self::OptimizationLogs,
        Self::RiskMetrics,
        Self::Orders,
        Self::Fills,
        Self::Equity,
        Self::Events,
    ];

    /// What SQL calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::LiveTrades => "live_trades",
            Self::AiSignals => "ai_signals",
            Self::PortfolioData => "portfolio_data",
            Self::MarketData => "market_data",
            Self::OptimizationLogs => "optimization_logs",
            Self::RiskMetrics => "risk_metrics",
            Self::Orders => "orders",
            Self::Fills => "fills",
            Self::Equity => "equity",
            Self::Events => "events",
        }
    }

    /// What is in it.
    pub fn about(self) -> &'static str {
        match self {
            Self::LiveTrades => "round trips: an entry order with an exit order, first in, first out",
            Self::AiSignals => "what strategies wanted, and what became of it",
            Self::PortfolioData => "positions and balances at the end of each day and of the log, and deposits",
            Self::MarketData => "trades, quotes, bars and funding rates as the log has them",
            Self::OptimizationLogs => "what the controller changed, by which rule, on what evidence",
            Self::RiskMetrics => "denials, breakers, health, each day's drawdown, regimes, trouble with the venue",
            Self::Orders => "orders from request to end",
            Self::Fills => "what was traded, with fees and slippage",
            Self::Equity => "what everything was worth at each change and each 00:00 UTC",
            Self::Events => "every record of the log, with the one text form",
        }
    }

    /// Its columns, in order.
    pub fn columns(self) -> Vec<(&'static str, Sort)> {
        fn of<R, C>(columns: &[Column<R, C>]) -> Vec<(&'static str, Sort)> {
            columns.iter().map(|column| (column.name, column.sort)).collect()
        }
        match self {
            Self::LiveTrades => of(trading::LIVE_TRADES),
            Self::AiSignals => of(thought::AI_SIGNALS),
            Self::PortfolioData => of(account::PORTFOLIO_DATA),
            Self::MarketData => of(market::MARKET_DATA),
            Self::OptimizationLogs => of(thought::OPTIMIZATION_LOGS),
            Self::RiskMetrics => of(thought::RISK_METRICS),
            Self::Orders => of(trading::ORDERS),
            Self::Fills => of(trading::FILLS),
            Self::Equity => of(account::EQUITY),
            Self::Events => of(market::EVENTS),
        }
    }

    /// The rows that it is made of; none where records are.
    fn rows(self) -> &'static [Kind] {
        match self {
            Self::LiveTrades => &[Kind::RoundTrips],
            Self::AiSignals => &[Kind::Signals],
            Self::PortfolioData => &[Kind::Holdings, Kind::Deposits],
            Self::OptimizationLogs => &[Kind::Others],
            Self::RiskMetrics => &[Kind::Denials, Kind::Others, Kind::Days],
            Self::Orders => &[Kind::Orders],
            Self::Fills => &[Kind::Fills],
            Self::Equity => &[Kind::Days, Kind::Equity],
            Self::MarketData | Self::Events => &[],
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name().eq_ignore_ascii_case(name))
    }
}

/// The nearest of some names, if one is near.
pub fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const NEAR: f64 = 0.75;
    let name = name.to_ascii_lowercase();
    // A part of a name is nearer than other letters.
    let likeness = |known: &str| if name.len() > 2 && known.contains(&name) { 1.0 } else { jaro_winkler(known, &name) };
    let near = names.into_iter().map(|known| (likeness(known), known));
    near.filter(|(likeness, _)| *likeness >= NEAR).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_names_of_their_own_that_sql_takes_unquoted() {
        for table in Table::ALL {
            let mut names: Vec<&str> = table.columns().into_iter().map(|(name, _)| name).collect();
            assert_eq!(Table::named(&table.name().to_uppercase()), Some(table));
            assert!(names.iter().all(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')), "{names:?}");
            assert!(names.iter().all(|name| !["order", "from", "to", "limit", "group", "return"].contains(name)), "{names:?}");
            let count = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), count, "{}", table.name());
        }
    }

    #[test]
    fn what_is_near_is_suggested_and_nothing_else() {
        let tables = || Table::ALL.map(Table::name);
        assert_eq!(nearest("live_trade", tables()), Some("live_trades"));
        assert_eq!(nearest("FILL", tables()), Some("fills"));
        assert_eq!(nearest("trades", tables()), Some("live_trades"));
        assert_eq!(nearest("xyzzy", tables()), None);
    }
}
