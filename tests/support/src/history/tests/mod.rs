//! Every kind of violation is found, and a run without one passes.

mod answers;
mod appends;
mod given;
mod layout;
mod losses;
mod order;
mod reads;
mod recording;
mod rows;
