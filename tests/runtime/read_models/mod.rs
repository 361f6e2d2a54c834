//! Read models: exactly once whoever crashes, found by indexes, parked, rebuilt beside, run by several.

mod crashing;
mod elsewhere;
mod finding;
mod poison;
mod running;
mod versions;
mod wallets;
