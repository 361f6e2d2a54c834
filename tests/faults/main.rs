//! Faults: servers that die, forget, fill up, stop and change places, wires that break, clocks that jump, all under load. What
//! the clients were told must hold afterwards, and each test proves that its fault happened.

mod clocks;
mod crashes;
mod dice;
mod functions;
mod load;
mod memory;
mod pauses;
mod roles;
mod soak;
mod tally;
mod verdict;
mod wires;
