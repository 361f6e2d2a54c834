//! The runtime as a program uses it, on every engine: repositories, reading, projections, the testing kit.

mod caching;
mod connecting;
mod domain;
mod engines;
mod evolving;
mod executing;
mod faults;
mod keys;
mod laws;
mod living;
mod looking_back;
mod projecting;
mod read_models;
mod reading;
mod scenarios;
mod snapshots;
mod tally;
mod undoing;
