//! Reading connections of our own: what the `redis` crate makes a tree of values of, they give flat, as it came.
//!
//! They only read, so that nothing on the server has to be ended where one is given up. TLS is left to the `redis` crate:
//! with `rediss://` each line is a connection of its client, whose answers are written down again.

mod client;
mod line;
mod lines;
mod part;
mod parts;
mod request;
mod socket;

pub(super) use lines::{Lines, Refused};
pub(super) use part::Part;
pub(super) use parts::Parts;
pub(super) use request::Request;
