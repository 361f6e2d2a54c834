//! The journal on Redis, on a real server: what lies there, and what happens when something goes wrong.

mod between;
mod conformance;
mod durability;
mod foreign;
mod format;
mod functions;
mod ground;
mod lines;
mod living;
mod opening;
mod outages;
mod preflight;
mod purse;
mod read_models;
mod rewound;
mod seeking;
mod segments;
mod settling;
mod sharing;
mod snapshots;
