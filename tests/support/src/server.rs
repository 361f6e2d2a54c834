//! One server: how it is started, found, hurt and stopped.

use std::{
    fs::{self, File},
    io::{ErrorKind, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// How long a server may take to start or to stop.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often another port is tried, where somebody else took the one that was free.
const PORTS: u32 = 20;

/// A server that is about to be started.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Builder {
    arguments: Vec<String>,
    socket: bool,
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

    /// Starts the server and waits until it answers.
    ///
    /// # Panics
    ///
    /// When there is no `redis-server`, or it does not start: the message has its log.
    #[must_use]
    pub fn start(self) -> RedisServer {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let socket = self.socket.then(|| folder.path().join("redis.sock"));
        let mut server = RedisServer { folder, socket, arguments: self.arguments, port: 0, process: None, starts: 0 };
        for _ in 0..PORTS {
            server.port = free_port();
            if server.launch() == Launch::Ready {
                return server;
            }
        }
        panic!("redis-server found no free port in {PORTS} tries; its last log:\n{}", server.log());
    }
}

/// A running server. It is stopped when this is dropped, also by a panic.
#[derive(Debug)]
pub struct RedisServer {
    folder: TempDir,
    socket: Option<PathBuf>,
    arguments: Vec<String>,
    port: u16,
    process: Option<Child>,
    starts: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Launch {
    Ready,
    PortTaken,
}

impl RedisServer {
    /// Starts a server that keeps nothing on disk, and waits until it answers.
    ///
    /// # Panics
    ///
    /// As [`Builder::start`].
    #[must_use]
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// A server to be started with more arguments.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The URL, without credentials.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// The URL of the Unix socket.
    ///
    /// # Panics
    ///
    /// When the server was built without one.
    #[must_use]
    pub fn unix_url(&self) -> String {
        let socket = self.socket.as_ref().expect("the server was built with `unix_socket()`");
        format!("redis+unix://{}", socket.display())
    }

    /// The id of the process.
    ///
    /// # Panics
    ///
    /// When the server is stopped.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.as_ref().expect("the server runs").id()
    }

    /// Stops the server in good order, and starts it again on the same port and with the same files.
    ///
    /// # Panics
    ///
    /// When it does not start again.
    pub fn restart(&mut self) {
        self.stop();
        self.start_again();
    }

    /// Starts a stopped server again on the same port and with the same files.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub fn start_again(&mut self) {
        assert!(self.process.is_none(), "the server runs already");
        let deadline = Instant::now() + PATIENCE;
        while self.launch() == Launch::PortTaken {
            assert!(Instant::now() < deadline, "port {} was taken while the server was stopped", self.port);
            sleep(Duration::from_millis(100));
        }
    }

    /// Stops the server in good order. Without effect on one that is stopped.
    ///
    /// # Panics
    ///
    /// When it does not stop.
    pub fn stop(&mut self) {
        if self.process.is_some() {
            self.signal("TERM");
            self.wait_until_gone();
        }
    }

    /// Kills the server, as a crash would. Without effect on one that is stopped.
    ///
    /// # Panics
    ///
    /// When it does not stop.
    pub fn kill9(&mut self) {
        if let Some(process) = &mut self.process {
            process.kill().expect("a process that was started here can be killed");
            self.wait_until_gone();
        }
    }

    /// Freezes the server: it keeps its connections and says nothing.
    ///
    /// # Panics
    ///
    /// When the server is stopped.
    pub fn pause(&self) {
        self.signal("STOP");
    }

    /// Lets a frozen server go on.
    ///
    /// # Panics
    ///
    /// When the server is stopped.
    pub fn resume(&self) {
        self.signal("CONT");
    }

    /// What the server said since it was started last.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join(format!("redis-{}.log", self.starts))
    }

    fn signal(&self, signal: &str) {
        let status = Command::new("kill").arg(format!("-{signal}")).arg(self.pid().to_string()).status();
        assert!(status.is_ok_and(|status| status.success()), "SIG{signal} could not be sent to the server");
    }

    fn wait_until_gone(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        if let Some(process) = &mut self.process {
            while process.try_wait().expect("a process that was started here can be waited for").is_none() {
                assert!(Instant::now() < deadline, "redis-server does not stop within {PATIENCE:?}");
                sleep(Duration::from_millis(2));
            }
        }
        self.process = None;
    }

    fn launch(&mut self) -> Launch {
        self.starts += 1;
        let log = File::create(self.log_path()).expect("a file can be made in a temporary folder");
        let errors = log.try_clone().expect("an open file can be shared");
        let mut command = Command::new("redis-server");
        command
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no", "--logfile", ""])
            .args(["--port", &self.port.to_string()])
            .arg("--dir")
            .arg(self.folder.path());
        if let Some(socket) = &self.socket {
            command.arg("--unixsocket").arg(socket);
        }
        command.args(&self.arguments).stdin(Stdio::null()).stdout(log).stderr(errors);
        let process = match command.spawn() {
            Ok(process) => process,
            Err(error) if error.kind() == ErrorKind::NotFound => panic!(
                "this test needs redis-server, and there is none; run `tests/run`, or `apt-get install redis-server`"
            ),
            Err(error) => panic!("redis-server cannot be started: {error}"),
        };
        self.process = Some(process);
        self.wait_until_ready()
    }

    fn wait_until_ready(&mut self) -> Launch {
        let deadline = Instant::now() + PATIENCE;
        loop {
            // Its own log says that it is ready, since another server might answer on a port that it failed to get.
            if self.log().contains("Ready to accept connections") && answers_ping(self.port) {
                return Launch::Ready;
            }
            let process = self.process.as_mut().expect("the server was started");
            if process.try_wait().expect("a process that was started here can be waited for").is_some() {
                self.process = None;
                let log = self.log();
                assert!(log.contains("Address already in use"), "redis-server does not start:\n{log}");
                return Launch::PortTaken;
            }
            assert!(Instant::now() < deadline, "redis-server is not ready within {PATIENCE:?}:\n{}", self.log());
            sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // It may have ended by itself, and a panic here would hide the one that a test may be ending with.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
    listener.local_addr().expect("a listener has an address").port()
}

/// Whether a Redis answers there; one that wants a password first does.
fn answers_ping(port: u16) -> bool {
    let answer = || -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        stream.write_all(b"PING\r\n")?;
        let mut answer = vec![0; 64];
        let length = stream.read(&mut answer)?;
        answer.truncate(length);
        Ok(answer)
    };
    answer().is_ok_and(|answer| answer.starts_with(b"+PONG") || answer.starts_with(b"-NOAUTH"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    fn ask(server: &RedisServer, request: &str) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, server.port())).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = [0; 256];
        let length = stream.read(&mut answer).unwrap_or_default();
        String::from_utf8_lossy(&answer[..length]).into_owned()
    }

    fn is_alive(pid: u32) -> bool {
        Command::new("kill").arg("-0").arg(pid.to_string()).stderr(Stdio::null()).status().unwrap().success()
    }

    #[test]
    fn a_server_answers_once_it_is_started() {
        let server = RedisServer::start();
        assert_eq!(ask(&server, "PING\r\n"), "+PONG\r\n");
        assert!(server.url().ends_with(&server.port().to_string()));
        assert!(is_alive(server.pid()));
    }

    #[test]
    fn each_server_has_its_own_data() {
        let (one, other) = (RedisServer::start(), RedisServer::start());
        assert_eq!(ask(&one, "SET k 1\r\n"), "+OK\r\n");
        assert_eq!(ask(&other, "GET k\r\n"), "$-1\r\n");
    }

    #[test]
    fn it_is_gone_when_it_is_dropped() {
        let server = RedisServer::start();
        let pid = server.pid();
        drop(server);
        assert!(!is_alive(pid));
    }

    #[test]
    fn it_is_gone_after_a_panic_even_when_it_was_frozen() {
        let mut pid = 0;
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let server = RedisServer::start();
            pid = server.pid();
            server.pause();
            panic!("a test fails");
        }));
        assert!(panicked.is_err());
        assert!(pid > 0 && !is_alive(pid));
    }

    #[test]
    fn a_restart_keeps_port_and_data() {
        let mut server = RedisServer::builder().durable().start();
        let port = server.port();
        assert_eq!(ask(&server, "SET k 1\r\n"), "+OK\r\n");
        server.restart();
        assert_eq!((server.port(), ask(&server, "GET k\r\n").as_str()), (port, "$1\r\n1\r\n"));
        server.kill9();
        server.start_again();
        assert_eq!(ask(&server, "GET k\r\n"), "$1\r\n1\r\n");
    }

    #[test]
    fn a_stopped_server_does_not_answer_and_a_frozen_one_says_nothing() {
        let mut server = RedisServer::start();
        server.pause();
        assert_eq!(ask(&server, "PING\r\n"), "");
        server.resume();
        assert_eq!(ask(&server, "PING\r\n"), "+PONG\r\n");
        server.stop();
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, server.port())).is_err());
    }

    #[test]
    fn arguments_reach_the_server() {
        let server = RedisServer::builder().args(["--requirepass", "secret"]).unix_socket().start();
        assert!(ask(&server, "GET k\r\n").starts_with("-NOAUTH"));
        assert!(server.unix_url().ends_with("/redis.sock"));
        assert!(server.socket.as_ref().unwrap().exists());
    }

    #[test]
    fn a_server_that_cannot_start_says_why() {
        let panicked = catch_unwind(|| RedisServer::builder().args(["--no-such-option", "1"]).start()).unwrap_err();
        let message = panicked.downcast_ref::<String>().unwrap();
        assert!(message.contains("no-such-option"), "{message}");
    }
}
