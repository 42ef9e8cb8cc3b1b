//! Runs that begin warm: strategies have seen what was before, and could not trade then.

use data::log::{Chain, LogError};
use engine::event::{Input, Mode, Trouble};
use engine::hash::hash_of_bytes;
use engine::time::Timestamp;

use super::recording::Recording;
use crate::backtest::BacktestError;
use crate::config::Config;
use crate::exchange::Exchange;
use crate::report::{Outcome, Report};
use crate::run::{Log, run};
use crate::session;

type Event = Result<(Timestamp, Input), LogError>;

impl Recording {
    /// Runs a configuration on it, and reports from `begins` on. What began before is shown to the strategies while the session
    /// [warms up](Trouble::WarmingUp) without money, as a live one does: indicators and what limits know of prices are ready at
    /// `begins`, and nothing was bought. What is open at the end is worth its last price less the fees of selling it.
    ///
    /// The digest is that of all of it.
    pub fn run_warm(&self, config: &Config, begins: Timestamp) -> Result<Outcome, BacktestError> {
        let mut chain = Chain::default();
        let (report, engine) = self.lived_warm(config, begins, &mut chain)?;
        Ok(report.outcome(engine.state(), chain.digest().to_string(), 0.0).less_exit_fees())
    }

    /// The run, written to a log.
    pub(super) fn lived_warm<L: Log>(
        &self,
        config: &Config,
        begins: Timestamp,
        log: &mut L,
    ) -> Result<(Report, engine::engine::Engine), BacktestError> {
        let hash = hash_of_bytes(&config.canonical());
        let preamble = session::preamble(config, hash, Mode::Backtest, self.instruments());
        let mut engine = session::engine(config)?;
        let mut report = Report::when_warm(begins);
        let mut exchange = Exchange::new(self.warm_history(preamble, begins)?, &config.exchange);
        run(&mut engine, &mut exchange, log, &mut report)?;
        Ok((report, engine))
    }

    /// The session and its instruments, what was before, then the deposits and the rest.
    fn warm_history(&self, preamble: Vec<Input>, begins: Timestamp) -> Result<impl Iterator<Item = Event>, BacktestError> {
        let before = self.before(begins);
        let ends = self.span().filter(|_| before < self.events()).ok_or(BacktestError::NoData)?.1;
        let warm_at = before.checked_sub(1).and_then(|last| self.at(last)).map_or(begins, |last| last.max(begins));
        let opens = self.at(0).map_or(warm_at, |first| first.min(warm_at));
        let (deposits, opening): (Vec<_>, Vec<_>) =
            preamble.into_iter().partition(|input| matches!(input, Input::Deposited { .. }));
        let at = |at: Timestamp| move |input: Input| Ok((at, input));
        let opening = opening.into_iter().chain([Input::TroubleBegan(Trouble::WarmingUp)]).map(at(opens));
        let beginning = deposits.into_iter().chain([Input::TroubleEnded(Trouble::WarmingUp)]).map(at(warm_at));
        let end = [Input::SessionEnded { skipped_rows: self.skipped_rows() }].into_iter().map(at(ends));
        let (past, rest) = (self.replay().take(before), self.replay().skip(before));
        Ok(opening.chain(past).chain(beginning).chain(rest).chain(end))
    }
}
