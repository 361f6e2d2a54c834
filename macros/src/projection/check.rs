//! The rules that a projection must keep.

use super::{
    index,
    model::{Model, bare},
};
use crate::{
    attr,
    diag::Diag,
    fold::{self, Ignored},
    name::Rule,
};
use syn::{Data, ext::IdentExt};

const NAME: Rule = Rule {
    what: "projection name",
    marks: &['-', '_', '.'],
    longest: 64,
    reserved: &[
        (':', "separates the parts of a Redis key"),
        ('{', "marks a Redis Cluster hash tag"),
        ('}', "marks a Redis Cluster hash tag"),
    ],
};

pub(super) fn check(diag: &mut Diag, model: &Model<'_>) {
    fold::owns_its_data(diag, model.input, "a projection");
    if matches!(model.input.data, Data::Struct(_)) {
        it_is_no_aggregate(diag, model);
        name_is_given(diag, model);
        events_are_given(diag, model);
        rows_have_one_key(diag, model);
    }
    name_is_storable(diag, model);
    events_differ(diag, model);
    key_follows_no_event(diag, model);
    index::check(diag, model);
    rows_are_of_handled_events(diag, model);
    rest_is_alone(diag, model);
    let removed = model.removed().map(|named| ("`#[remove]` deletes its row".to_owned(), named));
    model.fold.check(diag, removed);
}

/// Both would read the same `#[on]`, over events of their own.
fn it_is_no_aggregate(diag: &mut Diag, model: &Model<'_>) {
    for attribute in attr::named(&model.input.attrs, "aggregate") {
        diag.error(
            attribute.path(),
            "a type cannot be both an aggregate and a projection\nhelp: use two structs: a row is stored apart from the state that it is made of",
        );
    }
}

/// A projection's rows and its position are stored under its name, which must outlive the type's.
fn name_is_given(diag: &mut Diag, model: &Model<'_>) {
    if model.written.lacks("name") {
        let message = "a projection needs a name that never changes, its rows are stored under it\nhelp: write `#[projection(name = \"order-summary\", events(…))]`";
        diag.error(&model.input.ident, message);
    }
}

fn name_is_storable(diag: &mut Diag, model: &Model<'_>) {
    if let Some(name) = model.name.get()
        && let Some(problem) = NAME.violation(&name.value())
    {
        diag.error(name, problem);
    }
}

/// A projection reads at least one event enum.
fn events_are_given(diag: &mut Diag, model: &Model<'_>) {
    if model.written.lacks("events") {
        let message =
            "`#[projection(events(…))]` is missing\nhelp: list the event enums that it reads: `events(OrderEvent)`";
        diag.error(&model.input.ident, message);
    }
}

/// Each enum is listed once, and patterns can tell the enums apart by their names.
fn events_differ(diag: &mut Diag, model: &Model<'_>) {
    let events = model.events.get().map(Vec::as_slice).unwrap_or_default();
    for (index, event) in events.iter().enumerate() {
        let Some(name) = event.path.segments.last().map(|segment| &segment.ident) else { continue };
        for other in events.iter().take(index) {
            if bare(&other.path) == bare(&event.path) {
                diag.error(event, format!("`{}` is listed twice", bare(&event.path)));
            } else if other.path.segments.last().is_some_and(|segment| segment.ident == *name) {
                diag.error(
                    event,
                    format!(
                        "two enums called `{name}` cannot be told apart in patterns\nhelp: give one of them another name here: `use {} as Other{name};`",
                        bare(&event.path)
                    ),
                );
            }
        }
    }
}

/// Rows are found by the field under `#[key]`; a single row by nothing.
fn rows_have_one_key(diag: &mut Diag, model: &Model<'_>) {
    let mut fields = model.key_fields.iter();
    let first = fields.next();
    if model.written.has("single") {
        for key in first.into_iter().chain(fields) {
            diag.error(key.attribute.path(), "the only row of `single` has no key\nhelp: remove `#[key]`, or `single`");
        }
        for row in attr::named(&model.input.attrs, "row") {
            diag.error(
                row.path(),
                "the only row of `single` has no key, so no event goes to another\nhelp: remove `#[row]`, or `single`",
            );
        }
        return;
    }
    let Some(first) = first else {
        if model.written.lacks("single") {
            let message = "no field is marked as the key\nhelp: put `#[key]` on the field that rows are found by, or `single` on the struct where there is one row";
            diag.error(&model.input.ident, message);
        }
        return;
    };
    for further in fields {
        diag.error(further.attribute.path(), format!("`#[key]` is already on field `{}`", first.name.unraw()));
    }
}

/// A row keeps its key as long as it lives.
fn key_follows_no_event(diag: &mut Diag, model: &Model<'_>) {
    for key in &model.key_fields {
        for on in attr::named(&key.field.attrs, "on") {
            let message = format!(
                "field `{}` is the key, it cannot change\nhelp: remove this `#[on]`; which row an event belongs to is said by `#[row(…)]` on the struct",
                key.name.unraw()
            );
            diag.error(on.path(), message);
        }
    }
}

/// `_` ignores whatever is not handled, so a variant beside it says nothing.
fn rest_is_alone(diag: &mut Diag, model: &Model<'_>) {
    let Ignored { variants, rest } = &model.fold.ignored;
    if rest.is_some() {
        for variant in variants {
            diag.error(variant.ident(), "`_` ignores this one too\nhelp: write `ignore(_)`");
        }
    }
}

/// What is ignored concerns no row.
fn rows_are_of_handled_events(diag: &mut Diag, model: &Model<'_>) {
    let Ignored { variants, rest } = &model.fold.ignored;
    let handled: Vec<_> = model.fold.handled().map(|(_, named)| named).chain(model.removed()).collect();
    // Where an arm was left out for its mistake, what it handles is not known.
    let rest_is_known = rest.is_some() && diag.is_clean();
    for named in model.rows.iter().flat_map(|row| &row.named) {
        let mend = if variants.iter().any(|ignored| ignored.is(named)) {
            "take it out of `ignore(…)`"
        } else if rest_is_known && !handled.iter().any(|handled| handled.is(named)) {
            "let an `#[on(…)]` follow it"
        } else {
            continue;
        };
        let message = format!("`{}` is ignored, so it has no row\nhelp: {mend}, or remove this `#[row]`", named.name());
        diag.error(named.ident(), message);
    }
}
