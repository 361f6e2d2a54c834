//! A real `redis-server` for a test: started on a free port in a folder of its own, and stopped.

mod server;

pub use server::{Builder, RedisServer};
