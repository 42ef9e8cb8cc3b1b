//! Tables from a log, in one pass: only those that are wanted, and of them only the wanted columns.

use data::log::{LogError, Reader};
use engine::event::{Event, Record};
use engine::state::State;
use replays::report::projection::{Kind, Projection, Wanted};
use replays::report::rows::{Moment, Row};

use super::column::{Column, Sink, put};
use super::market::Known;
use super::{Table, account, market, thought, trading};

/// Where rows go.
pub struct Sheet<S> {
    /// Which table.
    pub table: Table,
    /// Which of its columns, by their places, in order.
    pub wanted: Vec<usize>,
    /// Takes them.
    pub sink: S,
}

/// The sheets of one pass.
struct Sheets<'a, S>(Vec<&'a mut Sheet<S>>);

/// Reads a log from its beginning, and fills the sheets.
pub fn gather<S: Sink>(reader: &mut Reader, sheets: &mut [Sheet<S>]) -> Result<(), LogError> {
    let needed: Vec<Kind> = sheets.iter().flat_map(|sheet| sheet.table.rows()).copied().collect();
    let (plain, projected): (Vec<_>, Vec<_>) = sheets.iter_mut().partition(|sheet| sheet.table.rows().is_empty());
    let (mut plain, mut projected) = (Sheets(plain), Sheets(projected));
    let (mut known, mut state) = (Known::default(), State::default());
    let mut projection = Projection::new(Wanted::of(&needed));
    while let Some(records) = reader.next_block()? {
        if !plain.0.is_empty() {
            for record in records {
                plain.record(record, &mut known);
            }
        }
        if !projected.0.is_empty() {
            for record in records {
                if matches!(record.event, Event::Input(_)) {
                    projection.before(&state, record.at, &mut |row| projected.row(row, &state));
                }
                state.apply(record);
                projection.after(&state, std::slice::from_ref(record), &mut |row| projected.row(row, &state));
            }
        }
    }
    projection.finish(&state, &mut |row| projected.row(row, &state));
    Ok(())
}

impl<S: Sink> Sheets<'_, S> {
    #[inline]
    fn record(&mut self, record: &Record, known: &mut Known) {
        known.learn(record);
        for sheet in &mut self.0 {
            match sheet.table {
                Table::MarketData if market::is_market(record) => sheet.put(market::MARKET_DATA, record, known),
                Table::Events => sheet.put(market::EVENTS, record, known),
                _ => {}
            }
        }
    }

    fn row(&mut self, row: Row, state: &State) {
        match row {
            Row::Order(row) => self.put(Table::Orders, trading::ORDERS, &row, state),
            Row::Fill(row) => self.put(Table::Fills, trading::FILLS, &row, state),
            Row::RoundTrip(row) => self.put(Table::LiveTrades, trading::LIVE_TRADES, &row, state),
            Row::Position(row) => self.put(Table::PortfolioData, account::PORTFOLIO_DATA, &row.into(), state),
            Row::Balance(row) => self.put(Table::PortfolioData, account::PORTFOLIO_DATA, &row.into(), state),
            Row::Deposit(row) => self.put(Table::PortfolioData, account::PORTFOLIO_DATA, &row.into(), state),
            Row::Equity(row) => {
                if row.moment == Moment::Day {
                    self.put(Table::RiskMetrics, thought::RISK_METRICS, &(&row).into(), state);
                }
                self.put(Table::Equity, account::EQUITY, &row, state);
            }
            Row::Signal(row) => self.put(Table::AiSignals, thought::AI_SIGNALS, &row, state),
            Row::Adjustment(row) => self.put(Table::OptimizationLogs, thought::OPTIMIZATION_LOGS, &row, state),
            Row::Denial(row) => self.put(Table::RiskMetrics, thought::RISK_METRICS, &row.into(), state),
            Row::Breaker(row) => self.put(Table::RiskMetrics, thought::RISK_METRICS, &row.into(), state),
            Row::Health(row) => self.put(Table::RiskMetrics, thought::RISK_METRICS, &row.into(), state),
            Row::Regime(row) => self.put(Table::RiskMetrics, thought::RISK_METRICS, &row.into(), state),
            Row::Trouble(row) => self.put(Table::RiskMetrics, thought::RISK_METRICS, &row.into(), state),
            // In `market_data`, as the log has it.
            Row::Funding(_) => {}
        }
    }

    fn put<R>(&mut self, table: Table, columns: &[Column<R, State>], row: &R, state: &State) {
        if let Some(sheet) = self.0.iter_mut().find(|sheet| sheet.table == table) {
            put(columns, &sheet.wanted, row, state, &mut sheet.sink);
        }
    }
}

impl<S: Sink> Sheet<S> {
    #[inline]
    fn put(&mut self, columns: &[Column<Record, Known>], record: &Record, known: &Known) {
        put(columns, &self.wanted, record, known, &mut self.sink);
    }
}
