//! The real program, started in a folder of its own.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// `tickfold ARGS` in `dir`, with none of our variables in its environment.
pub fn tickfold(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tickfold"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().to_ascii_uppercase().starts_with("TICKFOLD__") {
            command.env_remove(name);
        }
    }
    command.current_dir(dir).args(args);
    command
}

/// What `tickfold ARGS --json` answers; it must end well.
pub fn answer(dir: &Path, args: &[&str]) -> Value {
    let output = tickfold(dir, args).arg("--json").output().expect("the program runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "tickfold {}: {stderr}", args.join(" "));
    serde_json::from_slice(&output.stdout).expect("one JSON document")
}
