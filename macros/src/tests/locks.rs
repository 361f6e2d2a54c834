//! What a derive makes of a lock beside the crate: of each that may be there, and of any text in it.

use crate::{event, lock::Lock};
use syn::DeriveInput;

/// What is locked of the enums of the other tests.
pub(super) const LOCK: &str = r#"
# annals.lock: how this crate has stored its events.

[MyEvent] src/lib.rs

xMyAdded 1
  field 0: MyLine
  shape {}
  sample {}

y 1
  field my_user: MyText
  shape {my_user: string}
  sample {"my_user":"text"}

[OrderEvent] src/lib.rs

OrderConfirmed 1
  shape {}
  sample {}

OrderCreated 1
  field user_id: String
  field amount: f32
  shape {amount: f32, user_id: string}
  sample {"user_id":"text","amount":1.5}

OrderPaid 1
  field 0: Payment
  shape {cents: u64}
  sample {"cents":1}

OrderPromised 1
  field day: u32
  shape {day: u32}
  sample {"day":1}
"#;

/// An enum that reads all of it.
const INPUT: &str = r#"
    #[event(retired("OrderPromised"))]
    #[serde(rename_all_fields = "camelCase")]
    pub enum OrderEvent {
        #[event(alias = "OrderCreated")]
        Placed { #[serde(alias = "user_id")] user_id: String, amount: f64, #[serde(default)] r#type: Vec<u8> },
        Paid(Payment),
        #[event(version = 2, upcast(1 => old::ConfirmedV1))]
        Confirmed { by: String },
        #[event(unknown)]
        Unknown(UnknownEvent),
    }
"#;

/// A crate with a lock of this text.
pub(super) fn lock(text: &str) -> Lock {
    Lock { text: Some(Ok(text.to_owned())), belongs: true, ..Lock::default() }
}

fn derive(input: &str, lock: &Lock) -> String {
    event::derive(&syn::parse_str(input).unwrap(), lock).to_string()
}

const TEST: &str = "fn annals_lock_order_event ()";
const FILE: &str = ":: core :: include_bytes !";
const VARIABLE: &str = ":: core :: option_env !";

/// Whether there is a test, whether the lock is watched, and whether the variable is.
fn has(input: &str, lock: &Lock) -> [bool; 3] {
    let output = derive(input, lock);
    assert!(!output.contains("compile_error"), "{output}");
    [TEST, FILE, VARIABLE].map(|part| output.contains(part))
}

#[test]
fn only_who_has_a_lock_or_wants_one_has_a_test() {
    let none = Lock { belongs: true, ..Lock::default() };
    assert_eq!(has(INPUT, &none), [false, false, true]);
    assert_eq!(has(INPUT, &Lock { wanted: true, ..none }), [true, false, true]);
    assert_eq!(has(INPUT, &lock(LOCK)), [true, true, true]);
    // An enum of which nothing is locked is asked to be.
    assert_eq!(has(INPUT, &lock("")), [true, true, true]);
}

#[test]
fn what_is_no_part_of_the_crate_has_no_part_in_its_lock() {
    let elsewhere = Lock { belongs: false, wanted: true, ..lock(LOCK) };
    assert_eq!(has(INPUT, &elsewhere), [false; 3]);
    // Neither is anything compared, nor is a lock that does not read told of.
    assert_eq!(has("enum OrderEvent { Confirmed { at: u8 } }", &elsewhere), [false; 3]);
    let unlocked = "#[event(unlocked)] enum OrderEvent { Confirmed { at: u8 } }";
    assert_eq!(has(unlocked, &Lock { wanted: true, ..lock(LOCK) }), [false; 3]);
    assert_eq!(has(unlocked, &lock("nonsense")), [false; 3]);
}

#[test]
fn an_enum_that_no_test_can_name_is_compared_all_the_same() {
    let generic = "enum OrderEvent<T> { Confirmed, Created { user_id: String, amount: f32 }, Paid(Payment), \
                   #[event(name = \"OrderPromised\")] New { day: T } }";
    let told = derive(generic, &lock(LOCK));
    assert!(told.contains("field `day` in version 1 of `OrderPromised` was stored as `u32`, now as `T`"), "{told}");
    assert_eq!(has(&generic.replace("day: T", "day: u32"), &lock(LOCK)), [false, true, true]);
    let around = |text: &str| Lock { around: Some(text.to_owned()), ..lock(LOCK) };
    assert_eq!(has(INPUT, &around("fn f() { enum OrderEvent {} }")), [false, true, true]);
    assert_eq!(has(INPUT, &around("mod m { enum OrderEvent {} }")), [true, true, true]);
}

#[test]
fn a_section_is_found_by_its_name() {
    let input = "#[event(prefix = \"Order\", lock = \"OrderEvent\")] enum SaleEvent { Confirmed { at: u8 } }";
    assert!(derive(input, &lock(LOCK)).contains("version 1 of `OrderConfirmed` was stored without the field `at`"));
    let renamed = input.replace(", lock = \"OrderEvent\"", "");
    let told = derive(&renamed, &lock(LOCK));
    assert!(told.contains("`OrderConfirmed` is locked as an event of `OrderEvent`, not of `SaleEvent`"), "{told}");
    // Who names a section knows of it, and an enum with other events is new.
    let knowing = input.replace("lock = \"OrderEvent\"", "lock = \"SaleEvent\"");
    let new = renamed.replace("prefix = \"Order\"", "prefix = \"Sale\"");
    for input in [knowing, new] {
        assert!(derive(&input, &lock(LOCK)).contains("fn annals_lock_sale_event ()"), "{input}");
    }
}

#[test]
fn other_mistakes_are_mended_first() {
    let told = derive("enum OrderEvent { Confirmed { at: u8 }, B() }", &lock(LOCK));
    assert!(told.contains("`B()` has no field to store") && !told.contains("OrderConfirmed"), "{told}");
}

#[test]
fn no_lock_makes_the_derive_panic() {
    let input: DeriveInput = syn::parse_str(INPUT).unwrap();
    let words = [
        "1",
        "0",
        "2",
        "4294967295",
        "99999999999",
        "[OrderEvent]",
        "field",
        "#[serde(flatten)]",
        "r#type:",
        ":",
        "\"",
        "OrderPaid",
        "\n",
        "\n\n",
        "\n  ",
        "Option<",
        ">",
        "ö",
        "\u{0}",
        "self: u8",
    ];
    let mut seed = 0x51_7C_C1_B7_usize;
    let mut roll = move |sides: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % sides.max(1)
    };
    let (mut refused, mut compiled) = (0, 0);
    for _ in 0..2_000 {
        let mut text: Vec<&str> = LOCK.split_inclusive([' ', '\n', ':', '{', ',']).collect();
        for _ in 0..=roll(4) {
            let at = roll(text.len());
            match roll(4) {
                0 => drop(text.remove(at)),
                1 => text.insert(at, words[roll(words.len())]),
                2 => text[at] = words[roll(words.len())],
                _ => {
                    let other = roll(text.len());
                    text.swap(at, other);
                }
            }
        }
        let output = event::derive(&input, &lock(&text.concat()));
        let file: syn::Result<syn::File> = syn::parse2(output.clone());
        assert!(file.is_ok(), "{}\n{output}", text.concat());
        let is_refused = output.to_string().contains("compile_error");
        refused += usize::from(is_refused);
        compiled += usize::from(!is_refused);
    }
    assert!(refused > 500 && compiled > 200, "{refused} refused, {compiled} compiled");
}
