//! Compares an event enum with what `annals.lock` has of it: what is stored must still be read.

use super::{
    change::Change,
    gone, mend,
    model::{Model, Shape, Variant},
    stored::{self, Stored},
};
use crate::{
    diag::Diag,
    lock::{self, Block, Field, Lock, Locked, Name, Section, Sections},
};
use syn::{LitStr, ext::IdentExt};

pub(super) fn check(diag: &mut Diag, model: &Model<'_>, lock: &Lock) {
    // Of an enum with other mistakes nobody knows yet what it will be like.
    if !lock.belongs || model.unlocked.key().is_some() || !diag.is_clean() {
        return;
    }
    let name = &model.input.ident;
    match &lock.text {
        None => {}
        Some(Err(error)) => {
            let message = format!("`annals.lock` does not read: {error}\nhelp: take it back from version control");
            diag.error(name, message);
        }
        Some(Ok(text)) => {
            let sections = Lock::sections(text);
            match sections.of(&model.section()) {
                Err(fault) => diag.error(name, fault),
                Ok(None) => is_new(diag, model, &sections),
                Ok(Some(section)) => {
                    if let Some(file) = lock.home_of_another(section) {
                        return is_another(diag, model, lock, file);
                    }
                    compare(diag, model, section);
                    may_be_another(diag, model, lock);
                }
            }
        }
    }
}

/// An enum without a section is new, unless its events are those of another section: then it was renamed, most likely,
/// and would be compared no more.
fn is_new(diag: &mut Diag, model: &Model<'_>, sections: &Sections) {
    let held = || {
        model.known().find_map(|variant| {
            let event_type = model.event_type(variant);
            sections.holding(&event_type).map(|section| (section.to_owned(), event_type))
        })
    };
    if model.lock.key().is_none()
        && let Some((section, event_type)) = held()
    {
        let name = model.section();
        let message = format!(
            "`{event_type}` is locked as an event of `{section}`, not of `{name}`\nhelp: if the enum was renamed, write `#[event(lock = {section:?})]`\nhelp: if both are there, write `#[event(lock = \"{name}\")]`, or `#[event(unlocked)]` on one that stores nothing"
        );
        diag.error(&model.input.ident, message);
    }
}

/// The section is that of an enum of the same name, which stands in `file`.
fn is_another(diag: &mut Diag, model: &Model<'_>, lock: &Lock, file: &str) {
    let (section, name) = (model.section(), model.input.ident.unraw().to_string());
    let own = lock.section_of_its_own(&name);
    let message = format!(
        "the section `[{section}]` of `annals.lock` is that of another enum, in `{file}`\nhelp: give this one a section of its own, `#[event(lock = {own:?})]`, or leave it out of the lock, `#[event(unlocked)]`"
    );
    diag.error(&model.input.ident, message);
}

/// Where the enum does not fit its section, and another one of its name stands in the same file, it may be that one's.
fn may_be_another(diag: &mut Diag, model: &Model<'_>, lock: &Lock) {
    let name = model.input.ident.unraw().to_string();
    if model.lock.key().is_none() && !diag.is_clean() && lock.is_one_of_several(&name) {
        let message = format!(
            "several enums are called `{name}` in this file, and `annals.lock` has one section for that name\nhelp: if this is not the one that it is of, give it a section of its own, `#[event(lock = \"other.{name}\")]`, or leave it out of the lock, `#[event(unlocked)]`"
        );
        diag.error(&model.input.ident, message);
    }
}

fn compare(diag: &mut Diag, model: &Model<'_>, section: &Section) {
    for variant in model.known() {
        compare_variant(diag, model, variant, section);
    }
    gone::check(diag, model, section);
}

/// The names under which events of this variant are read.
pub(super) fn names(model: &Model<'_>, variant: &Variant<'_>) -> Vec<String> {
    let aliases = variant.aliases.iter().map(LitStr::value);
    std::iter::once(model.event_type(variant)).chain(aliases).collect()
}

/// The blocks that this variant reads, those of its own name first.
fn blocks<'s>(model: &Model<'_>, variant: &Variant<'_>, section: &'s Section) -> Vec<&'s Block> {
    let names = names(model, variant);
    let of_name = |name: &String| {
        let name = name.clone();
        section.blocks.iter().filter(move |block| block.event_type == name)
    };
    names.iter().flat_map(of_name).collect()
}

fn compare_variant(diag: &mut Diag, model: &Model<'_>, variant: &Variant<'_>, section: &Section) {
    let version = variant.schema_version();
    let blocks = blocks(model, variant, section);
    if let Some(newest) = blocks.iter().max_by_key(|block| block.version)
        && newest.version > version
    {
        let message = went_back(newest, version);
        match variant.version.get() {
            Some((literal, _)) => diag.error(literal, message),
            None => diag.error(variant.ident(), message),
        }
        return;
    }
    let fields = stored::fields(&model.input.attrs, variant);
    for block in blocks.into_iter().filter(|block| block.version == version) {
        let comparison = Comparison::of(variant, block, &fields);
        if comparison.changes.is_empty() {
            continue;
        }
        let mut mend = Some(mend::version(model, variant, &comparison));
        for change in &comparison.changes {
            let help = change.help(block).map_or_else(String::new, |help| format!("\nhelp: {help}"));
            let mend = mend.take().unwrap_or_else(|| mend::shown_above(variant));
            diag.error(change.place(variant), format!("{}{help}\n{mend}", change.problem(block)));
        }
        // What another name of the event was stored like is the same mistake once more.
        break;
    }
}

fn went_back(newest: &Block, version: u32) -> String {
    let Block { event_type, version: locked, line, .. } = newest;
    format!(
        "`{event_type}` was stored as version {locked}, but here it is version {version}\nhelp: go on from there: `version = {locked}`, with an `upcast` of each older one\nhelp: if nothing was ever stored as version {locked}, delete its block from `annals.lock` (line {line})"
    )
}

/// A block beside the variant that reads it.
pub(super) struct Comparison<'a, 'b> {
    pub(super) block: &'b Block,
    /// Every field of the variant that is stored, with what it is read from.
    pub(super) fields: Vec<(&'b Stored<'a>, Option<&'b Locked>)>,
    pub(super) changes: Vec<Change<'a, 'b>>,
}

impl<'a, 'b> Comparison<'a, 'b> {
    fn of(variant: &Variant<'a>, block: &'b Block, fields: &'b [Stored<'a>]) -> Self {
        let reads = pairs(&block.fields, fields);
        let changes = kind(variant, block, fields).map_or_else(|| changes(block, fields, &reads), |kind| vec![kind]);
        let heir = |field: &Stored<'a>| {
            changes.iter().find_map(|change| match change {
                Change::Renamed { was, now } if std::ptr::eq(*now, field) => Some(*was),
                _ => None,
            })
        };
        let fields = fields.iter().zip(reads).map(|(field, read)| (field, read.or_else(|| heir(field)))).collect();
        Self { block, fields, changes }
    }
}

/// What has changed of the fields, where today's are read from these.
fn changes<'a, 'b>(block: &'b Block, fields: &'b [Stored<'a>], reads: &[Option<&'b Locked>]) -> Vec<Change<'a, 'b>> {
    let was_read = |locked: &Locked| reads.iter().flatten().any(|read| read.line == locked.line);
    let gone: Vec<_> = block.fields.iter().filter(|locked| !was_read(locked)).collect();
    let (mut changes, mut new) = (Vec::new(), Vec::new());
    for (now, read) in fields.iter().zip(reads) {
        match read {
            Some(was) => changes.extend(changed(was, now)),
            None => new.push(now),
        }
    }
    changes.extend(gone_or_new(&gone, &new));
    changes
}

/// What each field of today is read from: what has its very name before what has one of its other names.
fn pairs<'b>(locked: &'b [Locked], fields: &[Stored<'_>]) -> Vec<Option<&'b Locked>> {
    let mut reads: Vec<Option<&Locked>> = fields.iter().map(|_| None).collect();
    let matches: [fn(&Field, &Stored<'_>) -> bool; 3] = [
        |was, now| was.name == now.line.name && now.reads(&was.name),
        |was, now| now.reads(&was.name),
        // The fields of a flattened one stand in the payload without its name.
        |was, now| was.serde.flatten && now.line.serde.flatten && lock::same(&was.ty, &now.line.ty),
    ];
    for is_match in matches {
        for locked in locked {
            if reads.iter().flatten().any(|read| read.line == locked.line) {
                continue;
            }
            let free = fields.iter().zip(&mut reads).find(|(now, read)| read.is_none() && is_match(&locked.field, now));
            if let Some((_, read)) = free {
                *read = Some(locked);
            }
        }
    }
    reads
}

/// A variant is stored as one payload, or as its fields; one without fields may get some.
fn kind<'a, 'b>(variant: &Variant<'a>, block: &'b Block, now: &'b [Stored<'a>]) -> Option<Change<'a, 'b>> {
    let was = block.fields.as_slice();
    let was_payload = was.iter().any(|locked| locked.field.name == Name::Payload);
    let is_payload = matches!(variant.shape, Shape::Newtype(_));
    (was_payload != is_payload).then_some(Change::Kind { was, now, is_payload })
}

fn changed<'a, 'b>(was: &'b Locked, now: &'b Stored<'a>) -> Vec<Change<'a, 'b>> {
    let mut changes = Vec::new();
    let (locked, today) = (&was.field.serde, &now.line.serde);
    let is_converted = today.with.is_some() || today.deserialize_with.is_some() || today.flatten;
    let reads_as = if is_converted { lock::same } else { lock::reads_as };
    if !reads_as(&was.field.ty, &now.line.ty) {
        changes.push(Change::Type { was, now });
    }
    let flatten = |is_there: bool| is_there.then_some("");
    for (key, was_key, now_key) in [
        ("flatten", flatten(locked.flatten), flatten(today.flatten)),
        ("with", locked.with.as_deref(), today.with.as_deref()),
        ("serialize_with", locked.serialize_with.as_deref(), today.serialize_with.as_deref()),
        ("deserialize_with", locked.deserialize_with.as_deref(), today.deserialize_with.as_deref()),
    ] {
        if was_key != now_key {
            changes.push(Change::Key { key, was: was_key, now: now_key, line: was.line, field: now });
        }
    }
    let lost = locked.aliases.iter().filter(|alias| !now.reads(&Name::Named((*alias).clone())));
    changes.extend(lost.map(|alias| Change::Alias { alias, now }));
    if locked.default && !now.may_be_missing() {
        changes.push(Change::Default(now));
    }
    changes
}

fn gone_or_new<'a, 'b>(gone: &[&'b Locked], new: &[&'b Stored<'a>]) -> Vec<Change<'a, 'b>> {
    let of_type = |ty: &str| new.iter().copied().filter(|now| lock::same(ty, &now.line.ty)).collect::<Vec<_>>();
    let is_alone = |was: &Field| gone.iter().filter(|other| lock::same(&other.field.ty, &was.ty)).count() == 1;
    let mut changes = Vec::new();
    let mut renamed: Vec<&Stored<'_>> = Vec::new();
    for was in gone.iter().copied() {
        match of_type(&was.field.ty).as_slice() {
            &[now] if is_alone(&was.field) => {
                changes.push(Change::Renamed { was, now });
                renamed.push(now);
            }
            _ => changes.push(Change::Gone(&was.field)),
        }
    }
    let unfilled = new.iter().copied().filter(|now| {
        let is_renamed = renamed.iter().any(|renamed| std::ptr::eq(*renamed, *now));
        !is_renamed && !now.may_be_missing()
    });
    changes.extend(unfilled.map(Change::New));
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::model;

    /// What is said to an enum with this variant of a lock with these fields in version 1: the place, what is wrong, and
    /// what is proposed first.
    fn told(locked: &str, variant: &str) -> Vec<String> {
        told_in("", locked, variant)
    }

    fn told_in(attributes: &str, locked: &str, variant: &str) -> Vec<String> {
        let fields: Vec<_> =
            locked.split(';').filter(|field| !field.is_empty()).map(|field| format!("  field {field}")).collect();
        let lock = Sections::read(&format!("[E] src/lib.rs\nEA 1\n{}", fields.join("\n")));
        let section = lock.of("E").unwrap().unwrap();
        let input = syn::parse_str(&format!("{attributes} enum E {{ {variant} }}")).unwrap();
        let mut diag = Diag::new();
        let model = model::read(&mut diag, &input);
        diag.finish().unwrap();
        let variant = &model.variants[0];
        let fields = stored::fields(&model.input.attrs, variant);
        let block = &section.blocks[0];
        let comparison = Comparison::of(variant, block, &fields);
        let told = comparison.changes.iter().map(|change| {
            let help = change.help(block).map_or_else(String::new, |help| format!(" | {help}"));
            let problem = change.problem(block).replace("version 1 of `EA`", "it");
            format!("{} | {problem}{help}", change.place(variant))
        });
        told.collect()
    }

    #[test]
    fn what_still_reads_all_that_is_stored_compiles() {
        for (locked, now) in [
            ("", "A"),
            ("", "A {}"),
            ("a: u8", "A { a: u8 }"),
            ("a: u8;b: u16", "A { b: u16, a: u8 }"),
            ("a: std::string::String", "A { /** Docs. */ a: String }"),
            ("a: u8", "A { a: Option<u8> }"),
            ("a: u32", "A { a: u64 }"),
            ("a: Option<u8>", "A { a: Option<i16> }"),
            ("a: f32", "A { a: f64 }"),
            ("a: u8", "A { #[serde(rename = \"a\")] b: u8 }"),
            ("a: u8", "A { #[serde(alias = \"a\")] b: u8 }"),
            ("a: u8", "A { #[serde(rename(deserialize = \"a\"))] b: u8 }"),
            ("\"user-id\": u8", "#[serde(rename_all = \"kebab-case\")] A { user_id: u8 }"),
            ("a: u8", "A { #[serde(skip_serializing, default)] a: u8 }"),
            ("a: u8", "A { a: u8, #[serde(default)] b: u8 }"),
            ("a: u8", "A { a: u8, b: Option<u8> }"),
            ("a: u8", "A { a: u8, #[serde(flatten)] b: B }"),
            ("a: u8", "A { a: u8, #[serde(skip)] b: u8 }"),
            ("", "A { b: Option<u8> }"),
            ("#[serde(default)] a: u8", "A { a: Option<u8> }"),
            ("#[serde(default)] a: u8", "A { #[serde(default = \"p\")] a: u8 }"),
            ("a: u8", "A { #[serde(default)] a: u8 }"),
            ("#[serde(alias = \"b\")] a: u8", "A { #[serde(alias = \"a\")] b: u8 }"),
            ("#[serde(flatten)] a: B", "A { #[serde(flatten)] b: B }"),
            ("#[serde(with = \"p\")] a: u8", "A { #[serde(with = \"p\")] a: u8 }"),
            ("#[serde(skip_serializing_if = \"p\")] a: u8", "A { #[serde(skip_serializing_if = \"q\")] a: u8 }"),
            ("0: Payment", "A(Payment)"),
            ("0: u8", "A(u16)"),
            ("0: Payment", "A(#[serde(rename = \"x\")] Payment)"),
        ] {
            assert_eq!(told(locked, now), [""; 0], "{locked} -> {now}");
        }
        assert_eq!(told_in("#[serde(rename_all_fields = \"camelCase\")]", "aB: u8", "A { a_b: u8 }"), [""; 0]);
    }

    #[test]
    fn what_would_not_read_is_told_where_it_has_changed() {
        let alike = |field: &str| {
            format!(
                "if both are stored alike, write `field {field}` in line 3 of `annals.lock`; `cargo test annals_lock` then checks it"
            )
        };
        let alike_all = |field: &str| alike(field).replace(" in line 3", " in place of the fields in line 3");
        let gone = |field: &str| format!("it was stored with a field `{field}`, which nothing reads any more");
        let default = "fill it in where it is missing: `#[serde(default)]`";
        for (locked, now, expected) in [
            ("a: u8", "A { a: String }", format!("String | field `a` in it was stored as `u8`, now as `String` | {}", alike("a: String"))),
            ("a: u64", "A { a: u32 }", format!("u32 | field `a` in it was stored as `u64`, now as `u32` | {}", alike("a: u32"))),
            ("a: Option<u8>", "A { a: u8 }", format!("u8 | field `a` in it was stored as `Option<u8>`, now as `u8` | {}", alike("a: u8"))),
            (
                "#[serde(with = \"p\")] a: u8",
                "A { #[serde(with = \"p\")] a: u16 }",
                format!("u16 | field `a` in it was stored as `u8`, now as `u16` | {}", alike("#[serde(with = \"p\")] a: u16")),
            ),
            (
                "a: u8",
                "#[serde(rename_all = \"UPPERCASE\")] A { #[serde(alias = \"a\")] b: u16, c: Option<u8> , #[serde(rename = \"a\")] d: u32 }",
// The field that has the very name reads it, not the one that has it as an alias.
                format!("b | it was stored without the field `B` | {default}"),
            ),
            ("a: u8;b: u16", "A { a: u8 }", format!("A | {}", gone("b: u16"))),
            ("a: u8", "A", format!("A | {}", gone("a: u8"))),
            ("a: u8", "A { #[serde(skip)] a: u8 }", format!("A | {}", gone("a: u8"))),
            ("a: u8", "A { #[serde(skip_deserializing)] a: u8 }", format!("A | {}", gone("a: u8"))),
            (
                "a: u8",
                "A { b: u8 }",
                format!("b | {}; was it renamed to `b`? | if so, keep its stored name, `#[serde(rename = \"a\")]`, or read both: `#[serde(alias = \"a\")]`", gone("a: u8")),
            ),
            (
                "a: Option<u8>",
                "A { r#type: Option<u8> }",
                format!("r#type | {}; was it renamed to `type`? | if so, keep its stored name, `#[serde(rename = \"a\")]`, or read both: `#[serde(alias = \"a\")]`", gone("a: Option<u8>")),
            ),
            ("a: u8", "A { a: u8, b: u8 }", format!("b | it was stored without the field `b` | {default}")),
            ("", "A { #[serde(with = \"p\")] b: Option<u8> }", format!("b | it was stored without the field `b` | {default}")),
            (
                "#[serde(default)] a: u8",
                "A { a: u8 }",
                "a | field `a` may be missing in it, now nothing fills it in | put `#[serde(default)]` back".to_owned(),
            ),
            (
                "#[serde(default, with = \"p\")] a: Option<u8>",
                "A { #[serde(with = \"p\")] a: Option<u8> }",
                "a | field `a` may be missing in it, now nothing fills it in | put `#[serde(default)]` back".to_owned(),
            ),
            (
                "#[serde(alias = \"b\")] a: u8",
                "A { a: u8 }",
                "a | field `a` in it was read from `b` too, now it is not | put `#[serde(alias = \"b\")]` back".to_owned(),
            ),
            (
                "#[serde(with = \"p\")] a: u8",
                "A { a: u8 }",
                "a | field `a` in it was stored with `#[serde(with = \"p\")]`, now without `#[serde(with)]` | put `#[serde(with = \"p\")]` back".to_owned(),
            ),
            (
                "a: u8",
                "A { #[serde(deserialize_with = \"p\")] a: u8 }",
                format!("a | field `a` in it was stored without `#[serde(deserialize_with)]`, now with `#[serde(deserialize_with = \"p\")]` | {}", alike("#[serde(deserialize_with = \"p\")] a: u8")),
            ),
            (
                "#[serde(flatten)] a: B",
                "A { a: B }",
                "a | field `a` in it was stored with `#[serde(flatten)]`, now without `#[serde(flatten)]` | put `#[serde(flatten)]` back".to_owned(),
            ),
            ("0: Payment", "A(Order)", format!("Order | it was stored as `Payment`, now as `Order` | {}", alike("0: Order"))),
            ("0: Payment", "A { a: Payment }", format!("A | it was stored as `Payment`, now as the fields of the variant | {}", alike_all("a: Payment"))),
            ("0: Payment", "A", "A | it was stored as `Payment`, now as the fields of the variant".to_owned()),
            ("a: Payment", "A(Payment)", format!("Payment | it was stored as the fields of the variant, now as `Payment` | {}", alike_all("0: Payment"))),
            ("", "A(Payment)", "Payment | it was stored as the fields of the variant, now as `Payment`".to_owned()),
        ] {
            assert_eq!(told(locked, now), [expected], "{locked} -> {now}");
        }
    }

    #[test]
    fn every_change_of_a_variant_is_told() {
        assert_eq!(
            told(
                "a: u8;b: u8;c: u8;#[serde(default)] d: u8",
                "A { c: u16, x: u8, d: u8, #[serde(default)] e: String }"
            )
            .len(),
            4
        );
        // Which of the two it was renamed to nobody knows.
        let two = told("a: u8", "A { b: u8, c: u8 }");
        assert_eq!(two.len(), 3, "{two:?}");
        assert!(two[0].starts_with("A | it was stored with a field `a: u8`") && two[1].starts_with("b | "));
        // One field does not read two.
        let two = told("a: u8;b: u8", "A { #[serde(alias = \"b\")] a: u8 }");
        assert_eq!(two, ["A | it was stored with a field `b: u8`, which nothing reads any more"]);
    }
}
