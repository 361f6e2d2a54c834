//! What tests are made of: scenarios of events and commands, and the contract of a journal as a suite of checks.

pub mod conformance;

mod difference;
mod scenario;

pub use scenario::{Decided, Given, Then, given, given_stored};
