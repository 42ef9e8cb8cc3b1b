//! A headless Chromium that opens a file and tells what it made of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How the reader likes it.
#[derive(Clone, Copy)]
pub enum Theme {
    Light,
    Dark,
}

/// A page as it stood once its scripts had run.
pub struct Seen {
    /// The document without its scripts and their data.
    pub dom: String,
    /// What the scripts wrote to the console, errors of the browser about the page included.
    pub console: Vec<String>,
}

/// Where Chromium is; `None`, and a loud word about it, where there is none.
pub fn chromium() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let found = std::env::split_paths(&path).flat_map(|dir| names.map(|name| dir.join(name))).find(|file| file.is_file());
    if found.is_none() {
        eprintln!("SKIPPED: no Chromium in the PATH, so the page is not opened");
    }
    found
}

/// Opens `page` in a window of that size.
pub fn open(chromium: &Path, page: &Path, size: (u32, u32)) -> Seen {
    let profile = tempfile::tempdir().unwrap();
    let output = command(chromium, size, profile.path())
        .args(["--enable-logging=stderr", "--allow-file-access-from-files", "--dump-dom"])
        .arg(url(page))
        .output()
        .expect("Chromium starts");
    let dom = String::from_utf8(output.stdout).expect("a page is UTF-8");
    assert!(dom.contains("</html>"), "Chromium made no page: {}", String::from_utf8_lossy(&output.stderr));
    let stderr = String::from_utf8_lossy(&output.stderr);
    let console = stderr.lines().filter(|line| line.contains(":CONSOLE")).map(str::to_owned).collect();
    Seen { dom: without_scripts(&dom), console }
}

/// A picture of `page`, as the bytes of a PNG.
pub fn picture(chromium: &Path, page: &Path, size: (u32, u32), theme: Theme) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("page.png");
    let scheme = match theme {
        Theme::Light => "--blink-settings=preferredColorScheme=1",
        Theme::Dark => "--blink-settings=preferredColorScheme=0",
    };
    let mut command = command(chromium, size, dir.path());
    let output = command.arg(scheme).arg(format!("--screenshot={}", file.display())).arg(url(page)).output();
    let stderr = String::from_utf8_lossy(&output.expect("Chromium starts").stderr).into_owned();
    fs::read(&file).unwrap_or_else(|error| panic!("no picture: {error}: {stderr}"))
}

/// With a profile of its own, and nothing that asks the network.
fn command(chromium: &Path, (width, height): (u32, u32), profile: &Path) -> Command {
    let mut command = Command::new(chromium);
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"]);
    command.args([
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--virtual-time-budget=4000",
    ]);
    command.arg(format!("--window-size={width},{height}")).arg(format!("--user-data-dir={}", profile.display()));
    command
}

fn url(page: &Path) -> String {
    format!("file://{}", page.display())
}

fn without_scripts(dom: &str) -> String {
    let mut pieces = dom.split("<script");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| text + piece.split_once("</script>").map_or("", |(_, after)| after))
}
