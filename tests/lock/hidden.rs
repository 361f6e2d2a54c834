//! What no derive can see: a type behind a name that changes under payloads that are stored.

use crate::workspace::{Workspace, told};
use std::fs;

const SOURCE: &str = "use annals::prelude::*;

#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
pub enum TillEvent {
    Paid { amount: Cents, by: Person },
}

pub type Cents = i64;

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Person {
    pub name: String,
}

#[derive(Aggregate, Default, Debug, PartialEq)]
#[aggregate(event = TillEvent)]
pub struct Till {
    #[on(Paid { amount, .. } => += amount)]
    total: Cents,
}

#[test]
fn laws() {
    println!(\"samples: {}\", annals::testing::laws::<Till>().samples);
}
";

#[test]
fn a_change_behind_a_name_compiles_and_fails_the_generated_test_and_the_laws() {
    let workspace = Workspace::new("lock-hidden");
    let folder = workspace.add("hidden");
    let (source, lock) = (folder.join("lib.rs"), folder.join("annals.lock"));
    fs::write(&source, SOURCE).unwrap();
    workspace.resolve();
    let test = |writes: bool| {
        let mut cargo = workspace.cargo(&["test", "--lib", "--no-fail-fast", "--", "--show-output"]);
        if writes {
            cargo.env("ANNALS_LOCK", "write");
        }
        cargo.output().unwrap()
    };
    let written = test(true);
    assert!(written.status.success(), "{}", told(&written));
    // The laws are fed by what somebody has really stored.
    let first = fs::read_to_string(&lock).unwrap().replace("\"amount\":1", "\"amount\":-250");
    assert!(first.contains("shape {amount: i64, by: {name: string}}"), "{first}");
    fs::write(&lock, &first).unwrap();
    let held = test(false);
    assert!(held.status.success() && told(&held).contains("samples: 1"), "{}", told(&held));

    let changed =
        SOURCE.replace("Cents = i64", "Cents = u64").replace("pub name: String", "pub name: String, pub age: u8");
    fs::write(&source, changed).unwrap();
    for writes in [false, true] {
        let refused = test(writes);
        let said = told(&refused);
        assert!(!refused.status.success() && said.contains("0 passed; 2 failed"), "{said}");
        for line in [
            "- `TillPaid` 1 was stored in another shape than `TillEvent` reads:\n    `amount` was `i64` and is `u64`\n    \
             `by.age` is new, and nothing that is stored has it: give it `#[serde(default)]`\n",
            "- the sample of `TillPaid` 1 does not read: invalid value: integer `-250`, expected u64",
            "a law is broken by `TillEvent`: every locked sample reads\nthat of `TillPaid` 1 in annals.lock: ",
        ] {
            assert!(said.contains(line), "{said}\nlacks\n{line}");
        }
    }
    assert_eq!(fs::read_to_string(&lock).unwrap(), first);
}
