//! What the tests stand on: real servers, started on free ports in folders of their own and stopped; wires to them that
//! break; and a recorder and checker of what a journal did.

mod aof;
mod builder;
mod clock;
pub mod history;
mod proxy;
mod raw;
mod replication;
mod resp;
mod server;
mod tls;
mod users;
mod version;
mod waiting;

pub use builder::Builder;
pub use proxy::{Counts, Direction, Lose, Marker, Proxy};
pub use raw::Raw;
pub use server::RedisServer;
pub use tls::Tls;
pub use users::{rights_of, users};
pub use version::ServerVersion;
pub use waiting::until;
