//! A folder with a made-up market, a venue that plays it, and whoever trades there.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::logged::records_so_far;
use crate::market::{BEGINS_MS, Dice};
use crate::venue::Venue;

/// Names another build of the program, such as that of a release.
const PROGRAM: &str = "TICKFOLD_PROGRAM";
/// Bars that have happened when the venue starts.
pub const BEFORE: usize = 60;
/// A process that was asked to end has so long.
const ENDS_WITHIN: Duration = Duration::from_mins(1);

/// What strategies trade with when nothing but their own stops and targets holds them back.
pub const FREELY: &str = r#"
[risk]
min_confidence = "1%"
[breakers]
daily_loss = "off"
drawdown = "off"
losses = "off"
cooldown = "off"
low_profit_trades = "off"
"#;

/// One that trades on ticks and one that trades on bars, with a stop and a target close by.
pub const STRATEGIES: &str = r#"
[[strategy]]
name = "ema_cross"
fast = 5
slow = 12
size = "0.01"
[[strategy]]
name = "breakout"
timeframe = "1m"
entry_period = 5
exit_period = 3
volume_period = 3
volume_factor = 0.1
atr_period = 5
stop_atr = 1.0
target_risk = 0.7
size = "0.02"
"#;

/// A folder, and the venue in it.
pub struct Stage {
    dir: tempfile::TempDir,
    /// The venue.
    pub venue: Venue,
}

impl Stage {
    /// A venue with so many minutes of BTC-USDT made of `seed`, as `args` say.
    pub fn open(seed: u64, minutes: usize, args: &[&str], files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        fs::write(dir.path().join("BTC-USDT_1m.csv"), bars(seed, minutes)).expect("the market is written");
        for (name, text) in files {
            fs::write(dir.path().join(name), text).expect("a file is written");
        }
        let from = iso_minute(BEFORE);
        let args: Vec<&str> = ["--data", "BTC-USDT_1m.csv", "--from", &from].into_iter().chain(args.iter().copied()).collect();
        let venue = Venue::start(dir.path(), &args);
        Self { dir, venue }
    }

    /// Where everything is.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Writes `live.toml`: this venue, with `live` in its section and `rest` behind it.
    pub fn configure(&self, live: &str, rest: &str) {
        let address = &self.venue.address;
        let text = format!(
            "[live]\nrest = \"http://{address}\"\nwebsocket = \"ws://{address}/ws/v5\"\ninstruments = [\"BTC-USDT\"]\n\
             clock = \"venue\"\n{live}\n{rest}"
        );
        fs::write(self.path().join("live.toml"), text).expect("the configuration is written");
    }

    /// Starts `tickfold COMMAND --config live.toml ARGS` with the venue's key.
    pub fn trade(&self, command: &str, args: &[&str]) -> Trader {
        Trader::start(self.path(), command, args, &["test-key", "test-secret", "test-pass"])
    }

    /// What `tickfold ARGS` answers, when it is no more than a question.
    pub fn ask(&self, args: &[&str]) -> Output {
        program(self.path(), args).output().expect("the program runs")
    }

    /// The only run's folder. One that was killed before its first record was there is none.
    pub fn run(&self) -> PathBuf {
        let mut runs = self.runs();
        runs.retain(|run| records_so_far(run).is_some_and(|records| !records.is_empty()));
        assert_eq!(runs.len(), 1, "one run, and it went on: {runs:?}");
        runs.into_iter().next().expect("there is one")
    }

    /// The runs' folders, the oldest first.
    pub fn runs(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.path().join("runs")) else { return Vec::new() };
        let mut runs: Vec<_> = entries.map(|entry| entry.expect("it is read").path()).filter(|path| path.is_dir()).collect();
        runs.sort();
        runs
    }

    /// What the traders said on stderr, all of them.
    pub fn said(&self) -> String {
        fs::read_to_string(self.path().join("trader.err")).unwrap_or_default()
    }

    /// Fails unless `tickfold verify` finds nothing.
    pub fn verify(&self, run: &Path) {
        let Output { status, stdout, stderr } = self.ask(&["verify", run.to_str().expect("a name")]);
        let (out, err) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
        assert!(status.success() && out.starts_with("ok: "), "verify: {out} {err}");
    }
}

/// A process that trades. It is killed when it is dropped.
pub struct Trader(Child);

impl Trader {
    /// Starts it; what it says is added to `trader.out` and `trader.err`.
    pub fn start(dir: &Path, command: &str, args: &[&str], [key, secret, passphrase]: &[&str; 3]) -> Self {
        let file =
            |name: &str| OpenOptions::new().create(true).append(true).open(dir.join(name)).expect("a file for what it says");
        let mut program = program(dir, &[command, "--config", "live.toml"]);
        program.args(args).stdin(Stdio::null()).stdout(file("trader.out")).stderr(file("trader.err"));
        program.envs([("TICKFOLD_OKX_KEY", key), ("TICKFOLD_OKX_SECRET", secret), ("TICKFOLD_OKX_PASSPHRASE", passphrase)]);
        Self(program.env("RUST_BACKTRACE", "1").spawn().expect("the program runs"))
    }

    pub fn pid(&self) -> u32 {
        self.0.id()
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.0.try_wait().expect("it is ours").is_none()
    }

    /// SIGKILL: nothing of it runs after that.
    pub fn kill(mut self) {
        self.0.kill().expect("it is ours");
        self.0.wait().expect("it is ours");
    }

    /// Asks it to end, and gives its exit code.
    pub fn stop(self, signal: &str) -> Option<i32> {
        let pid = self.0.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().expect("kill runs").success());
        self.ended()
    }

    /// Waits for its end, and gives its exit code.
    pub fn ended(mut self) -> Option<i32> {
        let started = Instant::now();
        loop {
            match self.0.try_wait().expect("it is ours") {
                Some(status) => return status.code(),
                None => assert!(started.elapsed() < ENDS_WITHIN, "it does not end"),
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Trader {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The program, unless the environment names another build of it.
pub fn tickfold() -> PathBuf {
    std::env::var_os(PROGRAM).map_or_else(|| env!("CARGO_BIN_EXE_tickfold").into(), PathBuf::from)
}

/// `tickfold ARGS` in `dir`, with none of our variables in its environment.
fn program(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(tickfold());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("TICKFOLD_") {
            command.env_remove(name);
        }
    }
    command.current_dir(dir).args(args);
    command
}

/// So many minutes as a CSV file: a walk around 40,000 that goes one way for a while, then another, so that averages cross,
/// channels break, and stops and targets are reached.
pub fn bars(seed: u64, count: usize) -> String {
    let mut dice = Dice(seed);
    let mut between =
        |low: i64, high: i64| low + i64::try_from(dice.below((high - low + 1).unsigned_abs())).expect("it is small");
    let (mut price, mut drift) = (400_000_i64, 0);
    let mut text = "ts_ms,open,high,low,close,volume\n".to_owned();
    for minute in 0..count {
        if minute % 25 == 0 {
            drift = between(-120, 120);
        }
        let open = price;
        price = (price + drift + between(-250, 250)).max(10_000);
        let (high, low) = (open.max(price) + between(0, 100), open.min(price) - between(0, 100));
        let tenths = |price: i64| format!("{}.{}", price / 10, price % 10);
        let time = BEGINS_MS + minute as u64 * 60_000;
        let [open, high, low, close] = [open, high, low, price].map(tenths);
        writeln!(text, "{time},{open},{high},{low},{close},{}.5", between(5, 50)).expect("memory takes it");
    }
    text
}

/// When a minute of the market begins.
fn iso_minute(minute: usize) -> String {
    format!("2024-01-01T{:02}:{:02}:00Z", minute / 60, minute % 60)
}
