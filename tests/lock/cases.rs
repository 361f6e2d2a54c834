//! Every folder in `cases` compiles, or is refused in the words that were reviewed.

use crate::workspace::Workspace;
use std::{
    env, fs,
    path::{Path, PathBuf},
};

fn copy(case: &Path, folder: &Path) {
    for entry in fs::read_dir(case).unwrap().map(Result::unwrap) {
        if entry.file_name() != "expected.stderr" {
            fs::copy(entry.path(), folder.join(entry.file_name())).unwrap();
        }
    }
}

/// The folders in `cases`, by name.
fn cases() -> Vec<(String, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("lock/cases");
    let mut cases: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), path))
        .collect();
    cases.sort();
    assert!(cases.len() >= 10, "only {} cases are left", cases.len());
    cases
}

#[test]
fn every_case_compiles_or_is_refused_in_the_reviewed_words() {
    let workspace = Workspace::new("lock-cases");
    for (name, case) in cases() {
        copy(&case, &workspace.add(&name));
    }
    workspace.resolve();
    let said = workspace.check(&["--workspace"]);
    let mut wrong = Vec::new();
    for (name, case) in cases() {
        let said = said.get(&name).map_or("", String::as_str);
        let file = case.join("expected.stderr");
        if env::var("LOCK_CASES").is_ok_and(|what| what == "overwrite") && !said.is_empty() {
            fs::write(&file, said).unwrap();
        }
        let expected = fs::read_to_string(file).unwrap_or_default();
        if said != expected {
            wrong.push(format!("== {name} ==\nexpected:\n{expected}\nsaid:\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "review these with LOCK_CASES=overwrite:\n{}", wrong.join("\n"));
}

#[test]
fn the_generated_tests_compile() {
    let workspace = Workspace::new("lock-tests");
    for (name, case) in cases().into_iter().filter(|(name, _)| ["compatible", "mended", "strict"].contains(&&**name)) {
        copy(&case, &workspace.add(&format!("{name}-tested")));
    }
    workspace.resolve();
    let said = workspace.check(&["--workspace", "--lib", "--profile", "test"]);
    let said: String = said.into_values().collect();
    assert!(said.is_empty(), "{said}");
}
