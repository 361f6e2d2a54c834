//! The primitive types mean something else here. Serde's derives stand in a module of their own: they use them by name.

#![allow(dead_code, non_camel_case_types)]

use annals::{Aggregate, Command, Event, Projection};

struct str;
struct bool;
struct char;
struct u8;
struct u32;
struct u64;
struct usize;
struct i32;
struct f64;

type Number = ::core::primitive::i64;
type Text = String;

#[derive(Event, Clone)]
pub(super) enum CountEvent {
    /// With a doc comment, which is kept as text.
    #[event(alias = "Counted")]
    Added {
        amount: Number,
    },
    Named(Text),
    Reset,
}

#[derive(Aggregate, Default)]
#[aggregate(event = CountEvent)]
pub(super) struct Count {
    #[on(Added { amount } => += amount)]
    #[on(Reset => 0)]
    total: Number,
    #[on(Named(name))]
    name: Text,
}

#[derive(Command, Clone)]
#[command(count: Count, error = std::fmt::Error)]
pub(super) enum CountCommand {
    #[require(amount > 0, std::fmt::Error)]
    #[emit(Added { amount })]
    #[emit(Named(name) if count.total == 0)]
    Add { amount: Number, name: Text },
    #[skip_if(count.total == 0)]
    #[emit(Reset)]
    Reset,
}

#[derive(Projection, Default)]
#[projection(name = "counts", events(CountEvent), version = 4294967295)]
pub(super) struct CountRow {
    #[key]
    id: Text,
    #[index(range)]
    #[index(range, per = others)]
    #[on(Added { amount } => += amount)]
    added: Number,
    #[on(Named(_) | Reset => += 1)]
    others: Number,
}

#[derive(annals::Indexed)]
enum Size {
    Small,
    Large,
}

#[derive(annals::Indexed)]
struct Sum(Number);

mod with_serde {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(remote = "super::CountEvent")]
    enum CountEvent {
        Added { amount: i64 },
        Named(String),
        Reset,
    }

    #[derive(Serialize, Deserialize)]
    #[serde(remote = "super::CountRow")]
    struct CountRow {
        id: String,
        added: i64,
        others: i64,
    }

    macro_rules! delegate {
        ($($name:ident)*) => {$(
            impl Serialize for super::$name {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    $name::serialize(self, serializer)
                }
            }

            impl<'de> Deserialize<'de> for super::$name {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    $name::deserialize(deserializer)
                }
            }
        )*};
    }
    delegate!(CountEvent CountRow);
}

#[test]
fn shadowed_primitives_are_not_used() {
    let commands = [CountCommand::Add { amount: 2, name: "a".into() }, CountCommand::Reset];
    let (state, row, names) = super::run::<_, CountRow>(commands);
    assert_eq!((state.total, &*state.name), (0, "a"));
    assert_eq!((&*row.id, row.added, row.others), ("1", 2, 2));
    assert_eq!(names, ["CountAdded", "CountNamed", "CountReset"]);
    assert_eq!((CountRow::by_added(2..).index(), CountRow::VERSION), ("added", ::core::primitive::u32::MAX));
    assert_eq!(CountRow::by_others_and_added(2, ..).index(), "others.added");
}
