//! The runtime as a program uses it, on every engine: repositories, reading, projections, the testing kit.

mod connecting;
mod domain;
mod engines;
mod evolving;
mod executing;
mod faults;
mod looking_back;
mod projecting;
mod reading;
mod scenarios;
mod undoing;
