//! How to mend a change of what is stored: a new version, with all that it needs, ready to be pasted.

use super::{
    locked::Comparison,
    model::{Model, Shape, Variant},
    stored::Stored,
};
use crate::{
    attr,
    lock::{self, Block, Field, Locked, Name},
    name::snake_case,
};
use syn::{Ident, ext::IdentExt};

/// What a variant becomes when its payload changes for good.
pub(super) fn version(model: &Model<'_>, variant: &Variant<'_>, comparison: &Comparison<'_, '_>) -> String {
    let Block { event_type, version, line, .. } = comparison.block;
    let (name, old, event) = (variant.ident().unraw(), old_name(variant), attr::source(&model.input.ident));
    let next = version.saturating_add(1);
    let steps = variant.upcasts();
    let upcasts = steps.iter().map(|step| format!("{} => {}", step.literal, attr::source(&step.ty)));
    let upcasts: Vec<_> = upcasts.chain([format!("{version} => {old}")]).collect();
    let place = if steps.is_empty() { "" } else { ", in place of its `version` and `upcast`" };
    let text = format!(
        "help: if the change is meant, write on `{name}`{place}\n\n    #[event(version = {next}, upcast({}))]\n\nand beside `{event}`\n",
        upcasts.join(", ")
    );
    let mut text = Text(text);
    text.line(1, "");
    text.line(1, &format!("/// `{event_type}` as version {version} stored it."));
    write_struct(&mut text, &old, comparison);
    write_conversion(&mut text, &old, &event, variant, comparison);
    if let Some(last) = steps.last() {
        let last = attr::source(&last.ty);
        text.line(0, &format!("help: `{last}` now turns into `{old}`: write `impl From<{last}> for {old}`"));
    }
    let last = format!(
        "help: if nothing was ever stored as version {version}, delete its block from `annals.lock` (line {line})"
    );
    text.0 + &last
}

/// Lines of code.
struct Text(String);

impl Text {
    fn line(&mut self, depth: usize, line: &str) {
        if !line.is_empty() {
            self.0.push_str(&"    ".repeat(depth));
            self.0.push_str(line);
        }
        self.0.push('\n');
    }
}

/// What is said of each further change of a variant.
pub(super) fn shown_above(variant: &Variant<'_>) -> String {
    format!(
        "help: if the change is meant, the new version of `{}` that is shown above mends it too",
        variant.ident().unraw()
    )
}

/// `CreatedV1`.
fn old_name(variant: &Variant<'_>) -> String {
    format!("{}V{}", variant.ident().unraw(), variant.schema_version())
}

/// The struct that has the shape of the block.
fn write_struct(text: &mut Text, old: &str, comparison: &Comparison<'_, '_>) {
    let fields = comparison.block.fields.as_slice();
    text.line(1, "#[derive(serde::Deserialize)]");
    if let [Locked { field: Field { name: Name::Payload, ty, serde }, .. }] = fields {
        let attribute = serde.for_reading(None);
        let space = if attribute.is_empty() { "" } else { " " };
        text.line(1, &format!("struct {old}({attribute}{space}{ty});"));
    } else if fields.is_empty() {
        text.line(1, &format!("struct {old} {{}}"));
    } else {
        text.line(1, &format!("struct {old} {{"));
        for locked in fields {
            let Field { name, ty, serde } = &locked.field;
            let ident = old_field(locked, comparison);
            let stored = match name {
                Name::Named(stored) if ident.trim_start_matches("r#") != stored && !serde.flatten => Some(&**stored),
                _ => None,
            };
            let attribute = serde.for_reading(stored);
            if !attribute.is_empty() {
                text.line(2, &attribute);
            }
            text.line(2, &format!("{ident}: {ty},"));
        }
        text.line(1, "}");
    }
    text.line(1, "");
}

/// The name of a field in the struct: that of the field which has its stored name, or one made of that.
fn old_field(locked: &Locked, comparison: &Comparison<'_, '_>) -> String {
    let namesake = comparison.fields.iter().map(|(now, _)| now).find(|now| now.line.name == locked.field.name);
    if let Some(ident) = namesake.and_then(|now| now.source.ident.as_ref()) {
        return ident.to_string();
    }
    let Name::Named(stored) = &locked.field.name else { return "payload".to_owned() };
    let word: String = stored.chars().map(|char| if char.is_ascii_alphanumeric() { char } else { '_' }).collect();
    let word = snake_case(&word);
    let word = if lock::is_identifier(&word) { word } else { format!("_{word}") };
    if syn::parse_str::<Ident>(&word).is_ok() {
        word
    } else if syn::parse_str::<Ident>(&format!("r#{word}")).is_ok() {
        format!("r#{word}")
    } else {
        format!("{word}_")
    }
}

/// `impl From<CreatedV1> for OrderEvent`, as far as it is clear.
fn write_conversion(text: &mut Text, old: &str, event: &str, variant: &Variant<'_>, comparison: &Comparison<'_, '_>) {
    let name = variant.ident();
    let values: Vec<_> = variant.source.fields.iter().map(|source| value(source, comparison)).collect();
    let is_used = values.iter().any(|value| value.contains("old."));
    let whole = match variant.shape {
        Shape::Unit => format!("Self::{name}"),
        Shape::Newtype(_) => format!("Self::{name}(todo!())"),
        Shape::Struct if values.is_empty() => format!("Self::{name} {{}}"),
        Shape::Struct => format!("Self::{name} {{ {} }}", values.join(", ")),
    };
    text.line(1, &format!("impl From<{old}> for {event} {{"));
    text.line(2, &format!("fn from({}: {old}) -> Self {{", if is_used { "old" } else { "_" }));
    if whole.len() <= 80 {
        text.line(3, &whole);
    } else {
        text.line(3, &format!("Self::{name} {{"));
        for value in values {
            text.line(4, &format!("{value},"));
        }
        text.line(3, "}");
    }
    text.line(2, "}");
    text.line(1, "}");
    text.line(1, "");
}

/// `field: value`, as it stands in an event made of what was stored.
fn value(source: &syn::Field, comparison: &Comparison<'_, '_>) -> String {
    let found = comparison.fields.iter().find(|(now, _)| std::ptr::eq(now.source, source));
    let value = match found {
        Some((now, Some(locked))) => carried(now, locked, &old_field(locked, comparison)),
        Some((now, None)) => filled_in(now),
        None => "Default::default()".to_owned(),
    };
    source.ident.as_ref().map_or_else(|| value.clone(), |field| format!("{field}: {value}"))
}

/// What becomes of the value of a field.
fn carried(now: &Stored<'_>, locked: &Locked, field: &str) -> String {
    let (was, now) = (&locked.field.ty, &now.line.ty);
    let is_size = |ty: &str| ty.ends_with("size");
    if lock::same(was, now) {
        format!("old.{field}")
    } else if lock::unwrapped(now).is_some_and(|inside| lock::same(was, &inside)) {
        format!("Some(old.{field})")
    } else if lock::reads_as(was, now) && !lock::is_optional(now) && !is_size(was) && !is_size(now) {
        format!("old.{field}.into()")
    } else {
        "todo!()".to_owned()
    }
}

/// What a field becomes that was not stored.
fn filled_in(now: &Stored<'_>) -> String {
    let value = if lock::is_optional(&now.line.ty) {
        "None"
    } else if now.line.serde.default {
        "Default::default()"
    } else {
        "todo!()"
    };
    value.to_owned()
}
