//! The rules that an aggregate must keep.

use super::{model::Model, snapshot};
use crate::{diag::Diag, fold, name::Rule};
use std::iter;
use syn::Data;

const NAME: Rule = Rule {
    what: "aggregate name",
    marks: &['_', '.'],
    longest: 64,
    reserved: &[
        ('-', "separates the aggregate from its id"),
        (':', "separates the parts of a Redis key"),
        ('{', "marks a Redis Cluster hash tag"),
        ('}', "marks a Redis Cluster hash tag"),
    ],
};

pub(super) fn check(diag: &mut Diag, model: &Model<'_>) {
    event_is_given(diag, model);
    fold::owns_its_data(diag, model.input, "an aggregate");
    name_is_storable(diag, model);
    ignored_variants_are_named(diag, model);
    if model.written.has("snapshot") {
        snapshot::fields_come_back(diag, model.input);
    }
    model.fold.check(diag, iter::empty());
}

/// An aggregate is folded from the events of one enum.
fn event_is_given(diag: &mut Diag, model: &Model<'_>) {
    if model.written.lacks("event") && matches!(model.input.data, Data::Struct(_)) {
        let name = &model.input.ident;
        let message = format!(
            "`#[aggregate(event = …)]` is missing\nhelp: write `#[aggregate(event = {name}Event)]` on the struct"
        );
        diag.error(name, message);
    }
}

/// The name is the first part of every stream's key.
fn name_is_storable(diag: &mut Diag, model: &Model<'_>) {
    let Some(problem) = NAME.violation(&model.name()) else { return };
    if let Some(name) = model.name.get() {
        return diag.error(name, problem);
    }
    let problem = problem.split('\n').next().unwrap_or_default();
    let message = format!("{problem}\nhelp: write `#[aggregate(name = \"…\")]` on the struct");
    diag.error(&model.input.ident, message);
}

/// An aggregate's state is decided on, so an event is left out of it by name only: a new one must not pass unseen.
fn ignored_variants_are_named(diag: &mut Diag, model: &Model<'_>) {
    if let Some(underscore) = model.fold.ignored.rest {
        diag.error(
            underscore,
            "an aggregate must name what it ignores\nhelp: list the variants: `ignore(Viewed, Printed)`",
        );
    }
}
