//! The words of an SQL text: enough to see what kind of statement it is and which columns it may need.

/// What an SQL text says outside of literals and comments, in small letters.
pub struct Words {
    words: Vec<Word>,
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
        let (mut words, mut commented) = (Vec::new(), false);
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
                }
                sign => words.push(Word::Sign(sign)),
            }
        }
        Self { words, commented }
    }

    /// The first word, with the brackets before it left out.
    pub fn first(&self) -> Option<&str> {
        self.words.iter().find(|word| **word != Word::Sign('(')).and_then(Word::name)
    }

    /// Whether a name occurs.
    pub fn has(&self, name: &str) -> bool {
        self.count(name) > 0
    }

    fn count(&self, name: &str) -> usize {
        self.words.iter().filter(|word| word.name() == Some(name)).count()
    }

    /// Whether columns may be meant that are not named. Rather yes than no: what is not needed is only slower.
    pub fn means_all(&self) -> bool {
        let unnamed = ["table", "natural", "columns", "ilike"].iter().any(|word| self.has(word));
        self.commented || unnamed || self.count("from") > self.count("select") || self.has_star()
    }

    /// A star that is neither `count(*)` nor a multiplication.
    fn has_star(&self) -> bool {
        let stars = self.words.iter().enumerate().filter(|(_, word)| **word == Word::Sign('*'));
        stars.into_iter().any(|(place, _)| {
            let before = |back: usize| place.checked_sub(back).and_then(|place| self.words.get(place));
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
