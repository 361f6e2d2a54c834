//! The rules that the parts of a command must keep among themselves.

use super::{
    model::{Case, Model},
    rule::Guard,
};
use crate::{attr, diag::Diag, fold};
use syn::{Data, Fields, Meta};

pub(super) fn check(diag: &mut Diag, model: &Model<'_>) {
    has_cases(diag, model);
    // It outlives the call that it came with: it is decided again after a conflict.
    fold::owns_its_data(diag, model.input, "a command");
    names_its_aggregate(diag, model);
    all_carry_the_id_or_none(diag, model);
    for case in &model.cases {
        fields_are_named(diag, case);
        fields_hide_no_parameter(diag, model, case);
        decides_one_way(diag, case);
        rejects_with_the_declared_error(diag, model, case);
        carries_one_id(diag, case);
    }
}

/// A command is a struct, or an enum with variants.
fn has_cases(diag: &mut Diag, model: &Model<'_>) {
    match &model.input.data {
        Data::Union(data) => diag.error(
            data.union_token,
            "`Command` cannot be derived for a union\nhelp: write an enum with a variant for each request, or a struct for one",
        ),
        Data::Enum(data) if data.variants.is_empty() => {
            diag.error(&model.input.ident, "a command enum needs at least one variant");
        }
        _ => {}
    }
}

/// `#[command(order: Order)]` must be there.
fn names_its_aggregate(diag: &mut Diag, model: &Model<'_>) {
    // Where an attribute or a parameter could not be read, that was said.
    let readable = attr::named(&model.input.attrs, "command").all(|it| matches!(&it.meta, Meta::List(_)));
    if model.parameters.state.is_none() && !model.parameters.failed && readable {
        diag.error(
            &model.input.ident,
            "`#[command(…)]` does not name the aggregate\nhelp: write `#[command(order: Order)]`, the name that the rules use and the aggregate's type",
        );
    }
}

/// `Targeted` is implemented for the whole enum, so `#[command(id)]` stands in every variant or in none.
fn all_carry_the_id_or_none(diag: &mut Diag, model: &Model<'_>) {
    let Some(first) = model.cases.iter().find(|case| case.id().is_some()) else { return };
    for case in model.cases.iter().filter(|case| case.id().is_none()) {
        diag.error(
            case.ident,
            format!(
                "`{}` has no field with `#[command(id)]`, but `{}` has one\nhelp: mark the field that names the aggregate in every variant, or in none",
                case.ident, first.ident
            ),
        );
    }
}

/// The rules and the handler know the fields by name.
fn fields_are_named(diag: &mut Diag, case: &Case<'_>) {
    if let Fields::Unnamed(fields) = case.shape {
        let help = if fields.unnamed.is_empty() {
            format!("write `{}` without parentheses", case.ident)
        } else {
            format!("give the fields names, as in `{} {{ amount: f64 }}`", case.ident)
        };
        diag.error(fields, format!("the fields of a command need names, by which the rules call them\nhelp: {help}"));
    }
    for field in case.shape {
        if let Some((equals, _)) = &field.default {
            diag.error(equals, "a command's field cannot have a default value\nhelp: implement `Default` for its type");
        }
    }
}

/// A field in scope under a parameter's name would hide it.
fn fields_hide_no_parameter(diag: &mut Diag, model: &Model<'_>, case: &Case<'_>) {
    let parameters = &model.parameters;
    for (parameter, words) in [(&parameters.state, "state"), (&parameters.context, "context")] {
        let Some(parameter) = parameter else { continue };
        for field in case.fields.iter().filter(|field| *field.ident == parameter.name) {
            diag.error(
                field.ident,
                format!(
                    "field `{}` hides the {words} `{}` of `#[command(…)]`\nhelp: give one of them another name",
                    field.ident, parameter.name
                ),
            );
        }
    }
}

/// A case emits by attributes or decides in one function; without either it would never do anything.
fn decides_one_way(diag: &mut Diag, case: &Case<'_>) {
    let rules = &case.rules;
    if !rules.decides {
        diag.error(
            case.ident,
            format!(
                "`{}` emits nothing and has no handler\nhelp: write `#[emit(Event {{ … }})]` or `#[handler(path)]`",
                case.ident
            ),
        );
    }
    for handler in rules.handlers.iter().skip(1) {
        diag.error(&handler.name, format!("`{}` has a handler already\nhelp: remove one of them", case.ident));
    }
    if let (false, [handler, ..]) = (rules.emits.is_empty(), rules.handlers.as_slice()) {
        diag.error(
            &handler.name,
            "`handler` and `emit` exclude each other\nhelp: return the event from the handler, which may return several",
        );
    }
}

/// `require` rejects, which a command without `error` cannot.
fn rejects_with_the_declared_error(diag: &mut Diag, model: &Model<'_>, case: &Case<'_>) {
    if model.declares_error {
        return;
    }
    for guard in &case.rules.guards {
        if let Guard::Require(name, ..) = guard {
            diag.error(
                name,
                "`require` rejects the command, which has no error type\nhelp: write `error = OrderError` in its `#[command(…)]`",
            );
        }
    }
}

/// A case is for one aggregate.
fn carries_one_id(diag: &mut Diag, case: &Case<'_>) {
    let mut marked = case.fields.iter().filter_map(|field| Some((field, field.id.key()?)));
    let Some((first, _)) = marked.next() else { return };
    for (_, second) in marked {
        diag.error(second, format!("`#[command(id)]` is already on field `{}`", first.ident));
    }
}
