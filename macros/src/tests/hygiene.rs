//! Generated code names nothing by a bare name that the user's scope decides about.

use super::{DERIVES, Derive};
use proc_macro2::{Spacing, TokenStream, TokenTree};
use std::collections::BTreeSet;

/// Inputs whose own words are told from generated ones: each begins with `my`, `My` or `MY`.
const INPUTS: [(&str, &str); 10] = [
    (
        "Event",
        r#"
        #[event(prefix = "x", crate = ::my_runtime)]
        enum MyEvent<MyT: MyBound, const MY_N: my_number> {
            /// Text.
            #[event(name = "y", alias = "z")]
            MyCreated { my_user: MyText, my_amount: MyT },
            MyAdded(MyLine),
            MyConfirmed,
        }
        "#,
    ),
    (
        "Event beside a lock",
        r#"
        #[event(prefix = "x", retired("z"), crate = ::my_runtime)]
        enum MyEvent {
            #[event(name = "y", alias = "w", version = 2, upcast(1 => MyCreatedV1))]
            MyCreated { my_user: MyText },
            MyAdded(MyLine),
        }
        "#,
    ),
    (
        "Aggregate",
        r#"
        #[aggregate(event = MyEvent<MyT>, id = MyId, name = "x", ignore(MyViewed), crate = ::my_runtime)]
        #[on(MyCreated { my_user, .. } if *my_user, my_meta => { my_run(my_meta); })]
        struct MyOrder<MyT: MyBound> {
            #[on(MyCreated { my_user, .. })]
            my_user: MyText,
            #[on(MyAdded(my_line), my_meta => += my_line)]
            #[on(MyConfirmed | MyCancelled { .. } => .my_push(my_value))]
            my_total: MyT,
        }
        "#,
    ),
    (
        "Command",
        r"
        #[command(my_order: MyOrder<MyT>, my_cx: MyContext, error = MyError, crate = ::my_runtime)]
        enum MyCommand<MyT: MyBound> {
            #[command(creates)]
            #[require(my_amount > my_order, MyError)]
            #[skip_if(my_cx)]
            #[emit(MyCreated { my_user, my_amount })]
            #[emit(MyNoted(my_user) if my_order)]
            MyCreate { #[command(id)] my_id: MyId, my_user: MyText, my_amount: MyT },
            #[command(any)]
            #[handler(MyOrder::my_cancel)]
            MyCancel { #[command(id)] my_id: MyId },
        }
        ",
    ),
    ("Command", "#[command(my_order: MyOrder, crate = ::my_runtime)] #[emit(MyCreated)] struct MyStart { my_a: MyA }"),
    (
        "Projection",
        r#"
        #[projection(name = "x", events(MyEvent, MyOther, MyThird), ignore(MyOther::MyViewed), crate = ::my_runtime)]
        #[row(MyOther::MyPaid { my_order, .. } => my_order)]
        #[on(MyEvent::MyCreated { .. }, my_meta => my_run(my_meta))]
        #[remove(MyThird::MyCancelled { .. } if my_condition)]
        struct MyRow {
            #[key]
            my_id: MyId,
            #[on(MyEvent::MyCreated { my_user, .. })]
            my_user: MyText,
            #[on(MyOther::MyPaid { my_amount, .. } => -= my_amount)]
            my_paid: MyT,
        }
        "#,
    ),
    (
        "Projection",
        r#"
        #[projection(name = "x", events(MyEvent), version = 3, crate = ::my_runtime)]
        struct MyRow<MyT: MyBound> {
            #[key]
            #[index(range)]
            my_id: MyId,
            #[index]
            #[on(MyCreated { my_user, .. })]
            my_user: MyT,
            #[index(range)]
            #[index(range, per = my_user)]
            #[on(MyCreated { my_amount, .. })]
            my_amount: MyNumber,
        }
        "#,
    ),
    ("Indexed", "#[indexed(crate = ::my_runtime)] enum MyStatus { MyOpen, MyClosed {} }"),
    ("Indexed", "#[indexed(crate = ::my_runtime)] struct MyId<MyT: MyBound>(MyT);"),
    (
        "Projection",
        r#"
        #[projection(name = "x", events(MyEvent<MyT>), single, ignore(_), crate = ::my_runtime)]
        struct MyTotals<MyT: MyBound> {
            #[on(MyCreated { my_amount, .. } => += my_amount)]
            my_sum: MyT,
        }
        "#,
    ),
];

/// What the language itself gives a meaning to, and what names no item: attributes, lifetimes and trait members.
const KEYWORDS: [&str; 26] = [
    "_", "as", "const", "crate", "else", "enum", "false", "fn", "for", "if", "impl", "in", "let", "match", "move",
    "mut", "ref", "return", "self", "Self", "static", "struct", "true", "type", "use", "where",
];

/// Words that are declared by the generated code, or looked up in a trait or type that is named by its path.
const DECLARED: [&str; 39] = [
    "automatically_derived",
    "DESCRIPTOR",
    "variant_index",
    "upcast",
    "NAME",
    "Id",
    "Event",
    "Aggregate",
    "Error",
    "existence",
    "decide",
    "target",
    "Events",
    "Key",
    "from",
    "apply",
    "keys",
    "key_of_unread",
    "VERSION",
    "FOLD",
    "INDEXES",
    "index",
    "write",
    "doc",
    "must_use",
    "open",
    "annals_lock_my_event",
    "cfg",
    "test",
    "crate_dir",
    "file",
    "section",
    "retired",
    "variants",
    "event_type",
    "version",
    "aliases",
    "fields",
    "old",
];

fn output(derive: &str, input: &str) -> TokenStream {
    let (_, derive): (_, Derive) = DERIVES.into_iter().find(|(name, _)| *name == derive).unwrap();
    let output = derive(&syn::parse_str(input).unwrap());
    assert!(!output.to_string().contains("compile_error"), "{output}");
    output
}

/// Every word that does not follow a `::` or a `.`, and the first word of every path that begins with `::`.
fn collect(tokens: TokenStream, bare: &mut BTreeSet<String>, roots: &mut BTreeSet<String>) {
    let mut before = String::new();
    let mut before_path = String::new();
    for token in tokens {
        match &token {
            TokenTree::Group(group) => {
                collect(group.stream(), bare, roots);
                before = ")".to_owned();
            }
            TokenTree::Ident(word) => {
                if before == "::" {
                    let is_root = !before_path.ends_with(|c: char| c.is_alphanumeric() || "_>)".contains(c));
                    if is_root || ["for", "as", "in", "return", "impl", "type", "where"].contains(&&*before_path) {
                        roots.insert(word.to_string());
                    }
                } else if before != "." && before != "'" {
                    bare.insert(word.to_string());
                }
                before = word.to_string();
            }
            TokenTree::Punct(mark) if mark.as_char() == ':' && before == ":joint" => before = "::".to_owned(),
            TokenTree::Punct(mark) if mark.as_char() == ':' && mark.spacing() == Spacing::Joint => {
                before_path = std::mem::replace(&mut before, ":joint".to_owned());
            }
            TokenTree::Punct(mark) => before = mark.to_string(),
            TokenTree::Literal(_) => before = "1".to_owned(),
        }
    }
}

#[test]
fn only_core_and_the_given_runtime_are_named_by_path() {
    for (derive, input) in INPUTS {
        let mut roots = BTreeSet::new();
        collect(output(derive, input), &mut BTreeSet::new(), &mut roots);
        let others: Vec<_> = roots.iter().filter(|root| !["core", "my_runtime"].contains(&&***root)).collect();
        assert!(others.is_empty(), "`{derive}` names {others:?}");
        assert!(roots.contains("my_runtime"), "`{derive}` does not name the runtime");
    }
}

#[test]
fn no_word_is_left_to_the_scope_of_the_user() {
    for (derive, input) in INPUTS {
        let mut bare = BTreeSet::new();
        collect(output(derive, input), &mut bare, &mut BTreeSet::new());
        let is_known = |word: &str| {
            let own = ["my", "My", "MY", "__", "by_my"].iter().any(|prefix| word.starts_with(prefix));
            own || KEYWORDS.contains(&word) || DECLARED.contains(&word)
        };
        let others: Vec<_> = bare.iter().filter(|word| !is_known(word)).collect();
        assert!(others.is_empty(), "`{derive}` uses {others:?}\n{}", output(derive, input));
    }
}

#[test]
fn the_same_input_gives_the_same_output() {
    for (derive, input) in INPUTS {
        assert_eq!(output(derive, input).to_string(), output(derive, input).to_string());
    }
}

#[test]
fn nothing_is_allowed_and_nothing_is_public() {
    for (derive, input) in INPUTS {
        let mut bare = BTreeSet::new();
        collect(output(derive, input), &mut bare, &mut BTreeSet::new());
        for word in ["allow", "expect", "pub", "unsafe", "mod"] {
            assert!(!bare.contains(word), "`{derive}` writes `{word}`");
        }
    }
}
