//! Wrong configurations and command lines, each with its exit code and its exact message, through the program itself.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// The program in a folder of its own, with none of our variables in its environment.
fn tickfold(dir: &Path, args: &[&str], env: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tickfold"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().to_ascii_uppercase().starts_with("TICKFOLD__") {
            command.env_remove(name);
        }
    }
    command.current_dir(dir).args(args).envs(env.iter().copied()).output().expect("the program runs")
}

/// Fails unless nothing came on stdout, and on stderr `error: ` with exactly this message.
fn assert_refused(output: &Output, exit: i32, message: &str, what: &str) {
    assert_eq!(String::from_utf8_lossy(&output.stderr), format!("error: {message}\n"), "{what}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{what}");
    assert_eq!(output.status.code(), Some(exit), "{what}");
}

#[test]
fn a_wrong_file_is_refused_with_exit_2() {
    let dir = tempfile::tempdir().unwrap();
    for (text, message) in WRONG_FILES {
        fs::write(dir.path().join("tickfold.toml"), text).unwrap();
        assert_refused(&tickfold(dir.path(), &["config", "check"], &[]), 2, message, text);
    }
}

#[test]
fn a_wrong_command_line_or_environment_is_refused() {
    for (files, env, args, exit, message) in WRONG_USES {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in *files {
            fs::write(dir.path().join(name), text).unwrap();
        }
        assert_refused(&tickfold(dir.path(), args, env), *exit, message, &args.join(" "));
    }
}

#[test]
fn what_is_no_configuration_at_all_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("tickfold.toml");
    fs::write(&path, b"seed = 1\n# caf\xe9\n").unwrap();
    let output = tickfold(dir.path(), &["config", "check"], &[]);
    assert_refused(&output, 2, "not valid TOML in tickfold.toml (line 2): this line is not UTF-8 text", "latin-1");

    fs::write(&path, format!("seed = {}", "[".repeat(100_000))).unwrap();
    let output = tickfold(dir.path(), &["config", "check"], &[]);
    let message = "not valid TOML in tickfold.toml (line 1): cannot recurse further; max recursion depth met";
    assert_refused(&output, 2, message, "a list in a list in a list");

    fs::write(&path, "1700000000000,1,2,0.5,1.5,10\n".repeat(50_000)).unwrap();
    let output = tickfold(dir.path(), &["config", "check"], &[]);
    let message = "not valid TOML in tickfold.toml: longer than 1048576 bytes, so this is no configuration";
    assert_refused(&output, 2, message, "a file of history");
}

#[test]
fn init_writes_a_configuration_that_is_right_and_is_the_default() {
    let dir = tempfile::tempdir().unwrap();
    let output = tickfold(dir.path(), &["init", "new"], &[]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "wrote new/tickfold.toml\n");
    let inside = dir.path().join("new");
    let check = tickfold(&inside, &["config", "check"], &[]);
    assert_eq!(String::from_utf8_lossy(&check.stdout), "ok: tickfold.toml (ema_cross)\n");
    assert_eq!(check.status.code(), Some(0));

    // What it shows is what is used without it, apart from its strategy.
    let mine = tickfold(&inside, &["config", "show", "--set", "strategy=[]"], &[]);
    let default = tickfold(dir.path(), &["config", "show"], &[]);
    assert!(!default.stdout.is_empty());
    assert_eq!(String::from_utf8_lossy(&mine.stdout), String::from_utf8_lossy(&default.stdout));

    let before = fs::read(inside.join("tickfold.toml")).unwrap();
    assert_eq!(tickfold(&inside, &["init"], &[]).status.code(), Some(2));
    assert_eq!(fs::read(inside.join("tickfold.toml")).unwrap(), before, "init never overwrites");
}

#[test]
fn what_show_prints_is_a_configuration_with_the_same_meaning() {
    let dir = tempfile::tempdir().unwrap();
    let text = "[account]\nbalances = { BTC = 10, USDT = \"1000000.50\" }\n[data]\npaths = [\"a b.csv\"]\nfrom = 2024-01-01\n\
                [[strategy]]\nname = \"ema_cross\"\nsize = \"95%\"\nratio = 0.1\n[strategy.deep]\nkey = [1, 2.5, \"x\"]";
    fs::write(dir.path().join("tickfold.toml"), text).unwrap();
    let first = tickfold(dir.path(), &["config", "show", "--set", "seed=7"], &[("TICKFOLD__EXCHANGE__FILL", "last")]);
    fs::write(dir.path().join("shown.toml"), &first.stdout).unwrap();
    let second = tickfold(dir.path(), &["config", "show", "--config", "shown.toml"], &[]);
    assert_eq!(String::from_utf8_lossy(&second.stdout), String::from_utf8_lossy(&first.stdout));
    assert!(String::from_utf8_lossy(&first.stdout).contains("fill = \"last\""));

    let document = tickfold(dir.path(), &["config", "show", "--config", "shown.toml", "--json"], &[]).stdout;
    let document: serde_json::Value = serde_json::from_slice(&document).unwrap();
    assert_eq!(document["account"]["balances"]["USDT"], "1000000.5");
    assert_eq!(document["seed"], 7);
}

#[test]
fn every_shell_gets_its_completions_and_a_closed_pipe_is_no_failure() {
    let dir = tempfile::tempdir().unwrap();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let output = tickfold(dir.path(), &["completions", shell], &[]);
        assert_eq!(output.status.code(), Some(0));
        assert!(String::from_utf8_lossy(&output.stdout).contains("completions"), "{shell}");
    }
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = Command::new(env!("CARGO_BIN_EXE_tickfold"))
        .args(["config", "schema"])
        .current_dir(&dir)
        .stdout(writer)
        .output()
        .unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}

/// A file, and what `config check` says about it.
const WRONG_FILES: &[(&str, &str)] = &[
    (
        "seed = 1\n\n[exchange]\nfil = \"last\"",
        "unknown key \"exchange.fil\" in tickfold.toml (line 4): did you mean \"fill\"? known keys here: entry_latency_us, feed_latency_us, fill, latency_jitter_us, participation_bps, queue, response_latency_us, slippage_bps",
    ),
    (
        "sede = 1",
        "unknown key \"sede\" in tickfold.toml (line 1): did you mean \"seed\"? known keys here: account, breakers, controller, data, engine, exchange, instrument, live, protection, risk, seed, sizing, strategy",
    ),
    (
        "slippage_bps = 5",
        "unknown key \"slippage_bps\" in tickfold.toml (line 1): did you mean \"exchange.slippage_bps\"? known keys here: account, breakers, controller, data, engine, exchange, instrument, live, protection, risk, seed, sizing, strategy",
    ),
    (
        "[account]\nbalances = { USD = 1 }\n[account.limits]\ndaily = 1",
        "unknown key \"account.limits\" in tickfold.toml (line 3): known keys here: balances, currency",
    ),
    (
        "[[instrument]]\nsymbol = \"BTC-USD\"\ntick = \"0.1\"",
        "unknown key \"instrument.0.tick\" in tickfold.toml (line 3): did you mean \"tick_size\"? known keys here: base, lot_size, maker_fee, min_size, quote, symbol, taker_fee, tick_size",
    ),
    ("seed = 1\nseed = 2", "not valid TOML in tickfold.toml (line 2): duplicate key"),
    ("[account\ncurrency = \"USD\"", "not valid TOML in tickfold.toml (line 1): unclosed table, expected `]`"),
    ("seed = \"seven\"", "seed in tickfold.toml (line 1): \"seven\" is not a whole number from 0 to 18446744073709551615"),
    ("seed = -1", "seed in tickfold.toml (line 1): must be at least 0, not -1"),
    (
        "seed = 99999999999999999999",
        "not valid TOML in tickfold.toml (line 1): 99999999999999999999 is too large for a number without quotes",
    ),
    (
        "[account]\ncurrency = \"US DOLLAR\"",
        "account.currency in tickfold.toml (line 2): expected a currency code such as \"BTC\"",
    ),
    (
        "[account]\nbalances = { USD = 0.1 }",
        "account.balances.USD in tickfold.toml (line 2): expected a number in quotes, found the float 0.1: write \"0.1\", so that it is exact",
    ),
    (
        "[account]\nbalances = { USD = \"ten\" }",
        "account.balances.USD in tickfold.toml (line 2): \"ten\" is not a number such as \"0.01\"",
    ),
    (
        "[account]\nbalances = { USD = \"-1\" }",
        "account.balances.USD in tickfold.toml (line 2): must be between 0 and 1000000000000000000, not -1",
    ),
    (
        "[account]\nbalances = { USD = \"1000000000000000001\" }",
        "account.balances.USD in tickfold.toml (line 2): must be between 0 and 1000000000000000000, not 1000000000000000001",
    ),
    (
        "[account]\nbalances = { \"BTC/USD\" = \"1\" }",
        "account.balances.BTC/USD in tickfold.toml (line 2): expected a currency code such as \"BTC\"",
    ),
    (
        "[account]\nbalances = { USD = 0 }",
        "account.balances in tickfold.toml (line 2): a run needs something to trade with: give at least one balance above 0",
    ),
    ("account = 5", "account in tickfold.toml (line 1): expected a table, found the number 5"),
    ("[data]\nlenient = \"yes\"", "data.lenient in tickfold.toml (line 2): expected true or false, found the string \"yes\""),
    ("[data]\nbar_time = \"middle\"", "data.bar_time in tickfold.toml (line 2): \"middle\" is none of open, close"),
    (
        "[data]\ninterval = \"1 hour\"",
        "data.interval in tickfold.toml (line 2): \"1 hour\" is not an interval such as \"1m\", \"4h\" or \"1d\"",
    ),
    (
        "[data]\nfrom = \"yesterday\"",
        "data.from in tickfold.toml (line 2): expected a time such as \"2024-01-01\" or \"2024-01-01T00:00:00Z\"",
    ),
    (
        "[data]\nfrom = \"2024-02-01\"\nto = 2024-02-01",
        "data.to in tickfold.toml (line 3): 2024-02-01T00:00:00Z is not after data.from, which is 2024-02-01T00:00:00Z",
    ),
    ("[data]\npaths = \"ticks.csv\"", "data.paths in tickfold.toml (line 2): expected a list, found the string \"ticks.csv\""),
    (
        "[[instrument]]\nsymbol = \"BTCUSDT\"",
        "instrument.0.symbol in tickfold.toml (line 2): \"BTCUSDT\" does not tell its currencies: write it as BTC-USDT, or give base and quote",
    ),
    ("[[instrument]]\ntick_size = \"0.1\"", "instrument.0 in tickfold.toml (line 1): has no \"symbol\", and needs one"),
    (
        "[[instrument]]\nsymbol = \"BTC-USDT\"\n[[instrument]]\nsymbol = \"BTC-USDT\"",
        "instrument.1.symbol in tickfold.toml (line 4): BTC-USDT is listed twice",
    ),
    ("[[instrument]]\nsymbol = \"BTC-BTC\"", "instrument.0.symbol in tickfold.toml (line 2): base and quote are both BTC"),
    (
        "[[instrument]]\nsymbol = \"BTC-USDT\"\ntick_size = \"0\"",
        "instrument.0.tick_size in tickfold.toml (line 3): must be above 0 and at most 1000000000000, not 0",
    ),
    (
        "[[instrument]]\nsymbol = \"BTC-USDT\"\nlot_size = \"0.00000000000001\"",
        "instrument.0.lot_size in tickfold.toml (line 3): has 14 decimals, and 12 is the most",
    ),
    (
        "[[instrument]]\nsymbol = \"BTC-USDT\"\ntaker_fee = \"10\"",
        "instrument.0.taker_fee in tickfold.toml (line 3): must be between -0.01 and 0.1 (0.001 is 0.1 %), not 10",
    ),
    (
        "[[instrument]]\nsymbol = \"BTC-USDT\"\nmaker_fee = 0.001",
        "instrument.0.maker_fee in tickfold.toml (line 3): expected a number in quotes, found the float 0.001: write \"0.001\", so that it is exact",
    ),
    (
        "[exchange]\nfill = \"nxt\"",
        "exchange.fill in tickfold.toml (line 2): \"nxt\" is none of next, last; did you mean \"next\"?",
    ),
    (
        "[exchange]\nslippage_bps = 10000",
        "exchange.slippage_bps in tickfold.toml (line 2): must be at most 9999 basis points, not 10000",
    ),
    ("[exchange]\nfeed_latency_us = -5", "exchange.feed_latency_us in tickfold.toml (line 2): must be at least 0, not -5"),
    ("[engine]\ncheckpoint_every = 0", "engine.checkpoint_every in tickfold.toml (line 2): must be at least 1, not 0"),
    (
        "[engine]\ncheckpoint_every = 5000000000",
        "engine.checkpoint_every in tickfold.toml (line 2): must be at most 4294967295, not 5000000000",
    ),
    (
        "[strategy]\nname = \"ema_cross\"",
        "strategy in tickfold.toml (line 1): expected a list, found a table: write [[strategy]]",
    ),
    ("[[strategy]]\nfast = 10", "strategy.0 in tickfold.toml (line 1): has no \"name\", and needs one"),
    (
        "[[strategy]]\nname = \"Ema Cross\"",
        "strategy.0.name in tickfold.toml (line 2): \"Ema Cross\" is no strategy's name: they are written like ema_cross",
    ),
    (
        "[[strategy]]\nname = \"ema_cross\"\n[[strategy]]\nname = \"ema_cross\"",
        "strategy.1 in tickfold.toml (line 3): two strategies are called \"ema_cross\": give each a label of its own",
    ),
    ("[risk]\nper_asset = \"130%\"", "risk.per_asset in tickfold.toml (line 2): must be at most 100%, not 130%"),
    (
        "[risk]\nper_asset = \"a third\"",
        "risk.per_asset in tickfold.toml (line 2): \"a third\" is not a share such as \"30%\", or \"off\"",
    ),
    (
        "[breakers]\ndrawdown = \"50%\"\nemergency = \"20%\"",
        "breakers.emergency in tickfold.toml (line 3): must be above breakers.drawdown, which is 50%",
    ),
    (
        "[breakers]\ncooldown = \"a while\"",
        "breakers.cooldown in tickfold.toml (line 2): \"a while\" is not a length of time such as \"90s\", \"5m\", \"2h\" or \"3d\", or \"off\"",
    ),
    (
        "[protection]\nstop = \"3 risk\"",
        "protection.stop in tickfold.toml (line 2): \"3 risk\" is not a stop such as \"2-3 atr\" (average true ranges), \"2.5 atr\", \"8%\" or \"off\"",
    ),
    (
        "[sizing]\nkelly_least = \"50%\"",
        "sizing.kelly_least in tickfold.toml (line 2): must be at most sizing.kelly_most, which is 30%",
    ),
    (
        "[risk]\nmin_confidence = \"95%\"\n[controller]\nenabled = true",
        "controller.max_confidence in tickfold.toml (line 3): must be at least risk.min_confidence, which is 95%",
    ),
    ("[risk]\npositions = 0", "risk.positions in tickfold.toml (line 2): must be at least 1"),
    (
        "[[strategy]]\nname = \"ema_cross\"\nsize = \"half\"",
        "strategy.0.size in tickfold.toml (line 3): \"half\" is neither a quantity such as \"0.01\", nor a share of equity such as \"95%\", nor one of kelly, atr_risk, confidence, volatility",
    ),
    (
        "[[strategy]]\nname = \"ema_cross\"\nsize = \"0\"",
        "strategy.0.size in tickfold.toml (line 3): must be above 0 and at most 1000000000000000, not 0",
    ),
    (
        "[[strategy]]\nname = \"ema_cross\"\nsize = \"150%\"",
        "strategy.0.size in tickfold.toml (line 3): must be above 0% and at most 100%, not 150%",
    ),
    (
        "[[strategy]]\nname = \"ema_cross\"\nlabel = \"\"",
        "strategy.0.label in tickfold.toml (line 3): must be 1 to 64 bytes of plain text",
    ),
];

/// Files, environment, arguments; exit code and message.
type WrongUse = (
    &'static [(&'static str, &'static str)],
    &'static [(&'static str, &'static str)],
    &'static [&'static str],
    i32,
    &'static str,
);

const WRONG_USES: &[WrongUse] = &[
    (
        &[],
        &[],
        &["config", "check", "--config", "missing.toml"],
        2,
        "cannot read the configuration missing.toml: No such file or directory (os error 2) (`tickfold init` writes a first one)",
    ),
    (&[], &[], &["config", "check", "--config", "."], 2, "cannot read the configuration .: Is a directory (os error 21)"),
    (
        &[("tickfold.toml", "seed = 1")],
        &[],
        &["config", "check", "--set", "seed"],
        2,
        "cannot set a value in --set seed: write it as key.path=value",
    ),
    (
        &[("tickfold.toml", "seed = 1")],
        &[],
        &["config", "check", "--set", "=5"],
        2,
        "cannot set a value in --set =5: each part of its path needs a name, as in account.currency",
    ),
    (
        &[("tickfold.toml", "seed = 1")],
        &[],
        &["config", "check", "--set", "exchange.fil=last"],
        2,
        "unknown key \"exchange.fil\" in --set exchange.fil=last: did you mean \"fill\"? known keys here: entry_latency_us, feed_latency_us, fill, latency_jitter_us, participation_bps, queue, response_latency_us, slippage_bps",
    ),
    (
        &[("tickfold.toml", "seed = 1")],
        &[],
        &["config", "check", "--set", "strategy.fast=5"],
        2,
        "cannot set a value in --set strategy.fast=5: the list is empty, so there is no element whose \"fast\" it could be",
    ),
    (
        &[("tickfold.toml", "seed = 1")],
        &[],
        &["config", "check", "--set", "strategy.3.name=a"],
        2,
        "cannot set a value in --set strategy.3.name=a: element 3 is beyond the end of the list; its next one is 0",
    ),
    (
        &[("tickfold.toml", "seed = 1")],
        &[("TICKFOLD__EXCHANGE__SLIPPAGE", "5")],
        &["config", "check"],
        2,
        "unknown key \"exchange.slippage\" in the environment variable TICKFOLD__EXCHANGE__SLIPPAGE: did you mean \"slippage_bps\"? known keys here: entry_latency_us, feed_latency_us, fill, latency_jitter_us, participation_bps, queue, response_latency_us, slippage_bps",
    ),
    (
        &[("tickfold.toml", "seed = 1")],
        &[("TICKFOLD__SEED", "high")],
        &["config", "check"],
        2,
        "seed in the environment variable TICKFOLD__SEED: \"high\" is not a whole number from 0 to 18446744073709551615",
    ),
    (
        &[("tickfold.toml", "seed = 1")],
        &[],
        &["init"],
        2,
        "./tickfold.toml is there already, and init never overwrites: move it away, or name another folder",
    ),
    (
        &[("occupied", "")],
        &[],
        &["init", "occupied/here"],
        1,
        "cannot write occupied/here/tickfold.toml: Not a directory (os error 20)",
    ),
    (
        &[],
        &[],
        &["backtset"],
        2,
        "unrecognized subcommand 'backtset'\n\n  tip: some similar subcommands exist: 'at', 'backtest'\n\nUsage: tickfold [OPTIONS] <COMMAND>\n\nFor more information, try '--help'.",
    ),
    (
        &[],
        &[],
        &["config", "chek"],
        2,
        "unrecognized subcommand 'chek'\n\n  tip: some similar subcommands exist: 'schema', 'check'\n\nUsage: tickfold config [OPTIONS] <COMMAND>\n\nFor more information, try '--help'.",
    ),
    (
        &[],
        &[],
        &["completions", "csh"],
        2,
        "invalid value 'csh' for '<SHELL>'\n  [possible values: bash, elvish, fish, powershell, zsh]\n\n  tip: a similar value exists: 'zsh'\n\nFor more information, try '--help'.",
    ),
    (
        &[],
        &[],
        &["config", "check", "--confg", "a.toml"],
        2,
        "unexpected argument '--confg' found\n\n  tip: a similar argument exists: '--config'\n\nUsage: tickfold config check --config <FILE>\n\nFor more information, try '--help'.",
    ),
];
