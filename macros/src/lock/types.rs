//! Types as texts: how they are written into the lock, and which of them still read what another one has stored.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// The tokens of a type with the spaces that rustfmt would write, however the user wrote them.
pub(crate) fn as_text(tokens: TokenStream) -> String {
    let mut text = String::new();
    write(&mut text, tokens);
    text
}

fn write(text: &mut String, tokens: TokenStream) {
    let mut is_arrow = false;
    for token in tokens {
        let begins_arrow = matches!(&token, TokenTree::Punct(mark) if mark.spacing() == Spacing::Joint)
            && matches!(&token, TokenTree::Punct(mark) if mark.as_char() == '-');
        match token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::None => ("", ""),
                };
                text.push_str(open);
                write(text, group.stream());
                text.truncate(text.trim_end().len());
                text.push_str(close);
            }
            TokenTree::Punct(mark) => match mark.as_char() {
                mark @ (',' | ';') => text.extend([mark, ' ']),
                mark @ ('+' | '=') => text.extend([' ', mark, ' ']),
                '-' if begins_arrow => text.push_str(" -"),
                '>' if is_arrow => text.push_str("> "),
                '>' => {
                    // A comma behind the last of several is one more way to write the same type.
                    text.truncate(text.trim_end_matches([',', ' ']).len());
                    text.push('>');
                }
                '\'' => separated(text, "'"),
                mark => text.push(mark),
            },
            word => separated(text, &word.to_string()),
        }
        is_arrow = begins_arrow;
    }
}

/// Writes the word with a space before it where it would otherwise run into another one.
fn separated(text: &mut String, word: &str) {
    if text.ends_with(|last: char| is_of_word(last) || last == '>') && !text.ends_with('\'') {
        text.push(' ');
    }
    text.push_str(word);
}

fn is_of_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}

/// Whether both texts are one type, as far as texts tell: spaces do not matter, and neither does the path of a type of
/// the standard library.
pub(crate) fn same(left: &str, right: &str) -> bool {
    essence(left) == essence(right)
}

/// Whether a field of type `now` reads everything that one of type `was` has stored.
pub(crate) fn reads_as(was: &str, now: &str) -> bool {
    let (was, now) = (essence(was), essence(now));
    if was == now {
        return true;
    }
    match (inside_option(&was), inside_option(&now)) {
        (Some(was), Some(now)) => reads_as(was, now),
        (None, Some(now)) => reads_as(&was, now),
        _ => widens(&was, &now),
    }
}

/// Whether the type is an `Option`, so that serde fills it in where it is missing.
pub(crate) fn is_optional(ty: &str) -> bool {
    inside_option(&essence(ty)).is_some()
}

/// What stands inside of the `Option`, as it was written.
pub(crate) fn unwrapped(ty: &str) -> Option<String> {
    inside_option(&essence(ty)).map(ToOwned::to_owned)
}

fn inside_option(essence: &str) -> Option<&str> {
    let inside = essence.strip_prefix("Option<")?.strip_suffix('>')?;
    // `Option<A>::B<C>` is none.
    let mut depth = 0_usize;
    for (before, char) in std::iter::once(' ').chain(inside.chars()).zip(inside.chars()) {
        match char {
            '<' => depth += 1,
            '>' if before != '-' => depth = depth.checked_sub(1)?,
            _ => {}
        }
    }
    (depth == 0).then_some(inside)
}

/// The type without spaces that mean nothing, and without the paths of the standard library.
fn essence(ty: &str) -> String {
    let mut text = String::new();
    let mut chars = ty.chars().peekable();
    while let Some(char) = chars.next() {
        if !char.is_whitespace() {
            text.push(char);
        } else if text.ends_with(is_of_word) && chars.peek().copied().is_some_and(is_of_word) {
            text.push(' ');
        }
    }
    without_std(&text.replace(",>", ">"))
}

fn without_std(ty: &str) -> String {
    let mut text = String::new();
    let mut rest = ty;
    while let Some(char) = rest.chars().next() {
        let begins = !text.ends_with(|last: char| is_of_word(last) || last == ':');
        let path = rest.strip_prefix("::").unwrap_or(rest);
        let is_std = ["std::", "core::", "alloc::"].iter().any(|root| path.starts_with(root));
        if begins && is_std {
            let end = path.find(|char: char| !is_of_word(char) && char != ':').unwrap_or(path.len());
            let (whole, behind) = path.split_at(end);
            // `Vec::<u8>` has its arguments behind two colons.
            text.push_str(whole.trim_end_matches(':').rsplit("::").next().unwrap_or_default());
            rest = behind;
        } else {
            text.push(char);
            rest = rest.get(char.len_utf8()..).unwrap_or_default();
        }
    }
    text
}

/// Whether every number of the one type is a number of the other.
fn widens(was: &str, now: &str) -> bool {
    match (number(was), number(now)) {
        (Some(('u', was, _)), Some(('i', _, now))) => was < now,
        (Some((sign, was, _)), Some((other, _, now))) if sign == other => was <= now,
        _ => false,
    }
}

/// The kind of number, and how many bits it has at most and at least.
fn number(ty: &str) -> Option<(char, u32, u32)> {
    let kind = ty.chars().next().filter(|kind| "uif".contains(*kind))?;
    let bits = ty.get(1..)?;
    match (kind, bits) {
        ('u' | 'i', "size") => Some((kind, 64, 32)),
        ('u' | 'i', "8" | "16" | "32" | "64" | "128") | ('f', "32" | "64") => {
            bits.parse().ok().map(|bits| (kind, bits, bits))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_written_in_one_way() {
        for (written, expected) in [
            ("String", "String"),
            ("Vec < u8 >", "Vec<u8>"),
            ("HashMap<String,Vec<u8>,>", "HashMap<String, Vec<u8>>"),
            ("[ u8;4 ]", "[u8; 4]"),
            ("( u8,u16 )", "(u8, u16)"),
            ("(u8,)", "(u8,)"),
            ("::std::string::String", "::std::string::String"),
            ("fn(u8)->u8", "fn(u8) -> u8"),
            ("Box<dyn Fn(u8)->Vec<u8>+Send>", "Box<dyn Fn(u8) -> Vec<u8> + Send>"),
            ("&'a mut T", "&'a mut T"),
            ("<T as Trait>::Item", "<T as Trait>::Item"),
            ("Foo<{ N }, -1, 'x'>", "Foo<{N}, -1, 'x'>"),
            ("r#type", "r#type"),
        ] {
            assert_eq!(as_text(written.parse().unwrap()), expected);
        }
    }

    #[test]
    fn what_stores_the_same_is_the_same() {
        for (left, right) in [
            ("Vec<u8>", "Vec < u8 >"),
            ("std::string::String", "String"),
            ("::std::collections::BTreeMap<::std::string::String, u8,>", "BTreeMap<String,u8>"),
            ("Vec::<u8>", "Vec::<u8>"),
        ] {
            assert!(same(left, right) && same(right, left), "{left} {right}");
        }
        for (left, right) in [
            ("Vec<u8>", "Vec<u16>"),
            ("a::Money", "Money"),
            ("mystd::String", "String"),
            ("a::std::String", "String"),
            ("dyn A", "dynA"),
            ("(u8,)", "(u8)"),
        ] {
            assert!(!same(left, right) && !same(right, left), "{left} {right}");
        }
    }

    #[test]
    fn a_wider_type_reads_what_a_narrower_one_stored() {
        let numbers = [
            ("u8", "u16 u32 u64 u128 usize i16 i32 i64 i128 isize"),
            ("u16", "u32 u64 u128 usize i32 i64 i128 isize"),
            ("u32", "u64 u128 usize i64 i128"),
            ("u64", "u128 i128"),
            ("u128", ""),
            ("usize", "u64 u128 i128"),
            ("i8", "i16 i32 i64 i128 isize"),
            ("i16", "i32 i64 i128 isize"),
            ("i32", "i64 i128 isize"),
            ("i64", "i128"),
            ("i128", ""),
            ("isize", "i64 i128"),
            ("f32", "f64"),
            ("f64", ""),
        ];
        for (was, wider) in numbers {
            let wider: Vec<_> = wider.split(' ').collect();
            for (now, _) in numbers {
                assert_eq!(reads_as(was, now), was == now || wider.contains(&now), "{was} {now}");
                assert_eq!(
                    reads_as(&format!("Option<{was}>"), &format!("Option<{now}>")),
                    reads_as(was, now),
                    "{was} {now}"
                );
                assert!(!reads_as(&format!("Vec<{was}>"), &format!("Vec<{now}>")) || was == now);
            }
        }
        for (was, now) in [
            ("String", "Option<String>"),
            ("String", "std::option::Option<std::string::String>"),
            ("u8", "Option<u64>"),
            ("Option<u8>", "Option<Option<u8>>"),
        ] {
            assert!(reads_as(was, now), "{was} {now}");
            assert!(!reads_as(now, was), "{now} {was}");
        }
        for (was, now) in [
            ("String", "u8"),
            ("bool", "u8"),
            ("u8", "f64"),
            ("Cents", "u64"),
            ("u64", "Cents"),
            ("f16", "f64"),
            ("u", "i"),
            ("A", "Option<A>::B<A>"),
        ] {
            assert!(!reads_as(was, now) || was == now, "{was} {now}");
        }
    }

    #[test]
    fn an_option_is_seen_by_its_name() {
        assert!(is_optional("Option<u8>") && is_optional("core::option::Option < Vec<u8> >"));
        assert!(is_optional("Option<fn() -> u8>"));
        assert!(!is_optional("Vec<Option<u8>>") && !is_optional("Option<A>::B<C>") && !is_optional("Optional<u8>"));
        assert_eq!(unwrapped("Option<Vec<u8>>").as_deref(), Some("Vec<u8>"));
    }
}
