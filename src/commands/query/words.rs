//! The words of an SQL text: enough to see what kind of statement it is and which columns it may need.

use std::ops::Range;

/// What an SQL text says outside of literals and comments, in small letters.
pub struct Words {
    said: Vec<Word>,
    /// Where the names stand that are not quoted, in bytes.
    unquoted: Vec<Range<usize>>,
    /// Whether there were comments.
    commented: bool,
}

/// A word, or a sign that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Word {
    /// A name, a keyword or a number; quoted names too.
    Name(String),
    /// Any other character.
    Sign(char),
}

impl Words {
    /// Takes a text apart. Anything is accepted: the parser is the judge.
    pub fn of(sql: &str) -> Self {
        let (mut words, mut unquoted, mut commented) = (Vec::new(), Vec::new(), false);
        let mut rest = sql.char_indices().peekable();
        while let Some((start, first)) = rest.next() {
            let next = rest.peek().map(|(_, next)| *next);
            match first {
                _ if first.is_whitespace() => {}
                '-' if next == Some('-') => {
                    commented = true;
                    rest.by_ref().find(|(_, c)| *c == '\n');
                }
                '/' if next == Some('*') => {
                    commented = true;
                    let end = sql[start + 2..].find("*/").map_or(sql.len(), |end| start + 2 + end + 2);
                    while rest.next_if(|(at, _)| *at < end).is_some() {}
                }
                '\'' => {
                    rest.by_ref().find(|(_, c)| *c == '\'');
                }
                '"' | '`' => {
                    let name: String = rest.by_ref().map(|(_, c)| c).take_while(|c| *c != first).collect();
                    words.push(Word::Name(name.to_lowercase()));
                }
                _ if is_part(first) => {
                    let mut end = start + first.len_utf8();
                    while let Some((at, c)) = rest.next_if(|(_, c)| is_part(*c)) {
                        end = at + c.len_utf8();
                    }
                    words.push(Word::Name(sql[start..end].to_lowercase()));
                    unquoted.push(start..end);
                }
                sign => words.push(Word::Sign(sign)),
            }
        }
        Self { said: words, unquoted, commented }
    }

    /// The text that they are of, with those in small letters of which `folds` says so. What is quoted stays.
    pub fn folded(&self, mut sql: String, folds: impl Fn(&str) -> bool) -> String {
        for place in &self.unquoted {
            if let Some(word) = sql.get_mut(place.clone()).filter(|word| folds(word)) {
                word.make_ascii_lowercase();
            }
        }
        sql
    }

    /// The first word, with the brackets before it left out.
    pub fn first(&self) -> Option<&str> {
        self.said.iter().find(|word| **word != Word::Sign('(')).and_then(Word::name)
    }

    /// Whether a name occurs.
    pub fn has(&self, name: &str) -> bool {
        self.count(name) > 0
    }

    /// Whether a `WITH` gives a query this name.
    pub fn defines(&self, name: &str) -> bool {
        let is_it =
            |words: &[Word]| words[0].name() == Some(name) && words[1].name() == Some("as") && words[2] == Word::Sign('(');
        self.said.windows(3).any(is_it)
    }

    fn count(&self, name: &str) -> usize {
        self.said.iter().filter(|word| word.name() == Some(name)).count()
    }

    /// Whether columns may be meant that are not named. Rather yes than no: what is not needed is only slower.
    pub fn means_all(&self) -> bool {
        let unnamed = ["table", "natural", "columns", "ilike"].iter().any(|word| self.has(word));
        self.commented || unnamed || self.count("from") > self.count("select") || self.has_star()
    }

    /// A star that is neither `count(*)` nor a multiplication.
    fn has_star(&self) -> bool {
        let stars = self.said.iter().enumerate().filter(|(_, word)| **word == Word::Sign('*'));
        stars.into_iter().any(|(place, _)| {
            let before = |back: usize| place.checked_sub(back).and_then(|place| self.said.get(place));
            match before(1) {
                Some(Word::Sign('(')) => before(2).and_then(Word::name) != Some("count"),
                Some(Word::Sign(')')) => false,
                Some(Word::Name(name)) => ["select", "distinct", "all"].contains(&name.as_str()),
                Some(Word::Sign(_)) | None => true,
            }
        })
    }
}

impl Word {
    fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            Self::Sign(_) => None,
        }
    }
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_are_told_apart() {
        for (sql, all) in [
            ("select * from fills", true),
            ("select f.* from fills f", true),
            ("select seq, * from fills", true),
            ("SELECT DISTINCT * FROM fills", true),
            ("select count(*) from fills", false),
            ("select COUNT( * ), avg(price) from fills", false),
            ("select price * quantity from fills", false),
            ("select sum(price) * 2, 2 * 3 from fills", false),
            ("select max(*) from fills", true),
            ("select price from fills where purpose = '* from x'", false),
            ("select price /* all */ from fills", true),
            ("select price from (from fills)", true),
            ("select price from (select price from fills)", false),
            ("select price from fills -- * \n", true),
            ("", false),
        ] {
            assert_eq!(Words::of(sql).means_all(), all, "{sql}");
        }
    }

    #[test]
    fn some_words_are_folded_where_they_are_not_quoted() {
        let folded = |sql: &str| Words::of(sql).folded(sql.to_owned(), |word| word.eq_ignore_ascii_case("fills"));
        for (sql, expected) in [
            ("SELECT Fills.Price FROM FILLS", "SELECT fills.Price FROM fills"),
            ("select 'é FILLS' from FillS", "select 'é FILLS' from fills"),
            ("select 1 from \"FILLS\" -- FILLS\n, Fills", "select 1 from \"FILLS\" -- FILLS\n, fills"),
            ("select FILLSX from `FILLS` /* FILLS */", "select FILLSX from `FILLS` /* FILLS */"),
        ] {
            assert_eq!(folded(sql), expected);
        }
    }

    #[test]
    fn the_first_word_says_what_it_is() {
        for (sql, first) in [
            ("  SELECT 1", Some("select")),
            ("((select 1))", Some("select")),
            ("-- drop\n/* delete */ WITH x AS (SELECT 1) SELECT * FROM x", Some("with")),
            ("/* never ends", None),
            ("'select'", None),
            ("é", Some("é")),
        ] {
            assert_eq!(Words::of(sql).first(), first, "{sql}");
        }
        assert!(Words::of("select \"Price\" from `FILLS`").has("fills"));
        assert!(!Words::of("select 'price'").has("price"));
    }
}
