//! What a stored name may be made of, and how one is made of a type's.

use std::fmt::Write as _;

/// The rule for one kind of name.
#[derive(Debug)]
pub(crate) struct Rule {
    /// The kind of name, as in `event name`.
    pub(crate) what: &'static str,
    /// What is allowed beside ASCII letters and digits.
    pub(crate) marks: &'static [char],
    /// The most bytes that are stored.
    pub(crate) longest: usize,
    /// Characters that need a word: why they cannot be part of the name.
    pub(crate) reserved: &'static [(char, &'static str)],
}

impl Rule {
    /// What is wrong with the name, if anything, and how to mend it.
    pub(crate) fn violation(&self, name: &str) -> Option<String> {
        let Self { what, longest, .. } = self;
        let article = if what.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
        if name.is_empty() {
            return Some(format!("{article} {what} must not be empty"));
        }
        if let Some(bad) = self.bad_character(name) {
            return Some(bad);
        }
        (name.len() > *longest).then(|| format!("the {what} has {} bytes, at most {longest} are stored", name.len()))
    }

    /// What is wrong with the first character that is not allowed, if there is one.
    pub(crate) fn bad_character(&self, name: &str) -> Option<String> {
        let bad = name.chars().find(|&char| !char.is_ascii_alphanumeric() && !self.marks.contains(&char))?;
        let mut message = format!("{} `{}` contains ", self.what, name.escape_debug());
        // Writing to a `String` cannot fail.
        let _ = match bad {
            ' ' => write!(message, "a space"),
            _ if bad.is_control() => write!(message, "the control character `{}`", bad.escape_debug()),
            _ if bad.is_alphanumeric() => write!(message, "`{bad}`, which is not an ASCII letter or digit"),
            _ => write!(message, "`{bad}`"),
        };
        if let Some((_, reason)) = self.reserved.iter().find(|(char, _)| *char == bad) {
            let _ = write!(message, ", which {reason}");
        }
        if let Some(mended) = self.mended(name, bad) {
            let _ = write!(message, "\nhelp: write `{mended}`");
            return Some(message);
        }
        let marks: Vec<_> = self.marks.iter().map(|mark| format!("`{mark}`")).collect();
        let (last, rest) = marks.split_last()?;
        let _ = write!(message, "\nhelp: use ASCII letters, digits, {} and {last}", rest.join(", "));
        Some(message)
    }

    /// The name with the first mark in place of what separates its words, if that makes it a good one.
    fn mended(&self, name: &str, bad: char) -> Option<String> {
        let separates = name.trim_matches(bad) == name && !bad.is_alphanumeric() && !bad.is_control();
        let mended = name.replace(bad, &self.marks.first()?.to_string());
        (separates && self.violation(&mended).is_none()).then_some(mended)
    }
}

/// `OrderLine` as `order_line`.
pub(crate) fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    let mut before = '_';
    let mut rest = name.chars().peekable();
    while let Some(char) = rest.next() {
        let begins_word = !before.is_uppercase() || rest.peek().is_some_and(|next| next.is_lowercase());
        if char.is_uppercase() && before != '_' && begins_word {
            snake.push('_');
        }
        snake.extend(char.to_lowercase());
        before = char;
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Rule =
        Rule { what: "event name", marks: &['-', '.'], longest: 8, reserved: &[('{', "marks a hash tag")] };

    #[test]
    fn each_mistake_has_its_own_words() {
        let help = "\nhelp: use ASCII letters, digits, `-` and `.`";
        for (name, expected) in [
            ("a-b.c9", None),
            ("12345678", None),
            ("", Some("an event name must not be empty".to_owned())),
            ("123456789", Some("the event name has 9 bytes, at most 8 are stored".to_owned())),
            ("a b c", Some("event name `a b c` contains a space\nhelp: write `a-b-c`".to_owned())),
            (" a", Some(format!("event name ` a` contains a space{help}"))),
            ("a\n", Some(format!("event name `a\\n` contains the control character `\\n`{help}"))),
            ("ö", Some(format!("event name `ö` contains `ö`, which is not an ASCII letter or digit{help}"))),
            ("a/b", Some("event name `a/b` contains `/`\nhelp: write `a-b`".to_owned())),
            ("a/b!", Some(format!("event name `a/b!` contains `/`{help}"))),
            ("{a", Some(format!("event name `{{a` contains `{{`, which marks a hash tag{help}"))),
        ] {
            assert_eq!(RULE.violation(name), expected, "{name}");
        }
    }

    #[test]
    fn a_type_name_becomes_snake_case() {
        for (name, expected) in [
            ("Order", "order"),
            ("OrderLine", "order_line"),
            ("HTTPServer", "http_server"),
            ("OrderV2", "order_v2"),
            ("Order2Line", "order2_line"),
            ("Order_Line", "order_line"),
            ("X", "x"),
        ] {
            assert_eq!(snake_case(name), expected);
        }
    }
}
