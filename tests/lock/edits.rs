//! The build notices by itself what becomes of a lock, and the generated test writes and checks it.

use crate::workspace::{Workspace, told};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

const SOURCE: &str = "use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
pub enum OrderEvent {
    Created { user_id: String, amount: f64 },
    Confirmed,
}
";

const LOCK: &str = "[OrderEvent] lib.rs

OrderConfirmed 1
  shape {}
  sample {}

OrderCreated 1
  field user_id: String
  field amount: f64
  shape {amount: f64, user_id: string}
  sample {\"user_id\":\"text\",\"amount\":1.5}
";

/// A crate of this name with the source above, in a workspace of its own. The workspaces share what they have built, and
/// cargo tells their crates apart by name alone.
fn orders(name: &str) -> (Workspace, PathBuf) {
    let workspace = Workspace::new(&format!("lock-{name}"));
    let folder = workspace.add(name);
    fs::write(folder.join("lib.rs"), SOURCE).unwrap();
    workspace.resolve();
    (workspace, folder)
}

#[test]
fn an_edited_lock_is_noticed_without_a_touch_of_the_source() {
    let (workspace, folder) = orders("edits");
    let lock = folder.join("annals.lock");
    let said = || workspace.check(&[]).remove("edits").unwrap_or_default();
    fs::write(&lock, LOCK).unwrap();
    assert_eq!(said(), "");
    assert!(is_fresh(&workspace), "nothing has changed, so nothing is built");
    // The time of a file is kept in nanoseconds, but not by every file system.
    write_later(&lock, &LOCK.replace("amount: f64", "amount: u64"));
    assert!(said().contains("field `amount` in version 1 of `OrderCreated` was stored as `u64`, now as `f64`"));
    // The block is taken back, as the message says.
    let created = LOCK.find("OrderCreated").unwrap();
    write_later(&lock, &LOCK[..created]);
    assert_eq!(said(), "");
    write_later(&lock, &LOCK.replace("OrderConfirmed", "OrderPromised"));
    assert!(said().contains("`OrderPromised` is stored, but no variant reads it any more"));
    fs::remove_file(&lock).unwrap();
    assert_eq!(said(), "");
}

#[test]
fn a_lock_that_is_to_be_written_builds_the_crate_anew() {
    let (workspace, _) = orders("wanted");
    assert_eq!(workspace.check(&[]).len(), 0);
    assert!(is_fresh(&workspace));
    let mut wanted = workspace.cargo(&["check", "--message-format=json"]);
    assert!(!all_fresh(&wanted.env("ANNALS_LOCK", "write").output().unwrap()), "the variable was not noticed");
    assert!(!is_fresh(&workspace), "it was not noticed that the variable is gone");
    assert!(is_fresh(&workspace));
}

#[test]
fn the_generated_test_writes_the_lock_and_then_holds_it() {
    let (workspace, folder) = orders("written");
    let lock = folder.join("annals.lock");
    let test = |writes: bool| {
        let mut cargo = workspace.cargo(&["test", "--lib", "annals_lock"]);
        if writes {
            cargo.env("ANNALS_LOCK", "write");
        }
        cargo.output().unwrap()
    };
    // Nobody has a test who has no lock.
    let without = test(false);
    assert!(without.status.success() && told(&without).contains("0 passed"), "{}", told(&without));
    let written = test(true);
    assert!(written.status.success() && told(&written).contains("1 passed"), "{}", told(&written));
    let first = fs::read_to_string(&lock).unwrap();
    for block in ["[OrderEvent] lib.rs\n", "OrderConfirmed 1\n", "OrderCreated 1\n  field user_id: String\n"] {
        assert!(first.contains(block), "{first}");
    }
    let held = test(false);
    assert!(held.status.success() && told(&held).contains("1 passed"), "{}", told(&held));
    // A compatible change compiles, and the test asks for the lock to be written.
    let source = folder.join("lib.rs");
    write_later(&source, &SOURCE.replace("amount: f64", "amount: f64, #[serde(default)] note: String"));
    let outdated = test(false);
    assert!(!outdated.status.success(), "{}", told(&outdated));
    assert!(told(&outdated).contains("run `ANNALS_LOCK=write cargo test annals_lock`"), "{}", told(&outdated));
    assert!(test(true).status.success());
    let second = fs::read_to_string(&lock).unwrap();
    assert!(second.contains("  field #[serde(default)] note: String\n"), "{second}");
    assert!(test(false).status.success());
    // An incompatible one does not compile, whatever it is run for.
    write_later(&source, SOURCE);
    for writes in [false, true] {
        let refused = test(writes);
        assert!(!refused.status.success(), "{}", told(&refused));
        assert!(told(&refused).contains("a field `note: String`, which nothing reads any more"), "{}", told(&refused));
    }
    assert_eq!(fs::read_to_string(&lock).unwrap(), second);
}

/// What a message says of two types that are stored alike is true, and seen to be.
#[test]
fn a_type_that_got_another_name_is_written_into_the_lock_by_hand() {
    let (workspace, folder) = orders("alike");
    let (lock, source) = (folder.join("annals.lock"), folder.join("lib.rs"));
    fs::write(&lock, LOCK).unwrap();
    let with = |amount: &str| format!("{}\npub type Amount = {amount};\n", SOURCE.replace("f64", "Amount"));
    fs::write(&source, with("f64")).unwrap();
    let told_by_derive = workspace.check(&[]).remove("alike").unwrap();
    let line = LOCK.lines().position(|line| line == "  field amount: f64").unwrap() + 1;
    let help = format!("if both are stored alike, write `field amount: Amount` in line {line} of `annals.lock`");
    assert!(told_by_derive.contains(&help), "{told_by_derive}");
    write_later(&lock, &LOCK.replace("field amount: f64", "field amount: Amount"));
    let test = || workspace.cargo(&["test", "--lib", "annals_lock"]).output().unwrap();
    let agreed = test();
    assert!(agreed.status.success() && told(&agreed).contains("1 passed"), "{}", told(&agreed));
    write_later(&source, &with("String"));
    let denied = test();
    assert!(!denied.status.success() && told(&denied).contains("was stored in another shape"), "{}", told(&denied));
}

/// Enums that are called like the locked one, and are none of what the crate stores.
#[test]
fn examples_and_integration_tests_have_no_part_in_the_lock() {
    let (workspace, folder) = orders("outside");
    let other = "use annals::prelude::*;
        #[derive(Event, Serialize, Deserialize)]
        pub enum OrderEvent { Created { other: u8 } }
        ";
    let example = |info: &str, end: &str| {
        let lines: Vec<_> = other.lines().chain([end]).map(|line| format!("//! {line}")).collect();
        format!("//! ```{info}\n{}\n//! ```\n", lines.join("\n"))
    };
    let examples = [
        example("", "let _ = 1;"),
        example("standalone_crate", ""),
        example("compile_fail,E0308", "let _: u8 = \"\";"),
    ];
    fs::write(folder.join("lib.rs"), examples.concat() + SOURCE).unwrap();
    fs::write(folder.join("annals.lock"), LOCK).unwrap();
    fs::create_dir(folder.join("tests")).unwrap();
    fs::write(folder.join("tests/outside.rs"), format!("{other}\n#[test]\nfn runs() {{}}\n")).unwrap();
    let output = workspace.cargo(&["test"]).output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    for line in [
        "annals_lock_order_event ... ok",
        "test runs ... ok",
        "(line 1) ... ok",
        "(line 8) ... ok",
        "compile fail ... ok",
    ] {
        assert!(told(&output).contains(line), "{}", told(&output));
    }
    // The same enum in the crate itself does not compile.
    fs::write(folder.join("lib.rs"), other).unwrap();
    assert!(workspace.check(&[])["outside"].contains("a field `user_id: String`, which nothing reads any more"));
}

/// Whether cargo has nothing to do.
fn is_fresh(workspace: &Workspace) -> bool {
    all_fresh(&workspace.cargo(&["check", "--message-format=json"]).output().unwrap())
}

fn all_fresh(output: &Output) -> bool {
    assert!(output.status.success(), "{}", told(output));
    !told(output).contains("\"fresh\":false")
}

/// Writes the file with a time of change that is later than all before, on any file system.
fn write_later(path: &Path, text: &str) {
    let before = fs::metadata(path).unwrap().modified().unwrap();
    fs::write(path, text).unwrap();
    while fs::metadata(path).unwrap().modified().unwrap() <= before {
        std::thread::sleep(std::time::Duration::from_millis(20));
        fs::write(path, text).unwrap();
    }
}
