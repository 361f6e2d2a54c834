//! The values that are tried, the likeliest first.

use super::Primitive;
use serde_json::{Number, Value};

/// What is tried where a text is asked for.
pub(super) const TEXTS: &[&str] = &[
    "text",
    "1",
    "1.5",
    "true",
    // Times.
    "2026-11-24T12:00:00Z",
    "2026-11-24T12:00:00",
    "2026-11-24",
    "12:00:00",
    "2026-11-24 12:00:00",
    "2026-11-24T12:00:00+00:00[UTC]",
    "2026-11-24T12:00:00+01:00[Europe/Berlin]",
    "Tue, 24 Nov 2026 12:00:00 +0000",
    "12:00",
    "2026-11",
    "1795521600",
    "PT1H",
    "P1D",
    "1h",
    "+01:00",
    "Europe/Berlin",
    "Monday",
    "January",
    // Names of things.
    "https://example.com/",
    "6f1c2b1e-3a52-4c8b-9d0e-2f6a7b8c9d0e",
    "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "6f1c2b1e3a524c8b9d0e2f6a7b8c9d0e",
    "6f1c2b1e3a524c8b9d0e2f6a",
    "6f1c2b1e3a524c8b9d0e2f6a7b8c9d0e6f1c2b1e",
    "6f1c2b1e3a524c8b9d0e2f6a7b8c9d0e6f1c2b1e3a524c8b9d0e2f6a7b8c9d0e",
    "text-1",
    "text:1",
    "text/1",
    "text_1",
    "text1",
    "a",
    "A",
    "",
    "0",
    "-1",
    // Places.
    "user@example.com",
    "example.com",
    "127.0.0.1",
    "::1",
    "127.0.0.1:80",
    "[::1]:80",
    "10.0.0.0/8",
    "/text",
    "+4930123456",
    "10115",
    // Codes.
    "EUR",
    "UTC",
    "DE",
    "de",
    "en-US",
    "TEXT",
    "Text",
    "1.0.0",
    "v1",
    "1.5 EUR",
    "EUR 1.5",
    "#ff0000",
    "0x01",
    "ff",
    "dGV4dA==",
    "{}",
    "DE89370400440532013000",
    "9783161484100",
];

/// How many things are tried in a list.
pub(super) const LENGTHS: &[usize] = &[1, 0, 2, 3, 4, 8, 12, 16, 20, 24, 32, 64];

const UNSIGNED: &[u64] =
    &[1, 0, 2, 3, 10, 12, 60, 100, 1_000, 2_026, 10_000, 1_000_000, 1_795_521_600, 1_795_521_600_000];
const SIGNED: &[i64] =
    &[1, 0, 2, 3, -1, 10, 12, 60, 100, 1_000, 2_026, 10_000, 1_000_000, 1_795_521_600, 1_795_521_600_000];
const FLOATS: &[f64] = &[1.5, 1.0, 0.5, 0.0, -1.5, 10.0, 50.0, 100.0, 1_000.0];
const CHARS: &[char] = &['a', 'A', '1', '0', '+', '-', '*', ' '];

/// What is tried first where anything is asked for; a list and an object can get contents.
pub(super) const OBJECT: usize = 5;
pub(super) const LIST: usize = 6;
const ANYTHING: usize = 7;

/// The value at the place `choice` of those that are tried, if there are that many.
pub(super) fn of_primitive(primitive: Primitive, choice: usize) -> Option<Value> {
    let unsigned = |most: u64| UNSIGNED.iter().copied().filter(|&value| value <= most).nth(choice).map(Value::from);
    let signed = |least: i64, most: i64| {
        SIGNED.iter().copied().filter(|value| (least..=most).contains(value)).nth(choice).map(Value::from)
    };
    match primitive {
        Primitive::Bool => [true, false].get(choice).map(|&value| Value::Bool(value)),
        Primitive::U8 => unsigned(u8::MAX.into()),
        Primitive::U16 => unsigned(u16::MAX.into()),
        Primitive::U32 => unsigned(u32::MAX.into()),
        Primitive::U64 | Primitive::U128 => unsigned(u64::MAX),
        Primitive::I8 => signed(i8::MIN.into(), i8::MAX.into()),
        Primitive::I16 => signed(i16::MIN.into(), i16::MAX.into()),
        Primitive::I32 => signed(i32::MIN.into(), i32::MAX.into()),
        Primitive::I64 | Primitive::I128 => signed(i64::MIN, i64::MAX),
        Primitive::F32 | Primitive::F64 => {
            FLOATS.get(choice).map(|&value| Number::from_f64(value).map_or(Value::Null, Value::Number))
        }
        Primitive::Char => CHARS.get(choice).map(|value| Value::String(value.to_string())),
        Primitive::String => TEXTS.get(choice).map(|&value| Value::from(value)),
        Primitive::Bytes => match choice {
            0 => Some(Value::from(vec![1, 2, 3])),
            _ => TEXTS.get(choice - 1).map(|&value| Value::from(value)),
        },
        Primitive::Null => (choice == 0).then_some(Value::Null),
    }
}

/// The same, where anything is asked for.
pub(super) fn of_any(choice: usize) -> Option<Value> {
    Some(match choice {
        0 => Value::from("text"),
        1 => Value::from(1),
        2 => Value::from(1.5),
        3 => Value::Bool(true),
        4 => Value::Null,
        OBJECT => Value::Object(serde_json::Map::new()),
        LIST => Value::Array(Vec::new()),
        _ => return TEXTS.get(choice - ANYTHING + 1).map(|&text| Value::from(text)),
    })
}
