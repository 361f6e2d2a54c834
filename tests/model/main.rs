//! Whether the engines do what a small model of a journal does, in programs that nobody wrote; and whether many clients at
//! once are told what one journal can have told them.

mod against;
mod answers;
mod asking;
mod builds;
mod concurrent;
mod journal;
mod leases;
mod names;
mod operation;
mod program;
mod read_models;
