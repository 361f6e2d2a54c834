//! What the generated test says of locks of every kind, and what it writes.

#![expect(clippy::items_after_statements, reason = "an event stands beside what is said of it")]

use super::{LockFile, Locked, LockedVariant, NAME, agree};
use crate::{
    Event, EventDescriptor, VariantDescriptor,
    codec::{DecodeReason, Old, shape::shape_of},
};
use serde::{Deserialize, Serialize};
use std::{
    env, fs,
    path::PathBuf,
    process::{Command, Stdio},
    thread,
};
use tempfile::TempDir;

/// An event by hand: its variants, each with its stored name, its version and further names.
macro_rules! event {
    ($name:ident { $($variant:ident $event_type:literal $version:literal $(| $alias:literal)*),* $(,)? } $($upcast:expr)?) => {
        impl Event for $name {
            const DESCRIPTOR: &'static EventDescriptor = &EventDescriptor::new(
                stringify!($name),
                &[$(
                    VariantDescriptor::new(stringify!($variant), $event_type)
                        .with_aliases(&[$($alias),*])
                        .with_schema_version($version)
                ),*],
            );

            fn variant_index(&self) -> usize {
                let of = [$(matches!(self, Self::$variant { .. })),*];
                of.iter().position(|of| *of).unwrap()
            }

            $(fn upcast(old: Old<'_>) -> Result<Self, DecodeReason> {
                let upcast: fn(Old<'_>) -> Result<Self, DecodeReason> = $upcast;
                upcast(old)
            })?
        }
    };
}

#[derive(Serialize, Deserialize)]
enum OrderEvent {
    Created { user_id: String, amount: f64 },
    Confirmed,
}

event!(OrderEvent { Created "OrderCreated" 1, Confirmed "OrderConfirmed" 1 });

const CREATED: LockedVariant<'static> = LockedVariant {
    event_type: "OrderCreated",
    version: 1,
    aliases: &[],
    fields: &["user_id: String", "amount: f64"],
    old: &[],
};
const CONFIRMED: LockedVariant<'static> =
    LockedVariant { event_type: "OrderConfirmed", version: 1, aliases: &[], fields: &[], old: &[] };

const ORDERS: &str = "
[OrderEvent] src/orders.rs

OrderConfirmed 1
  shape {}
  sample {}

OrderCreated 1
  field user_id: String
  field amount: f64
  shape {amount: f64, user_id: string}
  sample {\"amount\":1.5,\"user_id\":\"text\"}
";

/// A crate with a lock.
struct Crate {
    folder: TempDir,
}

impl Crate {
    fn new(lock: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("src")).unwrap();
        fs::write(folder.path().join("src/orders.rs"), "enum OrderEvent { … }").unwrap();
        let this = Self { folder };
        if !lock.is_empty() {
            fs::write(this.lock(), lock).unwrap();
        }
        this
    }

    fn lock(&self) -> PathBuf {
        self.folder.path().join(NAME)
    }

    fn agree<E: Event>(&self, variants: &[LockedVariant<'_>], retired: &[&str], writes: bool) -> Result<(), String> {
        let crate_dir = self.folder.path().to_str().unwrap();
        agree::<E>(&Locked { crate_dir, file: "src/orders.rs", section: "OrderEvent", retired, variants }, writes)
    }

    /// What the test says; nothing where all is well.
    fn says<E: Event>(&self, variants: &[LockedVariant<'_>]) -> String {
        self.agree::<E>(variants, &[], false).err().unwrap_or_default()
    }

    fn writes<E: Event>(&self, variants: &[LockedVariant<'_>]) -> Result<(), String> {
        self.agree::<E>(variants, &[], true)
    }

    /// The lock without its head.
    fn body(&self) -> String {
        let text = fs::read_to_string(self.lock()).unwrap();
        assert!(text.starts_with("# annals.lock: "), "{text}");
        text.split_inclusive('\n').skip_while(|line| line.starts_with('#')).collect()
    }
}

#[test]
fn an_enum_is_written_and_then_fits() {
    let at = Crate::new("");
    let not_there = "\
        - annals.lock is not up to date:\n    the section `[OrderEvent]` is not in it\n  \
        help: run `ANNALS_LOCK=write cargo test annals_lock`";
    assert!(at.says::<OrderEvent>(&[CREATED, CONFIRMED]).contains(not_there));
    assert!(!at.lock().exists(), "looking writes nothing");
    at.writes::<OrderEvent>(&[CREATED, CONFIRMED]).unwrap();
    assert_eq!(at.body(), ORDERS);
    assert_eq!(at.says::<OrderEvent>(&[CREATED, CONFIRMED]), "");

    // Nothing is new: nothing is written, be it the same.
    let before = fs::metadata(at.lock()).unwrap().modified().unwrap();
    at.writes::<OrderEvent>(&[CREATED, CONFIRMED]).unwrap();
    assert_eq!(fs::metadata(at.lock()).unwrap().modified().unwrap(), before);
    let files: Vec<_> = fs::read_dir(at.folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files.len(), 2, "only the lock and the source: {files:?}");
}

#[test]
fn a_file_that_is_not_found_changes_nothing() {
    let at = Crate::new(ORDERS);
    let crate_dir = at.folder.path().to_str().unwrap();
    let variants = &[CREATED, CONFIRMED];
    let locked = Locked { crate_dir, file: "/generated.rs", section: "OrderEvent", retired: &[], variants };
    assert_eq!(agree::<OrderEvent>(&locked, false), Ok(()));
    agree::<OrderEvent>(&locked, true).unwrap();
    assert_eq!(at.body(), ORDERS);
}

#[test]
fn a_sample_that_is_there_is_kept_and_the_head_is_written_anew() {
    let real = ORDERS.replace("{\"amount\":1.5,\"user_id\":\"text\"}", "{\"user_id\": \"ann\", \"amount\": 99.99}");
    let at = Crate::new(&format!("# An older head.\n{real}"));
    at.writes::<OrderEvent>(&[CREATED, CONFIRMED]).unwrap();
    assert_eq!(at.body(), real);
    assert!(!fs::read_to_string(at.lock()).unwrap().contains("An older head"));
}

#[test]
fn a_lock_that_does_not_read_is_told_and_not_touched() {
    let at = Crate::new("[OrderEvent] src/orders.rs\nOrderCreated\n");
    let told = "line 2 of annals.lock does not read: expected a block as in `OrderCreated 1`, found `OrderCreated`\n\
                help: take the line back from version control";
    assert_eq!(at.says::<OrderEvent>(&[CREATED, CONFIRMED]), told);
    assert_eq!(at.writes::<OrderEvent>(&[CREATED, CONFIRMED]), Err(told.to_owned()));
    assert_eq!(fs::read_to_string(at.lock()).unwrap(), "[OrderEvent] src/orders.rs\nOrderCreated\n");
}

#[test]
fn what_is_new_or_may_change_is_told_and_then_written() {
    #[derive(Serialize, Deserialize)]
    enum Grown {
        Created {
            user_id: String,
            amount: f64,
            #[serde(default)]
            note: String,
        },
        Confirmed,
        Shipped {
            to: u64,
        },
    }
    event!(Grown { Created "OrderCreated" 1, Confirmed "OrderConfirmed" 1, Shipped "OrderShipped" 1 });
    let created =
        LockedVariant { fields: &["user_id: String", "amount: f64", "#[serde(default)] note: String"], ..CREATED };
    let shipped = LockedVariant { event_type: "OrderShipped", fields: &["to: u64"], ..CONFIRMED };
    let variants = [created, CONFIRMED, shipped];
    let at = Crate::new(&ORDERS.replace("src/orders.rs", "src/lib.rs"));
    assert_eq!(
        at.says::<Grown>(&variants),
        "annals.lock and `Grown` do not fit:\n\n\
         - annals.lock is not up to date:\n    \
         the enum stood in `src/lib.rs`, and stands in `src/orders.rs`\n    \
         `OrderCreated` 1 has the field `#[serde(default)] note: String`\n    \
         `OrderCreated` 1 has the shape `{amount: f64, note?: string, user_id: string}`, which was `{amount: f64, \
         user_id: string}`\n    \
         `OrderShipped` 1 is not in it\n  \
         help: run `ANNALS_LOCK=write cargo test annals_lock`\n"
    );
    at.writes::<Grown>(&variants).unwrap();
    assert_eq!(at.says::<Grown>(&variants), "");
    assert!(at.body().contains(
        "OrderCreated 1\n  field user_id: String\n  field amount: f64\n  field #[serde(default)] note: String\n  \
         shape {amount: f64, note?: string, user_id: string}\n  sample {\"amount\":1.5,\"user_id\":\"text\"}\n"
    ));
    assert!(at.body().contains("OrderShipped 1\n  field to: u64\n  shape {to: u64}\n  sample {\"to\":1}\n"));

    let reordered = LockedVariant { fields: &["amount: f64", "user_id: String"], ..CREATED };
    let at = Crate::new(ORDERS);
    assert!(
        at.says::<OrderEvent>(&[reordered, CONFIRMED]).contains("`OrderCreated` 1 has its fields in another order")
    );
    let fewer = LockedVariant { fields: &["amount: f64"], ..CREATED };
    let told = at.says::<OrderEvent>(&[fewer, CONFIRMED]);
    assert!(told.contains("`OrderCreated` 1 has no field `user_id: String` any more"), "{told}");
}

#[test]
fn a_type_behind_a_name_that_has_changed_is_told_and_nothing_is_written() {
    #[derive(Serialize, Deserialize)]
    enum Changed {
        Created { user_id: String, amount: u64 },
        Confirmed { by: String },
    }
    event!(Changed { Created "OrderCreated" 1, Confirmed "OrderConfirmed" 1 });
    let at = Crate::new(ORDERS);
    // To the derive all is as it was: a name is written for another type.
    for told in [at.says::<Changed>(&[CREATED, CONFIRMED]), at.writes::<Changed>(&[CREATED, CONFIRMED]).unwrap_err()] {
        let lines = [
            "- `OrderConfirmed` 1 was stored in another shape than `Changed` reads:\n    \
             `by` is new, and nothing that is stored has it: give it `#[serde(default)]`\n",
            "- `OrderCreated` 1 was stored in another shape than `Changed` reads:\n    `amount` was `f64` and is `u64`\n  \
             help: a type behind one of its fields has changed. Keep the old one in a struct of version 1, and write \
             `version = 2, upcast(1 => …)`; or, where nothing was ever stored in the old shape, delete the block from \
             annals.lock, and run `ANNALS_LOCK=write cargo test annals_lock`\n",
            "- the sample of `OrderCreated` 1 does not read: invalid type: floating point `1.5`, expected u64",
        ];
        for line in lines {
            assert!(told.contains(line), "{told}\nlacks\n{line}");
        }
    }
    assert_eq!(fs::read_to_string(at.lock()).unwrap(), ORDERS);
}

#[test]
fn a_sample_that_does_not_read_any_more_is_told() {
    let at = Crate::new(&ORDERS.replace("\"amount\":1.5", "\"amount\":null"));
    let told = "- the sample of `OrderCreated` 1 does not read: invalid type: null, expected f64 at line 1 column 14; found \
                `{\"amount\":null,\"user_id\":\"text\"}`\n  help: payloads like this one are stored: mend the types, or \
                the conversions, so that they read again; or, where it is no payload that was ever stored, put a real \
                one in its place\n";
    assert!(at.says::<OrderEvent>(&[CREATED, CONFIRMED]).ends_with(told));
    assert!(at.writes::<OrderEvent>(&[CREATED, CONFIRMED]).unwrap_err().ends_with(told));
}

#[test]
fn a_block_that_nobody_reads_is_told_until_it_is_aliased_or_retired() {
    let at = Crate::new(&format!("{ORDERS}\nOrderPlaced 1\n  shape {{user_id: string, amount: f64}}\n  sample ?\n"));
    let told = "- `OrderPlaced` 1 was stored, and no variant reads it\n  help: give the variant that it is today \
                `#[event(alias = \"OrderPlaced\")]`; or, where it means nothing any more, the enum \
                `#[event(retired(\"OrderPlaced\"))]`; or, where it was never stored, delete its block from annals.lock\n";
    assert!(at.says::<OrderEvent>(&[CREATED, CONFIRMED]).ends_with(told));
    assert!(at.writes::<OrderEvent>(&[CREATED, CONFIRMED]).unwrap_err().ends_with(told));
    assert_eq!(at.agree::<OrderEvent>(&[CREATED, CONFIRMED], &["OrderPlaced"], false), Ok(()));

    #[derive(Serialize, Deserialize)]
    enum Aliased {
        Created { user_id: String, amount: f64 },
        Confirmed,
    }
    event!(Aliased { Created "OrderCreated" 1 | "OrderPlaced", Confirmed "OrderConfirmed" 1 });
    let created = LockedVariant { aliases: &["OrderPlaced"], ..CREATED };
    let told = at.says::<Aliased>(&[created, CONFIRMED]);
    assert!(told.contains("- `OrderPlaced` 1 has no sample\n  help: run `ANNALS_LOCK=write"), "{told}");
    at.writes::<Aliased>(&[created, CONFIRMED]).unwrap();
    assert_eq!(at.says::<Aliased>(&[created, CONFIRMED]), "");
    assert!(at.body().ends_with("sample {\"amount\":1.5,\"user_id\":\"text\"}\n"), "{}", at.body());
}

#[derive(Deserialize)]
struct CreatedV1 {
    euros: u64,
}

impl TryFrom<CreatedV1> for VersionedEvent {
    type Error = &'static str;

    fn try_from(old: CreatedV1) -> Result<Self, Self::Error> {
        Ok(Self::Created { cents: old.euros.checked_mul(100).ok_or("too much")? })
    }
}

#[derive(Serialize, Deserialize)]
enum VersionedEvent {
    Created { cents: u64 },
}

event!(VersionedEvent { Created "OrderCreated" 2 } |old| {
    let first = old.first::<CreatedV1>(1)?;
    old.event(first)
});

const VERSIONED: LockedVariant<'static> = LockedVariant {
    event_type: "OrderCreated",
    version: 2,
    aliases: &[],
    fields: &["cents: u64"],
    old: &[(1, shape_of::<CreatedV1>)],
};

#[test]
fn versions_from_before_the_lock_are_written_with_a_sample() {
    let at = Crate::new("");
    at.writes::<VersionedEvent>(&[VERSIONED]).unwrap();
    let body = "
[OrderEvent] src/orders.rs

OrderCreated 1
  shape {euros: u64}
  sample {\"euros\":1}

OrderCreated 2
  field cents: u64
  shape {cents: u64}
  sample {\"cents\":1}
";
    assert_eq!(at.body(), body);
    assert_eq!(at.says::<VersionedEvent>(&[VERSIONED]), "");
    // Nobody has to have a block for them.
    let at = Crate::new(&body.replace("OrderCreated 1\n  shape {euros: u64}\n  sample {\"euros\":1}\n", ""));
    assert_eq!(at.says::<VersionedEvent>(&[VERSIONED]), "");
}

#[test]
fn an_old_version_is_compared_with_the_struct_that_reads_it_and_its_sample_goes_through_the_conversions() {
    let block = |text: &str| {
        format!(
            "[OrderEvent] src/orders.rs\n{text}\nOrderCreated 2\n  field cents: u64\n  shape {{cents: u64}}\n  sample {{\"cents\":1}}\n"
        )
    };
    let says = |text: &str| Crate::new(&block(text)).says::<VersionedEvent>(&[VERSIONED]);
    assert_eq!(says("OrderCreated 1\n  field euros: Euros\n  shape {euros: u32}\n  sample {\"euros\":7}"), "");
    let told = says("OrderCreated 1\n  shape {euros: f64}\n  sample {\"euros\":7}");
    assert!(
        told.contains(
            "- `OrderCreated` 1 was stored in another shape than `VersionedEvent` reads:\n    `euros` was `f64` and is \
             `u64`\n  help: give the struct of version 1 back the types that it had, those behind its fields too\n"
        ),
        "{told}"
    );
    let told = says("OrderCreated 1\n  shape {euros: u64}\n  sample {\"euros\":18446744073709551615}");
    assert!(
        told.contains(
            "- the sample of `OrderCreated` 1 does not read: schema version 1 does not turn into 2: too much; found"
        ),
        "{told}"
    );
    let told = says("OrderCreated 3\n  shape {cents: u64}\n  sample {\"cents\":7}");
    assert!(
        told.contains(
            "- `OrderCreated` 3 was stored, and the variant is at version 2\n  help: a schema version never goes back: \
             write `version = 3`; or, where version 3 was never stored, delete its block from annals.lock\n"
        ),
        "{told}"
    );
    let without = LockedVariant { old: &[], ..VERSIONED };
    let at = Crate::new(&block("OrderCreated 1\n  shape {euros: u64}\n  sample {\"euros\":7}"));
    let told = at.says::<VersionedEvent>(&[without]);
    assert!(
        told.contains(
            "- `OrderCreated` 1 was stored, and nothing reads that version\n  help: add its shape to `upcast(1 => …)` of \
             `OrderCreated`\n"
        ),
        "{told}"
    );
}

#[test]
fn where_no_sample_can_be_invented_one_is_asked_for() {
    #[derive(Serialize, Deserialize)]
    #[serde(try_from = "String", into = "String")]
    #[derive(Clone)]
    struct Code(String);
    impl TryFrom<String> for Code {
        type Error = &'static str;
        fn try_from(text: String) -> Result<Self, Self::Error> {
            if text == "open sesame" { Ok(Self(text)) } else { Err("no such code") }
        }
    }
    impl From<Code> for String {
        fn from(code: Code) -> Self {
            code.0
        }
    }
    #[derive(Serialize, Deserialize)]
    enum Coded {
        Created { code: Code },
    }
    event!(Coded { Created "OrderCreated" 1 });
    let variants = [LockedVariant { fields: &["code: Code"], ..CREATED }];
    let at = Crate::new("");
    let told = "- `OrderCreated` 1 has no sample, and none could be invented: no such code\n  help: put a real payload, on one \
                line, in the place of `?` in annals.lock\n";
    assert!(at.writes::<Coded>(&variants).unwrap_err().ends_with(told));
    let body =
        "\n[OrderEvent] src/orders.rs\n\nOrderCreated 1\n  field code: Code\n  shape {code??: string}\n  sample ?\n";
    assert_eq!(at.body(), body, "all else is written");
    assert!(at.says::<Coded>(&variants).ends_with(told));
    let at = Crate::new(&body.replace("sample ?", "sample {\"code\":\"open sesame\"}"));
    assert_eq!(at.says::<Coded>(&variants), "");
}

/// What a version of old turns into, where it is worth as much as this.
macro_rules! picky {
    ($name:ident takes $takes:expr) => {
        #[derive(Deserialize)]
        struct OldV1 {
            euros: u64,
        }
        #[derive(Serialize, Deserialize)]
        enum $name {
            Created { cents: u64 },
        }
        impl TryFrom<OldV1> for $name {
            type Error = &'static str;
            fn try_from(old: OldV1) -> Result<Self, Self::Error> {
                let takes: fn(u64) -> bool = $takes;
                if takes(old.euros) { Ok(Self::Created { cents: old.euros * 100 }) } else { Err("not that much") }
            }
        }
        event!($name { Created "OrderCreated" 2 } |old| {
            let first = old.first::<OldV1>(1)?;
            old.event(first)
        });
        const VARIANTS: [LockedVariant<'static>; 1] = [LockedVariant { old: &[(1, shape_of::<OldV1>)], ..VERSIONED }];
    };
}

#[test]
fn a_sample_of_an_old_version_is_one_that_turns_into_the_event() {
    picky!(Picky takes |euros| euros > 5);
    let at = Crate::new("");
    at.writes::<Picky>(&VARIANTS).unwrap();
    assert!(at.body().contains("OrderCreated 1\n  shape {euros: u64}\n  sample {\"euros\":10}\n"), "{}", at.body());
}

#[test]
fn a_sample_that_is_invented_and_does_not_turn_into_the_event_is_none() {
    picky!(Choosy takes |euros| euros == 4_711);
    let at = Crate::new("");
    at.writes::<Choosy>(&VARIANTS).unwrap();
    assert!(!at.body().contains("OrderCreated 1"), "{}", at.body());
    let at = Crate::new("[OrderEvent] src/orders.rs\nOrderCreated 1\n  shape {euros: u64}\n  sample ?\n");
    let told = at.writes::<Choosy>(&VARIANTS).unwrap_err();
    assert!(
        told.contains("- `OrderCreated` 1 has no sample, and none could be invented: schema version 1 does not turn into 2: not that much"),
        "{told}"
    );
    assert!(told.ends_with("put a real payload, on one line, in the place of `?` in annals.lock\n"), "{told}");
    assert!(at.body().contains("OrderCreated 2\n"), "{}", at.body());
}

#[test]
fn what_a_lock_leaves_open_is_told_and_then_written() {
    let at = Crate::new("[OrderEvent]\nOrderConfirmed 1\n  sample {}\nOrderCreated 1\n");
    let told = at.says::<OrderEvent>(&[CREATED, CONFIRMED]);
    for line in [
        "    the enum stood in no file of this crate, and stands in `src/orders.rs`\n",
        "    `OrderConfirmed` 1 has the shape `{}`, which was not told\n",
        "    `OrderCreated` 1 has the field `user_id: String`\n",
        "- `OrderCreated` 1 has no sample\n  help: run `ANNALS_LOCK=write cargo test annals_lock`\n",
    ] {
        assert!(told.contains(line), "{told}\nlacks\n{line}");
    }
    at.writes::<OrderEvent>(&[CREATED, CONFIRMED]).unwrap();
    assert_eq!(at.body(), ORDERS);
}

#[test]
fn a_section_whose_enum_is_gone_is_told_by_whoever_is_left() {
    let at = Crate::new(&format!(
        "{ORDERS}\n[shop.StockEvent] src/orders.rs\n\nStockCounted 1\n  shape {{}}\n  sample {{}}\n"
    ));
    let told = "- the section `[shop.StockEvent]` has no enum any more: there is no `StockEvent` in src/orders.rs\n  \
                help: where it was renamed, keep what it is stored as: `#[event(prefix = \"Stock\", lock = \
                \"shop.StockEvent\")]`; where nothing of it was ever stored, delete the section\n";
    assert!(at.says::<OrderEvent>(&[CREATED, CONFIRMED]).ends_with(told));
    assert!(at.writes::<OrderEvent>(&[CREATED, CONFIRMED]).unwrap_err().ends_with(told));
    fs::write(at.folder.path().join("src/stock.rs"), "#[event(lock = \"shop.StockEvent\")] enum StockEvent {}")
        .unwrap();
    assert_eq!(at.says::<OrderEvent>(&[CREATED, CONFIRMED]), "", "it has moved, and its own test tells of it");
}

#[test]
fn an_enum_of_the_same_name_is_sent_to_a_section_of_its_own() {
    let at = Crate::new(&ORDERS.replace("src/orders.rs", "src/old.rs"));
    fs::write(at.folder.path().join("src/old.rs"), "pub enum OrderEvent {").unwrap();
    let told = "- the section `[OrderEvent]` is that of another enum of this name, in src/old.rs\n  help: give the one in \
                src/orders.rs a section of its own: `#[event(lock = \"other.OrderEvent\")]`\n";
    for told_there in [at.says::<OrderEvent>(&[CREATED]), at.writes::<OrderEvent>(&[CREATED]).unwrap_err()] {
        assert!(told_there.contains(told), "{told_there}");
    }
    // It is no other one where the file does not have it any more.
    fs::write(at.folder.path().join("src/old.rs"), "pub enum OrderEvents {").unwrap();
    at.writes::<OrderEvent>(&[CREATED, CONFIRMED]).unwrap();
    assert_eq!(at.body(), ORDERS);
}

#[test]
fn many_that_write_at_once_lose_nothing() {
    let at = Crate::new(ORDERS);
    let source = (0..24).map(|index| format!("enum E{index} {{}}")).collect::<Vec<_>>().join("\n");
    fs::write(at.folder.path().join("src/lib.rs"), source).unwrap();
    let crate_dir = at.folder.path().to_str().unwrap();
    thread::scope(|scope| {
        for index in 0..24 {
            scope.spawn(move || {
                let section = format!("E{index}");
                let locked = Locked {
                    crate_dir,
                    file: "src/lib.rs",
                    section: &section,
                    retired: &[],
                    variants: &[CREATED, CONFIRMED],
                };
                agree::<OrderEvent>(&locked, true).unwrap();
            });
        }
    });
    let lock: LockFile = fs::read_to_string(at.lock()).unwrap().parse().unwrap();
    assert_eq!(lock.sections.len(), 25);
    assert!(lock.sections.values().all(|section| section.blocks.len() == 2));
}

#[test]
fn many_processes_that_write_at_once_lose_nothing() {
    let at = Crate::new("");
    let source = (0..8).map(|index| format!("enum E{index} {{}}")).collect::<Vec<_>>().join("\n");
    fs::write(at.folder.path().join("src/lib.rs"), source).unwrap();
    let program = env::current_exe().unwrap();
    let start = |index: usize| {
        Command::new(&program)
            .args(["--exact", "testing::lock::tests::writes_as_another_process", "--ignored"])
            .env("ANNALS_TEST_CRATE", at.folder.path())
            .env("ANNALS_TEST_SECTION", format!("E{index}"))
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    };
    let started: Vec<_> = (0..8).map(start).collect();
    for mut process in started {
        assert!(process.wait().unwrap().success());
    }
    let lock: LockFile = fs::read_to_string(at.lock()).unwrap().parse().unwrap();
    assert_eq!(lock.sections.keys().collect::<Vec<_>>(), ["E0", "E1", "E2", "E3", "E4", "E5", "E6", "E7"]);
}

#[test]
#[ignore = "run by many_processes_that_write_at_once_lose_nothing"]
fn writes_as_another_process() {
    let (folder, section) = (env::var("ANNALS_TEST_CRATE").unwrap(), env::var("ANNALS_TEST_SECTION").unwrap());
    let locked = Locked {
        crate_dir: &folder,
        file: "src/lib.rs",
        section: &section,
        retired: &[],
        variants: &[CREATED, CONFIRMED],
    };
    agree::<OrderEvent>(&locked, true).unwrap();
}

#[test]
fn a_lock_that_cannot_be_written_is_told() {
    let at = Crate::new("");
    fs::create_dir(at.lock()).unwrap();
    let told = at.writes::<OrderEvent>(&[CREATED]).unwrap_err();
    assert!(told.contains("annals.lock cannot be read: "), "{told}");
    let gone = Locked { crate_dir: "/nowhere/at/all", file: "a.rs", section: "E", retired: &[], variants: &[CREATED] };
    let told = agree::<OrderEvent>(&gone, true).unwrap_err();
    assert!(told.contains("annals.lock cannot be written: "), "{told}");
}
