//! The shapes of types of every kind, and samples of them that read.

#![expect(clippy::items_after_statements, reason = "a type stands beside what is said of it")]

use super::{Traced, shape_of, shape_of_variant, shape_text};
use crate::{Event, EventDescriptor, VariantDescriptor};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt::Debug,
    net::IpAddr,
    num::NonZero,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

/// The shape of a type, with a sample that must read.
fn traced<T: DeserializeOwned>() -> (String, String) {
    let Traced { shape, sample } = shape_of::<T>(&|_| Ok(()));
    let sample = sample.unwrap_or_else(|reason| panic!("no sample of {shape}: {reason}"));
    if let Err(error) = serde_json::from_str::<T>(&sample) {
        panic!("the sample {sample} of {shape} does not read: {error}");
    }
    let text = shape.to_string();
    assert_eq!(text.parse(), Ok(shape), "{text}");
    (text, sample)
}

#[track_caller]
fn assert_traced<T: DeserializeOwned>(shape: &str, sample: &str) {
    let found = traced::<T>();
    assert_eq!((found.0.as_str(), found.1.as_str()), (shape, sample));
}

#[test]
fn primitives() {
    assert_traced::<bool>("bool", "true");
    assert_traced::<u8>("u8", "1");
    assert_traced::<i64>("i64", "1");
    assert_traced::<u128>("u128", "1");
    assert_traced::<i128>("i128", "1");
    assert_traced::<f32>("f32", "1.5");
    assert_traced::<f64>("f64", "1.5");
    assert_traced::<char>("char", "\"a\"");
    assert_traced::<String>("string", "\"text\"");
    assert_traced::<()>("null", "null");
    assert_traced::<usize>("u64", "1");
    assert_traced::<NonZero<u32>>("u32", "1");
}

#[test]
fn what_is_nothing_but_what_is_in_it() {
    #[derive(Deserialize)]
    struct Name(#[allow(dead_code)] Cow<'static, str>);
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Clear {
        _it: Name,
    }
    assert_traced::<Name>("string", "\"text\"");
    assert_traced::<Clear>("string", "\"text\"");
    assert_traced::<Box<[Name]>>("[string]", "[\"text\"]");
    assert_traced::<Box<Option<Name>>>("option string", "\"text\"");
}

#[test]
fn lists_maps_and_tuples() {
    assert_traced::<Vec<Option<u8>>>("[option u8]", "[1]");
    assert_traced::<BTreeSet<char>>("[char]", "[\"a\"]");
    assert_traced::<(u8, String)>("(u8, string)", "[1,\"text\"]");
    assert_traced::<(u8,)>("(u8,)", "[1]");
    assert_traced::<[u8; 4]>("[u8; 4]", "[1,1,1,1]");
    assert_traced::<HashMap<String, u64>>("{*: u64}", "{\"text\":1}");
    assert_traced::<BTreeMap<i64, bool>>("{* i64: bool}", "{\"1\":true}");
    assert_traced::<BTreeMap<NonZero<u8>, bool>>("{* u8: bool}", "{\"1\":true}");
    assert_traced::<BTreeMap<char, bool>>("{* char: bool}", "{\"a\":true}");
    assert_traced::<BTreeMap<Side, u8>>("{* (enum Left | Right): u8}", "{\"Left\":1}");
    assert_traced::<std::time::Duration>("{nanos: u32, secs: u64}", "{\"nanos\":1,\"secs\":1}");
}

#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Left,
    Right,
}

#[test]
fn structs_with_what_serde_is_told_of_their_fields() {
    #[derive(Deserialize)]
    struct Unit;
    #[derive(Deserialize)]
    struct Pair(#[allow(dead_code)] u8, #[allow(dead_code)] Side);
    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    #[allow(dead_code)]
    struct Address {
        street_name: String,
        #[serde(alias = "town", alias = "place")]
        city: String,
        #[serde(default)]
        zip: u32,
        country: Option<String>,
        #[serde(skip)]
        cached: u64,
        #[serde(default = "one", rename = "Floor")]
        floor: u8,
        unit: Unit,
        pair: Arc2<Pair>,
    }
    fn one() -> u8 {
        1
    }
    /// Of type parameters too.
    #[derive(Deserialize)]
    struct Arc2<T>(#[allow(dead_code)] T);
    assert_traced::<Address>(
        "{Floor?: u8, city | place | town: string, country?: option string, pair: (u8, (enum Left | Right)), \
         \"street-name\": string, unit: null, zip?: u32}",
        "{\"Floor\":1,\"city\":\"text\",\"country\":\"text\",\"pair\":[1,\"Left\"],\"street-name\":\"text\",\
         \"unit\":null,\"zip\":1}",
    );
    #[derive(Deserialize)]
    #[serde(default, deny_unknown_fields)]
    #[derive(Default)]
    struct Settings {
        _a: u8,
        _b: Vec<u8>,
    }
    assert_traced::<Settings>("{_a?: u8, _b?: [u8]}", "{\"_a\":1,\"_b\":[1]}");
}

#[test]
fn enums_with_all_of_their_variants() {
    #[derive(Deserialize)]
    enum Figure {
        Square {
            _side: f64,
            #[serde(default)]
            _name: String,
        },
        Circle(#[allow(dead_code)] f64),
        Line(#[allow(dead_code)] u8, #[allow(dead_code)] u8),
        Both(#[allow(dead_code)] Box<(Side, Option<Side>)>),
        Empty,
        #[serde(rename = "half-moon")]
        Moon {},
    }
    assert_traced::<Vec<Figure>>(
        "[(enum Both((enum Left | Right), option (enum Left | Right)) | Circle(f64) | Empty | Line(u8, u8) \
         | Square {_name?: string, _side: f64} | \"half-moon\" {})]",
        "[{\"Square\":{\"_name\":\"text\",\"_side\":1.5}}]",
    );
    assert_traced::<Result<u8, String>>("enum Err(string) | Ok(u8)", "{\"Ok\":1}");
    assert_traced::<std::ops::Bound<u8>>("enum Excluded(u8) | Included(u8) | Unbounded", "\"Unbounded\"");
}

#[test]
fn types_that_contain_themselves_come_to_an_end() {
    #[derive(Deserialize)]
    struct Tree {
        _label: String,
        _kids: Vec<Tree>,
    }
    assert_traced::<Tree>(
        "~Tree = {_kids: [~Tree], _label: string}",
        "{\"_kids\":[{\"_kids\":[],\"_label\":\"text\"}],\"_label\":\"text\"}",
    );
    #[derive(Deserialize)]
    enum Term {
        Sum(#[allow(dead_code)] Box<Term>, #[allow(dead_code)] Box<Term>),
        Not { _term: Box<Term> },
        Number(#[allow(dead_code)] i64),
    }
    let (shape, _) = traced::<Option<Term>>();
    assert_eq!(shape, "option (~Term = enum Not {_term: ~Term} | Number(i64) | Sum(~Term, ~Term))");
    #[derive(Deserialize)]
    struct List {
        _next: Option<Box<List>>,
    }
    assert_traced::<List>("~List = {_next?: option ~List}", "{\"_next\":{\"_next\":null}}");
    #[derive(Deserialize)]
    struct First {
        _second: Option<Box<Second>>,
    }
    #[derive(Deserialize)]
    struct Second {
        _first: Box<First>,
        _kind: Side,
    }
    let (shape, _) = traced::<First>();
    assert_eq!(shape, "~First = {_second?: option {_first: ~First, _kind: (enum Left | Right)}}");
    #[derive(Deserialize)]
    struct Nest(#[allow(dead_code)] BTreeMap<String, Nest>);
    assert_traced::<Nest>("~Nest = {*: ~Nest}", "{\"text\":{}}");
    // The same name, and not the same type.
    #[derive(Deserialize)]
    struct Page<T> {
        _of: T,
    }
    assert_traced::<Page<Page<u8>>>("{_of: {_of: u8}}", "{\"_of\":{\"_of\":1}}");
}

#[test]
fn what_one_place_of_a_type_was_read_from_is_tried_first_in_the_others() {
    static REFUSALS: AtomicUsize = AtomicUsize::new(0);
    #[derive(Deserialize)]
    #[serde(try_from = "String")]
    struct Account;
    impl TryFrom<String> for Account {
        type Error = &'static str;
        fn try_from(text: String) -> Result<Self, Self::Error> {
            if text.len() == 22 && text.starts_with("DE") {
                return Ok(Self);
            }
            REFUSALS.fetch_add(1, Ordering::Relaxed);
            Err("no account")
        }
    }
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only read")]
    struct Transfer {
        from: Option<Account>,
        to: Vec<Account>,
    }
    assert_eq!(traced::<Transfer>().0, "{from?: option string, to: [string]}");
    let once = REFUSALS.swap(0, Ordering::Relaxed);
    traced::<[[Transfer; 16]; 2]>();
    traced::<BTreeMap<String, (Transfer, Transfer, Transfer, Transfer)>>();
    let often = REFUSALS.swap(0, Ordering::Relaxed);
    // Two more searches, and not one for each of the 36 transfers.
    assert!(once > 20 && often <= 4 * once, "{often} refusals where the type stands 36 times, {once} for once");
}

#[test]
fn types_that_read_only_certain_texts_and_numbers() {
    assert_traced::<jiff::Timestamp>("string", "\"2026-11-24T12:00:00Z\"");
    assert_eq!(traced::<jiff::civil::Date>().0, "string");
    assert_eq!(traced::<jiff::civil::DateTime>().0, "string");
    assert_eq!(traced::<jiff::civil::Time>().0, "string");
    assert_eq!(traced::<jiff::Zoned>().0, "string");
    assert_eq!(traced::<jiff::Span>().0, "string");
    assert_eq!(traced::<jiff::SignedDuration>().0, "string");
    assert_eq!(traced::<IpAddr>().0, "string");
    assert_eq!(traced::<std::net::SocketAddr>().0, "string");
    assert_eq!(traced::<std::path::PathBuf>().0, "string");

    #[derive(Deserialize)]
    #[serde(try_from = "String")]
    struct Currency;
    impl TryFrom<String> for Currency {
        type Error = &'static str;
        fn try_from(text: String) -> Result<Self, Self::Error> {
            if text.len() == 3 && text.chars().all(char::is_uppercase) { Ok(Self) } else { Err("three capitals") }
        }
    }
    #[derive(Deserialize)]
    #[serde(try_from = "u64")]
    struct Even;
    impl TryFrom<u64> for Even {
        type Error = &'static str;
        fn try_from(number: u64) -> Result<Self, Self::Error> {
            if number.is_multiple_of(2) { Ok(Self) } else { Err("an even number") }
        }
    }
    #[derive(Deserialize)]
    struct Raw {
        from: u64,
        till: u64,
        _currency: Currency,
        _even: Vec<Even>,
    }
    #[derive(Deserialize)]
    #[serde(try_from = "Raw")]
    struct Range;
    impl TryFrom<Raw> for Range {
        type Error = &'static str;
        fn try_from(raw: Raw) -> Result<Self, Self::Error> {
            if raw.from < raw.till { Ok(Self) } else { Err("from before till") }
        }
    }
    assert_traced::<Range>(
        "{_currency: string, _even: [u64], from: u64, till: u64}",
        "{\"_currency\":\"EUR\",\"_even\":[0],\"from\":1,\"till\":2}",
    );
}

#[test]
fn enums_that_are_told_apart_otherwise_than_by_their_names() {
    #[derive(Deserialize)]
    #[serde(tag = "type")]
    enum Tagged {
        Card { _number: String, _limit: u64 },
        Cash,
    }
    #[derive(Deserialize)]
    #[serde(tag = "t", content = "c")]
    enum Adjacent {
        Card { _number: String },
        Cash,
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Untagged {
        Fields { _number: u64, _text: String },
        Flag(#[allow(dead_code)] bool),
    }
    #[derive(Deserialize)]
    #[serde(tag = "type")]
    enum SecondOnly {
        _Never { _it: Never },
        Cash { _of: u64 },
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Field {
        _Name,
    }
    // The field of the first one, which was tried, does no harm.
    assert_traced::<SecondOnly>("any", "{\"_it\":\"text\",\"_of\":1,\"type\":\"Cash\"}");
    assert_traced::<BTreeMap<String, Vec<Tagged>>>(
        "{*: [any]}",
        "{\"text\":[{\"_limit\":1,\"_number\":\"text\",\"type\":\"Card\"}]}",
    );
    assert_traced::<Field>("enum _name", "\"_name\"");
    assert_traced::<Tagged>("any", "{\"_limit\":1,\"_number\":\"text\",\"type\":\"Card\"}");
    assert_traced::<Adjacent>("{c: any, t: (enum Card | Cash)}", "{\"c\":{\"_number\":\"text\"},\"t\":\"Card\"}");
    assert_eq!(traced::<Untagged>().0, "any");
    assert_traced::<serde_json::Value>("any", "\"text\"");
}

#[test]
fn structs_that_others_are_flattened_into() {
    #[derive(Deserialize)]
    #[serde(tag = "kind")]
    enum Method {
        Card { _number: u64 },
        Cash,
    }
    #[derive(Deserialize)]
    struct Paid {
        #[serde(flatten)]
        _method: Method,
        _at: jiff::Timestamp,
        #[serde(default)]
        _note: String,
    }
    assert_traced::<Paid>(
        "{_at: string, _number: any, kind: any, ..}",
        "{\"_at\":\"2026-11-24T12:00:00Z\",\"_number\":1,\"kind\":\"Card\"}",
    );
    #[derive(Deserialize)]
    struct Address {
        _city: String,
        _zip: u64,
    }
    #[derive(Deserialize)]
    struct Person {
        _name: String,
        #[serde(flatten)]
        _address: Address,
        #[serde(flatten)]
        _rest: BTreeMap<String, serde_json::Value>,
    }
    assert_traced::<Person>(
        "{_city: any, _name: string, _zip: any, ..}",
        "{\"_city\":\"text\",\"_name\":\"text\",\"_zip\":1}",
    );
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Never;

impl TryFrom<String> for Never {
    type Error = &'static str;

    fn try_from(_: String) -> Result<Self, Self::Error> {
        Err("there is no such thing")
    }
}

#[test]
fn a_wide_type_of_which_no_value_is_accepted_is_given_up_soon() {
    #[derive(Deserialize)]
    struct One(
        #[allow(dead_code)] String,
        #[allow(dead_code)] u64,
        #[allow(dead_code)] Option<jiff::Timestamp>,
        #[allow(dead_code)] Side,
        #[allow(dead_code)] Vec<String>,
    );
    #[derive(Deserialize)]
    struct Raw {
        _many: [One; 16],
    }
    #[derive(Deserialize)]
    #[serde(try_from = "Raw")]
    struct Wide;
    impl TryFrom<Raw> for Wide {
        type Error = &'static str;
        fn try_from(_: Raw) -> Result<Self, Self::Error> {
            Err("none will do")
        }
    }
    let began = Instant::now();
    let traced = shape_of::<Wide>(&|_| Ok(()));
    assert_eq!(
        traced.shape.to_string(),
        "{_many??: [(string, u64, option string, (enum Left | Right), [string]); 16]}"
    );
    assert_eq!(traced.sample, Err("none will do".to_owned()));
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

#[test]
fn what_cannot_be_invented_is_said() {
    #[derive(Deserialize)]
    struct Holder {
        _before: u8,
        _never: Never,
        _after: u8,
    }
    let traced = shape_of::<Holder>(&|_| Ok(()));
    assert_eq!(traced.shape.to_string(), "{_after??: any, _before??: u8, _never??: string}");
    assert_eq!(traced.sample, Err("there is no such thing".to_owned()));
    // Where it may be left out, it is.
    #[derive(Deserialize)]
    enum Either {
        _Never { _a: u8, _never: Never },
        Fine { _b: u8 },
    }
    assert_traced::<Either>("enum Fine {_b: u8} | _Never {_a??: u8, _never??: string}", "{\"Fine\":{\"_b\":1}}");
    assert_traced::<(u8, Option<Never>, Vec<Never>)>("(u8, option string, [string])", "[1,null,[]]");

    #[derive(Deserialize)]
    struct Endless {
        _it: Box<Endless>,
    }
    let traced = shape_of::<Endless>(&|_| Ok(()));
    assert_eq!(traced.shape.to_string(), "~Endless = {_it??: ~Endless}");
    assert!(traced.sample.unwrap_err().contains("without end"));
    #[derive(Deserialize)]
    struct Mirror(#[allow(dead_code)] Box<Mirror>);
    assert!(shape_of::<Mirror>(&|_| Ok(())).sample.is_err());
    #[derive(Deserialize)]
    enum Nothing {}
    assert_eq!(shape_of::<Nothing>(&|_| Ok(())).shape.to_string(), "enum");
    #[derive(Deserialize)]
    #[serde(from = "u8")]
    struct Panics;
    impl From<u8> for Panics {
        fn from(_: u8) -> Self {
            panic!("no number is good enough")
        }
    }
    let traced = shape_of::<Panics>(&|_| Ok(()));
    assert_eq!((traced.shape.to_string(), traced.sample.is_err()), ("u8".to_owned(), true));
}

#[test]
fn a_shape_is_found_the_same_every_time() {
    assert_eq!(shape_text::<(jiff::Timestamp, Side)>(), "(string, (enum Left | Right))");
    assert_eq!(shape_text::<(jiff::Timestamp, Side)>(), shape_text::<(jiff::Timestamp, Side)>());
}

#[derive(Serialize, Deserialize, Debug)]
enum ParcelEvent {
    Sent {
        to: String,
        #[serde(default)]
        weight: u64,
        at: jiff::Timestamp,
    },
    Arrived,
    Weighed(Scale),
    Lost {},
}

#[derive(Serialize, Deserialize, Debug)]
struct Scale {
    grams: NonZero<u32>,
}

impl Event for ParcelEvent {
    const DESCRIPTOR: &'static EventDescriptor = &EventDescriptor::new(
        "ParcelEvent",
        &[
            VariantDescriptor::new("Sent", "ParcelSent"),
            VariantDescriptor::new("Arrived", "ParcelArrived"),
            VariantDescriptor::new("Weighed", "ParcelWeighed"),
            VariantDescriptor::new("Lost", "ParcelLost"),
        ],
    );

    fn variant_index(&self) -> usize {
        match self {
            Self::Sent { .. } => 0,
            Self::Arrived => 1,
            Self::Weighed(_) => 2,
            Self::Lost { .. } => 3,
        }
    }
}

#[test]
fn the_payloads_of_an_event() {
    let expected = [
        ("{at: string, to: string, weight?: u64}", "{\"at\":\"2026-11-24T12:00:00Z\",\"to\":\"text\",\"weight\":1}"),
        ("{}", "{}"),
        ("{grams: u32}", "{\"grams\":1}"),
        ("{}", "{}"),
    ];
    for (index, (shape, sample)) in expected.into_iter().enumerate() {
        let traced = shape_of_variant::<ParcelEvent>(index);
        assert_eq!((traced.shape.to_string().as_str(), traced.sample.as_deref()), (shape, Ok(sample)));
        let event_type = ParcelEvent::DESCRIPTOR.variants[index].event_type;
        let event = crate::codec::decode::<ParcelEvent>(event_type, 1, sample).unwrap();
        assert_eq!((event.variant_index(), crate::codec::encode(&event).is_ok()), (index, true));
    }
}

#[test]
fn the_payload_of_an_event_that_something_is_flattened_into() {
    #[derive(Serialize, Deserialize)]
    enum FlatEvent {
        Sent {
            to: String,
            #[serde(flatten)]
            scale: Scale,
        },
    }
    impl Event for FlatEvent {
        const DESCRIPTOR: &'static EventDescriptor =
            &EventDescriptor::new("FlatEvent", &[VariantDescriptor::new("Sent", "FlatSent")]);

        fn variant_index(&self) -> usize {
            0
        }
    }
    let traced = shape_of_variant::<FlatEvent>(0);
    assert_eq!(traced.shape.to_string(), "{grams: any, to: string, ..}");
    assert_eq!(traced.sample.as_deref(), Ok("{\"grams\":1,\"to\":\"text\"}"));
}
