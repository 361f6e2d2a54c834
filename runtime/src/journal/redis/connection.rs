//! The connection to the server: made again when it breaks, and honest about what may have been sent.

use super::{
    greeting::{CONNECT, greet},
    introduction::Introduction,
    url::ServerUrl,
};
use crate::trace::tell;
use redis::{
    AsyncConnectionConfig, Client, Cmd, Pipeline, RedisError, ServerError, Value,
    aio::{ConnectionLike, MultiplexedConnection},
};
use std::{
    fmt,
    future::Future,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;

/// How long an answer may take. A server that forks or fsyncs is slow at times.
pub(super) const RESPONSE: Duration = Duration::from_secs(5);
/// How long is tried, all in all, before an error is given.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many connections that were given up are remembered.
const MOST_GIVEN_UP: usize = 100;
/// How many requests may wait to be sent.
const BUFFER: usize = 1_024;

/// Why a request was not answered as it should be.
#[derive(Clone, Debug)]
pub(super) enum Failure {
    /// The server was not reached, so nothing was sent.
    Unsent(String),
    /// It was sent, perhaps done, and no answer came.
    Lost(String),
    /// The server cannot do it now, and did nothing.
    NotNow(String),
    /// The server does not do it, and did nothing.
    Refused(Refusal),
}

impl Failure {
    /// Why, in the server's words where it answered.
    pub(super) fn text(self) -> String {
        match self {
            Self::Unsent(text) | Self::Lost(text) | Self::NotNow(text) | Self::Refused(Refusal { text, .. }) => text,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsent(reason) => write!(f, "not sent: {reason}"),
            Self::Lost(reason) => write!(f, "not answered: {reason}"),
            Self::NotNow(text) | Self::Refused(Refusal { text, .. }) => f.write_str(text),
        }
    }
}

/// What a server says when it refuses.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    /// The first word, as in `NOPERM`.
    pub(super) code: String,
    /// All of it, the code too.
    pub(super) text: String,
}

/// Why a server cannot be used at all.
#[derive(Clone, Debug)]
pub(super) enum Unfit {
    /// Nothing answers there.
    Unreachable(String),
    /// What answers is not Redis.
    NotRedis(String),
    /// The server cannot do anything now.
    NotNow(String),
    /// It lets nobody in, or not us.
    Refused(Refusal),
}

impl From<Unfit> for Failure {
    fn from(unfit: Unfit) -> Self {
        match unfit {
            Unfit::Unreachable(reason) | Unfit::NotRedis(reason) => Self::Unsent(reason),
            Unfit::NotNow(reason) => Self::NotNow(reason),
            Unfit::Refused(refusal) => Self::Refused(refusal),
        }
    }
}

/// How long there is still to try, and how long to wait before the next time.
pub(super) struct Patience {
    deadline: Instant,
    pause: Duration,
}

impl Patience {
    const FIRST_PAUSE: Duration = Duration::from_millis(20);
    const LONGEST_PAUSE: Duration = Duration::from_secs(1);

    pub(super) fn new() -> Self {
        Self { deadline: Instant::now() + PATIENCE, pause: Self::FIRST_PAUSE }
    }

    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Waits before the next try; answers whether there is to be one.
    pub(super) async fn wait(&mut self) -> bool {
        // Half of the pause is left to chance, so that not all who lost a server come back to it at once.
        let pause = self.pause.mul_f64(0.5 + fastrand::f64() / 2.0);
        self.pause = (self.pause * 2).min(Self::LONGEST_PAUSE);
        if Instant::now() + pause >= self.deadline {
            return false;
        }
        tokio::time::sleep(pause).await;
        true
    }
}

/// One connection, shared by all who ask, and made again when it is found broken.
#[derive(Debug)]
pub(super) struct Connection {
    url: ServerUrl,
    client: Client,
    response: Duration,
    /// What is said first, shared with every other connection of the journal.
    introduction: Arc<Introduction>,
    live: Mutex<Option<Live>>,
    /// Connections that were given up while something was under way on them. The server may still read what was sent, however
    /// late, so it is told to close them before anything is sent again.
    given_up: Mutex<Vec<Name>>,
    /// How many connections were made, by which each is known: a late failure of an old one must not end a new one.
    made: AtomicU64,
    /// How often a server was found to have become a replica, by any connection like this one.
    replicas_left: Arc<AtomicU64>,
    connecting: tokio::sync::Mutex<()>,
}

#[derive(Clone, Debug)]
struct Live {
    connection: MultiplexedConnection,
    generation: u64,
    name: Option<Name>,
}

/// By what a server knows a connection. The number alone begins anew with every start of the server.
#[derive(Clone, Debug)]
struct Name {
    id: String,
    address: String,
}

impl Name {
    /// Reads what `CLIENT INFO` answers.
    fn read(answer: &Value) -> Option<Self> {
        let text = match answer {
            Value::BulkString(text) => std::str::from_utf8(text).ok()?,
            Value::VerbatimString { text, .. } => text,
            _ => return None,
        };
        let field = |name: &str| {
            let word = text.split_ascii_whitespace().find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
            word.map(ToOwned::to_owned)
        };
        Some(Self { id: field("id")?, address: field("addr")? })
    }
}

impl Connection {
    /// A connection through this client, made when it is needed first.
    pub(super) fn new(url: ServerUrl, client: Client) -> Self {
        Self {
            url,
            client,
            response: RESPONSE,
            introduction: Arc::default(),
            live: Mutex::new(None),
            given_up: Mutex::default(),
            made: AtomicU64::default(),
            replicas_left: Arc::default(),
            connecting: tokio::sync::Mutex::new(()),
        }
    }

    /// Another connection to the same server, made when it is needed first.
    pub(super) fn another(&self) -> Self {
        let another = Self::new(self.url.clone(), self.client.clone());
        let (introduction, replicas_left) = (Arc::clone(&self.introduction), Arc::clone(&self.replicas_left));
        Self { introduction, replicas_left, ..another }
    }

    /// The same, where an answer may take so much longer: what is asked for waits for something.
    pub(super) fn patient(mut self, longer: Duration) -> Self {
        self.response = RESPONSE + longer;
        self
    }

    /// What is said first on each connection that is made from now on.
    pub(super) fn introduction(&self) -> &Introduction {
        &self.introduction
    }

    pub(super) fn url(&self) -> &ServerUrl {
        &self.url
    }

    /// Sends one command.
    pub(super) async fn command(&self, command: &Cmd, deadline: Instant) -> Result<Value, Failure> {
        let mut live = self.reach(deadline).await?;
        let answer = self.answer(live.generation, deadline, live.connection.req_packed_command(command)).await?;
        self.leave_replica(live.generation, std::slice::from_ref(&answer));
        self.accepted(answer)
    }

    /// Sends commands in one round trip. Answers that are errors stand among the others, but for one that says that the
    /// server can do nothing now.
    pub(super) async fn pipeline(&self, commands: &Pipeline, deadline: Instant) -> Result<Vec<Value>, Failure> {
        let mut live = self.reach(deadline).await?;
        let request = live.connection.req_packed_commands(commands, 0, commands.len());
        let answers = self.answer(live.generation, deadline, request).await?;
        self.leave_replica(live.generation, &answers);
        for answer in &answers {
            if let Value::ServerError(error) = answer
                && let failure @ Failure::NotNow(_) = self.failure(error)
            {
                return Err(failure);
            }
        }
        Ok(answers)
    }

    /// The connection there is, or a new one. While one task connects, the others wait for it.
    async fn reach(&self, deadline: Instant) -> Result<Live, Failure> {
        if let Some(live) = self.live().clone() {
            return Ok(live);
        }
        let connect = async {
            let _alone = self.connecting.lock().await;
            if let Some(live) = self.live().clone() {
                return Ok(live);
            }
            self.connect().await
        };
        match tokio::time::timeout_at(deadline, connect).await {
            Ok(connected) => connected.map_err(Failure::from),
            Err(_) => Err(Failure::Unsent("it could not be reached in time".to_owned())),
        }
    }

    /// Makes a connection. Once the server was reached, silence and nonsense mean that it is not Redis.
    pub(super) async fn open(&self) -> Result<(), Unfit> {
        self.connect().await.map(|_| ())
    }

    async fn connect(&self) -> Result<Live, Unfit> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(self.response))
            .set_pipeline_buffer_size(BUFFER);
        let mut connection = self.client.get_multiplexed_async_connection_with_config(&config).await.map_err(
            |error| match without_tls(&error) {
                Some(reason) => Unfit::NotRedis(self.url.clean(&reason)),
                None => Unfit::Unreachable(self.unreached(&error)),
            },
        )?;
        greet(&self.url, &mut connection).await?;
        self.introduce(&mut connection).await?;
        let name = self.get_known(&mut connection).await?;
        let live = Live { connection, generation: self.made.fetch_add(1, Ordering::Relaxed), name };
        *self.live() = Some(live.clone());
        Ok(live)
    }

    /// Hears by what the server knows this connection, and has those closed that were given up. A user who may not do that
    /// goes without: a late append is then found by its id, if not too much has happened since.
    async fn get_known(&self, connection: &mut MultiplexedConnection) -> Result<Option<Name>, Unfit> {
        let given_up = self.given_up().clone();
        let ask = async {
            for Name { id, address } in &given_up {
                let kill = redis::cmd("CLIENT").arg("KILL").arg("ID").arg(id).arg("ADDR").arg(address).clone();
                if let Value::ServerError(error) = connection.req_packed_command(&kill).await? {
                    tell!(debug, error = self.failure(&error).to_string(), "a connection that was given up stays open");
                }
            }
            connection.req_packed_command(redis::cmd("CLIENT").arg("INFO")).await
        };
        let answer = match tokio::time::timeout(CONNECT, ask).await {
            Ok(answer) => answer.map_err(|error| Unfit::Unreachable(self.clean(&error)))?,
            Err(_) => return Err(Unfit::Unreachable("it says nothing any more".to_owned())),
        };
        self.given_up().drain(..given_up.len());
        Ok(Name::read(&answer))
    }

    /// Why the server was not reached.
    fn unreached(&self, error: &RedisError) -> String {
        #[cfg(feature = "tls")]
        if self.url.is_tls() && error.is_timeout() {
            return format!("{}; {}", self.clean(error), super::certificates::SILENCE);
        }
        self.clean(error)
    }

    async fn introduce(&self, connection: &mut MultiplexedConnection) -> Result<(), Unfit> {
        let Some(commands) = self.introduction.commands() else { return Ok(()) };
        let answers = connection.req_packed_commands(&commands, 0, commands.len()).await;
        let answers = answers.map_err(|error| Unfit::Unreachable(self.clean(&error)))?;
        if let Some(Value::ServerError(error)) = answers.iter().find(|answer| matches!(answer, Value::ServerError(_))) {
            // A reader may do without, and a replica takes no writes from anybody.
            tell!(warn, error = self.failure(error).to_string(), "what a failover may have lost is not recorded again");
        }
        self.introduction.heard(&answers).map_err(Unfit::Refused)
    }

    async fn answer<T>(
        &self,
        generation: u64,
        deadline: Instant,
        request: impl Future<Output = Result<T, RedisError>>,
    ) -> Result<T, Failure> {
        let reason = match tokio::time::timeout_at(deadline, request).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => self.clean(&error),
            Err(_) => "no answer came in time".to_owned(),
        };
        // A connection that did not answer may never do so again, as after a failover.
        if let Some(Live { name, .. }) = self.leave(generation) {
            let mut given_up = self.given_up();
            given_up.extend(name);
            let too_many = given_up.len().saturating_sub(MOST_GIVEN_UP);
            given_up.drain(..too_many);
        }
        Err(Failure::Lost(reason))
    }

    /// Gives a connection up; the next who asks makes a new one.
    fn leave(&self, generation: u64) -> Option<Live> {
        let mut slot = self.live();
        if slot.as_ref().is_some_and(|live| live.generation == generation) { slot.take() } else { None }
    }

    /// Leaves a server that has become a replica: the same address may lead to the new master by now.
    fn leave_replica(&self, generation: u64, answers: &[Value]) {
        if answers.iter().any(|answer| matches!(answer, Value::ServerError(error) if error.code() == "READONLY")) {
            self.leave(generation);
            self.left_a_replica();
        }
    }

    /// Tells those who connect as this one does.
    pub(super) fn left_a_replica(&self) {
        self.replicas_left.fetch_add(1, Ordering::Relaxed);
    }

    /// Changes when a server was found to have become a replica: what was connected before is better connected again.
    pub(super) fn era(&self) -> u64 {
        self.replicas_left.load(Ordering::Relaxed)
    }

    fn given_up(&self) -> MutexGuard<'_, Vec<Name>> {
        self.given_up.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn live(&self) -> MutexGuard<'_, Option<Live>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn accepted(&self, answer: Value) -> Result<Value, Failure> {
        match answer {
            Value::ServerError(error) => Err(self.failure(&error)),
            answer => Ok(answer),
        }
    }

    /// What a server's error means.
    pub(super) fn failure(&self, error: &ServerError) -> Failure {
        meaning(&self.url, error)
    }

    fn clean(&self, error: &RedisError) -> String {
        self.url.clean(&error.to_string())
    }
}

/// What an error means that the server at this URL answers with.
pub(super) fn meaning(url: &ServerUrl, error: &ServerError) -> Failure {
    let (code, details) = (error.code(), error.details().unwrap_or_default());
    // An error that passed through a function may carry its code twice.
    let text = if details.starts_with(code) { details.to_owned() } else { format!("{code} {details}") };
    let text = url.clean(&text);
    match code {
        "LOADING" | "BUSY" | "MASTERDOWN" | "READONLY" | "NOREPLICAS" | "UNBLOCKED" | "TRYAGAIN" | "CLUSTERDOWN" => {
            Failure::NotNow(text)
        }
        "ERR" if text.contains("max number of clients") => Failure::NotNow(text),
        code => Failure::Refused(Refusal { code: code.to_owned(), text }),
    }
}

/// Why TLS does not come about, where that is what the error says.
#[cfg(feature = "tls")]
pub(super) fn without_tls(error: &RedisError) -> Option<String> {
    super::certificates::reason(error)
}

#[cfg(not(feature = "tls"))]
pub(super) fn without_tls(_: &RedisError) -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_known_by_its_number_and_its_address() {
        let info = b"id=17 addr=127.0.0.1:4711 laddr=127.0.0.1:6379 fd=8 name= age=0\n";
        let Name { id, address } = Name::read(&Value::BulkString(info.to_vec())).unwrap();
        assert_eq!((id.as_str(), address.as_str()), ("17", "127.0.0.1:4711"));
        for other in [Value::Nil, Value::BulkString(b"laddr=1 rid=2".to_vec()), Value::BulkString(b"id=1".to_vec())] {
            assert!(Name::read(&other).is_none(), "{other:?}");
        }
    }
}
