//! Keys are nowhere but in memory, and what must not trade does not.

use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::stage::{FREELY, STRATEGIES, Stage, Trader};

/// Words that are in no other text.
const SECRET: &str = "q7Zk-secret-of-the-key-w1Xv";
const PASSPHRASE: &str = "q7Zk-passphrase-of-the-key-w1Xv";
const FEEDS: &str = "feeds = [\"trades\", \"quotes\", \"1m\"]";

/// A venue whose account has the key `test-key` with these words, and permissions.
fn stage(permissions: &str) -> Stage {
    let venue = format!(
        "[[account]]\nname = \"main\"\nbalances = {{ USDT = \"100000\" }}\n[[account.key]]\nkey = \"test-key\"\n\
         secret = \"{SECRET}\"\npassphrase = \"{PASSPHRASE}\"\npermissions = [{permissions}]\n"
    );
    let stage = Stage::open(7, 400, &["--speed", "600", "--config", "venue.toml"], &[("venue.toml", &venue)]);
    stage.configure(FEEDS, &format!("{FREELY}{STRATEGIES}"));
    fs::remove_file(stage.path().join("venue.toml")).expect("it has been read");
    stage
}

fn start(stage: &Stage, secret: &str, passphrase: &str, args: &[&str]) -> Trader {
    Trader::start(stage.path(), "live", args, &["test-key", secret, passphrase])
}

/// Every file that holds one of the words.
fn leaks(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("it is read").path();
        if path.is_dir() {
            found.extend(leaks(&path));
            continue;
        }
        let bytes = fs::read(&path).expect("it is read");
        // What is in compressed frames is looked for in the text of the log.
        for word in [SECRET, PASSPHRASE] {
            // Hot files are mostly zeros.
            let mut texts = bytes.split(|byte| *byte == 0).filter(|text| text.len() >= word.len());
            if texts.any(|text| text.windows(word.len()).any(|window| window == word.as_bytes())) {
                found.push(format!("{} holds {word}", path.display()));
            }
        }
    }
    found
}

#[test]
fn no_secret_is_in_anything_that_a_run_leaves_or_says() {
    let stage = stage("\"read_only\", \"trade\"");
    let trader = start(&stage, SECRET, PASSPHRASE, &[]);
    std::thread::sleep(Duration::from_secs(8));
    assert_eq!(trader.stop("-INT"), Some(0), "{}", stage.said());
    let run = stage.run();
    stage.verify(&run);
    // What the log has in its compressed frames too.
    let shown = stage.ask(&["log", "show", run.to_str().expect("a name")]).stdout;
    assert!(shown.len() > 10_000);
    fs::write(stage.path().join("shown.txt"), shown).expect("it is written");
    assert_eq!(leaks(stage.path()), [""; 0]);

    // With a passphrase, a secret, or both that the venue does not know; each is refused, and says nothing of them.
    for (secret, passphrase) in [(SECRET, "other"), ("other", PASSPHRASE), (PASSPHRASE, SECRET)] {
        assert_eq!(start(&stage, secret, passphrase, &["--new"]).ended(), Some(4), "{}", stage.said());
    }
    assert!(stage.said().contains("50105") || stage.said().contains("50113"), "{}", stage.said());
    assert_eq!(stage.runs().len(), 1, "what could not begin leaves no run");
    assert_eq!(leaks(stage.path()), [""; 0]);
}

#[test]
fn what_trades_money_has_to_be_asked_for() {
    let stage = stage("\"read_only\", \"trade\"");
    for live in [
        "environment = \"production\"",
        "environment = \"production\"\nregion = \"eea\"",
        // Of this machine is only what is at a loopback address.
        "environment = \"production\"\nrest = \"https://192.0.2.1:8080\"\nwebsocket = \"wss://192.0.2.1:8080/ws/v5\"",
        "environment = \"production\"\nrest = \"https://127.0.0.1.example.com\"\nwebsocket = \"wss://127.0.0.1.example.com/ws/v5\"",
        "environment = \"production\"\nrest = \"http://127.0.0.1:1\"\nwebsocket = \"wss://192.0.2.1:8080/ws/v5\"",
    ] {
        let text = format!("[live]\ninstruments = [\"BTC-USDT\"]\n{live}\n{STRATEGIES}");
        fs::write(stage.path().join("live.toml"), text).expect("it is written");
        assert_eq!(start(&stage, SECRET, PASSPHRASE, &[]).ended(), Some(2), "{live}: {}", stage.said());
    }
    assert_eq!(stage.said().matches("--live-money").count(), 5, "{}", stage.said());
    assert_eq!(stage.runs().len(), 0);
}

#[test]
fn a_key_that_may_withdraw_or_may_not_trade_is_refused_whatever_the_flags() {
    for (permissions, said) in [("\"read_only\", \"trade\", \"withdraw\"", "may withdraw"), ("\"read_only\"", "may not trade")] {
        let stage = stage(permissions);
        for args in [&[][..], &["--live-money"]] {
            assert_eq!(start(&stage, SECRET, PASSPHRASE, args).ended(), Some(2), "{}", stage.said());
        }
        assert_eq!(stage.said().matches(said).count(), 2, "{}", stage.said());
        assert_eq!((stage.runs().len(), stage.venue.open_orders_of(SECRET, PASSPHRASE)), (0, 0));
    }
}

#[test]
fn one_run_is_traded_by_one_process() {
    let stage = stage("\"read_only\", \"trade\"");
    let first = start(&stage, SECRET, PASSPHRASE, &[]);
    std::thread::sleep(Duration::from_secs(5));
    let run = stage.run();
    let name = run.file_name().expect("a name").to_str().expect("UTF-8").to_owned();
    assert_eq!(start(&stage, SECRET, PASSPHRASE, &["--run", &name]).ended(), Some(1), "{}", stage.said());
    assert!(stage.said().contains("another process"), "{}", stage.said());
    // Nor does it take it for one that could be gone on with.
    assert_ne!(start(&stage, SECRET, PASSPHRASE, &[]).ended(), Some(0), "{}", stage.said());
    assert_eq!(first.stop("-TERM"), Some(0), "{}", stage.said());
    stage.verify(&stage.run());
}
