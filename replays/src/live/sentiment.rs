//! What the world thinks of the market, asked for each so often: the fear-and-greed index and `CoinGecko`'s numbers of the
//! coins that are traded. It is context: when it cannot be had, the run goes on without.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::Duration;

use data::context::{COINGECKO_HOST, Coin, CoinGecko, FEAR_AND_GREED_HOST, FearAndGreed, Observation};
use data::http::HttpError;
use engine::event::{Input, Sentiment};
use engine::instrument::Instrument;
use engine::number::{Decimal, Figure};
use engine::time::Timestamp;
use tokio::sync::mpsc::Sender;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::gateway::Fact;
use super::link::Wall;
use crate::config::LiveConfig;

/// It is never asked more often.
const LEAST_PAUSE: Duration = Duration::from_secs(1);
/// The longest that asking one source may take, attempts after the first included.
const ANSWER_WITHIN: Duration = Duration::from_mins(1);
/// Coins are looked for among so many, the largest ones.
const COINS: u32 = 250;
const CURRENCY: &str = "usd";
/// No name or word of a source is longer, in characters.
const MOST_CHARS: usize = 64;

/// Asks until it is dropped.
#[derive(Debug)]
pub struct SentimentFeed {
    _tasks: JoinSet<()>,
}

/// Somebody who is asked.
struct Source<T> {
    name: &'static str,
    client: T,
    /// What was told last of each number: what is no news is not told again.
    told: BTreeMap<String, (Timestamp, Decimal)>,
    /// Whether a person knows that it cannot be had.
    is_failure_told: bool,
    wall: Wall,
    facts: Sender<Fact>,
}

impl SentimentFeed {
    /// Begins to ask, if the configuration says so. Each source is asked on a task of its own: one may be slow or gone.
    pub fn start(config: &LiveConfig, instruments: &[Instrument], wall: impl Fn() -> Wall, facts: &Sender<Fact>) -> Self {
        let mut tasks = JoinSet::new();
        if let Some(pause_ns) = config.sentiment.0 {
            let pause = Duration::from_nanos(u64::try_from(pause_ns).unwrap_or(0)).max(LEAST_PAUSE);
            let index = FearAndGreed::new(config.fear_and_greed.as_deref().unwrap_or(FEAR_AND_GREED_HOST));
            if let Some(index) = Source::new("the fear-and-greed index", index, wall(), facts) {
                tasks.spawn(index.run(pause, async |index| Ok(index.latest().await?.into_iter().collect())));
            }
            let mut bases: Vec<_> = instruments.iter().map(|instrument| instrument.base.to_string()).collect();
            bases.sort_unstable();
            bases.dedup();
            let coins = CoinGecko::new(config.coingecko.as_deref().unwrap_or(COINGECKO_HOST));
            if let Some(coins) = Source::new("CoinGecko", coins, wall(), facts) {
                let ask = async move |coins: &CoinGecko| Ok(observations(&coins.markets(CURRENCY, COINS).await?, &bases));
                tasks.spawn(coins.run(pause, ask));
            }
        }
        Self { _tasks: tasks }
    }
}

impl<T> Source<T> {
    /// `None` for one that cannot be asked, which a person is told.
    fn new(name: &'static str, client: Result<T, HttpError>, wall: Wall, facts: &Sender<Fact>) -> Option<Self> {
        let client = client.inspect_err(|error| warn(name, error)).ok()?;
        Some(Self { name, client, told: BTreeMap::new(), is_failure_told: false, wall, facts: facts.clone() })
    }

    async fn run(mut self, pause: Duration, ask: impl AsyncFn(&T) -> Result<Vec<Observation>, HttpError>) {
        let mut due = interval(pause);
        due.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            due.tick().await;
            let answer = timeout(ANSWER_WITHIN, ask(&self.client)).await;
            let observations = match answer {
                Ok(Ok(observations)) => observations,
                Ok(Err(error)) => {
                    self.failed(&error);
                    continue;
                }
                Err(_) => {
                    self.failed(&format_args!("no answer within {ANSWER_WITHIN:?}"));
                    continue;
                }
            };
            self.is_failure_told = false;
            for observation in observations {
                let Some(input) = self.news(observation) else { continue };
                let fact = Fact::Input { received_at: (self.wall)(), venue_at: None, input };
                // When nobody listens any more the run is over.
                if self.facts.send(fact).await.is_err() {
                    return;
                }
            }
        }
    }

    fn news(&mut self, observation: Observation) -> Option<Input> {
        let Observation { source, name, value, label, at } = observation;
        let (name, label, value) = (plain(&name), plain(&label), value.normalize());
        if self.told.insert(name.clone(), (at, value)) == Some((at, value)) {
            return None;
        }
        let (source, name, label) = (source.into(), name.into(), label.into());
        Some(Input::SentimentObserved(Box::new(Sentiment { source, name, value: Figure(value), label, source_at: at })))
    }

    /// A person is told once until it works again.
    fn failed(&mut self, reason: &dyn Display) {
        if !std::mem::replace(&mut self.is_failure_told, true) {
            warn(self.name, reason);
        }
    }
}

fn warn(name: &str, reason: &dyn Display) {
    eprintln!("warning: {name} cannot be had, the run goes on without it: {reason}");
}

/// What the coins that are traded say. Of several with one symbol the largest is meant: it comes first.
fn observations(coins: &[Coin], bases: &[String]) -> Vec<Observation> {
    let of = |base: &String| coins.iter().find(|coin| coin.symbol.eq_ignore_ascii_case(base));
    bases.iter().filter_map(of).flat_map(Coin::observations).collect()
}

/// Text from outside that may lie in a log.
fn plain(text: &str) -> String {
    text.chars().filter(|sign| !sign.is_control()).take(MOST_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_coins_with_one_symbol_the_largest_is_meant() {
        let coin = |id: &str, symbol: &str| -> Coin {
            let text = format!(
                r#"{{"id":"{id}","symbol":"{symbol}","name":"X","market_cap":2.5,"last_updated":"2024-04-07T16:49:31Z"}}"#
            );
            serde_json::from_str(&text).unwrap()
        };
        let coins = [coin("bitcoin", "btc"), coin("ether", "eth"), coin("batcat", "btc")];
        let bases = ["BTC", "NONE"].map(str::to_owned);
        let said = observations(&coins, &bases);
        assert_eq!(said.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["bitcoin/market_cap"]);
    }

    #[test]
    fn text_from_outside_is_short_and_plain() {
        assert_eq!(plain("Fear\u{1b}[2J\n"), "Fear[2J");
        assert_eq!(plain(&"ü".repeat(1_000)).chars().count(), 64);
    }
}
