//! A command as one types it into a shell.

/// The words of a command, quoted where a shell would read them otherwise.
pub fn command_line(words: &[String]) -> String {
    let quoted = |word: &String| {
        let is_plain = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_./:=,+-%@".contains(&byte));
        if is_plain { word.clone() } else { format!("'{}'", word.replace('\'', r"'\''")) }
    };
    words.iter().map(quoted).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_read_otherwise_is_quoted() {
        let words = ["tickfold", "--set", "strategy.0.fast=5", "a b", "it's", "x=\"1\"", ""].map(str::to_owned);
        assert_eq!(command_line(&words), r#"tickfold --set strategy.0.fast=5 'a b' 'it'\''s' 'x="1"' ''"#);
    }
}
