//! Whether every public item shows an example that is compiled, every error how to react, and every file what it owns.
//!
//! Public is what is `pub`: the lint `unreachable_pub` refuses that word on anything else.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};
use syn::{Attribute, Expr, ImplItem, Item, ItemImpl, ItemTrait, Lit, Meta, TraitItem, Type, Visibility};

#[test]
fn every_public_item_has_an_example() {
    let missing = Docs::of(&sources(&["runtime/src"])).without_example();
    assert!(missing.is_empty(), "no example that is compiled shows these:\n{}", missing.join("\n"));
}

#[test]
fn every_error_says_how_to_react() {
    let missing = Docs::of(&sources(&["runtime/src"])).silent_errors;
    assert!(missing.is_empty(), "the docs of these errors have no sentence with `React`:\n{}", missing.join("\n"));
}

#[test]
fn every_file_begins_with_a_sentence_on_what_it_owns() {
    let missing: Vec<_> = sources(&["runtime", "macros", "tests", "examples"])
        .into_iter()
        .filter(|source| !is_material(&source.path) && !begins_with_a_sentence(&source.text))
        .map(|source| source.path)
        .collect();
    assert!(missing.is_empty(), "these do not begin with `//! ` and a sentence:\n{}", missing.join("\n"));
}

#[test]
fn every_derive_has_a_whole_page() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("macros/doc");
    let mut derives = Vec::new();
    let mut missing = Vec::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let derive = path.file_stem().unwrap().display().to_string();
        let page = fs::read_to_string(path).unwrap();
        missing.extend(missing_in_page(&page).iter().map(|part| format!("{derive}: {part}")));
        derives.push(derive);
    }
    derives.sort();
    assert_eq!(derives, ["aggregate", "command", "event", "indexed", "projection"]);
    assert!(missing.is_empty(), "these parts of macros/doc/*.md are missing:\n{}", missing.join("\n"));
}

/// A file of source, under its path in the project.
struct Source {
    path: String,
    text: String,
}

/// Every file of source below these folders of the project.
fn sources(folders: &[&str]) -> Vec<Source> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut paths: Vec<PathBuf> = folders.iter().map(|folder| project.join(folder)).collect();
    let mut sources = Vec::new();
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            paths.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            sources.push(Source { path: path.strip_prefix(project).unwrap().display().to_string(), text });
        }
    }
    assert!(!sources.is_empty(), "there is no source in {folders:?}");
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

/// Whether a file is no module but something to compare with: what a derive writes, or what does not compile and is
/// quoted with its line numbers.
fn is_material(path: &str) -> bool {
    path.starts_with("macros/src/tests/snapshots/")
        || path.strip_prefix("tests/ui/").is_some_and(|case| case.contains('/'))
        || path.starts_with("tests/lock/cases/")
}

/// Whether the first paragraph of a file is a module's doc, and a sentence.
fn begins_with_a_sentence(text: &str) -> bool {
    let paragraph: Vec<_> = text.lines().map_while(|line| line.strip_prefix("//! ")).collect();
    paragraph.last().is_some_and(|last| last.ends_with(['.', '…']))
}

/// What is not there of the parts that the page of a derive has.
fn missing_in_page(page: &str) -> Vec<&'static str> {
    let sections = sections(page);
    let section = |name: &str| sections.iter().find(|(heading, _)| heading == name).map_or("", |(_, text)| text);
    let parts = [
        ("a sentence that says what it is for", page.lines().next().is_some_and(|first| first.ends_with('.'))),
        ("an example at the beginning", !example(section("")).is_empty()),
        ("`# What is generated`, with a compiled impl", example(section("What is generated")).contains("impl ")),
        ("a table of keys", page.contains("|---|")),
        ("`# Rules and limits`", section("Rules and limits").contains("* ")),
        ("`# Common errors`, with one that does not compile", section("Common errors").contains("```compile_fail")),
    ];
    parts.into_iter().filter(|(_, is_there)| !is_there).map(|(part, _)| part).collect()
}

/// The headings of a page, each with what stands below it; the beginning stands below no heading.
fn sections(page: &str) -> Vec<(String, String)> {
    let mut sections = vec![(String::new(), String::new())];
    let mut in_code = false;
    for line in page.lines() {
        in_code ^= line.starts_with("```");
        match (line.strip_prefix("# "), sections.last_mut()) {
            (Some(heading), _) if !in_code => sections.push((heading.to_owned(), String::new())),
            (_, Some((_, text))) => text.extend([line, "\n"]),
            (_, None) => {}
        }
    }
    sections
}

/// What the docs of some files say.
#[derive(Default)]
struct Docs {
    wanted: Vec<Wanted>,
    /// The examples in each file.
    in_file: BTreeMap<String, String>,
    /// The examples in the doc of each public type and trait.
    of_type: BTreeMap<String, String>,
    /// The errors whose docs do not say how to react.
    silent_errors: Vec<String>,
}

/// Something that an example is to show.
struct Wanted {
    file: String,
    owner: String,
    name: String,
    how: Shown,
}

/// Where something is shown: in its own doc, or as a part of another example by one of these spellings.
enum Shown {
    /// In its own doc alone.
    Itself(bool),
    /// Called on a value, or named by a path.
    Method,
    /// Named by the path of its type.
    Associated,
    /// Called, named, or implemented.
    OfTrait,
}

impl Docs {
    fn of(files: &[Source]) -> Self {
        let mut docs = Self::default();
        for Source { path, text } in files {
            // What generated code calls is no interface.
            if path.ends_with("__private.rs") {
                continue;
            }
            let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}"));
            docs.read_example(path, &file.attrs);
            docs.read_items(path, &file.items);
        }
        docs
    }

    fn without_example(&self) -> Vec<String> {
        let is_missing = |wanted: &&Wanted| {
            let examples = [self.in_file.get(&wanted.file), self.of_type.get(&wanted.owner)];
            !examples.into_iter().flatten().any(|example| wanted.is_shown_in(example))
        };
        let line = |Wanted { file, owner, name, .. }: &Wanted| match owner.as_str() {
            "" => format!("{file}: {name}"),
            owner => format!("{file}: {owner}::{name}"),
        };
        self.wanted.iter().filter(is_missing).map(line).collect()
    }

    fn read_items(&mut self, file: &str, items: &[Item]) {
        for item in items {
            match item {
                Item::Struct(item) => {
                    self.read_type(file, &item.vis, &item.ident.to_string(), &item.attrs);
                    if is_public(&item.vis) && is_error(&item.attrs) {
                        self.read_error(&format!("{file}: {}", item.ident), &item.attrs);
                    }
                }
                Item::Enum(item) => {
                    self.read_type(file, &item.vis, &item.ident.to_string(), &item.attrs);
                    if is_public(&item.vis) && is_error(&item.attrs) {
                        for variant in &item.variants {
                            self.read_error(&format!("{file}: {}::{}", item.ident, variant.ident), &variant.attrs);
                        }
                    }
                }
                Item::Type(item) => self.read_type(file, &item.vis, &item.ident.to_string(), &item.attrs),
                Item::Fn(item) => self.read_type(file, &item.vis, &item.sig.ident.to_string(), &item.attrs),
                Item::Const(item) => self.read_type(file, &item.vis, &item.ident.to_string(), &item.attrs),
                Item::Trait(item) => {
                    self.read_type(file, &item.vis, &item.ident.to_string(), &item.attrs);
                    self.read_trait(file, item);
                }
                Item::Impl(item) if item.trait_.is_none() => self.read_impl(file, item),
                Item::Mod(item) if !is_for_tests(&item.attrs) => {
                    self.read_example(file, &item.attrs);
                    self.read_items(file, item.content.as_ref().map_or(&[], |(_, items)| items));
                }
                _ => {}
            }
        }
    }

    fn read_type(&mut self, file: &str, visibility: &Visibility, name: &str, attributes: &[Attribute]) {
        if is_public(visibility) && !is_hidden(attributes) {
            let example = self.read_example(file, attributes);
            let how = Shown::Itself(!example.is_empty());
            self.of_type.insert(name.to_owned(), example);
            self.wanted.push(Wanted { file: file.to_owned(), owner: String::new(), name: name.to_owned(), how });
        }
    }

    fn read_trait(&mut self, file: &str, item: &ItemTrait) {
        for part in &item.items {
            let (name, attributes) = match part {
                TraitItem::Fn(part) => (part.sig.ident.to_string(), &part.attrs),
                TraitItem::Const(part) => (part.ident.to_string(), &part.attrs),
                _ => continue,
            };
            self.read_example(file, attributes);
            if is_public(&item.vis) {
                let owner = item.ident.to_string();
                self.wanted.push(Wanted { file: file.to_owned(), owner, name, how: Shown::OfTrait });
            }
        }
    }

    fn read_impl(&mut self, file: &str, item: &ItemImpl) {
        let Type::Path(owner) = &*item.self_ty else { return };
        let owner = owner.path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
        for part in &item.items {
            let (name, visibility, attributes, how) = match part {
                ImplItem::Fn(part) if part.sig.receiver().is_some() => {
                    (part.sig.ident.to_string(), &part.vis, &part.attrs, Shown::Method)
                }
                ImplItem::Fn(part) => (part.sig.ident.to_string(), &part.vis, &part.attrs, Shown::Associated),
                ImplItem::Const(part) => (part.ident.to_string(), &part.vis, &part.attrs, Shown::Associated),
                _ => continue,
            };
            if is_public(visibility) {
                self.read_example(file, attributes);
                self.wanted.push(Wanted { file: file.to_owned(), owner: owner.clone(), name, how });
            }
        }
    }

    fn read_example(&mut self, file: &str, attributes: &[Attribute]) -> String {
        let example = example(&doc(attributes));
        self.in_file.entry(file.to_owned()).or_default().push_str(&example);
        example
    }

    fn read_error(&mut self, name: &str, attributes: &[Attribute]) {
        if !doc(attributes).contains("React") {
            self.silent_errors.push(name.to_owned());
        }
    }
}

impl Wanted {
    fn is_shown_in(&self, example: &str) -> bool {
        let Self { owner, name, .. } = self;
        let called = || stands_in(&format!(".{name}("), example) || stands_in(&format!(".{name}::<"), example);
        let named = || stands_in(&format!("::{name}"), example);
        match self.how {
            Shown::Itself(itself) => itself,
            Shown::Method => called() || named(),
            Shown::Associated => stands_in(&format!("{owner}::{name}"), example),
            Shown::OfTrait => {
                let implemented = ["fn", "const"].map(|word| format!("{word} {name}"));
                called() || named() || implemented.iter().any(|words| stands_in(words, example))
            }
        }
    }
}

/// Whether these words stand in the text, neither as the beginning nor as the end of a longer one.
fn stands_in(words: &str, text: &str) -> bool {
    let goes_on = |a: Option<char>, b: Option<char>| {
        let is_of_a_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        is_of_a_word(a) && is_of_a_word(b)
    };
    text.match_indices(words).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + words.len()..]);
        !goes_on(before.chars().next_back(), words.chars().next())
            && !goes_on(words.chars().next_back(), after.chars().next())
    })
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// Whether no page shows it: what generated code calls is no interface.
fn is_hidden(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("doc") && attribute.parse_args::<syn::Ident>().is_ok_and(|word| word == "hidden")
    })
}

/// Whether `thiserror` makes it an error.
fn is_error(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("derive") => stands_in("Error", &list.tokens.to_string()),
        _ => false,
    })
}

/// Whether it is there under `#[cfg(test)]` only.
fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        _ => false,
    })
}

/// The doc comment, a line a line.
fn doc(attributes: &[Attribute]) -> String {
    let mut doc = String::new();
    for attribute in attributes {
        if let Meta::NameValue(pair) = &attribute.meta
            && pair.path.is_ident("doc")
            && let Expr::Lit(literal) = &pair.value
            && let Lit::Str(line) = &literal.lit
        {
            doc.push_str(&line.value());
            doc.push('\n');
        }
    }
    doc
}

/// What a reader sees of the examples in a doc comment that are compiled.
fn example(doc: &str) -> String {
    let mut example = String::new();
    let mut shows = None;
    for line in doc.lines().map(str::trim) {
        match (line.strip_prefix("```"), shows) {
            (Some(info), None) => shows = Some(is_compiled(info)),
            (Some(_), Some(_)) => shows = None,
            (None, Some(true)) if !line.is_empty() && line != "#" && !line.starts_with("# ") => {
                example.push_str(line);
                example.push('\n');
            }
            (None, _) => {}
        }
    }
    example
}

/// Whether a block of code with this after its fence is compiled as it stands.
fn is_compiled(info: &str) -> bool {
    info.split(',').all(|word| matches!(word.trim(), "" | "rust" | "no_run" | "should_panic"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn docs(text: &str) -> Docs {
        Docs::of(&[Source { path: "a.rs".to_owned(), text: text.to_owned() }])
    }

    fn without_example(text: &str) -> Vec<String> {
        docs(text).without_example()
    }

    const SHOWN: &str = "/// ```\n/// let shown = Shown::new().first().second::<u8>();\n/// ```\npub struct Shown;\n";

    #[test]
    fn a_type_without_an_example_is_found() {
        let text = "/// Nothing.\npub struct A;\npub enum B {}\npub trait C {}\npub fn d() {}\n\
                    pub type E = A;\npub const F: A = A;";
        assert_eq!(without_example(text), ["A", "B", "C", "d", "E", "F"].map(|name| format!("a.rs: {name}")));
    }

    #[test]
    fn what_is_not_public_needs_no_example() {
        assert!(without_example("pub(crate) struct A;\nstruct B;\nimpl B { pub(super) fn c(&self) {} }").is_empty());
        assert!(without_example("#[cfg(test)]\nmod tests { pub struct A; }").is_empty());
        assert_eq!(without_example("pub mod inner { pub struct A; }"), ["a.rs: A"]);
        assert!(without_example("/// What generated code calls.\n#[doc(hidden)]\npub fn a() {}").is_empty());
        assert_eq!(without_example("/// It is #[doc(hidden)].\n#[doc(alias = \"b\")]\npub fn a() {}"), ["a.rs: a"]);
    }

    #[test]
    fn an_example_counts_only_where_it_is_compiled() {
        for info in ["", "rust", "no_run", "rust,no_run"] {
            assert!(
                without_example(&format!("/// ```{info}\n/// a();\n/// ```\npub fn a() {{}}")).is_empty(),
                "{info}"
            );
        }
        for info in ["text", "ignore", "compile_fail", "rust,ignore", "toml"] {
            let text = format!("/// ```{info}\n/// a();\n/// ```\npub fn a() {{}}");
            assert_eq!(without_example(&text), ["a.rs: a"], "{info}");
        }
        // A reader does not see a line that is hidden, and nothing on an empty one.
        assert_eq!(without_example("/// ```\n/// # a();\n///\n/// ```\npub fn a() {}"), ["a.rs: a"]);
    }

    #[test]
    fn a_method_that_no_example_calls_is_found() {
        let methods = "impl Shown { pub fn new() {} pub fn first(self) {} pub fn second<A>(self) {} }";
        assert!(without_example(&format!("{SHOWN}{methods}")).is_empty());
        let methods =
            "impl Shown { pub fn ne() {} pub fn firs(self) {} pub fn rst(self) {} pub const SECOND: u8 = 2; }";
        let missing = ["ne", "firs", "rst", "SECOND"].map(|name| format!("a.rs: Shown::{name}"));
        assert_eq!(without_example(&format!("{SHOWN}{methods}")), missing);
        // A field is no method, and `new` of another type is another one.
        let other = "/// ```\n/// other.first + Other::new();\n/// ```\npub struct Shown;\n";
        let methods = "impl Shown { pub fn new() {} pub fn first(self) {} }";
        assert_eq!(without_example(&format!("{other}{methods}")), ["a.rs: Shown::new", "a.rs: Shown::first"]);
    }

    #[test]
    fn a_method_is_shown_by_its_own_doc_and_by_that_of_its_type_in_another_file() {
        let methods =
            "impl Shown {\n/// ```\n/// shown.third();\n/// ```\npub fn third(self) {}\npub fn first(self) {} }";
        let source = |path: &str, text: &str| Source { path: path.to_owned(), text: text.to_owned() };
        assert!(Docs::of(&[source("a.rs", methods), source("b.rs", SHOWN)]).without_example().is_empty());
        assert_eq!(Docs::of(&[source("a.rs", methods)]).without_example(), ["a.rs: Shown::first"]);
    }

    #[test]
    fn a_trait_shows_its_methods_by_calls_or_by_an_impl() {
        let doc = "/// ```\n/// impl A for B { const C: u8 = 1; fn d(&self) {} }\n/// b.e();\n/// ```\n";
        let parts = "pub trait A { const C: u8; fn d(&self); fn e(&self); fn f(&self); const G: u8; type H; }";
        assert_eq!(without_example(&format!("{doc}{parts}")), ["a.rs: A::f", "a.rs: A::G"]);
    }

    #[test]
    fn an_error_that_does_not_say_how_to_react_is_found() {
        let text = "#[derive(Debug, thiserror::Error)]\npub enum A {\n/// React by waiting.\nB,\n/// It is so.\nC,\n}\n\
                    #[derive(thiserror::Error)]\n/// It is so.\npub struct D;\n\
                    #[derive(Debug)]\npub enum E { F }";
        assert_eq!(docs(text).silent_errors, ["a.rs: A::C", "a.rs: D"]);
    }

    #[test]
    fn a_file_begins_with_a_sentence_or_is_found() {
        assert!(begins_with_a_sentence("//! One\n//! sentence.\n\nuse std;"));
        for text in ["", "use std;", "//! No end", "\n//! Late.", "//!\n//! Late.", "// A comment.", "/// Of an item."]
        {
            assert!(!begins_with_a_sentence(text), "{text:?}");
        }
    }

    #[test]
    fn a_page_that_lacks_a_part_is_found() {
        let whole = "Makes it so.\n```\na();\n```\n\n# What is generated\n```\n# use b;\nimpl A for B {}\n```\n\
                     # Keys\n| a |\n|---|\n\n# Rules and limits\n* One.\n\n# Common errors\n```compile_fail\n```\n";
        assert!(missing_in_page(whole).is_empty());
        for part in ["so.", "a();", "impl A for B {}", "|---|", "# Rules and limits", "```compile_fail"] {
            assert_eq!(missing_in_page(&whole.replace(part, "")).len(), 1, "{part}");
        }
    }

    #[test]
    fn what_is_only_compared_with_is_no_module() {
        assert!(is_material("tests/lock/cases/field_type/lib.rs") && !is_material("tests/lock/cases.rs"));
        assert!(is_material("tests/ui/event/name_twice.rs") && is_material("macros/src/tests/snapshots/event.rs"));
        assert!(!is_material("tests/ui/shop.rs") && !is_material("macros/src/tests/snapshots.rs"));
    }
}
