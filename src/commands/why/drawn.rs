//! An explanation as a tree of lines: with lines and colours on a terminal, plainly indented elsewhere.

use std::io::{self, IsTerminal, Write};

use replays::explain::tree::Node;

const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const END: &str = "\x1b[0m";

/// How a tree looks.
#[derive(Clone, Copy)]
struct Look {
    fork: &'static str,
    last: &'static str,
    beside: &'static str,
    below: &'static str,
    has_colours: bool,
}

const PLAIN: Look = Look { fork: "  ", last: "  ", beside: "  ", below: "  ", has_colours: false };
const DRAWN: Look = Look { fork: "├─ ", last: "└─ ", beside: "│  ", below: "   ", has_colours: false };

impl Look {
    /// What suits stdout.
    fn of_stdout() -> Self {
        if !io::stdout().is_terminal() {
            return PLAIN;
        }
        let has_colours = std::env::var_os("NO_COLOR").is_none_or(|set| set.is_empty());
        Self { has_colours, ..DRAWN }
    }

    fn styled(self, style: &str, text: &str) -> String {
        if self.has_colours { format!("{style}{text}{END}") } else { text.to_owned() }
    }
}

/// Draws a tree of the run `id`.
pub fn draw(root: &Node, id: &str, out: &mut dyn Write) -> io::Result<()> {
    node(root, id, Look::of_stdout(), ["", ""], out)
}

/// One node and what is below it. `lead` is what stands before its own line, and before the lines below it.
fn node(node: &Node, id: &str, look: Look, lead: [&str; 2], out: &mut dyn Write) -> io::Result<()> {
    let [own, below] = lead;
    let text = if node.is_asked { look.styled(BOLD, &format!("{} <== asked about", node.text)) } else { node.text.clone() };
    writeln!(out, "{own}{text}")?;
    let count = node.children.len() + usize::from(node.hidden > 0);
    let beside = if count > 0 { look.beside } else { look.below };
    for words in &node.words {
        writeln!(out, "{below}{beside}  {}", look.styled(DIM, words))?;
    }
    for (index, child) in node.children.iter().enumerate() {
        let (fork, beside) = if index + 1 == count { (look.last, look.below) } else { (look.fork, look.beside) };
        self::node(child, id, look, [&format!("{below}{fork}"), &format!("{below}{beside}")], out)?;
    }
    if node.hidden > 0 {
        let cause = node.seq.map_or_else(String::new, |seq| format!(": `tickfold log show {id} --cause {seq}`"));
        writeln!(out, "{below}{}and {} more{cause}", look.last, node.hidden)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(text: &str) -> Node {
        let (words, children) = (vec![format!("{text} in words")], Vec::new());
        Node { seq: Some(7), text: text.to_owned(), words, is_asked: text == "c", children, hidden: 0, trip: None }
    }

    fn drawn(look: Look) -> String {
        let inner = Node { children: vec![leaf("c")], hidden: 2, ..leaf("b") };
        let root = Node { children: vec![inner, leaf("d")], ..leaf("a") };
        let mut out = Vec::new();
        node(&root, "last", look, ["", ""], &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_lead_to_what_is_below() {
        expect_test::expect![[r"
            a
            │    a in words
            ├─ b
            │  │    b in words
            │  ├─ c <== asked about
            │  │       c in words
            │  └─ and 2 more: `tickfold log show last --cause 7`
            └─ d
                    d in words
        "]]
        .assert_eq(&drawn(DRAWN));
    }

    #[test]
    fn elsewhere_it_is_indented() {
        expect_test::expect![[r"
            a
                a in words
              b
                  b in words
                c <== asked about
                    c in words
                and 2 more: `tickfold log show last --cause 7`
              d
                  d in words
        "]]
        .assert_eq(&drawn(PLAIN));
    }
}
