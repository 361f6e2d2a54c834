//! The connection to the server: made again when it breaks, and honest about what may have been sent.

use super::{introduction::Introduction, url::ServerUrl};
use redis::{
    AsyncConnectionConfig, Client, Cmd, ErrorKind, Pipeline, RedisError, ServerError, Value,
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

/// How long it may take to reach the server.
const CONNECT: Duration = Duration::from_secs(2);
/// How long an answer may take. A server that forks or fsyncs is slow at times.
const RESPONSE: Duration = Duration::from_secs(5);
/// How long is tried, all in all, before an error is given.
const PATIENCE: Duration = Duration::from_secs(10);
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
    /// How many connections were made, by which each is known: a late failure of an old one must not end a new one.
    made: AtomicU64,
    connecting: tokio::sync::Mutex<()>,
}

#[derive(Clone, Debug)]
struct Live {
    connection: MultiplexedConnection,
    generation: u64,
}

impl Connection {
    pub(super) fn new(url: ServerUrl) -> redis::RedisResult<Self> {
        let client = Client::open(url.connection_info()?)?;
        Ok(Self {
            url,
            client,
            response: RESPONSE,
            introduction: Arc::default(),
            live: Mutex::new(None),
            made: AtomicU64::default(),
            connecting: tokio::sync::Mutex::new(()),
        })
    }

    /// Another connection to the same server, made when it is needed first.
    pub(super) fn another(&self) -> Self {
        Self {
            url: self.url.clone(),
            client: self.client.clone(),
            response: RESPONSE,
            introduction: Arc::clone(&self.introduction),
            live: Mutex::new(None),
            made: AtomicU64::default(),
            connecting: tokio::sync::Mutex::new(()),
        }
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
        let mut connection = self
            .client
            .get_multiplexed_async_connection_with_config(&config)
            .await
            .map_err(|error| Unfit::Unreachable(self.clean(&error)))?;
        tokio::time::timeout(CONNECT, self.greet(&mut connection)).await.unwrap_or_else(|_| {
            Err(Unfit::NotRedis(format!("it takes connections and says nothing for {} s", CONNECT.as_secs())))
        })?;
        self.introduce(&mut connection).await?;
        let live = Live { connection, generation: self.made.fetch_add(1, Ordering::Relaxed) };
        *self.live() = Some(live.clone());
        Ok(live)
    }

    /// Says who we are, and hears whether it is Redis that answers.
    async fn greet(&self, connection: &mut MultiplexedConnection) -> Result<(), Unfit> {
        let mut answer = Value::Nil;
        // One by one: of several at once, an answer that is none of Redis' would be told as a broken connection.
        for command in self.url.greeting() {
            answer = match connection.req_packed_command(&command).await {
                Ok(Value::ServerError(error)) => {
                    return Err(match self.failure(&error) {
                        Failure::Refused(refusal) => Unfit::Refused(refusal),
                        Failure::NotNow(reason) | Failure::Unsent(reason) | Failure::Lost(reason) => {
                            Unfit::NotNow(reason)
                        }
                    });
                }
                Ok(answer) => answer,
                Err(error) if error.kind() == ErrorKind::Parse => {
                    return Err(Unfit::NotRedis("it does not speak the protocol of Redis".to_owned()));
                }
                Err(error) => {
                    return Err(Unfit::NotRedis(format!("it closed the connection: {}", self.clean(&error))));
                }
            };
        }
        if matches!(&answer, Value::SimpleString(pong) if pong == "PONG") {
            return Ok(());
        }
        let found = self.url.clean(&format!("{answer:?}"));
        Err(Unfit::NotRedis(format!("expected PONG as the answer to PING, found {found}")))
    }

    async fn introduce(&self, connection: &mut MultiplexedConnection) -> Result<(), Unfit> {
        let Some(commands) = self.introduction.commands() else { return Ok(()) };
        let answers = connection.req_packed_commands(&commands, 0, commands.len()).await;
        let answers = answers.map_err(|error| Unfit::Unreachable(self.clean(&error)))?;
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
        self.leave(generation);
        Err(Failure::Lost(reason))
    }

    /// Gives a connection up; the next who asks makes a new one.
    fn leave(&self, generation: u64) {
        let mut slot = self.live();
        if slot.as_ref().is_some_and(|live| live.generation == generation) {
            *slot = None;
        }
    }

    /// Leaves a server that has become a replica: the same address may lead to the new master by now.
    fn leave_replica(&self, generation: u64, answers: &[Value]) {
        if answers.iter().any(|answer| matches!(answer, Value::ServerError(error) if error.code() == "READONLY")) {
            self.leave(generation);
        }
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
        let (code, details) = (error.code(), error.details().unwrap_or_default());
        // An error that passed through a function may carry its code twice.
        let text = if details.starts_with(code) { details.to_owned() } else { format!("{code} {details}") };
        let text = self.url.clean(&text);
        match code {
            "LOADING" | "BUSY" | "MASTERDOWN" | "READONLY" | "NOREPLICAS" | "UNBLOCKED" | "TRYAGAIN"
            | "CLUSTERDOWN" => Failure::NotNow(text),
            "ERR" if text.contains("max number of clients") => Failure::NotNow(text),
            code => Failure::Refused(Refusal { code: code.to_owned(), text }),
        }
    }

    fn clean(&self, error: &RedisError) -> String {
        self.url.clean(&error.to_string())
    }
}
