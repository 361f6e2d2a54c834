//! Stored events that no variant reads any more: removed, or renamed.

use super::{
    locked,
    model::{Model, Variant},
    stored,
};
use crate::{
    diag::Diag,
    lock::{self, Block, Section},
};
use syn::{LitStr, ext::IdentExt};

pub(super) fn check(diag: &mut Diag, model: &Model<'_>, section: &Section) {
    let read: Vec<_> = model.known().flat_map(|variant| locked::names(model, variant)).collect();
    let retired: Vec<_> = model.retired.iter().map(LitStr::value).collect();
    let gone = section.blocks.iter().filter(|block| {
        let is_known = read.contains(&block.event_type) || retired.contains(&block.event_type);
        let is_newest =
            !section.blocks.iter().any(|other| other.event_type == block.event_type && other.version > block.version);
        !is_known && is_newest
    });
    let mut new: Vec<_> = model.known().filter(|variant| is_new(model, variant, section)).collect();
    for block in gone {
        let heirs: Vec<_> = new.iter().copied().filter(|variant| is_alike(model, variant, block)).collect();
        let heir = heir(block, &heirs);
        new.retain(|variant| heir.is_none_or(|heir| heir.ident() != variant.ident()));
        tell(diag, model, section, block, heir);
    }
}

/// Whether nothing was ever stored of this variant.
fn is_new(model: &Model<'_>, variant: &Variant<'_>, section: &Section) -> bool {
    let names = locked::names(model, variant);
    !section.blocks.iter().any(|block| names.contains(&block.event_type))
}

/// Whether the variant has the very fields of the block, which are in its version.
fn is_alike(model: &Model<'_>, variant: &Variant<'_>, block: &Block) -> bool {
    let fields = stored::fields(&model.input.attrs, variant);
    let same = |field: &stored::Stored<'_>| {
        let is_it = |locked: &lock::Field| locked.name == field.line.name && lock::same(&locked.ty, &field.line.ty);
        block.fields.iter().any(|locked| is_it(&locked.field))
    };
    variant.schema_version() == block.version && fields.len() == block.fields.len() && fields.iter().all(same)
}

/// The only one that the event may have become; of several, the only one whose name the event's ends with.
fn heir<'m, 'a>(block: &Block, heirs: &[&'m Variant<'a>]) -> Option<&'m Variant<'a>> {
    if let [heir] = heirs {
        return Some(heir);
    }
    let mut named = heirs.iter().filter(|heir| block.event_type.ends_with(&heir.ident().unraw().to_string()));
    named.next().copied().filter(|_| named.next().is_none())
}

fn tell(diag: &mut Diag, model: &Model<'_>, section: &Section, block: &Block, heir: Option<&Variant<'_>>) {
    let event_type = &block.event_type;
    let same = section.blocks.iter().filter(|other| other.event_type == *event_type);
    let lines: Vec<_> = same.map(|block| block.line.to_string()).collect();
    let blocks = match lines.as_slice() {
        [line] => format!("block from `annals.lock` (line {line})"),
        lines => format!("blocks from `annals.lock` (lines {})", lines.join(", ")),
    };
    let name = &model.input.ident;
    let retire = if model.retired.is_empty() {
        format!("write `#[event(retired({event_type:?}))]` on the enum")
    } else {
        format!("add {event_type:?} to `retired(…)` on the enum")
    };
    let rest = format!(
        "help: if it happens no more, {retire}: what is stored of it is then passed over\nhelp: if nothing was ever stored of it, delete its {blocks}"
    );
    if let Some(heir) = heir {
        let heir_name = heir.ident().unraw();
        let problem =
            format!("`{event_type}` is stored, but no variant reads it any more; was it renamed to `{heir_name}`?");
        let help = format!(
            "if so, keep its stored name, `#[event(name = {event_type:?})]`, or read both: `#[event(alias = {event_type:?})]`"
        );
        diag.error(heir.ident(), format!("{problem}\nhelp: {help}\n{rest}"));
    } else {
        let problem = format!("`{event_type}` is stored, but no variant of `{}` reads it any more", name.unraw());
        let help = format!("if it was renamed, write `#[event(alias = {event_type:?})]` on the variant that it is now");
        diag.error(name, format!("{problem}\nhelp: {help}\n{rest}"));
    }
}
