//! What the compiler says of each mistake, and where.
//!
//! `TRYBUILD=overwrite` writes the messages anew, `trybuild=ui/command` runs one folder; both are read before they are
//! kept. The folder `rustc` holds messages of the compiler that `rust-toolchain.toml` names.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::{
    fs,
    path::{Path, PathBuf},
};

const FOLDERS: [&str; 6] = ["event", "aggregate", "command", "projection", "indexed", "rustc"];

/// The files of all folders with this extension, without it.
fn files(extension: &str) -> Vec<PathBuf> {
    let mut found: Vec<_> = FOLDERS
        .iter()
        .flat_map(|folder| fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("ui").join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .map(|path| path.with_extension(""))
        .collect();
    found.sort();
    found
}

#[test]
fn every_mistake_is_told_where_it_was_made() {
    let cases = trybuild::TestCases::new();
    for folder in FOLDERS {
        cases.compile_fail(format!("ui/{folder}/*.rs"));
    }
}

#[test]
fn every_case_has_its_message_and_every_message_its_case() {
    let (cases, messages) = (files("rs"), files("stderr"));
    let alone: Vec<_> = cases.iter().filter(|case| !messages.contains(case)).collect();
    assert!(alone.is_empty(), "these have no message: {alone:#?}");
    let orphaned: Vec<_> = messages.iter().filter(|message| !cases.contains(message)).collect();
    assert!(orphaned.is_empty(), "these have no case: {orphaned:#?}");
    assert!(cases.len() >= 300, "only {} cases are left", cases.len());
}

/// Every piece of text in the macro crate that is more than a word and that a message is made of, with its file.
fn messages(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() && !path.ends_with("src/tests") {
            found.extend(messages(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let mut texts = Vec::new();
            collect(fs::read_to_string(&path).unwrap().parse().unwrap(), &mut texts);
            let pieces = texts.iter().flat_map(|text| pieces(text));
            found.extend(pieces.map(|piece| (path.clone(), piece)));
        }
    }
    found
}

/// The string literals outside of attributes, comments, assertions and unit tests.
fn collect(tokens: TokenStream, texts: &mut Vec<String>) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(hash) if hash.as_char() == '#' => {
                tokens.next_if(|next| matches!(next, TokenTree::Punct(mark) if mark.as_char() == '!'));
                let attribute = tokens.next_if(|next| matches!(next, TokenTree::Group(_)));
                if attribute.is_some_and(|attribute| attribute.to_string() == "[cfg (test)]") {
                    let ends = |token: &TokenTree| match token {
                        TokenTree::Punct(mark) => mark.as_char() == ';',
                        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                        _ => false,
                    };
                    while tokens.next().is_some_and(|token| !ends(&token)) {}
                }
            }
            TokenTree::Ident(name) if name == "assert" => drop(tokens.nth(1)),
            TokenTree::Group(group) => collect(group.stream(), texts),
            TokenTree::Literal(literal) => texts.push(literal.to_string()),
            _ => {}
        }
    }
}

/// What stands between the placeholders and the ends of lines of a string literal.
fn pieces(literal: &str) -> Vec<String> {
    let text = literal.trim_start_matches(['r', '#']).trim_end_matches('#');
    let Some(text) = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) else { return Vec::new() };
    let text = text.replace("\\n", "\n").replace("\\\"", "\"").replace("{{", "\u{1}").replace("}}", "\u{2}");
    let pieces = text.split('{').enumerate().map(|(index, part)| match part.split_once('}') {
        Some((_, after)) if index > 0 => after,
        _ => part,
    });
    let pieces = pieces.flat_map(str::lines).map(|piece| piece.trim().replace('\u{1}', "{").replace('\u{2}', "}"));
    let is_prose = |piece: &String| piece.contains(' ') && piece.split(' ').any(|word| word.len() > 2);
    pieces.filter(is_prose).collect()
}

/// The messages of the crates in `lock/cases` that do not compile.
fn lock_cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("lock/cases");
    let cases = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path().join("expected.stderr"));
    let found: Vec<_> = cases.filter(|message| message.exists()).collect();
    assert!(found.len() >= 10, "only {} cases of a lock are left", found.len());
    found
}

#[test]
fn every_message_of_the_derives_stands_in_a_case() {
    let told = files("stderr").into_iter().map(|case| case.with_extension("stderr"));
    let told: String = told.chain(lock_cases()).map(|message| fs::read_to_string(message).unwrap()).collect();
    let messages = messages(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../macros/src"));
    assert!(messages.len() > 200, "only {} pieces of messages were found", messages.len());
    let untold: Vec<_> = messages.iter().filter(|(_, piece)| !told.contains(piece)).collect();
    assert!(untold.is_empty(), "no case tells {untold:#?}");
}
