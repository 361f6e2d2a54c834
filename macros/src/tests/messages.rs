//! Every mistake is told in one compile, in words that say how to mend it.

use super::DERIVES;

/// What the derive says of the input.
fn told(derive: &str, input: &str) -> Vec<String> {
    let derive = DERIVES.iter().find(|(known, _)| *known == derive).unwrap().1;
    let file: syn::File = syn::parse2(derive(&syn::parse_str(input).unwrap())).unwrap();
    let messages = file.items.iter().filter_map(|item| match item {
        syn::Item::Macro(item) => Some(item.mac.parse_body::<syn::LitStr>().unwrap().value()),
        _ => None,
    });
    messages.collect()
}

/// What the derive says of an `#[on(…)]` on a field of an aggregate.
fn told_of_on(on: &str) -> Vec<String> {
    told("Aggregate", &format!("#[aggregate(event = E)] struct S {{ #[on({on})] field: u8 }}"))
}

#[test]
fn a_correct_input_gives_no_message() {
    for (derive, input) in [
        ("Event", "enum E { A, B {}, C(u8) }"),
        ("Aggregate", "#[aggregate(event = E, ignore(A))] struct S;"),
        ("Projection", "#[projection(name = \"p\", events(E), single, ignore(_))] struct S {}"),
        ("Indexed", "enum E { A, B {}, C() }"),
        ("Indexed", "enum E {}"),
        ("Indexed", "struct S(u8);"),
        ("Indexed", "struct S<'a, T> { a: &'a T }"),
    ] {
        assert_eq!(told(derive, input), [""; 0], "{input}");
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let input = r#"
        #[event(nmae = 1, prefx = "a", name = "b", events(A), prefix = "c", prefix = "d", crate = x)]
        #[serde(untagged, unknown_to_us(a, b), rename_all = "c")]
        enum E<'a> { #[event(name = "a b")] A, B(), C(u8, u8), #[event(alias = "")] D { d: &'a str } }
    "#;
    let expected = [
        "unknown `event` key `nmae` on an event enum\nhelp: did you mean `name`, which belongs on a variant?",
        "unknown `event` key `prefx` on an event enum\nhelp: did you mean `prefix`?",
        "`name` belongs on a variant, not on an event enum",
        "`events` is a key of `#[projection]`, not of `#[event]`",
        "`prefix` is given twice",
        "the path must be absolute\nhelp: write `crate = ::x` or `crate = crate::x`",
        "`B()` has no field to store\nhelp: write `B` or `B {}`",
        "`C` has 2 fields without names, which would be stored by their place\nhelp: name them: `C { … }`",
        "an event must own its data, it cannot borrow `'a`\nhelp: use `String` instead of `&str`",
        "an event must own its data, this field borrows\nhelp: use `String` instead of `&str`, `Vec<T>` instead of `&[T]`",
        "event name `a b` contains a space\nhelp: write `a-b`",
        "an alias must not be empty",
        "`#[serde(untagged)]` would lose the variant\nhelp: remove it",
        "`#[serde(rename_all)]` does not change the stored name\nhelp: write `#[event(prefix = \"…\")]` on the enum or `#[event(name = \"…\")]` on a variant",
    ];
    assert_eq!(told("Event", input), expected);
}

#[test]
fn a_misspelt_key_stands_in_for_what_it_was_meant_to_be() {
    let only = ["unknown `aggregate` key `evnet` on an aggregate\nhelp: did you mean `event`?"];
    assert_eq!(told("Aggregate", "#[aggregate(evnet = E)] struct S;"), only);
    assert_eq!(told("Aggregate", "#[aggregate(evnet = \"E\")] struct S;"), only);
    assert_eq!(told("Aggregate", "#[aggregate(evnet = E, event = E)] struct S;"), only);
    assert_eq!(
        told("Aggregate", "#[aggregate(events(E))] struct S;"),
        ["`events` is a key of `#[projection]`, not of `#[aggregate]`\nhelp: write `event = OrderEvent`"]
    );
    let input = syn::parse_str("#[aggregate(evnet = E, idd = u64)] struct S;").unwrap();
    let stub = crate::aggregate::derive(&input).to_string();
    assert!(stub.contains("type Event = E ;") && stub.contains("type Id = u64 ;"), "{stub}");
}

#[test]
fn an_attribute_that_does_not_read_lacks_nothing() {
    for (derive, input, expected) in [
        (
            "Aggregate",
            "#[aggregate] struct S;",
            "expected arguments in parentheses\nhelp: write `#[aggregate(event = OrderEvent)]`",
        ),
        (
            "Projection",
            "#[projection] struct S {}",
            "expected arguments in parentheses\nhelp: write `#[projection(name = \"order-summary\", events(OrderEvent))]`",
        ),
    ] {
        assert_eq!(told(derive, input), [expected]);
    }
}

#[test]
fn a_list_that_breaks_off_is_told_once() {
    let input = "#[projection(name = \"p\", events(E, \"F\"), single)] struct S { #[on(E::A => 1)] a: u8 }";
    assert_eq!(
        told("Projection", input),
        ["expected the path of an event enum\nhelp: write `events(OrderEvent)`, without quotes"]
    );
}

#[test]
fn a_bare_binding_is_one() {
    assert_eq!(told_of_on("A { a, .. }"), [""; 0]);
    assert_eq!(told_of_on("A { a: Some(B { b: (_, [x, ..]), c: MAX }), .. } | C(x)"), [""; 0]);
    assert_eq!(told_of_on("x @ A { b: None, .. }"), [""; 0]);
    let none = "this pattern binds nothing that the field could take\nhelp: bind a field of the event, or write what the field becomes: `=> value`";
    assert_eq!(told_of_on("A { a: None, .. }"), [none]);
    let two = "this pattern binds `a` and `b`: which of them does the field take?\nhelp: bind one, or write what the field becomes: `=> value`";
    assert_eq!(told_of_on("A { a, b: B(b) }"), [two]);
    assert_eq!(told_of_on("a @ A { b }"), [two]);
}

#[test]
fn a_pattern_names_variants() {
    let help = "help: name the variants: `Created { name, .. } | Confirmed`";
    for (on, expected) in [
        ("_ => 1", format!("`_` does not say which events are meant\n{help}")),
        (
            "any => 1",
            format!(
                "`any` would match every event\n{help}; a variant in lower case needs its enum before it: `Event::any`"
            ),
        ),
        ("ref any => 1", format!("`any` would match every event\n{help}")),
        ("&A => 1", "the event is matched through a reference already\nhelp: write the pattern without `&`".to_owned()),
        ("1..=2 => 1", format!("expected a pattern of the event\n{help}")),
        ("A | \"b\" => 1", format!("expected a pattern of the event\n{help}")),
        ("a!() => 1", format!("the variants in a macro cannot be seen from here\n{help}")),
    ] {
        assert_eq!(told_of_on(on), [expected], "{on}");
    }
    assert_eq!(told_of_on("E::any => 1"), [""; 0]);
}

#[test]
fn what_stands_behind_the_arrow_changes_the_field() {
    for (right, expected) in [
        ("= 1", "unexpected `=`\nhelp: an assignment is written as `=> value`"),
        ("self.a = 1", "the field itself is what changes here\nhelp: write `=> value`"),
        ("self.a <<= 1", "the field itself is what changes here\nhelp: write `=> <<= value`"),
        (".a", "expected a method call\nhelp: write `=> .method(…)`"),
        (
            ".a.b = 1",
            "a part of the field cannot be assigned here\nhelp: write `#[on(… => self.field…)]` on the struct",
        ),
        (".0 += 1", "a part of the field cannot be assigned here\nhelp: write `#[on(… => self.field…)]` on the struct"),
        (
            ".a()?",
            "the result of this would be lost\nhelp: end with a method call that changes the field: `=> .method(…)`",
        ),
        (
            ".a() + 1",
            "the result of this would be lost\nhelp: end with a method call that changes the field: `=> .method(…)`",
        ),
        (
            "{ return; }",
            "`return` would keep the event from what comes after it\nhelp: let the expression end with its value",
        ),
        (
            "a.await",
            "`.await` cannot stand here: events are folded without waiting\nhelp: put into the event what the fold needs",
        ),
        ("", "expected what the field becomes\nhelp: write `=> value`, `=> += value` or `=> .method(…)`"),
        ("1, 2", "expected the attribute to end here\nhelp: write one attribute for each pattern"),
    ] {
        assert_eq!(told_of_on(&format!("A => {right}")), [expected], "{right}");
    }
    for right in ["== 1", "..", "..5", "-1", "*a", "&a", "|a| a", "r#return", "self.await_all()"] {
        let own: Vec<_> =
            told_of_on(&format!("A => {right}")).into_iter().filter(|told| told.contains("help")).collect();
        assert_eq!(own, [""; 0], "{right}");
    }
    for right in [".a()", ".a.b[0].c::<u8>(1).0.d(|x| { x + 1 })", ".await_all()", "+= 1", ">>= 1", "1 >= 2"] {
        assert_eq!(told_of_on(&format!("A => {right}")), [""; 0], "{right}");
    }
}

#[test]
fn metadata_goes_by_one_free_name() {
    for (on, expected) in [
        ("A { a }, a => 1", "the pattern binds `a` already\nhelp: give the metadata another name"),
        ("A, _ => 1", "expected a name for the event's metadata\nhelp: leave it out where it is not needed"),
        ("A, &meta => 1", "expected a name for the event's metadata\nhelp: write `, meta` behind the pattern"),
        ("A,", "expected a name for the event's metadata\nhelp: write `, meta` behind the pattern"),
        ("A -> 1", "expected `if`, or `,` and a name for the metadata, or `=>`"),
        ("A if true -> 1", "expected `,` and a name for the metadata, or `=>`"),
        ("A, meta -> 1", "expected `=>`"),
        ("A, meta if true => 1", "expected `=>`\nhelp: the guard stands before the metadata: `PATTERN if GUARD, meta`"),
        (
            "A, B => 1",
            "expected a name for the event's metadata, in lower case\nhelp: write `, meta` behind the pattern; several patterns are joined by `|`",
        ),
    ] {
        assert_eq!(told_of_on(on), [expected], "{on}");
    }
}

#[test]
fn what_is_ignored_is_followed_by_nothing() {
    let told_of = |ignore: &str| {
        told(
            "Aggregate",
            &format!("#[aggregate(event = E, ignore({ignore}))] #[on(B => ())] struct S {{ #[on(A => 1)] a: u8 }}"),
        )
    };
    assert_eq!(told_of("C, E::D"), [""; 0]);
    assert_eq!(told_of("A"), ["`A` is ignored, but field `a` follows it\nhelp: take it out of `ignore(…)`"]);
    assert_eq!(
        told_of("x::E::B"),
        ["`B` is ignored, but an `#[on]` of the struct follows it\nhelp: take it out of `ignore(…)`"]
    );
    assert_eq!(told_of("C, E::C"), ["`C` is ignored twice\nhelp: remove one"]);
    assert_eq!(told_of("C { .. }"), ["a variant is ignored as a whole\nhelp: write `C` alone"]);
    assert_eq!(told_of(""), ["expected at least one variant\nhelp: name it, or leave `ignore` out"]);
    assert_eq!(
        told_of("_"),
        ["an aggregate must name what it ignores\nhelp: list the variants: `ignore(Viewed, Printed)`"]
    );
}

#[test]
fn several_enums_are_told_apart_by_name() {
    let told_of = |on: &str| {
        told(
            "Projection",
            &format!("#[projection(name = \"p\", events(a::A, B), single)] struct S {{ #[on({on} => 1)] a: u8 }}"),
        )
    };
    assert_eq!(told_of("A::X | (B::Y | a::A::Z)"), [""; 0]);
    assert_eq!(told_of("X"), ["`X` does not say of which event it is\nhelp: write `A::X` or `B::X`"]);
    assert_eq!(told_of("Other::X"), ["`Other` is none of the events here\nhelp: expected one of `A`, `B`"]);
    assert_eq!(
        told_of("x @ (A::X | B::Y)"),
        ["a binding cannot hold events of two enums\nhelp: write one attribute for each"]
    );
    let alike = "#[projection(name = \"p\", events(a::A, b::A), single)] struct S {}";
    assert_eq!(
        told("Projection", alike),
        [
            "two enums called `A` cannot be told apart in patterns\nhelp: give one of them another name here: `use b::A as OtherA;`"
        ]
    );
}

#[test]
fn a_projection_has_one_way_to_its_rows() {
    let told_of = |attributes: &str, fields: &str| {
        told(
            "Projection",
            &format!("#[projection(name = \"p\", events(E), ignore(B){attributes} struct S {{ {fields} }}"),
        )
    };
    let key = "#[key] id: String";
    assert_eq!(told_of(")]", key), [""; 0]);
    assert_eq!(
        told_of(")]", ""),
        [
            "no field is marked as the key\nhelp: put `#[key]` on the field that rows are found by, or `single` on the struct where there is one row"
        ]
    );
    assert_eq!(told_of(")]", "#[key] a: u8, #[key] b: u8"), ["`#[key]` is already on field `a`"]);
    assert_eq!(
        told_of(")]", "#[key] #[index] id: u8"),
        [
            "`id` is the key, by which a row is got anyway\nhelp: remove `#[index]`, or write `#[index(range)]` for ranges of keys"
        ]
    );
    assert_eq!(told_of(")]", "#[key] #[index(range)] id: u8"), [""; 0]);
    assert_eq!(
        told_of(", single)]", "#[index] a: u8"),
        ["the only row of `single` is got without looking for it\nhelp: remove `#[index]`, or `single`"]
    );
    assert_eq!(told_of(", version = 2)]", key), [""; 0]);
    assert_eq!(told_of(", version = 0)]", key), ["versions start at 1"]);
    assert_eq!(told_of(")]", "#[key(1)] a: u8"), ["`key` takes no value\nhelp: write `#[key]`"]);
    assert_eq!(told_of(", single)]", key), ["the only row of `single` has no key\nhelp: remove `#[key]`, or `single`"]);
    assert_eq!(
        told_of(", single)] #[row(A => 1)]", ""),
        ["the only row of `single` has no key, so no event goes to another\nhelp: remove `#[row]`, or `single`"]
    );
    assert_eq!(
        told_of(")]", "#[key] #[on(A => 1)] id: u8"),
        [
            "field `id` is the key, it cannot change\nhelp: remove this `#[on]`; which row an event belongs to is said by `#[row(…)]` on the struct"
        ]
    );
    assert_eq!(
        told_of(")] #[row(B => 1)]", key),
        ["`B` is ignored, so it has no row\nhelp: take it out of `ignore(…)`, or remove this `#[row]`"]
    );
    assert_eq!(
        told_of(")] #[row(A)]", key),
        ["expected `=>` and the row's key\nhelp: write `#[row(Created { owner, .. } => owner)]`"]
    );
    assert_eq!(
        told_of(")] #[remove(A => 1)]", key),
        ["`remove` deletes the row, nothing comes after it\nhelp: write `#[remove(Closed)]`"]
    );
    assert_eq!(told_of(")] #[aggregate(event = E)]", key).len(), 1);
    let rest = |row: &str| {
        let input = "#[projection(name = \"p\", events(E), ignore(_))] #[remove(C)] # struct S { #[key] id: u8, #[on(A => 1)] a: u8 }";
        told("Projection", &input.replacen("# struct", &format!("{row} struct"), 1))
    };
    assert_eq!(rest("#[row(A | C => 1)]"), [""; 0]);
    assert_eq!(
        rest("#[row(B => 1)]"),
        ["`B` is ignored, so it has no row\nhelp: let an `#[on(…)]` follow it, or remove this `#[row]`"]
    );
}

/// What the derive says of these attributes on the field `amount` of a projection, beside `user_id` and the key `id`.
fn told_of_index(attributes: &str) -> Vec<String> {
    let fields = format!("#[key] id: String, user_id: String, {attributes} amount: f64");
    told("Projection", &format!("#[projection(name = \"p\", events(E), ignore(_))] struct Row {{ {fields} }}"))
}

#[test]
fn an_index_is_declared_once_and_of_other_fields() {
    for correct in [
        "#[index]",
        "#[index()]",
        "#[index(range)]",
        "#[index(range, per = user_id)]",
        "#[index(range)] #[index(per = r#user_id, range)]",
        "#[index] #[index(range, per = user_id)]",
    ] {
        assert_eq!(told_of_index(correct), [""; 0], "{correct}");
    }
    for (attributes, expected) in [
        ("#[index(rnage)]", "unknown `index` key `rnage` on a field\nhelp: did you mean `range`?"),
        ("#[index(unique)]", "unknown `index` key `unique` on a field\nhelp: expected one of `range`, `per`"),
        (
            "#[index(per = user_id)]",
            "`per` orders the rows of each value, by ranges\nhelp: write `#[index(range, per = …)]`; where single values are enough, write `#[index]` on both fields",
        ),
        ("#[index(range, per = usr_id)]", "the row has no field `usr_id`\nhelp: did you mean `user_id`?"),
        ("#[index(range, per = customer)]", "the row has no field `customer`\nhelp: name another field of the row"),
        (
            "#[index(range, per = amount)]",
            "`amount` is the field itself, so each of its values stands alone\nhelp: write `#[index(range)]`",
        ),
        (
            "#[index(range, per = id)]",
            "`id` is the key, so each of its values has one row\nhelp: write `#[index(range)]`",
        ),
        ("#[index] #[index]", "the index `amount` is declared twice\nhelp: remove one"),
        (
            "#[index(range)] #[index]",
            "`#[index(range)]` finds single values too: `by_amount(a..=a)`\nhelp: remove the other `#[index]` of this field",
        ),
        (
            "#[index(range, per = user_id)] #[index(range, per = user_id)]",
            "the index `user_id.amount` is declared twice\nhelp: remove one",
        ),
        (
            "#[index] #[serde(default, skip)]",
            "`#[serde(skip)]` would leave a field that rows are found by out of the stored row\nhelp: remove it, or take the index away",
        ),
    ] {
        assert_eq!(told_of_index(attributes), [expected], "{attributes}");
    }
    assert_eq!(
        told_of_index("#[index] größe: u8, #[index(range, per = größe)] #[index]"),
        [
            "rows cannot be found by `größe`: an index is stored under the field's name\nhelp: use ASCII letters, digits and `_`"
        ]
    );
    assert_eq!(
        told_of_index("#[index] user_id_and_amount: u8, #[index(range, per = user_id)]"),
        [
            "two finders would be called `by_user_id_and_amount`: of the indexes `user_id_and_amount` and `user_id.amount`\nhelp: rename a field"
        ]
    );
}

#[test]
fn an_attribute_in_the_wrong_place_is_sent_to_the_right_one() {
    assert_eq!(
        told("Event", "enum E { A { #[event(name = \"a\")] a: u8 } }"),
        ["`#[event]` belongs on the enum or on a variant, not on a field"]
    );
    assert_eq!(
        told("Aggregate", "#[aggregate(event = E)] struct S { #[aggregate(id)] a: u8 }"),
        ["`#[aggregate]` belongs on the struct, not on a field"]
    );
    assert_eq!(
        told(
            "Projection",
            "#[projection(name = \"p\", events(E), single)] #[key] struct S { #[row(A => 1)] #[remove(A)] a: u8 }"
        ),
        [
            "`#[row]` belongs on the struct, not on a field",
            "`#[remove]` belongs on the struct, not on a field",
            "`#[key]` belongs on a field, not on the struct"
        ]
    );
}

#[test]
fn the_wrong_kind_of_type_is_told_once() {
    for (derive, input, expected) in [
        (
            "Event",
            "struct S;",
            "`Event` can only be derived for an enum\nhelp: give each event its own variant of one enum",
        ),
        ("Event", "union U { a: u8 }", "`Event` cannot be derived for a union\nhelp: use an enum"),
        ("Event", "enum E {}", "an event enum needs at least one variant"),
        (
            "Aggregate",
            "enum E { A }",
            "`Aggregate` can only be derived for a struct\nhelp: use a struct, with a field that says which state it is in",
        ),
        (
            "Aggregate",
            "#[aggregate(event = E)] struct S(u8);",
            "`Aggregate` needs fields with names\nhelp: write `struct S { … }`",
        ),
        ("Aggregate", "union U { a: u8 }", "`Aggregate` cannot be derived for a union\nhelp: use a struct"),
        (
            "Aggregate",
            "struct S;",
            "`#[aggregate(event = …)]` is missing\nhelp: write `#[aggregate(event = SEvent)]` on the struct",
        ),
        ("Projection", "enum E { A }", "`Projection` can only be derived for a struct\nhelp: a row is a struct"),
        ("Projection", "union U { a: u8 }", "`Projection` cannot be derived for a union\nhelp: use a struct"),
        ("Indexed", "union U { a: u8 }", "`Indexed` cannot be derived for a union\nhelp: use an enum or a struct"),
        ("Indexed", "struct S;", "`S` has no field to find rows by\nhelp: give it one: `struct S(String);`"),
        (
            "Indexed",
            "struct S(u8, u8);",
            "a struct of 2 fields has no one order\nhelp: index each as a field of the row, or write `impl Indexed` by hand",
        ),
        (
            "Indexed",
            "enum E { A, B(u8) }",
            "variant `B` has a field, and an enum is stored as the place of its variant alone\nhelp: index what the field holds as a field of the row, or write `impl Indexed` by hand",
        ),
    ] {
        assert_eq!(told(derive, input), [expected], "{input}");
    }
}

#[test]
fn what_undoes_an_event_is_known_by_name() {
    let told_of_undo = |undo: &str| {
        told("Event", &format!("enum OrderEvent {{ #[undo({undo})] Added {{ sku: u8 }}, Removed {{ sku: u8 }} }}"))
    };
    assert_eq!(told_of_undo("Removed { sku }"), [""; 0]);
    assert_eq!(told_of_undo("Self::Removed { sku }"), [""; 0]);
    assert_eq!(told_of_undo("never"), [""; 0]);
    assert_eq!(told_of_undo("Removd { sku }"), ["`OrderEvent` has no variant `Removd`\nhelp: did you mean `Removed`?"]);
}

#[test]
fn each_older_version_has_one_step() {
    let told_of = |keys: &str| told("Event", &format!("enum OrderEvent {{ #[event({keys})] Created }}"));
    assert_eq!(told_of("version = 1"), [""; 0]);
    assert_eq!(told_of("upcast(2 => V2, 1 => V1), version = 3"), [""; 0]);
    let step = "a struct of the shape of version 2, which turns into the next by `From` or `TryFrom`";
    assert_eq!(
        told_of("version = 4, upcast(3 => V3, 3 => W3, 1 => V1, 4 => V4)"),
        [
            "version 3 has a shape already\nhelp: remove one of the two".to_owned(),
            "version 4 cannot turn into version 4\nhelp: list the versions before 4 alone".to_owned(),
            format!(
                "`Created` is at version 4, and nothing reads version 2\nhelp: add `2 => CreatedV2` to `upcast(…)`: {step}"
            ),
        ]
    );
    // A thousand missing steps are told by the first few.
    assert_eq!(told_of("version = 4000000000").len(), 4);
}
