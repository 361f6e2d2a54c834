//! The journal on Redis, on a real server: what lies there, and what happens when something goes wrong.

mod between;
mod conformance;
mod foreign;
mod format;
mod functions;
mod ground;
mod lines;
mod opening;
mod outages;
mod seeking;
mod segments;
mod settling;
mod snapshots;
