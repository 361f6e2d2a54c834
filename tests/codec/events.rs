//! Events of every shape that serde and the codec know, and how to make any of them.

use annals::Event;
use proptest::{collection as many, prelude::*};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[event(prefix = "Sample")]
pub(crate) enum SampleEvent {
    Happened,
    Unsigned {
        u8: u8,
        u16: u16,
        u32: u32,
        u64: u64,
        u128: u128,
    },
    Signed {
        i8: i8,
        i16: i16,
        i32: i32,
        i64: i64,
        i128: i128,
    },
    Measured {
        single: f32,
        double: f64,
    },
    Told {
        text: String,
        letter: char,
        flag: bool,
        r#type: String,
        r#match: u8,
    },
    Gathered {
        list: Vec<i64>,
        lists: Vec<Vec<Option<String>>>,
        map: BTreeMap<String, u64>,
        counts: BTreeMap<i64, bool>,
    },
    Grouped {
        set: BTreeSet<char>,
        pair: (u8, String),
        array: [i16; 3],
        unit: (),
        nothing: Nothing,
        name: Name,
    },
    Perhaps {
        number: Option<u32>,
        text: Option<String>,
        list: Option<Vec<u8>>,
    },
    Drawn {
        figure: Figure,
        tagged: Tagged,
        adjacent: Adjacent,
        untagged: Untagged,
        tree: Box<Tree>,
    },
    Paid(Payment),
    Counted(u64),
    r#Raw {
        r#fn: Figure,
    },
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub(crate) struct Payment {
    pub amount: f64,
    pub currency: Name,
    pub note: Option<String>,
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub(crate) struct Name(pub String);

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub(crate) struct Nothing;

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub(crate) enum Figure {
    Point,
    Circle(f64),
    Line(i32, i32),
    Box { width: f64, height: Option<f64> },
    Group(Vec<Figure>),
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum Tagged {
    First,
    SecondOne { value: i64, text: String },
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(tag = "t", content = "c")]
pub(crate) enum Adjacent {
    Number(u64),
    Words { words: Vec<String> },
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(untagged)]
pub(crate) enum Untagged {
    Number(i64),
    Text(String),
    Pair { left: bool, right: bool },
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub(crate) struct Tree {
    pub leaves: Vec<u8>,
    pub branches: Vec<Tree>,
}

/// Every serde attribute that may stand on an event.
#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all_fields = "camelCase")]
pub(crate) enum AttributeEvent {
    AllRenamed {
        first_name: String,
        last_name: Option<String>,
    },
    OneRenamed {
        #[serde(rename = "a b")]
        spaced: u32,
        #[serde(rename(serialize = "both", deserialize = "both"))]
        both_ways: u32,
        #[serde(alias = "older", alias = "oldest")]
        newest_name: u32,
    },
    #[serde(rename_all = "SCREAMING-KEBAB-CASE")]
    Shouted {
        one_word: bool,
        r#type: bool,
    },
    Defaulted {
        #[serde(default)]
        number: u32,
        #[serde(default = "seven")]
        seven: u32,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        option: Option<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        list: Vec<u8>,
        #[serde(skip)]
        never: Never,
    },
    Flattened {
        before: u8,
        #[serde(flatten)]
        payment: Payment,
        #[serde(flatten)]
        others: BTreeMap<String, Figure>,
    },
    Converted {
        #[serde(with = "in_hex")]
        number: u64,
        #[serde(serialize_with = "in_hex::serialize", deserialize_with = "in_hex::deserialize")]
        other: u64,
        from: Celsius,
    },
    Transparent(Wrapped),
}

/// Left out of what is stored, and so always the same.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Never;

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(transparent)]
pub(crate) struct Wrapped {
    pub inner: Vec<Figure>,
}

#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq)]
#[serde(from = "f64", into = "f64")]
pub(crate) struct Celsius(pub f64);

impl From<f64> for Celsius {
    fn from(degrees: f64) -> Self {
        Self(degrees)
    }
}

impl From<Celsius> for f64 {
    fn from(celsius: Celsius) -> Self {
        celsius.0
    }
}

fn seven() -> u32 {
    7
}

mod in_hex {
    use super::*;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    pub(super) fn serialize<S: Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{number:x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let text = String::deserialize(deserializer)?;
        u64::from_str_radix(&text, 16).map_err(serde::de::Error::custom)
    }
}

/// Texts of any characters, control characters too.
pub(crate) fn text() -> impl Strategy<Value = String> {
    many::vec(any::<char>(), 0..16).prop_map(String::from_iter)
}

/// Every finite number there is, by its bits.
pub(crate) fn finite() -> impl Strategy<Value = f64> {
    any::<u64>().prop_map(f64::from_bits).prop_filter("finite", |number| number.is_finite())
}

/// Every finite number there is, by its bits.
pub(crate) fn finite_single() -> impl Strategy<Value = f32> {
    any::<u32>().prop_map(f32::from_bits).prop_filter("finite", |number| number.is_finite())
}

fn name() -> impl Strategy<Value = Name> {
    text().prop_map(Name)
}

fn payment() -> impl Strategy<Value = Payment> {
    (finite(), name(), proptest::option::of(text())).prop_map(|(amount, currency, note)| Payment {
        amount,
        currency,
        note,
    })
}

fn figure() -> impl Strategy<Value = Figure> {
    let plain = prop_oneof![
        Just(Figure::Point),
        finite().prop_map(Figure::Circle),
        any::<(i32, i32)>().prop_map(|(from, to)| Figure::Line(from, to)),
        (finite(), proptest::option::of(finite())).prop_map(|(width, height)| Figure::Box { width, height }),
    ];
    plain.prop_recursive(4, 16, 4, |inner| many::vec(inner, 0..4).prop_map(Figure::Group))
}

fn tree() -> impl Strategy<Value = Tree> {
    let bare = any::<Vec<u8>>().prop_map(|leaves| Tree { leaves, branches: Vec::new() });
    bare.prop_recursive(4, 16, 3, |inner| {
        (any::<Vec<u8>>(), many::vec(inner, 0..3)).prop_map(|(leaves, branches)| Tree { leaves, branches })
    })
}

fn drawn() -> impl Strategy<Value = SampleEvent> {
    let tagged = prop_oneof![
        Just(Tagged::First),
        (any::<i64>(), text()).prop_map(|(value, text)| Tagged::SecondOne { value, text })
    ];
    let adjacent = prop_oneof![
        any::<u64>().prop_map(Adjacent::Number),
        many::vec(text(), 0..4).prop_map(|words| Adjacent::Words { words }),
    ];
    let untagged = prop_oneof![
        any::<i64>().prop_map(Untagged::Number),
        text().prop_map(Untagged::Text),
        any::<(bool, bool)>().prop_map(|(left, right)| Untagged::Pair { left, right }),
    ];
    (figure(), tagged, adjacent, untagged, tree()).prop_map(|(figure, tagged, adjacent, untagged, tree)| {
        SampleEvent::Drawn { figure, tagged, adjacent, untagged, tree: Box::new(tree) }
    })
}

pub(crate) fn sample() -> impl Strategy<Value = SampleEvent> {
    use SampleEvent::{Counted, Gathered, Grouped, Happened, Measured, Paid, Perhaps, Raw, Signed, Told, Unsigned};
    let lists = many::vec(many::vec(proptest::option::of(text()), 0..4), 0..4);
    let map = many::btree_map(text(), any::<u64>(), 0..6);
    prop_oneof![
        Just(Happened),
        any::<(u8, u16, u32, u64, u128)>().prop_map(|(u8, u16, u32, u64, u128)| Unsigned { u8, u16, u32, u64, u128 }),
        any::<(i8, i16, i32, i64, i128)>().prop_map(|(i8, i16, i32, i64, i128)| Signed { i8, i16, i32, i64, i128 }),
        (finite_single(), finite()).prop_map(|(single, double)| Measured { single, double }),
        (text(), any::<(char, bool, u8)>(), text()).prop_map(|(text, (letter, flag, r#match), r#type)| Told {
            text,
            letter,
            flag,
            r#type,
            r#match
        }),
        (any::<Vec<i64>>(), lists, map, any::<BTreeMap<i64, bool>>()).prop_map(|(list, lists, map, counts)| Gathered {
            list,
            lists,
            map,
            counts
        }),
        (any::<BTreeSet<char>>(), (any::<u8>(), text()), any::<[i16; 3]>(), name())
            .prop_map(|(set, pair, array, name)| Grouped { set, pair, array, unit: (), nothing: Nothing, name }),
        (any::<Option<u32>>(), proptest::option::of(text()), any::<Option<Vec<u8>>>())
            .prop_map(|(number, text, list)| Perhaps { number, text, list }),
        drawn(),
        payment().prop_map(Paid),
        any::<u64>().prop_map(Counted),
        figure().prop_map(|figure| Raw { r#fn: figure }),
    ]
}

pub(crate) fn attribute() -> impl Strategy<Value = AttributeEvent> {
    use AttributeEvent::{AllRenamed, Converted, Defaulted, Flattened, OneRenamed, Shouted, Transparent};
    // What a flattened map holds must not be named like a field beside it.
    let others = many::btree_map(text().prop_map(|key| format!("other {key}")), figure(), 0..4);
    prop_oneof![
        (text(), proptest::option::of(text())).prop_map(|(first_name, last_name)| AllRenamed { first_name, last_name }),
        any::<(u32, u32, u32)>().prop_map(|(spaced, both_ways, newest_name)| OneRenamed {
            spaced,
            both_ways,
            newest_name
        }),
        any::<(bool, bool)>().prop_map(|(one_word, r#type)| Shouted { one_word, r#type }),
        (any::<(u32, u32, Vec<u8>)>(), proptest::option::of(text()))
            .prop_map(|((number, seven, list), option)| Defaulted { number, seven, option, list, never: Never }),
        (any::<u8>(), payment(), others).prop_map(|(before, payment, others)| Flattened { before, payment, others }),
        (any::<(u64, u64)>(), finite()).prop_map(|((number, other), from)| Converted {
            number,
            other,
            from: Celsius(from)
        }),
        many::vec(figure(), 0..4).prop_map(|inner| Transparent(Wrapped { inner })),
    ]
}
