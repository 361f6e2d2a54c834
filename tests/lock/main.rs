//! What `annals.lock` makes of a build: small crates with a lock beside them, compiled for real.
//!
//! Each folder in `cases` is a crate: `lib.rs`, `annals.lock`, and, where it must not compile, `expected.stderr`.
//! `LOCK_CASES=overwrite` writes those anew; they are read before they are kept.

mod cases;
mod edits;
mod hidden;
mod workspace;
