//! Writes the lock: what is new, and what may change, under a lock that other processes respect.

use super::{Block, LockFile, NAME, Section, Today, Variant, check};
use crate::model::fnv1a64;
use std::{
    env, fs,
    fs::{File, OpenOptions},
    io,
    path::Path,
    process,
    sync::atomic::{AtomicU64, Ordering},
};

/// Writes what the enum is today into the lock, unless something stands in the way.
pub(super) fn write(folder: &Path, today: &Today<'_>) -> Result<(), String> {
    let told = |error: io::Error| format!("{} cannot be written: {error}", folder.join(NAME).display());
    // Held until the end: the tests of other enums write too, in threads and in processes.
    let guard = guard(folder).map_err(told)?;
    let lock = check::read(folder)?;
    let mut problems = check::Problems::default();
    check::broken(folder, &lock, today, &mut problems);
    problems.done(today)?;
    let lock = updated(&lock, today);
    replace(folder, &lock.to_string()).map_err(told)?;
    drop(guard);
    let mut problems = check::Problems::default();
    check::unsampled(&lock, today, &mut problems);
    problems.done(today)
}

/// The lock with what the enum is today.
pub(super) fn updated(lock: &LockFile, today: &Today<'_>) -> LockFile {
    let mut lock = lock.clone();
    let section = lock.sections.entry(today.section.to_owned()).or_default();
    if !today.file.is_empty() {
        section.file.clone_from(&today.file);
    }
    for variant in &today.variants {
        let block = section.blocks.entry((variant.event_type.clone(), variant.version)).or_default();
        block.fields.clone_from(&variant.fields);
        if let Some(traced) = &variant.traced {
            block.shape = Some(traced.shape.clone());
        }
        add_old_versions(section, variant, today);
    }
    for ((event_type, version), block) in &mut section.blocks {
        let variant = today.variants.iter().find(|variant| variant.reads(event_type));
        if block.sample.is_none()
            && let Some(sample) = variant.and_then(|variant| variant.sample(event_type, *version, today))
        {
            block.sample = Some(sample);
        }
    }
    lock
}

/// Versions that were there before the lock was: a sample of each shows that its conversions are sound. Where none can
/// be made, it is left to whoever has a payload to add it.
fn add_old_versions(section: &mut Section, variant: &Variant, today: &Today<'_>) {
    for (version, traced) in &variant.old {
        let event_type = &variant.event_type;
        let sample = variant.sample(event_type, *version, today);
        if sample.is_some() && !section.blocks.contains_key(&(event_type.clone(), *version)) {
            let block = Block { fields: Vec::new(), shape: Some(traced.shape.clone()), sample };
            section.blocks.insert((event_type.clone(), *version), block);
        }
    }
}

/// Waits until nobody else writes the lock of this crate.
///
/// It is another file that is locked, since the lock itself is replaced.
fn guard(folder: &Path) -> io::Result<File> {
    let folder = folder.canonicalize()?;
    let path = env::temp_dir().join(format!("annals-lock-{:016x}", fnv1a64(&folder.display().to_string())));
    let open = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
    // Somebody else may own it.
    let file = open.or_else(|error| File::open(&path).map_err(|_| error))?;
    file.lock()?;
    Ok(file)
}

/// Replaces the lock as a whole, so that nobody ever reads half of it.
fn replace(folder: &Path, text: &str) -> io::Result<()> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let path = folder.join(NAME);
    if fs::read_to_string(&path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    let new = folder.join(format!(".{NAME}.{}-{}", process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
    let replaced = fs::write(&new, text).and_then(|()| fs::rename(&new, &path));
    if replaced.is_err() {
        _ = fs::remove_file(&new);
    }
    replaced
}
