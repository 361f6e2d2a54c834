//! Everything that the prelude names means something else here, and so do the names of the crates.

#![allow(dead_code, unused_macros, clippy::wrong_self_convention)]

mod core {}
mod std {}
mod alloc {}
mod serde {}
mod annals {}

struct Option;
struct Some;
struct None;
struct Result;
struct Ok;
struct Err;
struct Vec;
struct String;
struct Box;
struct Infallible;
struct Context;
struct Metadata;
struct Version;
struct UnknownEvent;
struct Undo;
struct Old;
struct Keys;
struct Single;
struct Query;
struct IndexValue;
struct IndexEntries;
struct IndexDescriptor;
struct NotIndexable;
mod index {}

trait Clone {}
trait Copy {}
trait Default {}
trait From {}
trait Into {}
trait Iterator {}
trait IntoIterator {}
trait PartialEq {}
trait Debug {}
trait Send {}
trait Sync {}
trait Sized {}
trait Drop {}
trait Fn {}
trait ToString {}
trait ToOwned {}
trait AsRef {}
trait Event {}
trait Aggregate {}
trait Command {}
trait Projection {}
trait Targeted {}
trait Identifier {}
trait Indexed {}
trait IntoIndexed {}
trait IntoRange {}

fn drop() {}

macro_rules! panic {
    ($($anything:tt)*) => {
        compile_error!("not this one")
    };
}
macro_rules! unreachable {
    ($($anything:tt)*) => {
        compile_error!("not this one")
    };
}
macro_rules! unimplemented {
    ($($anything:tt)*) => {
        compile_error!("not this one")
    };
}
macro_rules! assert {
    ($($anything:tt)*) => {
        compile_error!("not this one")
    };
}
macro_rules! vec {
    ($($anything:tt)*) => {
        compile_error!("not this one")
    };
}
macro_rules! format {
    ($($anything:tt)*) => {
        compile_error!("not this one")
    };
}
macro_rules! matches {
    ($($anything:tt)*) => {
        compile_error!("not this one")
    };
}
macro_rules! stringify {
    ($($anything:tt)*) => {
        compile_error!("not this one")
    };
}
macro_rules! concat {
    ($($anything:tt)*) => {
        compile_error!("not this one")
    };
}

/// Methods under the names of those that generated code might call, for every type and all of them wrong.
trait Everywhere {
    fn clone(&self) {}
    fn into(&self) {}
    fn push(&self) {}
    fn with_capacity(&self) {}
    fn apply(&self) {}
    fn decide(&self) {}
    fn target(&self) {}
    fn to_owned(&self) {}
    fn to_string(&self) {}
    fn parse(&self) {}
    fn unwrap(&self) {}
    fn into_iter(&self) {}
    fn upcast(&self) {}
    fn undo(&self) {}
    fn first(&self) {}
    fn then(&self) {}
    fn event(&self) {}
    fn variant(&self) {}
    fn unexpected(&self) {}
    fn add(&self) {}
    fn unsigned(&self) {}
    fn write(&self) {}
    fn into_indexed(&self) {}
    fn into_range(&self) {}
    fn into_keys(&self) {}
    fn ok(&self) {}
}
impl<T: ?::core::marker::Sized> Everywhere for T {}

#[derive(::annals::Event, ::serde::Serialize, ::serde::Deserialize, ::core::clone::Clone)]
#[event(retired("BoxBroken"))]
pub(super) enum BoxEvent {
    #[event(version = 3, upcast(1 => OpenedV1, 2 => OpenedV2))]
    #[undo(Shut)]
    Opened { size: u32, label: ::std::string::String },
    #[undo(Filled(payload))]
    Filled(Filling),
    #[undo(never)]
    Shut,
    #[event(unknown)]
    Unknown(::annals::UnknownEvent),
}

#[derive(::serde::Deserialize)]
pub(super) struct OpenedV1 {
    size: u16,
}

#[derive(::serde::Deserialize)]
pub(super) struct OpenedV2 {
    size: u32,
}

impl ::core::convert::From<OpenedV1> for OpenedV2 {
    fn from(old: OpenedV1) -> Self {
        Self { size: u32::from(old.size) }
    }
}

impl ::core::convert::From<OpenedV2> for BoxEvent {
    fn from(old: OpenedV2) -> Self {
        Self::Opened { size: old.size, label: ::std::string::String::new() }
    }
}

#[derive(::serde::Serialize, ::serde::Deserialize, ::core::clone::Clone)]
pub(super) struct Filling {
    count: u32,
}

#[derive(::annals::Aggregate, ::serde::Serialize, ::serde::Deserialize, ::core::default::Default)]
#[aggregate(event = BoxEvent, ignore(Unknown), snapshot(every = 2))]
#[on(Shut => self.size = 0)]
pub(super) struct BoxState {
    #[on(Opened { size, .. })]
    size: u32,
    #[on(Opened { label, .. })]
    label: ::std::string::String,
    #[on(Filled(filling) => += filling.count)]
    count: u32,
}

#[derive(::annals::Command, ::core::clone::Clone)]
#[command(state: BoxState, cx: ::annals::Context, error = ::std::fmt::Error)]
pub(super) enum BoxCommand {
    #[command(creates)]
    #[require(size > 0, ::std::fmt::Error)]
    #[emit(Opened { size, label })]
    Open {
        #[command(id)]
        id: ::std::string::String,
        size: u32,
        label: ::std::string::String,
    },
    #[skip_if(state.size == 0)]
    #[emit(Filled(Filling { count }) if count > 0 && cx.actor().is_none())]
    Fill {
        #[command(id)]
        id: ::std::string::String,
        count: u32,
    },
    #[handler(BoxState::shut)]
    Shut {
        #[command(id)]
        id: ::std::string::String,
    },
}

impl BoxState {
    fn shut(&self, _: &::annals::Context, _: ::std::string::String) -> BoxEvent {
        if self.size > 0 { BoxEvent::Shut } else { BoxEvent::Filled(Filling { count: 0 }) }
    }
}

#[derive(::annals::Projection, ::serde::Serialize, ::serde::Deserialize, ::core::default::Default)]
#[projection(name = "boxes", events(BoxEvent), ignore(Unknown))]
#[row(Filled(filling), meta => if filling.count > 0 { meta.stream.id().into_owned() } else { ::std::string::String::new() })]
#[on(Shut => self.shut = true)]
#[remove(Shut if false)]
pub(super) struct BoxRow {
    #[key]
    id: ::std::string::String,
    #[index]
    #[on(Opened { label, .. })]
    label: ::std::string::String,
    #[index(range)]
    #[index(range, per = label)]
    #[on(Filled(filling) => += filling.count)]
    count: u32,
    shut: bool,
    #[index]
    colour: ::core::option::Option<Colour>,
}

#[derive(::annals::Indexed, ::serde::Serialize, ::serde::Deserialize)]
pub(super) enum Colour {
    Red,
    Blue,
}

#[derive(::annals::Indexed)]
struct Shade(Colour);

#[test]
fn shadowed_names_are_not_used() {
    let id = || ::std::string::String::from("1");
    let commands = [
        BoxCommand::Open { id: id(), size: 2, label: ::std::string::String::from("socks") },
        BoxCommand::Fill { id: id(), count: 3 },
        BoxCommand::Shut { id: id() },
    ];
    let (state, row, names) = super::run::<_, BoxRow>(commands);
    ::core::assert_eq!((state.size, state.count, &*state.label), (0, 3, "socks"));
    ::core::assert_eq!((&*row.id, &*row.label, row.count, row.shut), ("1", "socks", 3, true));
    ::core::assert_eq!(names, ["BoxOpened", "BoxFilled", "BoxShut"]);
    ::core::assert_eq!(BoxRow::by_label("socks").index(), "label");
    ::core::assert_eq!(BoxRow::by_count(1..).index(), "count");
    ::core::assert_eq!(BoxRow::by_label_and_count("socks", ..).index(), "label.count");
    ::core::assert_eq!(BoxRow::by_colour(Colour::Blue).index(), "colour");
    ::core::assert!(::core::matches!(
        ::annals::Indexed::write(&Shade(Colour::Red), &mut ::annals::index::IndexValue::default()),
        ::core::result::Result::Ok(())
    ));
    ::core::assert_eq!(::annals::Targeted::target(&BoxCommand::Shut { id: id() }), "1");
}
