//! The page: one HTML file that holds the whole [`Document`] and draws it itself. It loads nothing and asks nobody.
//!
//! The same document makes the same bytes: how long the rebuild took is not in it. Everything that comes from a log is data
//! for the page's script, which shows it as text and never as markup; a policy in the page's head forbids every other script.

use std::iter;

use super::{Document, Timing};

/// A document cannot be made into a page.
#[derive(Debug, thiserror::Error)]
pub enum HtmlError {
    /// It has something that JSON cannot hold.
    #[error("cannot write the numbers of the report as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// The page's frame, with `{{name}}` where a part goes.
const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("style.css");
/// The script's parts, which share one scope.
const SCRIPT: [&str; 17] = [
    include_str!("text.js"),
    include_str!("element.js"),
    include_str!("scale.js"),
    include_str!("figure.js"),
    include_str!("timeline.js"),
    include_str!("columns.js"),
    include_str!("run.js"),
    include_str!("equity.js"),
    include_str!("rolling.js"),
    include_str!("calendar.js"),
    include_str!("distribution.js"),
    include_str!("scatter.js"),
    include_str!("prices.js"),
    include_str!("tables.js"),
    include_str!("restraint.js"),
    include_str!("head.js"),
    include_str!("page.js"),
];
/// Characters of the digest that name the page's own script and style to its policy. A name or a comment in a log that is
/// to pass for one of them would have to know the digest of the log that it is in.
const NONCE_CHARS: usize = 32;

/// The page of a document, complete.
pub fn render(document: &Document) -> Result<String, HtmlError> {
    let mut timeless = document.clone();
    timeless.summary.timing = Timing::default();
    // A `<` occurs within strings only, where JSON may write it so: nothing can end the element that holds it.
    let json = serde_json::to_string(&timeless)?.replace('<', "\\u003c");
    let run = document.summary.run_id.as_deref().unwrap_or("without a log");
    let title = escaped(&format!("Run {run} – Tickfold"));
    let digest = document.summary.digest.chars().filter(char::is_ascii_alphanumeric);
    let nonce: String = "tickfold".chars().chain(digest).take(NONCE_CHARS).collect();
    let script: Vec<&str> = iter::once("(() => {\n\"use strict\";").chain(SCRIPT).chain(["})();"]).collect();
    let script = script.join("\n");
    Ok(filled(PAGE, |name| match name {
        "nonce" => &nonce,
        "title" => &title,
        "style" => STYLE,
        "document" => &json,
        "script" => &script,
        _ => "",
    }))
}

/// The frame with its parts. What is put in is not looked at again.
fn filled<'a>(frame: &'a str, part: impl Fn(&str) -> &'a str) -> String {
    let mut pieces = frame.split("{{");
    let first = pieces.next().unwrap_or_default();
    let rest = pieces.flat_map(|piece| {
        let (name, after) = piece.split_once("}}").unwrap_or((piece, ""));
        [part(name), after]
    });
    iter::once(first).chain(rest).collect()
}

/// Text for between tags.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_go_where_the_frame_names_them_and_are_not_read_again() {
        let part = |name: &str| if name == "a" { "{{b}}" } else { "B" };
        assert_eq!(filled("<{{a}}|{{b}}>", part), "<{{b}}|B>");
        assert_eq!(filled("nothing", part), "nothing");
    }

    #[test]
    fn the_frame_names_no_part_that_is_not_there() {
        let names: Vec<&str> = PAGE.split("{{").skip(1).filter_map(|piece| Some(piece.split_once("}}")?.0)).collect();
        assert_eq!(names, ["nonce", "nonce", "title", "nonce", "style", "document", "nonce", "script"]);
    }

    #[test]
    fn the_page_reaches_for_nothing() {
        for part in SCRIPT.iter().chain([&PAGE, &STYLE]) {
            for word in
                ["https:", "@import", "url(", "fetch(", "XMLHttpRequest", "WebSocket", "eval(", "innerHTML", "document.write"]
            {
                let inside = part.replace("url(#prices-clip)", "");
                assert!(!inside.contains(word), "a part of the page has {word}");
            }
        }
    }

    #[test]
    fn files_are_one_idea_each() {
        for part in SCRIPT.iter().chain([&PAGE, &STYLE]) {
            assert!(part.lines().count() <= 500, "{}", part.lines().next().unwrap_or_default());
        }
    }

    #[test]
    fn a_title_is_text() {
        assert_eq!(escaped("<b> & co"), "&lt;b&gt; &amp; co");
    }
}
