//! Clients that other people wrote trade at `tickfold exchange`: ccxt, and OKX's own SDK for Python.
//!
//! They are Python packages (`pip install ccxt python-okx`), looked for in `TICKFOLD_PYTHON`, else in `python3`.

#[path = "acceptance/wire.rs"]
#[expect(dead_code, reason = "only the venue is needed; its clients are others'")]
mod wire;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use wire::Venue;

/// The Python that has both packages.
fn python() -> Option<PathBuf> {
    let python = std::env::var_os("TICKFOLD_PYTHON").map_or_else(|| "python3".into(), PathBuf::from);
    let has = Command::new(&python).args(["-c", "import ccxt.pro, okx, websockets"]).output();
    match has {
        Ok(output) if output.status.success() => Some(python),
        _ => {
            let name = python.display();
            eprintln!("SKIPPED: {name} has no ccxt and python-okx; pip install them, or name another with TICKFOLD_PYTHON");
            None
        }
    }
}

fn drive(python: &Path, script: &Path, args: &[&str]) {
    // Nothing of a proxy: the venue is on this machine.
    let mut command = Command::new(python);
    for name in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env_remove(name);
    }
    let Output { status, stdout, stderr } = command.arg(script).args(args).output().expect("python runs");
    let (out, err) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    let failed: Vec<&str> = out.lines().filter(|line| line.starts_with("FAIL")).collect();
    assert!(status.success() && failed.is_empty(), "{} {args:?}: {failed:#?}\n{out}\n{err}", script.display());
    let passed = out.lines().filter(|line| line.starts_with("PASS")).count();
    eprintln!("{} {}: {passed} steps passed", script.display(), args[1..].join(" "));
    assert!(passed > 20, "{out}");
}

#[test]
fn our_own_script_passes_plain_and_in_the_sandbox() {
    let Some(python) = python() else { return };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/okx_clients.py");
    let dir = tempfile::tempdir().unwrap();
    let venue = Venue::start(dir.path(), &[]);
    let rest = format!("http://{}", venue.address);
    drive(&python, &script, &[&rest]);
    drive(&python, &script, &[&rest, "--sandbox"]);
}

#[test]
fn the_shared_scripts_pass() {
    let Some(python) = python() else { return };
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/okx"));
    if !folder.join("drive_ccxt.py").exists() {
        return eprintln!("SKIPPED: there is no {}", folder.display());
    }
    let dir = tempfile::tempdir().unwrap();
    let venue = Venue::start(dir.path(), &[]);
    let (rest, ws) = (format!("http://{}", venue.address), format!("ws://{}/ws/v5", venue.address));
    drive(&python, &folder.join("drive_ccxt.py"), &[&rest, &ws]);
    drive(&python, &folder.join("drive_ccxt.py"), &[&rest, &ws, "--sandbox"]);
    drive(&python, &folder.join("drive_python_okx.py"), &[&rest, &ws]);
    drive(&python, &folder.join("drive_python_okx.py"), &[&rest, &ws, "--flag", "1"]);
}
