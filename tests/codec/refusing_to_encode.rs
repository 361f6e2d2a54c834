//! What JSON would not give back is refused before it is stored.

use annals::{Event, EventDescriptor, VariantDescriptor, codec};
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeMap};
use std::collections::BTreeMap;

#[track_caller]
fn refused(event: &impl Event, reason: &str) {
    let error = codec::encode(event).expect_err("an event that would not come back");
    assert_eq!(error.event_type, event.event_type());
    let error = error.to_string();
    assert!(error.contains(event.event_type()) && error.contains(reason), "expected `{reason}`, found: {error}");
}

#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
enum NumberEvent {
    Single { value: f32 },
    Double { value: f64 },
    Newtype(f64),
    Struct(Inner),
    Optional { value: Option<f64> },
    Listed { values: Vec<f64> },
    Tuple { values: (u8, f32) },
    Mapped { values: BTreeMap<String, f64> },
    Keyed { values: BTreeMap<Key, u8> },
    Deep { values: Vec<BTreeMap<String, Option<Inner>>> },
    Chosen { value: Choice },
    Flat(Flat),
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Inner {
    value: f64,
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
enum Choice {
    Newtype(f64),
    Tuple(u8, f64),
    Struct { value: f64 },
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Flat {
    #[serde(flatten)]
    inner: Inner,
}

/// A number that names an entry of a map.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Key(f64);

impl Eq for Key {}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

fn with_number(value: f64) -> Vec<NumberEvent> {
    let inner = Inner { value };
    let map = |value| BTreeMap::from([("key".to_owned(), value)]);
    #[expect(clippy::cast_possible_truncation, reason = "what is not finite stays so")]
    let single = value as f32;
    vec![
        NumberEvent::Single { value: single },
        NumberEvent::Double { value },
        NumberEvent::Newtype(value),
        NumberEvent::Struct(inner.clone()),
        NumberEvent::Optional { value: Some(value) },
        NumberEvent::Listed { values: vec![1.0, value] },
        NumberEvent::Tuple { values: (1, single) },
        NumberEvent::Mapped { values: BTreeMap::from([("key".to_owned(), value)]) },
        NumberEvent::Keyed { values: BTreeMap::from([(Key(value), 1)]) },
        NumberEvent::Deep { values: vec![map(None), map(Some(inner.clone()))] },
        NumberEvent::Chosen { value: Choice::Newtype(value) },
        NumberEvent::Chosen { value: Choice::Tuple(1, value) },
        NumberEvent::Chosen { value: Choice::Struct { value } },
        NumberEvent::Flat(Flat { inner }),
    ]
}

#[test]
fn a_number_that_is_not_finite_is_refused_wherever_it_stands() {
    for value in [f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for event in with_number(value) {
            refused(&event, "JSON has no number");
        }
    }
    for event in with_number(-0.5) {
        let payload = codec::encode(&event).unwrap();
        assert_eq!(codec::decode(event.event_type(), 1, &payload), Ok(event));
    }
}

#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
enum NestEvent {
    Fields { nest: Nest },
    Newtype(Nest),
}

/// Lists in lists.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(transparent)]
struct Nest(Vec<Nest>);

fn nest(levels: usize) -> Nest {
    (1..levels).fold(Nest(Vec::new()), |inner, _| Nest(vec![inner]))
}

#[test]
fn what_is_nested_deeper_than_is_read_is_refused() {
    for (deepest, too_deep) in [
        (NestEvent::Fields { nest: nest(126) }, NestEvent::Fields { nest: nest(127) }),
        (NestEvent::Newtype(nest(127)), NestEvent::Newtype(nest(128))),
    ] {
        let payload = codec::encode(&deepest).unwrap();
        assert_eq!(codec::decode(deepest.event_type(), 1, &payload), Ok(deepest));
        refused(&too_deep, "nested more than 127 levels deep");
    }
    refused(&NestEvent::Newtype(nest(10_000)), "nested more than 127 levels deep");
}

#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
enum LayerEvent {
    Newtype(Layer),
}

/// Every way to lie inside something else.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
enum Layer {
    Core,
    Newtype(Box<Layer>),
    Tuple(u8, Box<Layer>),
    Struct { inner: Box<Layer> },
    InList(Vec<Layer>),
    InTuple((Box<Layer>, u8)),
    InTupleStruct(Two),
    InStruct(One),
    InMap(BTreeMap<u8, Layer>),
    InOption(Option<Box<Layer>>),
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Two(u8, Box<Layer>);

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
struct One {
    inner: Box<Layer>,
}

#[test]
fn exactly_what_is_not_read_is_refused_however_it_is_nested() {
    let ways: [fn(Layer) -> Layer; 9] = [
        |inner| Layer::Newtype(inner.into()),
        |inner| Layer::Tuple(1, inner.into()),
        |inner| Layer::Struct { inner: inner.into() },
        |inner| Layer::InList(vec![inner]),
        |inner| Layer::InTuple((inner.into(), 1)),
        |inner| Layer::InTupleStruct(Two(1, inner.into())),
        |inner| Layer::InStruct(One { inner: inner.into() }),
        |inner| Layer::InMap(BTreeMap::from([(1, inner)])),
        |inner| Layer::InOption(Some(inner.into())),
    ];
    for wrap in ways {
        let mut layer = Layer::Core;
        let mut refused = 0;
        for _ in 0..150 {
            let plain = serde_json::to_string(&layer).unwrap();
            let event = LayerEvent::Newtype(layer.clone());
            match codec::encode(&event) {
                Ok(payload) => assert_eq!(codec::decode("LayerNewtype", 1, &payload), Ok(event)),
                Err(error) => {
                    assert!(serde_json::from_str::<Layer>(&plain).is_err(), "refused though it is read: {error}");
                    refused += 1;
                }
            }
            layer = wrap(layer);
        }
        assert!((20..100).contains(&refused), "{refused} of 150 depths were refused");
    }
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Perhaps(Option<u8>);

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Nil;

#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[expect(clippy::option_option, reason = "it is what is refused")]
enum TwiceEvent {
    Option { value: Option<Option<u8>> },
    Unit { value: Option<()> },
    Json { value: Option<serde_json::Value> },
    Listed { values: Vec<Option<Option<u8>>> },
    Newtype(Option<Option<u8>>),
    Struct { value: Option<Perhaps> },
    UnitStruct { value: Option<Nil> },
}

#[test]
fn a_value_that_would_come_back_as_none_is_refused() {
    for event in [
        TwiceEvent::Option { value: Some(None) },
        TwiceEvent::Unit { value: Some(()) },
        TwiceEvent::Json { value: Some(serde_json::Value::Null) },
        TwiceEvent::Listed { values: vec![None, Some(Some(1)), Some(None)] },
        TwiceEvent::Newtype(Some(None)),
        TwiceEvent::Struct { value: Some(Perhaps(None)) },
        TwiceEvent::UnitStruct { value: Some(Nil) },
    ] {
        refused(&event, "`null`");
    }
    for event in [
        TwiceEvent::Option { value: Some(Some(1)) },
        TwiceEvent::Option { value: None },
        TwiceEvent::Unit { value: None },
        TwiceEvent::Json { value: Some(serde_json::json!([null, { "a": null }])) },
        TwiceEvent::Listed { values: vec![None, Some(Some(1))] },
        TwiceEvent::Struct { value: Some(Perhaps(Some(1))) },
        TwiceEvent::Struct { value: None },
        TwiceEvent::UnitStruct { value: None },
    ] {
        let payload = codec::encode(&event).unwrap();
        assert_eq!(codec::decode(event.event_type(), 1, &payload), Ok(event));
    }
}

#[derive(Event, Serialize, Deserialize, Debug, PartialEq)]
enum WideEvent {
    Flattened(Flattened),
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct Flattened {
    #[serde(flatten)]
    wide: Wide,
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct Wide {
    number: u128,
}

/// Writes a field only where it is there, and does not say what it is where it is not.
#[derive(Event, Serialize, Deserialize, Debug, PartialEq)]
enum ForgetfulEvent {
    Kept {
        #[serde(skip_serializing_if = "Vec::is_empty")]
        values: Vec<u8>,
    },
}

#[test]
fn what_would_not_read_back_is_refused_while_somebody_can_be_told() {
    // A limit of serde: it reads no integer of 128 bits out of a flattened struct.
    for number in [1, u128::from(u64::MAX) + 1, u128::MAX] {
        refused(
            &WideEvent::Flattened(Flattened { wide: Wide { number } }),
            "it would not read back: u128 is not supported",
        );
    }
    refused(&ForgetfulEvent::Kept { values: vec![] }, "it would not read back: missing field `values`");
    assert!(codec::encode(&ForgetfulEvent::Kept { values: vec![1] }).is_ok());
}

#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
enum KeyEvent {
    Flattened {
        name: String,
        #[serde(flatten)]
        others: BTreeMap<String, u8>,
    },
    Lists {
        map: BTreeMap<Vec<u8>, u8>,
    },
    Pairs {
        pairs: Pairs,
    },
}

/// Pairs that are written as a map, though a key may stand among them twice.
#[derive(Deserialize, Clone, Debug, PartialEq)]
#[serde(from = "BTreeMap<String, u8>")]
struct Pairs(Vec<(String, u8)>);

impl From<BTreeMap<String, u8>> for Pairs {
    fn from(pairs: BTreeMap<String, u8>) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl Serialize for Pairs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

#[test]
fn a_key_that_stands_twice_is_refused() {
    let others = |key: &str| BTreeMap::from([(key.to_owned(), 1)]);
    refused(&KeyEvent::Flattened { name: "a".into(), others: others("name") }, "the key `\"name\"` twice");
    let pairs = |keys: [&str; 2]| Pairs(keys.map(|key| (key.to_owned(), 1)).to_vec());
    refused(&KeyEvent::Pairs { pairs: pairs(["a", "a"]) }, "the key `\"a\"` twice");

    assert!(codec::encode(&KeyEvent::Pairs { pairs: pairs(["a", "b"]) }).is_ok());
    let event = KeyEvent::Flattened { name: "a".into(), others: others("nam") };
    let payload = codec::encode(&event).unwrap();
    assert_eq!(codec::decode("KeyFlattened", 1, &payload), Ok(event));
}

#[test]
fn a_key_that_is_no_text_is_refused() {
    refused(&KeyEvent::Lists { map: BTreeMap::from([(vec![1], 1)]) }, "key must be a string");
}

/// An event whose `Serialize` was written by hand and writes anything at all.
macro_rules! by_hand {
    ($($name:ident: $value:ident, $serializer:ident => $serialize:expr;)*) => {
        $(#[derive(Deserialize)]
        struct $name(f64);

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, $serializer: S) -> Result<S::Ok, S::Error> {
                let $value = &self.0;
                $serialize
            }
        }

        impl Event for $name {
            const DESCRIPTOR: &'static EventDescriptor =
                &EventDescriptor::new(stringify!($name), &[VariantDescriptor::new("Only", stringify!($name))]);

            fn variant_index(&self) -> usize {
                0
            }
        })*

        #[test]
        fn a_serialize_that_is_not_that_of_an_enum_is_refused() {
            $(refused(&$name(1.0), "must be the derived one of a plain enum");)*
        }
    };
}

by_hand! {
    Bool: value, serializer => serializer.serialize_bool(*value > 0.0);
    Float: value, serializer => serializer.serialize_f64(*value);
    Text: value, serializer => serializer.collect_str(value);
    Nothing: _value, serializer => serializer.serialize_none();
    Unit: _value, serializer => serializer.serialize_unit();
    Something: value, serializer => serializer.serialize_some(value);
    Sequence: value, serializer => serializer.collect_seq([value]);
    Map: value, serializer => serializer.collect_map([("a", value)]);
    Newtype: value, serializer => serializer.serialize_newtype_struct("Newtype", value);
    Struct: _value, serializer => serializer.serialize_struct("Struct", 0).and_then(serde::ser::SerializeStruct::end);
    Tuple: _value, serializer =>
        serializer.serialize_tuple_variant("Tuple", 0, "Only", 0).and_then(serde::ser::SerializeTupleVariant::end);
    OtherVariant: _value, serializer => serializer.serialize_unit_variant("OtherVariant", 1, "Other");
    Tagged: value, serializer => serializer.collect_map([("type", &"Only".to_owned()), ("value", &value.to_string())]);
}

/// An event whose `Deserialize` is not that of an enum.
#[derive(Debug, PartialEq)]
struct Unread;

impl Serialize for Unread {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit_variant("Unread", 0, "Only")
    }
}

impl<'de> Deserialize<'de> for Unread {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|_| Self)
    }
}

impl Event for Unread {
    const DESCRIPTOR: &'static EventDescriptor =
        &EventDescriptor::new("Unread", &[VariantDescriptor::new("Only", "Unread")]);

    fn variant_index(&self) -> usize {
        0
    }
}

#[test]
fn a_deserialize_that_is_not_that_of_an_enum_is_refused() {
    let error = codec::decode::<Unread>("Unread", 1, "{}").unwrap_err().to_string();
    assert!(error.contains("must be the derived one of a plain enum"), "{error}");
}
