//! What of the lock does not fit the enum as it is today, and how to mend it.

use super::{Block, LockFile, NAME, Section, Today, Variant, WRITE, place, place::word};
use crate::codec::shortened;
use std::{fmt::Write as _, fs, io, path::Path};

/// The lock of a crate; empty where there is none.
pub(crate) fn read(folder: &Path) -> Result<LockFile, String> {
    let path = folder.join(NAME);
    match fs::read_to_string(&path) {
        Ok(text) => text.parse().map_err(|fault: super::file::Fault| fault.to_string()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(LockFile::default()),
        Err(error) => Err(format!("{} cannot be read: {error}", path.display())),
    }
}

/// Fails with all that does not fit, the lines that are not up to date among it.
pub(super) fn check(folder: &Path, today: &Today<'_>) -> Result<(), String> {
    let lock = read(folder)?;
    let mut problems = Problems::default();
    broken(folder, &lock, today, &mut problems);
    outdated(&lock, today, &mut problems);
    unsampled(&lock, today, &mut problems);
    problems.done(today)
}

/// All that is wrong, each with how to mend it.
#[derive(Default)]
pub(super) struct Problems(Vec<String>);

impl Problems {
    fn add(&mut self, problem: &str, help: &str) {
        self.0.push(format!("{problem}\n  help: {help}"));
    }

    pub(super) fn done(self, today: &Today<'_>) -> Result<(), String> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut message = format!("annals.lock and `{}` do not fit:\n", today.enum_name);
        for problem in self.0 {
            let _ = write!(message, "\n- {problem}\n");
        }
        Err(message)
    }
}

/// What no writing mends: the code must change, or somebody must decide.
pub(super) fn broken(folder: &Path, lock: &LockFile, today: &Today<'_>, problems: &mut Problems) {
    for orphan in place::orphans(folder, lock) {
        let file = lock.sections.get(&orphan).map_or("", |section| &section.file);
        problems.add(
            &format!("the section `[{orphan}]` has no enum any more: there is no `{}` in {file}", word(&orphan)),
            &format!(
                "where it was renamed, keep what it is stored as: `#[event(prefix = \"{}\", lock = \"{orphan}\")]`; \
                 where nothing of it was ever stored, delete the section",
                prefix(word(&orphan))
            ),
        );
    }
    let Some(section) = lock.sections.get(today.section) else { return };
    if !today.file.is_empty()
        && section.file != today.file
        && place::is_declared_in(folder, today.section, &section.file)
    {
        problems.add(
            &format!("the section `[{}]` is that of another enum of this name, in {}", today.section, section.file),
            &format!(
                "give the one in {} a section of its own: `#[event(lock = \"other.{}\")]`",
                today.file,
                word(today.section)
            ),
        );
        return;
    }
    for ((event_type, version), block) in &section.blocks {
        let name = format!("`{event_type}` {version}");
        if today.retired.contains(&event_type.as_str()) {
            continue;
        }
        let Some(variant) = today.variants.iter().find(|variant| variant.reads(event_type)) else {
            problems.add(
                &format!("{name} was stored, and no variant reads it"),
                &format!(
                    "give the variant that it is today `#[event(alias = \"{event_type}\")]`; or, where it means nothing \
                     any more, the enum `#[event(retired(\"{event_type}\"))]`; or, where it was never stored, delete its \
                     block from {NAME}"
                ),
            );
            continue;
        };
        if *version > variant.version {
            problems.add(
                &format!("{name} was stored, and the variant is at version {}", variant.version),
                &format!(
                    "a schema version never goes back: write `version = {version}`; or, where version {version} was never \
                     stored, delete its block from {NAME}"
                ),
            );
            continue;
        }
        judge(&name, *version, block, variant, today, problems);
        try_sample(event_type, *version, block, today, problems);
    }
}

fn judge(name: &str, version: u32, block: &Block, variant: &Variant, today: &Today<'_>, problems: &mut Problems) {
    let Some(traced) = variant.traced(version) else {
        problems.add(
            &format!("{name} was stored, and nothing reads that version"),
            &format!("add its shape to `upcast({version} => …)` of `{}`", variant.event_type),
        );
        return;
    };
    let Some(Err(mismatches)) = block.shape.as_ref().map(|locked| traced.shape.reads(locked)) else { return };
    let mut told = format!("{name} was stored in another shape than `{}` reads:", today.enum_name);
    for mismatch in mismatches {
        let _ = write!(told, "\n    {}", shortened(&mismatch.to_string()));
    }
    let help = if version == variant.version {
        format!(
            "a type behind one of its fields has changed. Keep the old one in a struct of version {version}, and write \
             `version = {}, upcast({version} => …)`; or, where nothing was ever stored in the old shape, delete the \
             block from {NAME}, and {WRITE}",
            version + 1
        )
    } else {
        format!("give the struct of version {version} back the types that it had, those behind its fields too")
    };
    problems.add(&told, &help);
}

fn try_sample(event_type: &str, version: u32, block: &Block, today: &Today<'_>, problems: &mut Problems) {
    let Some(sample) = &block.sample else { return };
    if let Err(reason) = (today.read)(event_type, version, sample) {
        problems.add(
            &format!("the sample of `{event_type}` {version} does not read: {reason}"),
            "payloads like this one are stored: mend the types, or the conversions, so that they read again; or, where it \
             is no payload that was ever stored, put a real one in its place",
        );
    }
}

/// What writing mends.
fn outdated(lock: &LockFile, today: &Today<'_>, problems: &mut Problems) {
    let written = super::write::updated(lock, today);
    let (Some(new), old) = (written.sections.get(today.section), lock.sections.get(today.section)) else { return };
    let mut told = Vec::new();
    match old {
        None => told.push(format!("the section `[{}]` is not in it", today.section)),
        Some(old) => differences(old, new, today, &mut told),
    }
    if !told.is_empty() {
        problems.add(&format!("{NAME} is not up to date:\n    {}", told.join("\n    ")), WRITE);
    }
}

fn differences(old: &Section, new: &Section, today: &Today<'_>, told: &mut Vec<String>) {
    if old.file != new.file {
        let was = if old.file.is_empty() { "no file of this crate".to_owned() } else { format!("`{}`", old.file) };
        told.push(format!("the enum stood in {was}, and stands in `{}`", new.file));
    }
    for variant in &today.variants {
        let (event_type, version) = (&variant.event_type, variant.version);
        let key = (event_type.clone(), version);
        let (Some(new), old) = (new.blocks.get(&key), old.blocks.get(&key)) else { continue };
        let Some(old) = old else {
            told.push(format!("`{event_type}` {version} is not in it"));
            continue;
        };
        let before = told.len();
        for field in new.fields.iter().filter(|field| !old.fields.contains(field)) {
            told.push(format!("`{event_type}` {version} has the field `{field}`"));
        }
        for field in old.fields.iter().filter(|field| !new.fields.contains(field)) {
            told.push(format!("`{event_type}` {version} has no field `{field}` any more"));
        }
        if old.fields != new.fields && told.len() == before {
            told.push(format!("`{event_type}` {version} has its fields in another order"));
        }
        // One that does not read the other was told of before: no writing mends that.
        if let (Some(new), was) = (&new.shape, &old.shape)
            && was.as_ref().is_none_or(|was| was != new && new.reads(was).is_ok())
        {
            let was = was.as_ref().map_or("not told".to_owned(), |was| format!("`{was}`"));
            told.push(format!("`{event_type}` {version} has the shape `{new}`, which was {was}"));
        }
    }
}

/// What only somebody can mend who has a real payload.
pub(super) fn unsampled(lock: &LockFile, today: &Today<'_>, problems: &mut Problems) {
    let Some(section) = lock.sections.get(today.section) else { return };
    for ((event_type, version), block) in &section.blocks {
        if block.sample.is_some() || today.retired.contains(&event_type.as_str()) {
            continue;
        }
        let Some(variant) = today.variants.iter().find(|variant| variant.reads(event_type)) else { continue };
        let name = format!("`{event_type}` {version} has no sample");
        if variant.sample(event_type, *version, today).is_some() {
            problems.add(&name, WRITE);
            continue;
        }
        let reason = match variant.traced(*version).map(|traced| &traced.sample) {
            Some(Err(reason)) => reason.clone(),
            Some(Ok(invented)) => format!("`{invented}` does not read"),
            None => continue,
        };
        problems.add(
            &format!("{name}, and none could be invented: {}", shortened(&reason)),
            &format!("put a real payload, on one line, in the place of `?` in {NAME}"),
        );
    }
}

/// What the stored names of an enum's variants begin with.
fn prefix(name: &str) -> &str {
    let short = name.strip_suffix("Events").or_else(|| name.strip_suffix("Event")).unwrap_or(name);
    if short.is_empty() { name } else { short }
}
