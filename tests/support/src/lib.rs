//! What the tests stand on: a real `redis-server`, and a recorder and checker of what a journal did.

pub mod history;
mod server;

pub use server::{Builder, RedisServer};
