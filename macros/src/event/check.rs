//! The rules that an event enum must keep.

use super::{
    model::{Model, Shape, Variant},
    upcast,
};
use crate::{attr, diag::Diag, name::Rule};
use std::collections::BTreeMap;
use syn::{Attribute, Data, Field, GenericArgument, PathArguments, Type, TypeReference, ext::IdentExt};

const NAME: Rule = Rule { what: "event name", marks: &['-', '_', '.', ':'], longest: 128, reserved: &[] };
const ALIAS: Rule = Rule { what: "alias", ..NAME };
const PREFIX: Rule = Rule { what: "prefix", ..NAME };
const SECTION: Rule = Rule { what: "section name", ..NAME };
const RETIRED: Rule = Rule { what: "retired name", ..NAME };

pub(super) fn check(diag: &mut Diag, model: &Model<'_>) {
    variants_exist(diag, model);
    data_is_owned(diag, model);
    names_are_storable(diag, model);
    names_are_unique(diag, model);
    retired_names_are_free(diag, model);
    one_variant_takes_the_unknown(diag, model);
    section_is_named_or_none(diag, model);
    serde_keeps_the_enum(diag, model);
    for variant in &model.variants {
        fields_are_plain(diag, variant);
        upcast::check(diag, variant);
        variant.undo.check(diag, model, variant.unknown.get().is_some());
    }
}

/// An enum without variants is an event that cannot happen.
fn variants_exist(diag: &mut Diag, model: &Model<'_>) {
    if let Data::Enum(data) = &model.input.data
        && data.variants.is_empty()
    {
        diag.error(&model.input.ident, "an event enum needs at least one variant");
    }
}

/// Events are stored and read back, so they borrow from nobody: no lifetime parameter, no reference in a field.
fn data_is_owned(diag: &mut Diag, model: &Model<'_>) {
    for parameter in model.input.generics.lifetimes() {
        let lifetime = &parameter.lifetime;
        let message =
            format!("an event must own its data, it cannot borrow `{lifetime}`\nhelp: use `String` instead of `&str`");
        diag.error(lifetime, message);
    }
    for field in model.variants.iter().flat_map(|variant| &variant.source.fields) {
        if let Some(reference) = reference_in(&field.ty) {
            let message = "an event must own its data, this field borrows\nhelp: use `String` instead of `&str`, `Vec<T>` instead of `&[T]`";
            diag.error(reference.and_token, message);
        }
    }
}

fn reference_in(ty: &Type) -> Option<&TypeReference> {
    match ty {
        Type::Reference(reference) => Some(reference),
        Type::Array(array) => reference_in(&array.elem),
        Type::Group(group) => reference_in(&group.elem),
        Type::Paren(paren) => reference_in(&paren.elem),
        Type::Slice(slice) => reference_in(&slice.elem),
        Type::Tuple(tuple) => tuple.elems.iter().find_map(reference_in),
        Type::Path(path) => path.path.segments.iter().find_map(|segment| match &segment.arguments {
            PathArguments::AngleBracketed(list) => list.args.iter().find_map(|argument| match argument {
                GenericArgument::Type(ty) => reference_in(ty),
                _ => None,
            }),
            _ => None,
        }),
        _ => None,
    }
}

/// A stored name has 1 to 128 bytes, of letters, digits and a few marks; it stands in keys, logs and tools.
fn names_are_storable(diag: &mut Diag, model: &Model<'_>) {
    let prefix = model.prefix.get();
    let prefix_problem = prefix.filter(|prefix| !prefix.value().is_empty());
    let prefix_problem = prefix_problem.and_then(|prefix| PREFIX.violation(&prefix.value()));
    let prefix_is_storable = prefix_problem.is_none();
    if let (Some(prefix), Some(problem)) = (prefix, prefix_problem) {
        diag.error(prefix, problem);
    }
    for variant in model.known() {
        let event_type = model.event_type(variant);
        match variant.name.get() {
            Some(name) => {
                if let Some(problem) = NAME.violation(&event_type) {
                    diag.error(name, problem);
                }
            }
            None => {
                if prefix_is_storable && let Some(problem) = NAME.violation(&event_type) {
                    let problem = problem.split('\n').next().unwrap_or_default();
                    let help = "write `#[event(name = \"…\")]` on the variant";
                    diag.error(variant.ident(), format!("{problem}\nhelp: {help}"));
                }
            }
        }
        for alias in &variant.aliases {
            if let Some(problem) = ALIAS.violation(&alias.value()) {
                diag.error(alias, problem);
            }
        }
    }
}

/// No stored name leads to two variants: as their name, as their alias, or as one of each.
fn names_are_unique(diag: &mut Diag, model: &Model<'_>) {
    let mut names: BTreeMap<String, &Variant<'_>> = BTreeMap::new();
    for variant in model.known() {
        let event_type = model.event_type(variant);
        if let Some(other) = names.get(&event_type) {
            let message = format!("event name `{event_type}` is already used by variant `{}`", other.ident().unraw());
            match variant.name.get() {
                Some(name) => diag.error(name, format!("{message}\nhelp: give one of the two another name")),
                None => diag.error(
                    variant.ident(),
                    format!("{message}\nhelp: write `#[event(name = \"…\")]` on one of the two"),
                ),
            }
        } else {
            names.insert(event_type, variant);
        }
    }
    let mut aliases: BTreeMap<String, &Variant<'_>> = BTreeMap::new();
    for variant in &model.variants {
        let own = model.event_type(variant);
        for alias in &variant.aliases {
            let text = alias.value();
            if text == own {
                diag.error(alias, format!("the alias repeats the event's own name `{text}`\nhelp: remove it"));
            } else if let Some(other) = names.get(&text) {
                let message = format!("alias `{text}` is the name of variant `{}`", other.ident().unraw());
                diag.error(alias, format!("{message}\nhelp: remove it; a stored name is read as one variant"));
            } else if let Some(other) = aliases.insert(text.clone(), variant) {
                let message = if other.ident() == variant.ident() {
                    format!("alias `{text}` is given twice\nhelp: remove one")
                } else {
                    let other = other.ident().unraw();
                    format!(
                        "alias `{text}` is already used by variant `{other}`\nhelp: remove one; a stored name is read as one variant"
                    )
                };
                diag.error(alias, message);
            }
        }
    }
}

/// What is retired is read as no variant: its events are passed over.
fn retired_names_are_free(diag: &mut Diag, model: &Model<'_>) {
    for (index, name) in model.retired.iter().enumerate() {
        let text = name.value();
        if let Some(problem) = RETIRED.violation(&text) {
            diag.error(name, problem);
        }
        let reads = |variant: &&Variant<'_>| {
            model.event_type(variant) == text || variant.aliases.iter().any(|alias| alias.value() == text)
        };
        if let Some(variant) = model.known().find(reads) {
            let variant = variant.ident().unraw();
            let message = format!("`{text}` is retired, but variant `{variant}` reads it\nhelp: remove one of the two");
            diag.error(name, message);
        }
        if model.retired.iter().take(index).any(|other| other.value() == text) {
            diag.error(name, format!("`{text}` is retired twice\nhelp: remove one"));
        }
    }
}

/// A variant that takes whatever the enum does not know holds that, and has no stored name or shape of its own.
fn one_variant_takes_the_unknown(diag: &mut Diag, model: &Model<'_>) {
    let mut first: Option<&Variant<'_>> = None;
    for variant in &model.variants {
        let Some(key) = variant.unknown.key() else { continue };
        if let Some(first) = first {
            let first = first.ident().unraw();
            let message = format!("variant `{first}` takes the unknown events already\nhelp: remove one of the two");
            diag.error(key, message);
        }
        first = first.or(Some(variant));
        if !matches!(variant.shape, Shape::Newtype(_)) {
            let ident = variant.ident();
            let message = format!(
                "an unknown event comes with all that is stored of it\nhelp: write `{ident}(annals::UnknownEvent)`"
            );
            diag.error(ident, message);
        }
        let own = [variant.name.key(), variant.version.key(), variant.upcasts.key()];
        for key in own.into_iter().flatten() {
            let message = format!(
                "an unknown event has its own type name and version, so `{}` means nothing here\nhelp: remove it",
                key.unraw()
            );
            diag.error(key, message);
        }
        for alias in &variant.aliases {
            diag.error(
                alias,
                "an unknown event has its own type name, so an alias means nothing here\nhelp: remove it",
            );
        }
    }
}

/// The enum's section in `annals.lock` has a name that reads, or the enum has none.
fn section_is_named_or_none(diag: &mut Diag, model: &Model<'_>) {
    if let Some(section) = model.lock.get()
        && let Some(problem) = SECTION.violation(&section.value())
    {
        diag.error(section, problem);
    }
    if let (Some(_), Some(unlocked)) = (model.lock.key(), model.unlocked.key()) {
        let message = "`unlocked` leaves the enum out of `annals.lock`, so it has no section to name\nhelp: remove `unlocked`, or `lock`";
        diag.error(unlocked, message);
    }
}

/// The variant's content is stored under the variant's name, so serde must see a plain enum with all its variants.
fn serde_keeps_the_enum(diag: &mut Diag, model: &Model<'_>) {
    const ENUM: &[(&[&str], &str)] = &[
        (&["tag", "content"], "the type name is stored by `Event` itself\nhelp: remove `#[serde({key})]`"),
        (&["untagged"], "`#[serde(untagged)]` would lose the variant\nhelp: remove it"),
        (
            &["from", "try_from", "into", "remote", "transparent", "variant_identifier", "field_identifier"],
            "`#[serde({key})]` would store another type in place of the event\nhelp: remove it; a variant may hold that type: `Variant(Payload)`",
        ),
        (
            &["rename", "rename_all"],
            "`#[serde({key})]` does not change the stored name\nhelp: write `#[event(prefix = \"…\")]` on the enum or `#[event(name = \"…\")]` on a variant",
        ),
    ];
    const VARIANT: &[(&[&str], &str)] = &[
        (
            &["skip", "skip_serializing", "skip_deserializing"],
            "`#[serde({key})]` would make events that cannot be stored or read back\nhelp: remove it",
        ),
        (&["other", "untagged"], "`#[serde({key})]` has no meaning on an event\nhelp: remove it"),
        (&["rename"], "`#[serde(rename)]` does not change the stored name\nhelp: write `#[event(name = \"…\")]`"),
        (
            &["alias"],
            "`#[serde(alias)]` does not change which stored names are read\nhelp: write `#[event(alias = \"…\")]`",
        ),
    ];
    refuse_serde_keys(diag, &model.input.attrs, ENUM);
    for variant in &model.variants {
        refuse_serde_keys(diag, &variant.source.attrs, VARIANT);
    }
}

fn refuse_serde_keys(diag: &mut Diag, attributes: &[Attribute], refused: &[(&[&str], &str)]) {
    for key in attr::foreign_keys(attributes, "serde") {
        let name = key.to_string();
        for (_, message) in refused.iter().filter(|(keys, _)| keys.contains(&name.as_str())) {
            diag.error(&key, message.replace("{key}", &name));
        }
    }
}

/// A field is a name and a type; what the language may add to it later is not stored.
fn fields_are_plain(diag: &mut Diag, variant: &Variant<'_>) {
    for Field { modifiers, default, .. } in &variant.source.fields {
        diag.absorb(modifiers.require_empty());
        if let Some((equals, _)) = default {
            diag.error(
                equals,
                "field default values are not supported on events\nhelp: remove it; `#[serde(default)]` fills in what was stored without the field",
            );
        }
    }
}
