//! One server: how it is found, asked, hurt and stopped.

use crate::{builder::Builder, clock::Clock, resp, tls::Certificates, users, version::ServerVersion};
use std::{
    ffi::OsString,
    fs::{self, File},
    io::{ErrorKind, Read, Write},
    net::{Ipv4Addr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tempfile::TempDir;

/// How long a server may take to start, to stop, or to find another one.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A running server. It is stopped when this is dropped, also by a panic.
#[derive(Debug)]
pub struct RedisServer {
    pub(crate) program: OsString,
    pub(crate) folder: TempDir,
    pub(crate) socket: Option<PathBuf>,
    pub(crate) certificates: Option<Certificates>,
    pub(crate) clock: Option<Clock>,
    pub(crate) arguments: Vec<String>,
    pub(crate) least_rights: bool,
    pub(crate) port: u16,
    pub(crate) tls_port: u16,
    pub(crate) process: Option<Child>,
    pub(crate) starts: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Launch {
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

    /// The URL for a journal: without credentials, or, where `ANNALS_TEST_ACL` says so, with those of a user who may do
    /// what `annals.acl` says. A server that was built with users of its own, or with fewer commands, is left as it is.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_at(self.port)
    }

    /// The URL for a test that looks at the server behind a journal's back, and may do everything.
    #[must_use]
    pub fn admin_url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// As whom a journal connects with [`url`](Self::url).
    #[must_use]
    pub fn user(&self) -> &'static str {
        if self.least_rights { "annals" } else { "default" }
    }

    /// The URL for a journal that reaches the server over another port.
    pub(crate) fn url_at(&self, port: u16) -> String {
        let user = if self.least_rights { format!("annals:{}@", users::PASSWORD) } else { String::new() };
        format!("redis://{user}127.0.0.1:{port}")
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

    /// The URL of the port that speaks TLS.
    ///
    /// # Panics
    ///
    /// When the server was built without one.
    #[must_use]
    pub fn tls_url(&self) -> String {
        assert!(self.certificates.is_some(), "the server was built without `tls()`");
        format!("rediss://localhost:{}", self.tls_port)
    }

    /// The certificate of the authority that vouches for the server, as a file in PEM.
    ///
    /// # Panics
    ///
    /// When the server was built without TLS.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        self.certificates.as_ref().expect("the server was built with `tls()`").authority()
    }

    /// The certificate of a client that this server lets in, and its key, as files in PEM.
    ///
    /// # Panics
    ///
    /// When the server was built without [`Tls::Mutual`](crate::Tls::Mutual).
    #[must_use]
    pub fn client_certificate(&self) -> [PathBuf; 2] {
        let files = self.certificates.as_ref().map(Certificates::client);
        files.filter(|files| files[0].exists()).expect("the server was built with `tls_with(Tls::Mutual)`")
    }

    /// The folder that the server keeps its files in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a command, on a connection of its own, and answers what the server does. An answer of several parts has one
    /// on each line.
    ///
    /// # Panics
    ///
    /// When the server refuses, or does not answer.
    #[track_caller]
    #[expect(clippy::must_use_candidate, reason = "most commands are run for what they do")]
    pub fn command(&self, words: &[&str]) -> String {
        self.try_command(words).unwrap_or_else(|refusal| panic!("the server refuses {words:?}: {refusal}"))
    }

    /// Runs a command as [`command`](Self::command) does.
    ///
    /// # Errors
    ///
    /// What the server says, where it refuses.
    ///
    /// # Panics
    ///
    /// When the server does not answer.
    #[track_caller]
    pub fn try_command(&self, words: &[&str]) -> Result<String, String> {
        resp::command(self.port, words).unwrap_or_else(|error| panic!("no answer to {words:?}: {error}"))
    }

    /// One field of a section of `INFO`, where there is such a field.
    ///
    /// # Panics
    ///
    /// When the server does not answer.
    #[must_use]
    pub fn info(&self, section: &str, field: &str) -> Option<String> {
        let info = self.command(&["INFO", section]);
        info.lines().find_map(|line| Some(line.strip_prefix(field)?.strip_prefix(':')?.trim_end().to_owned()))
    }

    /// Which server it is.
    ///
    /// # Panics
    ///
    /// When it does not answer.
    #[must_use]
    pub fn version(&self) -> ServerVersion {
        ServerVersion::read(&self.command(&["INFO", "server"]))
    }

    /// From now on the server's wall clock is so many seconds ahead of the right time, or behind it.
    ///
    /// # Panics
    ///
    /// When the server was built without a clock of its own, or does not follow it.
    pub fn set_clock(&self, seconds: i64) {
        self.clock.as_ref().expect("the server was built with `with_clock()`").set(seconds);
        let begun = Instant::now();
        // Within scripts a server may go by the time of its last look at the clock.
        let shown = || self.command(&["EVAL", "return redis.call('TIME')[1]", "0"]).parse::<i64>().unwrap_or_default();
        while (shown() - now() - seconds).abs() > 5 {
            assert!(begun.elapsed() < PATIENCE, "the server does not go by the clock that was set");
            sleep(Duration::from_millis(1));
        }
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

    pub(crate) fn launch(&mut self) -> Launch {
        self.starts += 1;
        let log = File::create(self.log_path()).expect("a file can be made in a temporary folder");
        let errors = log.try_clone().expect("an open file can be shared");
        let mut command = Command::new(&self.program);
        command
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no", "--logfile", ""])
            // A replica that asks for everything need not wait for others that might do so too.
            .args(["--repl-diskless-sync-delay", "0"])
            .args(["--port", &self.port.to_string()])
            .arg("--dir")
            .arg(self.folder.path());
        if let Some(socket) = &self.socket {
            command.arg("--unixsocket").arg(socket);
        }
        if let Some(certificates) = &self.certificates {
            command.args(certificates.arguments(self.tls_port));
        }
        if let Some(clock) = &self.clock {
            clock.govern(&mut command);
        }
        command.args(&self.arguments).stdin(Stdio::null()).stdout(log).stderr(errors);
        let process = match command.spawn() {
            Ok(process) => process,
            Err(error) if error.kind() == ErrorKind::NotFound => panic!(
                "this test needs {}, and there is none; run `tests/run`, or `apt-get install redis-server`",
                self.program.display()
            ),
            Err(error) => panic!("{} cannot be started: {error}", self.program.display()),
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

/// The right time, in seconds.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    i64::try_from(since.as_secs()).expect("it is before the end of time")
}

/// Whether a Redis answers there; one that wants a password first, or grants nothing, does.
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
    answer()
        .is_ok_and(|answer| [b"+PONG".as_slice(), b"-NOAUTH", b"-NOPERM"].iter().any(|begin| answer.starts_with(begin)))
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

    #[test]
    fn a_command_is_answered_or_refused() {
        let server = RedisServer::start();
        assert_eq!(server.command(&["SET", "k", "two words"]), "OK");
        assert_eq!(server.command(&["GET", "k"]), "two words");
        assert_eq!(server.command(&["CONFIG", "GET", "maxmemory-policy"]), "maxmemory-policy\nnoeviction");
        assert!(server.try_command(&["INCR", "k"]).unwrap_err().starts_with("ERR value is not an integer"));
    }

    #[test]
    fn a_server_says_which_it_is() {
        let server = RedisServer::start();
        let version = server.version();
        assert_eq!(version.has_waitaof(), server.try_command(&["WAITAOF", "0", "0", "0"]).is_ok(), "{version}");
    }

    #[test]
    fn the_wall_clock_is_set_while_the_server_runs() {
        let server = RedisServer::builder().with_clock().start();
        let seconds = || server.command(&["EVAL", "return redis.call('TIME')[1]", "0"]).parse::<i64>().unwrap();
        let before = seconds();
        for offset in [-3_600, 60, 0] {
            server.set_clock(offset);
            let shown = seconds();
            assert!((before + offset..before + offset + 100).contains(&shown), "{before} became {shown}");
        }
    }

    #[test]
    fn the_users_of_a_file_are_those_of_the_server() {
        let folder = tempfile::tempdir().unwrap();
        let users = folder.path().join("users.acl");
        fs::write(&users, "user default on nopass ~* +@all\nuser reader on >secret ~* +get\n").unwrap();
        let server = RedisServer::builder().acl_file(&users).start();
        assert_eq!(server.command(&["ACL", "USERS"]), "default\nreader");
        let closed = "user default off\nuser reader on >secret ~* +get\n";
        fs::write(&users, closed).unwrap();
        let server = RedisServer::builder().acl_file(&users).start();
        assert!(server.try_command(&["GET", "k"]).unwrap_err().starts_with("NOAUTH"));
    }

    #[test]
    fn a_server_speaks_tls_and_its_authority_vouches_for_it() {
        let server = RedisServer::builder().tls().start();
        let port = server.tls_url().strip_prefix("rediss://").unwrap().to_owned();
        let ask = |authority: &Path| {
            Command::new("openssl")
                .args(["s_client", "-connect", &port, "-verify_hostname", "localhost", "-verify_return_error"])
                .arg("-CAfile")
                .arg(authority)
                .stdin(Stdio::null())
                .output()
                .unwrap()
        };
        let trusted = ask(&server.authority());
        assert!(trusted.status.success(), "{}", String::from_utf8_lossy(&trusted.stderr));
        let other = RedisServer::builder().tls().start();
        assert!(!ask(&other.authority()).status.success());
    }
}
