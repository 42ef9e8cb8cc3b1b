//! `tickfold report RUN --html FILE`, opened in a browser: everything is drawn, nothing goes wrong, and the same log is the
//! same page.

#[path = "acceptance/browser.rs"]
mod browser;
#[path = "acceptance/program.rs"]
mod program;

use std::fs;
use std::path::{Path, PathBuf};

use browser::{Seen, Theme, chromium, open, picture};
use program::{answer, tickfold};

const WIDE: (u32, u32) = (1320, 1800);
const PICTURE: (u32, u32) = (1000, 900);
const PHONE_PX: u32 = 390;
/// With the controller, so that it has something to show.
const CONTROLLED: [&str; 2] = ["--set", "controller.enabled=true"];
/// Each chart of the page, and how many marks (paths, rectangles, circles) it has at least for the embedded sample.
const CHARTS: [(&str, usize); 10] = [
    ("equity", 4),
    ("years", 4),
    ("distribution", 15),
    ("rolling", 3),
    ("trips", 200),
    ("excursions", 200),
    ("prices", 400),
    ("hours", 10),
    ("weekdays", 5),
    ("controls", 1),
];
/// Uses everything that a reader can use, then tells how wide the page is. Errors go to the console.
const READER: &str = r#"
for (const button of document.querySelectorAll("main button")) button.click();
for (const select of document.querySelectorAll("main select")) select.dispatchEvent(new Event("change"));
for (const key of ["End", "ArrowLeft", "ArrowRight", "Home", "+", "-", "0", "Escape", "ArrowLeft"]) {
  for (const svg of document.querySelectorAll("main svg.walked")) svg.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
}
for (const type of ["pointermove", "pointerdown", "pointermove", "pointerup"]) {
  for (const svg of document.querySelectorAll("main svg.walked")) {
    const box = svg.getBoundingClientRect();
    const share = type === "pointerup" ? 0.7 : 0.4;
    svg.dispatchEvent(new PointerEvent(type, { clientX: box.left + box.width * share, clientY: box.top + 60, button: 0, bubbles: true }));
  }
}
document.getElementById("theme").click();
document.documentElement.dataset.used = "to the end";
"#;

/// A folder with a run, and the page of it.
fn page_of(dir: &Path, args: &[&str], name: &str) -> PathBuf {
    answer(dir, &[&["backtest"], args].concat());
    report(dir, name)
}

fn report(dir: &Path, name: &str) -> PathBuf {
    let output = tickfold(dir, &["report", "last", "--html", name]).output().expect("the program runs");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    dir.join(name)
}

/// A figure of the page, by its id.
fn figure<'a>(seen: &'a Seen, id: &str) -> &'a str {
    let start = seen.dom.find(&format!("id=\"chart-{id}\"")).unwrap_or_else(|| panic!("no chart {id}"));
    let (figure, _) = seen.dom[start..].split_once("</figure>").expect("a figure ends");
    figure
}

fn marks(figure: &str) -> usize {
    ["<path", "<rect", "<circle"].iter().map(|tag| figure.matches(tag).count()).sum()
}

/// The page with a script of ours at its end, which its policy lets in by the nonce of its own.
fn with_reader(page: &Path) -> PathBuf {
    let text = fs::read_to_string(page).unwrap();
    let nonce = text.split("nonce=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a nonce");
    let used = page.with_extension("used.html");
    fs::write(&used, text.replace("</body>", &format!("<script nonce=\"{nonce}\">{READER}</script></body>"))).unwrap();
    used
}

/// A page that shows `page` in a frame as wide as a phone, and how wide it became in it.
fn on_a_phone(page: &Path) -> PathBuf {
    let phone = page.with_extension("phone.html");
    let name = page.file_name().unwrap().to_str().unwrap();
    let frame = format!(
        "<iframe src=\"{name}\" width=\"{PHONE_PX}\" height=\"900\" style=\"border:0\"></iframe><script>
         addEventListener(\"load\", () => {{
           const root = document.querySelector(\"iframe\").contentDocument.documentElement;
           document.body.dataset.wide = root.scrollWidth;
           document.body.dataset.drawn = root.dataset.drawn;
         }});</script>"
    );
    fs::write(&phone, frame).unwrap();
    phone
}

fn assert_quiet(seen: &Seen) {
    assert!(seen.console.is_empty(), "the console is not silent: {:#?}", seen.console);
    for word in ["NaN", "Infinity", "undefined", "[object", "could not be"] {
        let at = seen.dom.find(word);
        assert!(
            at.is_none(),
            "{word} is on the page: ...{}",
            at.map_or("", |at| seen.dom.get(at.saturating_sub(200)..at + 40).unwrap_or(""))
        );
    }
}

#[test]
fn the_same_log_is_the_same_page() {
    let dir = tempfile::tempdir().unwrap();
    let first = fs::read(page_of(dir.path(), &[], "first.html")).unwrap();
    let second = fs::read(report(dir.path(), "second.html")).unwrap();
    assert!(first == second, "two pages of one log differ");
    let text = String::from_utf8(first).unwrap();
    for address in ["http://", "https://", "//cdn", "src=", "@import"] {
        let rest = text.replace("http://www.w3.org/2000/svg", "");
        assert!(!rest.contains(address), "the page names {address}");
    }
}

#[test]
fn every_chart_of_the_sample_is_drawn() {
    let Some(chromium) = chromium() else { return };
    let dir = tempfile::tempdir().unwrap();
    let page = page_of(dir.path(), &CONTROLLED, "page.html");
    let seen = open(&chromium, &page, WIDE);
    assert_quiet(&seen);
    for (id, least) in CHARTS {
        let figure = figure(&seen, id);
        assert!(figure.contains("<svg"), "{id} is not drawn: {figure}");
        assert!(figure.contains("aria-label="), "{id} has no words");
        assert!(marks(figure) >= least, "{id} has {} marks", marks(figure));
    }
    let months = figure(&seen, "months");
    assert!(months.matches("<td").count() >= 26, "the heat map has too few months");
    assert!(seen.dom.matches("<section").count() >= 9, "sections are missing");
    // Light and dark are two pictures, and neither is an empty sheet.
    let pictures = [Theme::Light, Theme::Dark].map(|theme| picture(&chromium, &page, PICTURE, theme));
    assert!(pictures[0] != pictures[1], "the dark page is as the light one");
    assert!(pictures.iter().all(|picture| picture.len() > 30_000), "an empty picture");
}

#[test]
fn a_reader_can_use_everything_also_on_a_phone() {
    let Some(chromium) = chromium() else { return };
    let dir = tempfile::tempdir().unwrap();
    let page = page_of(dir.path(), &CONTROLLED, "page.html");
    let used = open(&chromium, &with_reader(&page), WIDE);
    assert!(used.dom.contains("data-used=\"to the end\""), "the reader did not come to the end: {:?}", used.console);
    assert_quiet(&used);
    let phone = open(&chromium, &on_a_phone(&page), (500, 1000));
    assert!(phone.console.is_empty(), "{:?}", phone.console);
    assert!(phone.dom.contains(&format!("data-drawn=\"{}\"", CHARTS.len())), "not everything is drawn: {}", phone.dom);
    assert!(phone.dom.contains(&format!("data-wide=\"{PHONE_PX}\"")), "it scrolls sideways: {}", phone.dom);
}

#[test]
fn names_in_a_log_are_text() {
    let hostile =
        "</script><script>document.title = 'owned'; console.error('owned')</script><img src=x onerror=console.error(1)>";
    let dir = tempfile::tempdir().unwrap();
    let bar = |hour: i64| {
        let (at, price) = (1_704_067_200_000 + hour * 3_600_000, 100 + (hour % 12) * 3);
        format!("{at},{price},{},{},{},10\n", price + 4, price - 4, price + 2)
    };
    let bars = (0..60).map(bar).collect::<Vec<_>>().concat();
    fs::write(dir.path().join("bars.csv"), format!("ts_ms,open,high,low,close,volume\n{bars}")).unwrap();
    let config = format!(
        "[data]\npaths = [\"bars.csv\"]\nsymbol = \"{hostile}\"\ninterval = \"1h\"\n[risk]\nenabled = false\n[[instrument]]\nsymbol = \"{hostile}\"\n\
         base = \"BTC\"\nquote = \"USD\"\n[[strategy]]\nname = \"ema_cross\"\nfast = 2\nslow = 4\n"
    );
    fs::write(dir.path().join("tickfold.toml"), config).unwrap();
    let page = page_of(dir.path(), &[], "page.html");
    let text = fs::read_to_string(&page).unwrap();
    assert!(!text.contains("<script>document.title"), "a name ends the script that holds it");
    let Some(chromium) = chromium() else { return };
    let seen = open(&chromium, &page, WIDE);
    assert_quiet(&seen);
    assert!(!seen.dom.contains("<img"), "a name became an element");
    assert!(seen.dom.contains("&lt;img src=x onerror="), "the name is not shown");
    assert!(!seen.dom.contains("<title>owned"), "a name ran as a script");
}

#[test]
fn what_is_not_there_says_why() {
    let Some(chromium) = chromium() else { return };
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("BTC-USD_1h.csv"), "ts_ms,open,high,low,close,volume\n1704067200000,100,101,99,100,10\n").unwrap();
    let page = page_of(dir.path(), &["--data", "BTC-USD_1h.csv"], "page.html");
    let seen = open(&chromium, &page, WIDE);
    assert_quiet(&seen);
    for (id, why) in [("trips", "Nothing was traded"), ("rolling", "the shortest window needs"), ("distribution", "too few")] {
        let figure = figure(&seen, id);
        assert!(figure.contains("class=\"empty\"") && figure.contains(why), "{id}: {figure}");
    }
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("BTC-USD_1h.csv"), "ts_ms,open,high,low,close,volume\n1704067200000,100,101,99,100,10\n").unwrap();
    answer(dir.path(), &["backtest", "--data", "BTC-USD_1h.csv"]);
    let output = tickfold(dir.path(), &["report", "last", "--html", "nowhere/page.html"]).output().expect("the program runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("nowhere/page.html"), "{stderr}");
}
