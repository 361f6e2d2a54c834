//! What may have changed of a stored event: where it stands, in which words it is told, and how it is mended in place.

use super::{model::Variant, stored::Stored};
use crate::lock::{Block, Field, Locked, Name};
use proc_macro2::TokenStream;
use quote::ToTokens;

/// Something that keeps a variant from reading what was stored.
pub(super) enum Change<'a, 'b> {
    /// Fields have become one payload, or a payload fields.
    Kind { was: &'b [Locked], now: &'b [Stored<'a>], is_payload: bool },
    /// Nothing reads the field any more.
    Gone(&'b Field),
    /// Nothing reads the field any more, and a new one has its type.
    Renamed { was: &'b Locked, now: &'b Stored<'a> },
    /// The field was not there, and nothing fills it in.
    New(&'b Stored<'a>),
    /// The type is another one.
    Type { was: &'b Locked, now: &'b Stored<'a> },
    /// A key of serde that says how the field is stored is another one.
    Key { key: &'static str, was: Option<&'b str>, now: Option<&'b str>, line: usize, field: &'b Stored<'a> },
    /// A name that was read is not read any more.
    Alias { alias: &'b str, now: &'b Stored<'a> },
    /// The field may be missing, and nothing fills it in any more.
    Default(&'b Stored<'a>),
}

impl Change<'_, '_> {
    /// The user's tokens that are no longer as they were.
    pub(super) fn place(&self, variant: &Variant<'_>) -> TokenStream {
        let name = |field: &Stored<'_>| {
            let source = field.source;
            source.ident.as_ref().map_or_else(|| source.ty.to_token_stream(), ToTokens::to_token_stream)
        };
        match self {
            Self::Kind { now: [payload], is_payload: true, .. } => payload.source.ty.to_token_stream(),
            Self::Kind { .. } | Self::Gone(_) => variant.ident().to_token_stream(),
            Self::Type { now, .. } => now.source.ty.to_token_stream(),
            Self::Renamed { now, .. }
            | Self::New(now)
            | Self::Alias { now, .. }
            | Self::Default(now)
            | Self::Key { field: now, .. } => name(now),
        }
    }

    pub(super) fn problem(&self, block: &Block) -> String {
        let Block { event_type, version, .. } = block;
        let event = format!("version {version} of `{event_type}`");
        match self {
            Self::Kind { now: [now], is_payload: true, .. } => {
                format!("{event} was stored as the fields of the variant, now as `{}`", now.line.ty)
            }
            Self::Kind { was, .. } => {
                let was = was.first().map_or("", |was| &was.field.ty);
                format!("{event} was stored as `{was}`, now as the fields of the variant")
            }
            Self::Gone(was) => {
                format!("{event} was stored with a field `{}: {}`, which nothing reads any more", was.name, was.ty)
            }
            Self::Renamed { was, now } => {
                let was = &was.field;
                let field = format!("`{}: {}`", was.name, was.ty);
                if now.is_called(&was.name) {
                    format!("{event} was stored with a field {field}, which is read from `{}` now", now.line.name)
                } else {
                    let name = &now.line.name;
                    format!(
                        "{event} was stored with a field {field}, which nothing reads any more; was it renamed to `{name}`?"
                    )
                }
            }
            Self::New(now) => format!("{event} was stored without the field `{}`", now.line.name),
            Self::Type { was, now } => {
                let (was, now) = (&was.field, &now.line);
                let what = match was.name {
                    Name::Payload => event,
                    Name::Named(_) => format!("field `{}` in {event}", was.name),
                };
                format!("{what} was stored as `{}`, now as `{}`", was.ty, now.ty)
            }
            Self::Key { key, was, now, field, .. } => {
                let with = |value: Option<&str>| match value {
                    None => format!("without `#[serde({key})]`"),
                    Some("") => format!("with `#[serde({key})]`"),
                    Some(path) => format!("with `#[serde({key} = {path:?})]`"),
                };
                let (was, now) = (with(*was), with(*now));
                format!("field `{}` in {event} was stored {was}, now {now}", field.line.name)
            }
            Self::Alias { alias, now } => {
                format!("field `{}` in {event} was read from `{alias}` too, now it is not", now.line.name)
            }
            Self::Default(now) => {
                format!("field `{}` may be missing in {event}, now nothing fills it in", now.line.name)
            }
        }
    }

    /// How to mend it where what is stored stays as it is.
    pub(super) fn help(&self, block: &Block) -> Option<String> {
        let alike = |lines: &str, place: &str| {
            format!(
                "if both are stored alike, write {lines} in {place} of `annals.lock`; `cargo test annals_lock` then checks it"
            )
        };
        let in_line = |line: usize, field: &Field| alike(&format!("`field {field}`"), &format!("line {line}"));
        Some(match self {
            Self::Gone(_) => return None,
            Self::Kind { was, now, .. } => {
                if was.is_empty() || now.is_empty() {
                    return None;
                }
                let lines: Vec<_> = now.iter().map(|now| format!("`field {}`", now.line)).collect();
                alike(&lines.join(" and "), &format!("place of the fields in line {}", block.line + 1))
            }
            Self::Renamed { was, now } => {
                let Name::Named(name) = &was.field.name else { return None };
                let so = if now.is_called(&was.field.name) { "" } else { "if so, " };
                format!(
                    "{so}keep its stored name, `#[serde(rename = {name:?})]`, or read both: `#[serde(alias = {name:?})]`"
                )
            }
            Self::New(_) => "fill it in where it is missing: `#[serde(default)]`".to_owned(),
            Self::Type { was, now } => in_line(was.line, &now.line),
            Self::Key { was: Some(""), now: None, .. } => "put `#[serde(flatten)]` back".to_owned(),
            Self::Key { was: Some(path), now: None, key, .. } => format!("put `#[serde({key} = {path:?})]` back"),
            Self::Key { line, field, .. } => in_line(*line, &field.line),
            Self::Alias { alias, .. } => format!("put `#[serde(alias = {alias:?})]` back"),
            Self::Default(_) => "put `#[serde(default)]` back".to_owned(),
        })
    }
}
