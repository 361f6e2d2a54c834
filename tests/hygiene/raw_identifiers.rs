//! Keywords as names, everywhere.

#![allow(non_camel_case_types)]

use annals::{Aggregate, Command, Event, Projection};
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize, Clone)]
#[event(retired("type-of-old"))]
pub(super) enum r#type {
    #[event(version = 2, upcast(1 => r#virtual))]
    #[undo(r#fn { r#match: r#match - format!("{match}").len() as u64 })]
    r#fn {
        r#match: u64,
    },
    #[undo(r#struct(Payload { r#as: payload.r#as }))]
    r#struct(Payload),
    r#loop,
}

#[derive(Deserialize)]
pub(super) struct r#virtual {
    r#match: u64,
}

impl From<r#virtual> for r#type {
    fn from(r#const: r#virtual) -> Self {
        Self::r#fn { r#match: r#const.r#match }
    }
}

#[derive(Serialize, Deserialize, Clone)]
pub(super) struct Payload {
    r#as: u64,
}

#[derive(Aggregate, Serialize, Deserialize, Default)]
#[aggregate(event = r#type, r#snapshot(r#every = 2))]
pub(super) struct r#enum {
    #[on(r#fn { r#match })]
    r#while: u64,
    #[on(r#struct(r#ref), r#move => r#ref.r#as + r#move.version.number())]
    #[on(r#type::r#loop => += self.r#while)]
    r#for: u64,
}

#[derive(Command, Clone)]
#[command(r#in: r#enum, r#use: annals::Context, error = std::fmt::Error)]
pub(super) enum r#trait {
    #[require(r#match > r#in.r#while, std::fmt::Error)]
    #[emit(r#fn { r#match })]
    r#fn {
        #[command(id)]
        r#impl: String,
        r#match: u64,
    },
    #[skip_if(r#in.r#while == 0)]
    #[emit(r#struct(Payload { r#as }) if r#use.actor().is_none())]
    r#struct {
        r#as: u64,
        #[command(id)]
        r#impl: String,
    },
    #[handler(r#mod::r#pub)]
    r#loop {
        #[command(id)]
        r#impl: String,
    },
}

mod r#mod {
    pub(super) fn r#pub(_: &super::r#enum, _: &annals::Context, _: String) -> super::r#type {
        super::r#type::r#loop
    }
}

#[derive(Projection, Serialize, Deserialize, Default)]
#[projection(name = "raw", events(r#type), ignore(r#loop))]
pub(super) struct r#static {
    #[key]
    #[r#index(r#range)]
    r#where: String,
    #[index]
    #[index(range, per = r#yield)]
    #[on(r#fn { r#match })]
    #[on(r#struct(r#ref), r#move => += r#ref.r#as + r#move.version.number())]
    r#dyn: u64,
    #[index(range)]
    r#yield: r#box,
}

#[derive(annals::Indexed, Serialize, Deserialize, Default)]
pub(super) enum r#box {
    #[default]
    r#const,
}

#[derive(annals::Indexed)]
pub(super) struct r#final {
    r#macro: r#box,
}

#[test]
fn keywords_are_names_and_are_stored_without_their_mark() {
    let id = || "1".to_owned();
    let commands = [r#trait::r#fn { r#impl: id(), r#match: 4 }, r#trait::r#struct { r#impl: id(), r#as: 2 }];
    let (state, row, names) = super::run::<_, r#static>(commands);
    assert_eq!((state.r#while, state.r#for), (4, 3));
    assert_eq!((&*row.r#where, row.r#dyn), ("1", 7));
    assert_eq!(names, ["typefn", "typestruct"]);
    let found = r#static::by_yield_and_dyn(r#box::r#const, 1..);
    assert_eq!(
        (found.index(), r#static::by_dyn(7).index(), r#static::by_where(..).index()),
        ("yield.dyn", "dyn", "where")
    );
    assert_eq!(r#static::by_yield(..r#box::r#const).index(), "yield");
    assert!(
        annals::Indexed::write(&r#final { r#macro: r#box::r#const }, &mut annals::index::IndexValue::default()).is_ok()
    );
    assert_eq!(r#enum::NAME, "enum");
    assert_eq!(r#type::DESCRIPTOR.variants[0].fields[0].name, "match");
    assert_eq!(annals::Targeted::target(&r#trait::r#loop { r#impl: id() }), "1");
}
