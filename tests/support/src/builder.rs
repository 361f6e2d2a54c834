//! A server that is about to be started: what it is to be able to do.

use crate::{
    clock::Clock,
    server::{Launch, RedisServer},
    tls::{Certificates, Tls},
    users, version,
};
use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    path::Path,
};

/// How often another port is tried, where somebody else took the one that was free.
const PORTS: u32 = 20;

/// A server that is about to be started.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Builder {
    arguments: Vec<String>,
    socket: bool,
    tls: Option<Tls>,
    clock: bool,
    master: Option<u16>,
}

impl Builder {
    /// Adds an argument of `redis-server`.
    pub fn arg(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds arguments of `redis-server`, as in `["--appendonly", "yes"]`.
    pub fn args<I: IntoIterator<Item: Into<String>>>(mut self, arguments: I) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// Keeps what is written, for [`restart`](RedisServer::restart): an append-only file, synced at each write.
    pub fn durable(self) -> Self {
        self.args(["--appendonly", "yes", "--appendfsync", "always"])
    }

    /// Listens on a Unix socket too.
    pub fn unix_socket(mut self) -> Self {
        self.socket = true;
        self
    }

    /// Speaks TLS on a port of its own too, with a certificate for `localhost` that is made now.
    ///
    /// This is always the distribution's `redis-server`: whether a server speaks TLS is settled when it is compiled, and
    /// Valkey's single binary does not.
    pub fn tls(self) -> Self {
        self.tls_with(Tls::Valid)
    }

    /// The same, with something else to be seen of it.
    pub fn tls_with(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Has these users: a file as `ACL SAVE` writes it.
    pub fn acl_file(self, path: impl AsRef<Path>) -> Self {
        self.arg("--aclfile").arg(path.as_ref().display().to_string())
    }

    /// Follows another server. It is started once it has all that the other has.
    pub fn replica_of(mut self, master: &RedisServer) -> Self {
        self.master = Some(master.port());
        self
    }

    /// Runs by a wall clock that [`set_clock`](RedisServer::set_clock) sets.
    pub fn with_clock(mut self) -> Self {
        self.clock = true;
        self
    }

    /// Starts the server and waits until it answers.
    ///
    /// # Panics
    ///
    /// When there is no `redis-server`, or it does not start: the message has its log.
    #[must_use]
    pub fn start(self) -> RedisServer {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let program = if self.tls.is_some() { version::STANDARD.into() } else { version::program() };
        let mut arguments = self.arguments;
        let least_rights = users::are_wanted() && !users::are_settled_by(&arguments);
        if least_rights {
            let file = folder.path().join("users.acl");
            fs::write(&file, users::users("*", users::more_on(&program)))
                .expect("a temporary folder can be written to");
            arguments.extend(["--aclfile".to_owned(), file.display().to_string()]);
        }
        if let Some(master) = self.master {
            arguments.extend(["--replicaof".to_owned(), "127.0.0.1".to_owned(), master.to_string()]);
        }
        let mut server = RedisServer {
            program,
            socket: self.socket.then(|| folder.path().join("redis.sock")),
            certificates: self.tls.map(|tls| Certificates::new(folder.path(), tls)),
            clock: self.clock.then(|| Clock::new(folder.path())),
            folder,
            arguments,
            least_rights,
            port: 0,
            tls_port: 0,
            process: None,
            starts: 0,
        };
        for _ in 0..PORTS {
            server.port = free_port();
            server.tls_port = if self.tls.is_some() { free_port() } else { 0 };
            if server.launch() == Launch::Ready {
                if self.master.is_some() {
                    server.wait_until_linked();
                }
                return server;
            }
        }
        panic!("the server found no free port in {PORTS} tries; its last log:\n{}", server.log());
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
    listener.local_addr().expect("a listener has an address").port()
}
