//! Servers that follow another one, and change places with it.

use crate::{RedisServer, server::PATIENCE};
use std::{
    thread::sleep,
    time::{Duration, Instant},
};

impl RedisServer {
    /// Whether the server takes writes: what it follows nobody.
    ///
    /// # Panics
    ///
    /// When it does not answer.
    #[must_use]
    pub fn is_master(&self) -> bool {
        self.info("replication", "role").as_deref() == Some("master")
    }

    /// Makes a replica a server that takes writes. It has what it had.
    ///
    /// # Panics
    ///
    /// When it does not answer.
    pub fn promote(&self) {
        self.command(&["REPLICAOF", "NO", "ONE"]);
    }

    /// Lets the server follow another one from now on, and take no writes. All that the other has not is given up once
    /// they are [linked](Self::wait_until_linked).
    ///
    /// # Panics
    ///
    /// When it does not answer.
    pub fn demote_to(&self, master: &RedisServer) {
        self.command(&["REPLICAOF", "127.0.0.1", &master.port().to_string()]);
    }

    /// Waits until a replica has all that its master had when they found one another.
    ///
    /// # Panics
    ///
    /// When that does not happen.
    pub fn wait_until_linked(&self) {
        let begun = Instant::now();
        while self.info("replication", "master_link_status").as_deref() != Some("up") {
            assert!(begun.elapsed() < PATIENCE, "the replica finds no master:\n{}", self.log());
            sleep(Duration::from_millis(5));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn until(what: &str, mut holds: impl FnMut() -> bool) {
        let begun = Instant::now();
        while !holds() {
            assert!(begun.elapsed() < PATIENCE, "{what} did not happen");
            sleep(Duration::from_millis(2));
        }
    }

    #[test]
    fn a_replica_has_what_its_master_has_and_goes_on_without_it() {
        let mut master = RedisServer::start();
        master.command(&["SET", "before", "1"]);
        let replica = RedisServer::builder().replica_of(&master).start();
        assert_eq!((master.is_master(), replica.is_master()), (true, false));
        assert_eq!(replica.command(&["GET", "before"]), "1");
        master.command(&["SET", "after", "2"]);
        until("replication", || replica.command(&["GET", "after"]) == "2");
        let refused = replica.try_command(&["SET", "k", "v"]).unwrap_err();
        assert!(refused.starts_with("READONLY"), "{refused}");

        master.kill9();
        replica.promote();
        assert!(replica.is_master());
        assert_eq!(replica.command(&["SET", "k", "v"]), "OK");
    }

    #[test]
    fn a_master_that_is_demoted_gives_up_what_its_new_master_has_not() {
        let (old, new) = (RedisServer::start(), RedisServer::start());
        old.command(&["SET", "k", "old"]);
        new.command(&["SET", "k", "new"]);
        old.demote_to(&new);
        old.wait_until_linked();
        assert_eq!(old.command(&["GET", "k"]), "new");
        assert!(old.try_command(&["SET", "k", "v"]).unwrap_err().starts_with("READONLY"));
    }
}
