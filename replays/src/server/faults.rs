//! Faults by a script: what goes wrong between the venue and its clients, when, and how often.
//!
//! ```toml
//! seed = 7                      # each [[fault]] has a stream of chance of its own
//!
//! [[fault]]
//! kind = "disconnect"           # the connection ends without a word
//! on = "private"                # "public", "private", "business"; everywhere when left out
//! every = 500                   # every 500th push
//!
//! [[fault]]
//! kind = "delay"                # of a push or a reply
//! ms = 250
//! probability = 0.01
//!
//! [[fault]]
//! kind = "lose"                 # a push that never arrives; of `books` that is a sequence gap as well
//! channel = "orders"
//! probability = 0.02
//!
//! [[fault]]
//! kind = "double"               # a push that comes twice
//! channel = "orders"
//! every = 3
//!
//! [[fault]]
//! kind = "late_ack"             # the reply to an order operation comes after the pushes that it caused
//! ms = 300
//! probability = 0.2
//!
//! [[fault]]
//! kind = "refuse"               # the request is not carried out
//! code = "50001"                # 50001, 50004, 50011, 50013, 50026, 51149, …
//! path = "trade/order"          # or an operation over WebSocket, such as "batch-orders"; any when left out
//! probability = 0.05
//!
//! [[fault]]
//! kind = "no_reply"             # the request is carried out; REST answers 50004 after `ms`, WebSocket nothing
//! ms = 2000
//! path = "trade/order"
//! every = 50
//!
//! [[fault]]
//! kind = "skew"                 # the venue's clock is off, in milliseconds
//! ms = 45000
//! from_ms = 60000               # between these milliseconds since the server's start
//! to_ms = 90000
//!
//! [[fault]]
//! kind = "gap"                  # a change of a book that nobody is told: the next update's prevSeqId does not fit
//! channel = "books"
//! every = 200
//!
//! [[fault]]
//! kind = "reset"                # a book's numbers begin anew at an update: its seqId is below its prevSeqId
//! channel = "books"
//! every = 300
//!
//! [[fault]]
//! kind = "maintenance"          # notice 64008, then every connection closed and REST 50001 till the window ends;
//!                               # after it the numbers of all books begin anew
//! from_ms = 120000
//! to_ms = 130000
//! ```
//!
//! A fault without `every` and `probability` strikes each time. Each that strikes is one line on stderr.

use std::path::{Path, PathBuf};

use serde::Deserialize;

/// A script of faults, and how far it has got.
#[derive(Debug, Default)]
pub struct Faults {
    armed: Vec<Armed>,
}

#[derive(Debug)]
struct Armed {
    fault: Fault,
    random: fastrand::Rng,
    seen: u64,
    struck: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Script {
    #[serde(default)]
    seed: u64,
    #[serde(default, rename = "fault")]
    faults: Vec<Fault>,
}

/// One `[[fault]]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// On connections of which path: `public`, `private` or `business`.
    pub on: Option<String>,
    /// On which channel, for faults of pushes.
    pub channel: Option<String>,
    /// On which request: a REST path without `/api/v5/`, or an operation.
    pub path: Option<String>,
    /// The code that is answered.
    pub code: Option<String>,
    /// How long, or how far off, in milliseconds.
    pub ms: Option<i64>,
    /// Each so manieth time.
    pub every: Option<u64>,
    /// Or by chance, from 0 to 1.
    pub probability: Option<f64>,
    /// Not before this many milliseconds since the server's start.
    pub from_ms: Option<i64>,
    /// Not from this many milliseconds since the server's start on.
    pub to_ms: Option<i64>,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The connection ends without a close frame.
    Disconnect,
    /// A push or a reply comes late.
    Delay,
    /// A push does not come.
    Lose,
    /// A push comes twice.
    Double,
    /// The reply to an order operation comes after its pushes.
    LateAck,
    /// A request is refused and not carried out.
    Refuse,
    /// A request is carried out and not answered.
    NoReply,
    /// The venue's clock is off.
    Skew,
    /// A change of a book is left out.
    Gap,
    /// The numbers of a book's messages begin anew.
    Reset,
    /// The venue is down, and the numbers of all books begin anew.
    Maintenance,
}

/// Where a fault may strike.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spot<'a> {
    /// `public`, `private`, `business` or `rest`.
    pub on: &'a str,
    /// The channel of a push.
    pub channel: Option<&'a str>,
    /// The path of a request, or its operation.
    pub path: Option<&'a str>,
}

/// A fault that struck.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strike {
    /// How long, in milliseconds.
    pub ms: i64,
    /// Which code, when one was given.
    pub code: Option<String>,
}

/// The script cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FaultsError {
    /// The operating system refused.
    #[error("cannot read the faults in {}: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Its reason.
        source: std::io::Error,
    },
    /// It is no script of faults.
    #[error("the faults in {}: {reason}", path.display())]
    Syntax {
        /// Which file.
        path: PathBuf,
        /// Where, and what was met there.
        reason: String,
    },
}

impl Faults {
    /// Reads a script.
    pub fn read(path: &Path) -> Result<Self, FaultsError> {
        let text = std::fs::read_to_string(path).map_err(|source| FaultsError::Read { path: path.to_owned(), source })?;
        Self::parse(&text).map_err(|reason| FaultsError::Syntax { path: path.to_owned(), reason })
    }

    /// Reads a script's text; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let script: Script = toml::from_str(text).map_err(|error| error.to_string())?;
        let mut armed = Vec::new();
        for (place, fault) in (0_u64..).zip(script.faults) {
            if let Some(reason) = fault.mistake() {
                return Err(format!("fault {place}: {reason}"));
            }
            let stream = script.seed ^ (place + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            armed.push(Armed { fault, random: fastrand::Rng::with_seed(stream), seen: 0, struck: 0 });
        }
        Ok(Self { armed })
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.armed.is_empty()
    }

    /// Whether a fault of this kind strikes here and now. Of several, the first counts, and the others have seen it.
    pub fn strikes(&mut self, kind: FaultKind, spot: Spot<'_>, since_start_ms: i64) -> Option<Strike> {
        let mut strike = None;
        for (place, armed) in self.armed.iter_mut().enumerate() {
            if armed.fault.kind != kind || !armed.fault.covers(spot, since_start_ms) || !armed.draw() {
                continue;
            }
            armed.struck += 1;
            if strike.is_none() {
                let Spot { on, channel, path } = spot;
                let what = channel.or(path).unwrap_or("-");
                eprintln!("fault {place} {kind:?} at {since_start_ms} ms on {on} {what}, strike {}", armed.struck);
                strike = Some(Strike { ms: armed.fault.ms.unwrap_or(0), code: armed.fault.code.clone() });
            }
        }
        strike
    }

    /// By how much the venue's clock is off now, in milliseconds.
    pub fn skew_ms(&self, since_start_ms: i64) -> i64 {
        let skews = self.armed.iter().filter(|armed| armed.fault.kind == FaultKind::Skew);
        skews.filter(|armed| armed.fault.is_in_window(since_start_ms)).filter_map(|armed| armed.fault.ms).sum()
    }

    /// The window of maintenance that is now, in milliseconds since the server's start.
    pub fn maintenance(&self, since_start_ms: i64) -> Option<(i64, i64)> {
        let windows = self.armed.iter().map(|armed| &armed.fault).filter(|fault| fault.kind == FaultKind::Maintenance);
        let mut now = windows.filter(|fault| fault.is_in_window(since_start_ms));
        now.next().map(|fault| (fault.from_ms.unwrap_or(0), fault.to_ms.unwrap_or(i64::MAX)))
    }
}

impl Armed {
    fn draw(&mut self) -> bool {
        self.seen += 1;
        match (self.fault.every, self.fault.probability) {
            (Some(every), _) => self.seen.is_multiple_of(every),
            (None, Some(probability)) => self.random.f64() < probability,
            (None, None) => true,
        }
    }
}

impl Fault {
    fn covers(&self, spot: Spot<'_>, since_start_ms: i64) -> bool {
        let fits = |wanted: &Option<String>, there: Option<&str>| wanted.as_deref().is_none_or(|one| there == Some(one));
        self.is_in_window(since_start_ms)
            && fits(&self.on, Some(spot.on))
            && fits(&self.channel, spot.channel)
            && fits(&self.path, spot.path)
    }

    fn is_in_window(&self, since_start_ms: i64) -> bool {
        self.from_ms.is_none_or(|from| from <= since_start_ms) && self.to_ms.is_none_or(|to| since_start_ms < to)
    }

    fn mistake(&self) -> Option<&'static str> {
        use FaultKind::{Delay, Maintenance, Refuse, Skew};
        if self.every == Some(0) {
            Some("every must be 1 or more")
        } else if self.probability.is_some_and(|chance| !(0.0..=1.0).contains(&chance)) {
            Some("probability must be from 0 to 1")
        } else if matches!(self.kind, Delay | Skew) && self.ms.is_none() {
            Some("it needs ms")
        } else if self.kind != Skew && self.ms.is_some_and(|ms| !(0..=600_000).contains(&ms)) {
            Some("ms must be from 0 to 600000")
        } else if self.kind == Refuse && self.code.as_ref().is_none_or(|code| code.len() != 5) {
            Some("it needs a code such as \"50001\"")
        } else if matches!(self.kind, Maintenance | Skew) && (self.every.is_some() || self.probability.is_some()) {
            Some("it is a matter of from_ms and to_ms, not of every or probability")
        } else {
            None
        }
    }
}

/// The HTTP status and the words for a code of the API.
pub fn meaning(code: &str) -> (u16, &'static str) {
    match code {
        "50001" => (503, "Service temporarily unavailable. Please try again later."),
        "50004" => (
            400,
            "API endpoint request timeout (does not mean that the request was successful or failed, please check the request result).",
        ),
        "50005" => (410, "API is offline or unavailable."),
        "50011" => (429, "Too Many Requests"),
        "50013" => (429, "Systems are busy. Please try again later."),
        "50026" => (500, "System error. Please try again later."),
        "51054" | "51149" => (500, "Order timed out. Please try again later."),
        _ => (200, "Operation failed."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strikes(script: &str, spot: Spot<'_>, kind: FaultKind, count: i64) -> Vec<i64> {
        let mut faults = Faults::parse(script).unwrap();
        (0..count).filter(|&ms| faults.strikes(kind, spot, ms).is_some()).collect()
    }

    const ORDERS: Spot<'_> = Spot { on: "private", channel: Some("orders"), path: None };

    #[test]
    fn the_example_of_the_documentation_is_a_script() {
        let text = include_str!("faults.rs");
        let lines = text.lines().take_while(|line| line.starts_with("//!"));
        let example: Vec<&str> = lines.skip_while(|line| !line.contains("```toml")).skip(1).collect();
        let example: Vec<&str> =
            example.into_iter().take_while(|line| !line.contains("```")).map(|line| line.trim_start_matches("//!")).collect();
        let faults = Faults::parse(&example.join("\n")).unwrap();
        assert_eq!(faults.armed.len(), 11);
        assert_eq!((faults.skew_ms(60_000), faults.skew_ms(90_000)), (45_000, 0));
        assert_eq!((faults.maintenance(119_999), faults.maintenance(120_000)), (None, Some((120_000, 130_000))));
    }

    #[test]
    fn faults_strike_by_count_by_chance_and_in_their_window() {
        let each_third = "[[fault]]\nkind = \"lose\"\nchannel = \"orders\"\nevery = 3";
        assert_eq!(strikes(each_third, ORDERS, FaultKind::Lose, 10), [2, 5, 8]);
        assert_eq!(strikes(each_third, ORDERS, FaultKind::Double, 10), [0; 0]);
        assert_eq!(strikes(each_third, Spot { channel: Some("books"), ..ORDERS }, FaultKind::Lose, 10), [0; 0]);
        let window = "[[fault]]\nkind = \"lose\"\nfrom_ms = 4\nto_ms = 6";
        assert_eq!(strikes(window, ORDERS, FaultKind::Lose, 10), [4, 5]);
        let chance = "seed = 5\n[[fault]]\nkind = \"lose\"\nprobability = 0.1";
        let struck = strikes(chance, ORDERS, FaultKind::Lose, 10_000);
        assert!((800..1_200).contains(&struck.len()) && struck == strikes(chance, ORDERS, FaultKind::Lose, 10_000));
    }

    #[test]
    fn each_fault_has_a_stream_of_its_own() {
        let one = "[[fault]]\nkind = \"lose\"\nprobability = 0.5";
        let two = format!("{one}\n[[fault]]\nkind = \"double\"\nprobability = 0.5");
        assert_eq!(strikes(one, ORDERS, FaultKind::Lose, 50), strikes(&two, ORDERS, FaultKind::Lose, 50));
        assert_ne!(strikes(&two, ORDERS, FaultKind::Double, 50), strikes(&two, ORDERS, FaultKind::Lose, 50));
    }

    #[test]
    fn a_script_that_makes_no_sense_is_refused() {
        for (text, said) in [
            ("[[fault]]\nkind = \"explode\"", "unknown variant"),
            ("[[fault]]\nkind = \"lose\"\nprobability = 2.0", "from 0 to 1"),
            ("[[fault]]\nkind = \"lose\"\nevery = 0", "1 or more"),
            ("[[fault]]\nkind = \"delay\"", "needs ms"),
            ("[[fault]]\nkind = \"refuse\"", "needs a code"),
            ("[[fault]]\nkind = \"lose\"\nchanel = \"orders\"", "unknown field `chanel`"),
        ] {
            let error = Faults::parse(text).unwrap_err();
            assert!(error.contains(said), "{text:?}: {error}");
        }
    }
}
