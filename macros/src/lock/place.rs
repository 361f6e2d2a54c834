//! Whether an enum stands in a module or in the body of a function, seen from the text of its file.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::BTreeMap;

/// Where the enums of a file stand.
#[derive(Default)]
pub(crate) struct Places {
    enums: BTreeMap<String, Seen>,
}

impl Places {
    /// Looks for every enum in the text of a file. Where it does not read, none is found.
    pub(crate) fn read(text: &str) -> Self {
        let mut places = Self::default();
        if let Ok(tokens) = without_first_line(text).parse::<TokenStream>() {
            places.look(tokens, true);
        }
        places
    }

    /// Whether an enum of this name may be named by a path. Where the text does not tell, it may.
    pub(crate) fn can_be_named(&self, name: &str) -> bool {
        self.enums.get(name).is_none_or(|seen| seen.in_module || !seen.in_body)
    }

    /// Whether an enum of this name stands in a module of the file.
    pub(crate) fn has_in_module(&self, name: &str) -> bool {
        self.enums.get(name).is_some_and(|seen| seen.in_module)
    }

    /// Whether there are several enums of this name.
    pub(crate) fn has_several(&self, name: &str) -> bool {
        self.enums.get(name).is_some_and(|seen| seen.times > 1)
    }

    fn look(&mut self, tokens: TokenStream, in_module: bool) {
        // What stands before a brace: `mod name`, `macro!` and the `=>` of a `macro_rules!` keep to the module.
        let (mut last, mut before_last) = (String::new(), String::new());
        for token in tokens {
            let text = match &token {
                TokenTree::Group(group) => {
                    let keeps = before_last == "mod" || before_last == "!" || last == "!" || last == ">";
                    let is_body = group.delimiter() == Delimiter::Brace && !keeps;
                    self.look(group.stream(), in_module && !is_body);
                    String::new()
                }
                other => other.to_string(),
            };
            if last == "enum" {
                let seen = self.enums.entry(text.trim_start_matches("r#").to_owned()).or_default();
                seen.times += 1;
                seen.in_module |= in_module;
                seen.in_body |= !in_module;
            }
            before_last = std::mem::replace(&mut last, text);
        }
    }
}

/// The text without what a shell reads of it.
fn without_first_line(text: &str) -> &str {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let is_for_shell = text.starts_with("#!") && !text.starts_with("#![");
    if is_for_shell { text.find('\n').and_then(|end| text.get(end..)).unwrap_or_default() } else { text }
}

/// Where enums of one name were seen.
#[derive(Default)]
struct Seen {
    times: usize,
    in_module: bool,
    in_body: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_enum_in_a_body_cannot_be_named() {
        for (text, expected) in [
            ("enum E { A }", true),
            ("pub(crate) enum r#E { A }", true),
            ("mod a { pub mod b { enum E {} } }", true),
            ("events! { enum E { A } }", true),
            ("macro_rules! events { () => { enum E { A } } }", true),
            ("fn f() { enum E { A } }", false),
            ("mod a { fn f() { enum E { A } } }", false),
            ("impl A { fn f(&self) -> u8 { { enum E { A } } 1 } }", false),
            ("const _: () = { enum E { A } };", false),
            ("enum E { A } fn f() { enum E { B } }", true),
            ("#!/bin/it's -x\nfn f() { enum E { A } }", false),
            ("\u{feff}#![doc = \"\"] fn f() { enum E { A } }", false),
            // Written by a macro, or not to be read.
            ("fn f() {} events!(E);", true),
            ("fn f( {", true),
        ] {
            let places = Places::read(text);
            assert_eq!(places.can_be_named("E"), expected, "{text}");
            assert!(!places.has_in_module("E") || expected, "{text}");
        }
    }
}
