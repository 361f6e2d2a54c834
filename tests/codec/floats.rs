//! Every finite number comes back bit for bit, wherever it stands.

use crate::events::{finite, finite_single};
use annals::{Event, codec};
use proptest::{collection as many, prelude::*};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Event, Serialize, Deserialize, Clone, Debug)]
enum FloatEvent {
    Plain { single: f32, double: f64 },
    Listed { singles: Vec<f32>, doubles: Vec<Option<f64>> },
    Mapped { singles: BTreeMap<u8, f32>, doubles: BTreeMap<u8, (f64,)> },
    Single(f32),
    Double(f64),
}

impl FloatEvent {
    /// The bits of every number in it.
    fn bits(&self) -> (Vec<u32>, Vec<u64>) {
        let (singles, doubles): (Vec<f32>, Vec<f64>) = match self.clone() {
            Self::Plain { single, double } => (vec![single], vec![double]),
            Self::Listed { singles, doubles } => (singles, doubles.into_iter().flatten().collect()),
            Self::Mapped { singles, doubles } => {
                (singles.into_values().collect(), doubles.into_values().map(|(double,)| double).collect())
            }
            Self::Single(single) => (vec![single], vec![]),
            Self::Double(double) => (vec![], vec![double]),
        };
        (singles.into_iter().map(f32::to_bits).collect(), doubles.into_iter().map(f64::to_bits).collect())
    }
}

#[track_caller]
fn bit_for_bit(event: &FloatEvent) {
    let payload = codec::encode(event).unwrap();
    let back = codec::decode::<FloatEvent>(event.event_type(), 1, &payload).unwrap();
    assert_eq!(back.bits(), event.bits(), "{event:?} as {payload}");
}

proptest! {
    #[test]
    fn any_finite_number_comes_back(single in finite_single(), double in finite()) {
        bit_for_bit(&FloatEvent::Plain { single, double });
        bit_for_bit(&FloatEvent::Single(single));
        bit_for_bit(&FloatEvent::Double(double));
    }

    #[test]
    fn any_finite_number_comes_back_from_lists_and_maps(
        singles in many::vec(finite_single(), 0..8),
        doubles in many::vec(finite(), 0..8),
    ) {
        let options = doubles.iter().copied().map(Some).chain([None]).collect();
        bit_for_bit(&FloatEvent::Listed { singles: singles.clone(), doubles: options });
        let singles = (0..).zip(singles).collect();
        let doubles = (0..).zip(doubles.into_iter().map(|double| (double,))).collect();
        bit_for_bit(&FloatEvent::Mapped { singles, doubles });
    }
}

#[test]
fn numbers_at_the_ends_come_back() {
    let doubles = [0.0, -0.0, 0.1 + 0.2, 1e23, 5e-324, f64::MIN_POSITIVE, f64::MAX, f64::MIN, f64::EPSILON, 2e53 + 1.0];
    for double in doubles {
        bit_for_bit(&FloatEvent::Double(double));
    }
    let singles = [0.0, -0.0, 0.1, 16_777_217.0, 1e-45, f32::MIN_POSITIVE, f32::MAX, f32::MIN, f32::EPSILON];
    for single in singles {
        bit_for_bit(&FloatEvent::Single(single));
    }
}

#[test]
fn a_number_that_does_not_fit_is_refused() {
    for (event_type, payload) in [("FloatSingle", "1e39"), ("FloatSingle", "-4e38"), ("FloatDouble", "1e309")] {
        let error = codec::decode::<FloatEvent>(event_type, 1, payload).unwrap_err().to_string();
        assert!(error.contains("number out of range") && error.contains(payload), "{error}");
    }
}
