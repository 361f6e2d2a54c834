//! `#[index]` and `#[derive(Indexed)]`.

use annals::{
    Event, Indexed, Projection, Timestamp,
    index::{IndexDescriptor, IndexEntries, IndexValue, NotIndexable, Query},
};
use serde::{Deserialize, Serialize};
use std::ops::Bound;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    Created { user: Option<UserId>, amount: f64, at: Timestamp },
    Confirmed,
}

#[derive(Indexed, Serialize, Deserialize, Clone, Debug, PartialEq)]
struct UserId(String);

#[derive(Indexed, Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq)]
enum Status {
    #[default]
    Open,
    Confirmed {},
    Cancelled(),
}

#[derive(Indexed, Clone)]
struct Cents<T> {
    cents: T,
}

#[derive(Projection, Default, Serialize, Deserialize)]
#[projection(name = "order-summary", events(OrderEvent))]
struct OrderSummary {
    #[key]
    #[index(range)]
    number: u32,
    #[index]
    #[on(Created { user, .. })]
    user: Option<UserId>,
    #[index(range)]
    #[index(range, per = user)]
    #[index(range, per = status)]
    #[on(Created { amount, .. })]
    amount: f64,
    #[index]
    #[on(Confirmed => Status::Confirmed {})]
    status: Status,
    #[index(per = user, range)]
    #[on(Created { at, .. } => Some(*at))]
    at: Option<Timestamp>,
    #[index()]
    #[serde(rename = "kind")]
    r#type: String,
}

fn user(name: &str) -> UserId {
    UserId(name.to_owned())
}

/// The part of its index that a query asks for.
fn asked<P>(query: &Query<P>) -> String {
    format!("{query:?}")
}

fn written(value: &dyn Indexed) -> Result<IndexValue, NotIndexable> {
    let mut written = IndexValue::default();
    value.write(&mut written).map(|()| written)
}

#[test]
fn the_indexes_are_described() {
    #[derive(Projection, Default, Serialize, Deserialize)]
    #[projection(name = "plain", events(OrderEvent), ignore(_))]
    struct Plain {
        #[key]
        number: u32,
        #[on(Confirmed => true)]
        confirmed: bool,
    }
    let described: Vec<_> = OrderSummary::INDEXES.iter().map(|index| (index.name, index.parts)).collect();
    let expected = [
        ("number", 1),
        ("user", 1),
        ("amount", 1),
        ("user.amount", 2),
        ("status.amount", 2),
        ("status", 1),
        ("user.at", 2),
        ("type", 1),
    ];
    assert_eq!(described, expected);
    assert_eq!(Plain::INDEXES, &[] as &[IndexDescriptor]);
}

#[test]
fn a_row_has_an_entry_in_each_index() {
    let at = Timestamp::UNIX_EPOCH;
    let row = OrderSummary {
        number: 7,
        user: Some(user("ann")),
        amount: 2.5,
        status: Status::Confirmed {},
        at: Some(at),
        r#type: "gift".to_owned(),
    };
    let mut found = IndexEntries::new();
    row.index(&mut found).unwrap();
    let mut expected = IndexEntries::new();
    let indexes: [(&str, &[&dyn Indexed]); 8] = [
        ("number", &[&7]),
        ("user", &[&Some("ann")]),
        ("amount", &[&2.5]),
        ("user.amount", &[&Some("ann"), &2.5]),
        ("status.amount", &[&1, &2.5]),
        ("status", &[&1]),
        ("user.at", &[&Some("ann"), &Some(at)]),
        ("type", &[&"gift"]),
    ];
    for (index, values) in indexes {
        expected.add(index, values).unwrap();
    }
    assert_eq!(found, expected);

    let unordered = OrderSummary { amount: f64::NAN, ..row };
    assert_eq!(unordered.index(&mut IndexEntries::new()), Err(NotIndexable::NotANumber));
}

#[test]
fn each_finder_asks_its_index() {
    type Rows = OrderSummary;
    let (ann, at, by_reference) = (Some("ann"), Timestamp::UNIX_EPOCH, Some(user("ann")));
    let questions: [(Query<Rows>, Query<Rows>); 11] = [
        (Rows::by_number(3..=9), Query::range::<u32>("number", &[], 3..=9)),
        (Rows::by_user(user("ann")), Query::exact("user", &[&ann])),
        (Rows::by_user(&by_reference), Query::exact("user", &[&ann])),
        (Rows::by_user(None), Query::exact("user", &[&None::<String>])),
        (Rows::by_amount(50.0..), Query::range::<f64>("amount", &[], 50.0..)),
        (Rows::by_amount(..), Query::range::<f64>("amount", &[], ..)),
        (Rows::by_user_and_amount(user("ann"), ..9.5), Query::range::<f64>("user.amount", &[&ann], ..9.5)),
        (
            Rows::by_status_and_amount(Status::Cancelled(), 1.0..2.0),
            Query::range::<f64>("status.amount", &[&2], 1.0..2.0),
        ),
        (Rows::by_status(Status::Open), Query::exact("status", &[&0])),
        (
            Rows::by_user_and_at(None, at..),
            Query::range::<Option<Timestamp>>("user.at", &[&None::<String>], Some(at)..),
        ),
        (Rows::by_type("gift"), Query::exact("type", &[&"gift"])),
    ];
    for (found, expected) in questions {
        assert_eq!((found.index(), asked(&found)), (expected.index(), asked(&expected)));
    }
    let after = (Bound::Excluded(3.0), Bound::Unbounded);
    assert_eq!(asked(&Rows::by_amount(after)), asked(&Query::<Rows>::range::<f64>("amount", &[], after)));
    assert_ne!(asked(&Rows::by_amount(1.0..)), asked(&Rows::by_amount(..1.0)));
    assert!(asked(&Rows::by_amount(f64::NAN..)).contains("NotANumber"));
}

#[test]
fn an_enum_is_in_the_order_of_its_variants() {
    let places = [Status::Open, Status::Confirmed {}, Status::Cancelled()].map(|status| written(&status).unwrap());
    assert_eq!(places, [0, 1, 2].map(|place| written(&place).unwrap()));
    assert!(places.is_sorted());
}

#[test]
fn a_newtype_is_written_as_its_field() {
    #[derive(Indexed)]
    struct Name<'a>(&'a str);
    #[derive(Indexed)]
    enum Never {}
    assert_eq!(written(&user("ann")), written(&"ann"));
    assert_eq!(written(&Cents { cents: -5 }), written(&-5));
    assert_eq!(written(&Cents { cents: Cents { cents: f64::NAN } }), Err(NotIndexable::NotANumber));
    assert_eq!(written(&Name("ann")), written(&"ann"));
    let none: Option<Never> = None;
    assert_eq!(written(&none), written(&None::<u8>));
}

#[test]
fn a_generic_row_is_found_by_its_parameters() {
    #[derive(Event, Serialize, Deserialize)]
    enum NoteEvent<T> {
        Written { text: T },
    }
    #[derive(Projection, Default, Serialize, Deserialize)]
    #[projection(name = "notes", events(NoteEvent<T>))]
    #[serde(bound = "T: Serialize + serde::de::DeserializeOwned")]
    struct Note<T: Clone + Default> {
        #[key]
        id: String,
        #[index(range)]
        #[on(Written { text })]
        text: T,
    }
    let found: Query<Note<u8>> = Note::by_text(3..);
    assert_eq!(asked(&found), asked(&Query::<Note<u8>>::range::<u8>("text", &[], 3..)));
    let mut entries = IndexEntries::new();
    Note { id: String::new(), text: 4_u8 }.index(&mut entries).unwrap();
    assert_ne!(entries, IndexEntries::new());
}
