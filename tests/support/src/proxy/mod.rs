//! A wire between a client and its server that breaks, freezes and slows down when a test says so.
//!
//! It knows where requests and replies end, so that it can lose the reply to one request and no other. What does not
//! speak the protocol of Redis, such as TLS, passes as it comes.

mod carrying;
mod counts;
mod marker;
mod rules;

pub use counts::Counts;
pub use marker::Marker;
pub use rules::{Direction, Lose};

use crate::{RedisServer, until};
use carrying::Wire;
use rules::{Choice, Hold, Loss};
use std::{
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::Duration,
};

/// A wire to a server, with a port of its own. It is cut when this is dropped.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    url: String,
    wire: Arc<Wire>,
}

impl Proxy {
    /// A wire to this server, through which everything passes for now.
    ///
    /// # Panics
    ///
    /// When there is no free port.
    #[must_use]
    pub fn to(server: &RedisServer) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
        let port = listener.local_addr().expect("a listener has an address").port();
        let wire = Arc::new(Wire::to(server.port()));
        let of_listener = Arc::clone(&wire);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if of_listener.has_ended() {
                    break;
                }
                let wire = Arc::clone(&of_listener);
                thread::spawn(move || wire.carry(client));
            }
        });
        Self { port, url: server.url_at(port), wire }
    }

    /// The port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL, with the credentials that the server's own has.
    #[must_use]
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// New connections lead to this server from now on.
    pub fn redirect(&self, server: &RedisServer) {
        self.wire.redirect(server.port());
    }

    /// From now on, `times` of the requests that are meant are broken off: each `every`-th one.
    ///
    /// ```no_run
    /// use annals_test_support::{Lose, Marker, Proxy, RedisServer};
    ///
    /// let server = RedisServer::start();
    /// let proxy = Proxy::to(&server);
    /// proxy.lose(Lose::Reply, "append", 3, 40);
    /// proxy.lose(Lose::Request, Marker::any_function(&["append", "appends"]), 1, 1);
    /// ```
    pub fn lose(&self, lose: Lose, marker: impl Into<Marker>, every: u32, times: u32) {
        let choice = Choice::Every { every, seen: 0, times };
        self.wire.change(|rules| rules.loss = Some(Loss { lose, marker: marker.into(), choice }));
    }

    /// From now on, each of the requests that are meant is broken off with this probability.
    pub fn lose_by_chance(&self, lose: Lose, marker: impl Into<Marker>, probability: f64, seed: u64) {
        let choice = Choice::Chance { random: fastrand::Rng::with_seed(seed), probability };
        self.wire.change(|rules| rules.loss = Some(Loss { lose, marker: marker.into(), choice }));
    }

    /// From now on, nothing is lost any more.
    pub fn lose_nothing(&self) {
        self.wire.change(|rules| rules.loss = None);
    }

    /// From now on, nobody gets through any more after the next loss.
    pub fn shut_after_loss(&self) {
        self.wire.change(|rules| rules.shut_after_loss = true);
    }

    /// The next request that is meant is held, or the reply to it, with all that comes behind it on its connection.
    pub fn hold(&self, direction: Direction, marker: impl Into<Marker>) {
        self.wire.change(|rules| {
            rules.holds += 1;
            rules.hold = Some(Hold { direction, marker: marker.into(), times: 1 });
        });
    }

    /// Lets go what was held.
    pub fn let_go(&self) {
        self.wire.change(|rules| {
            rules.hold = None;
            rules.let_go = rules.holds;
        });
    }

    /// Keeps everything that goes in this direction, until it is thawed.
    pub fn freeze(&self, direction: Direction) {
        self.wire.change(|rules| rules.flow(direction).frozen = true);
    }

    /// Lets what was frozen go on, in both directions.
    pub fn thaw(&self) {
        self.wire.change(|rules| (rules.to_server.frozen, rules.to_client.frozen) = (false, false));
    }

    /// From now on, everything that goes in this direction takes so much longer.
    pub fn delay(&self, direction: Direction, delay: Duration) {
        self.wire.change(|rules| rules.flow(direction).delay = delay);
    }

    /// From now on, what goes in this direction is read this slowly; at full speed with `None`.
    pub fn throttle(&self, direction: Direction, bytes_a_second: Option<u32>) {
        self.wire.change(|rules| rules.flow(direction).pace = bytes_a_second);
    }

    /// Closes all connections now, and answers how many that were. New ones are taken.
    #[expect(clippy::must_use_candidate, reason = "cutting is what it is called for")]
    pub fn cut(&self) -> usize {
        self.wire.cut()
    }

    /// From now on, every new connection is closed at once.
    pub fn refuse(&self) {
        self.wire.change(|rules| rules.shut = true);
    }

    /// Lets everybody through again.
    pub fn open(&self) {
        self.wire.change(|rules| (rules.shut, rules.shut_after_loss) = (false, false));
    }

    /// How often it did what.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.wire.counts()
    }

    /// How many replies were lost.
    #[must_use]
    pub fn lost_replies(&self) -> u64 {
        self.counts().lost_replies
    }

    /// How many requests were lost.
    #[must_use]
    pub fn lost_requests(&self) -> u64 {
        self.counts().lost_requests
    }

    /// Waits until this many replies and requests were lost.
    ///
    /// # Panics
    ///
    /// When that does not happen.
    pub async fn lost(&self, count: u64) {
        until("something is lost", || self.lost_replies() + self.lost_requests() >= count).await;
    }

    /// Waits until something is held: a reply that is held has come from the server.
    ///
    /// # Panics
    ///
    /// When that does not happen.
    pub async fn held(&self, count: u64) {
        let held = || self.counts().held_requests + self.counts().held_replies;
        until("something is held", || held() >= count).await;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.wire.end();
        // The listener looks when somebody comes.
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port));
    }
}

#[cfg(test)]
mod tests;
