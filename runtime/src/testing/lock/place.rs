//! Where an enum stands: its file as seen from its crate, and whether it is still there.

use super::{LockFile, Section};
use std::{
    ffi::OsStr,
    fs,
    path::{Component, Path},
};

/// The file as the lock has it: relative to the crate, with `/`. Empty where it is none of the crate's.
///
/// `file!()` is relative to where cargo compiles, which for a member of a workspace is the workspace.
pub(super) fn in_crate(folder: &Path, file: &str) -> String {
    let file = Path::new(file);
    let inside = file.strip_prefix(folder).unwrap_or(file);
    let normal = |part| if let Component::Normal(name) = part { name.to_str() } else { None };
    let parts: Vec<_> = inside.components().filter_map(normal).collect();
    let folders: Vec<_> = folder.components().map(Component::as_os_str).collect();
    let is_there = |shared: &usize| folder.join(parts[*shared..].join("/")).is_file();
    // The beginning of the path that is the end of the crate's, the longest first.
    let from_workspace = (0..parts.len()).rev().find(|&shared| {
        folders.ends_with(&parts[..shared].iter().map(OsStr::new).collect::<Vec<_>>()) && is_there(&shared)
    });
    // Where paths are mapped to others, the beginning says nothing.
    let found = from_workspace.or_else(|| (0..parts.len()).find(is_there));
    found.map_or(String::new(), |shared| parts[shared..].join("/"))
}

/// The sections whose enum is nowhere to be found.
pub(super) fn orphans(folder: &Path, lock: &LockFile) -> Vec<String> {
    lock.sections
        .iter()
        .filter(|(name, section)| is_orphan(folder, name, section))
        .map(|(name, _)| name.clone())
        .collect()
}

fn is_orphan(folder: &Path, name: &str, section: &Section) -> bool {
    if section.file.is_empty() {
        return false;
    }
    let stands = fs::read_to_string(folder.join(&section.file)).is_ok_and(|text| has_word(&text, word(name)));
    // It may have moved: then its own test tells of it.
    !stands && !is_declared_below(folder, name)
}

/// What a section is named after.
pub(super) fn word(section: &str) -> &str {
    section.rsplit('.').next().unwrap_or(section)
}

/// Whether this file of the crate has the enum of a section.
pub(super) fn is_declared_in(folder: &Path, section: &str, file: &str) -> bool {
    fs::read_to_string(folder.join(file)).is_ok_and(|text| declares(&text, section))
}

fn declares(text: &str, section: &str) -> bool {
    let word = word(section);
    text.contains(&format!("\"{section}\""))
        || (word == section
            && text.match_indices("enum ").any(|(at, found)| {
                let rest = text[at + found.len()..].trim_start().trim_start_matches("r#");
                rest.strip_prefix(word).is_some_and(|rest| !rest.starts_with(is_part_of_word))
            }))
}

fn is_declared_below(folder: &Path, section: &str) -> bool {
    let Ok(entries) = fs::read_dir(folder) else { return false };
    entries.flatten().map(|entry| entry.path()).any(|path| {
        let hidden =
            path.file_name().and_then(OsStr::to_str).is_none_or(|name| name.starts_with('.') || name == "target");
        if path.is_dir() {
            // What has a manifest of its own is another crate.
            !hidden && !path.is_symlink() && !path.join("Cargo.toml").is_file() && is_declared_below(&path, section)
        } else {
            path.extension().is_some_and(|extension| extension == "rs")
                && fs::read_to_string(&path).is_ok_and(|text| declares(&text, section))
        }
    })
}

fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(is_part_of_word) && !text[at + word.len()..].starts_with(is_part_of_word))
}

fn is_part_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_seen_from_its_crate() {
        let workspace = tempfile::tempdir().unwrap();
        let folder = workspace.path().join("crates/shop");
        fs::create_dir_all(folder.join("src/shop")).unwrap();
        fs::write(folder.join("src/orders.rs"), "").unwrap();
        fs::write(folder.join("src/shop/stock.rs"), "").unwrap();
        let absolute = folder.join("src/orders.rs").display().to_string();
        for (file, expected) in [
            ("src/orders.rs", "src/orders.rs"),
            ("./src/orders.rs", "src/orders.rs"),
            ("shop/src/orders.rs", "src/orders.rs"),
            ("crates/shop/src/orders.rs", "src/orders.rs"),
            ("crates/shop/src/shop/stock.rs", "src/shop/stock.rs"),
            (absolute.as_str(), "src/orders.rs"),
            ("../shop/src/orders.rs", "src/orders.rs"),
            ("/mapped/src/orders.rs", "src/orders.rs"),
            ("/elsewhere/generated.rs", ""),
            ("src/gone.rs", ""),
        ] {
            assert_eq!(in_crate(&folder, file), expected, "{file}");
        }
    }

    #[test]
    fn a_section_without_its_enum_is_an_orphan_wherever_the_enum_may_have_moved() {
        let folder = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| {
            let file = folder.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        };
        let orphans = |section: &str| {
            let lock: LockFile = section.parse().unwrap();
            orphans(folder.path(), &lock).len()
        };
        write("src/orders.rs", "enum OrderEvent {}\nenum OldStockEvent {}");
        write("src/deep/moved.rs", "enum MovedEvent {}\n#[event(lock = \"shop.Named\")] enum N {}");
        write("target/doc.rs", "enum BuiltEvent {}");
        write("other/Cargo.toml", "");
        write("other/src/lib.rs", "enum OtherEvent {}");
        assert_eq!(orphans("[OrderEvent] src/orders.rs"), 0);
        assert_eq!(orphans("[shop.OrderEvent] src/orders.rs"), 0);
        assert_eq!(orphans("[StockEvent] src/orders.rs"), 1);
        assert_eq!(orphans("[GoneEvent] src/gone.rs"), 1);
        assert_eq!(orphans("[MovedEvent] src/orders.rs"), 0);
        assert_eq!(orphans("[shop.Named] src/orders.rs"), 0);
        assert_eq!(orphans("[Moved] src/orders.rs"), 1);
        assert_eq!(orphans("[BuiltEvent] src/orders.rs"), 1);
        assert_eq!(orphans("[OtherEvent] src/orders.rs"), 1);
        assert_eq!(orphans("[GeneratedEvent]"), 0);
    }
}
