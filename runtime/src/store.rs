//! The handle: opened on a URL, and the place from where everything else is reached.

#[cfg(feature = "tls")]
use crate::journal::redis::Certificates;
#[cfg(feature = "redis")]
use crate::journal::{RedisJournal, RedisOptions};
use crate::{
    journal::{Checkpoint, ConnectError, Durability, Finding, Health, Journal, JournalError, MemoryJournal, Risk},
    model::{Aggregate, Cursor, EventSet, Projection, Targeted},
    projector::{Elsewhere, Projector, RowStore},
    reading::{Events, Log},
    repository::{Attempts, Claims, Execute, Repository},
};
use std::{collections::BTreeSet, fmt, sync::Arc, time::Duration};

/// For how long idempotency keys are kept, unless said otherwise.
const KEEP_KEYS: Duration = Duration::from_hours(7 * 24);

/// A store of events: one handle for a program, cheap to clone.
///
/// ```
/// # use annals::prelude::*;
/// # #[derive(Event, Serialize, Deserialize)]
/// # enum CounterEvent { Added { amount: u64 } }
/// # #[derive(Aggregate, Default)]
/// # #[aggregate(event = CounterEvent)]
/// # struct Counter { #[on(Added { amount } => += *amount)] total: u64 }
/// # #[derive(Command, Clone)]
/// # #[command(counter: Counter)]
/// # #[command(any)]
/// # #[emit(Added { amount })]
/// # struct Add { amount: u64 }
/// # #[derive(Projection, Default, Serialize, Deserialize)]
/// # #[projection(name = "sums", events(CounterEvent), single)]
/// # struct Sum { #[on(Added { amount } => += *amount)] total: u64 }
/// use annals::Single;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = Store::connect("memory:").await?;
///
/// let counters = store.repository::<Counter>();
/// counters.execute("visits", Add { amount: 2 }).await?;
/// counters.execute("echoes", Add { amount: 3 }).await?;
/// assert_eq!(counters.load("visits").await?.state.total, 2);
///
/// assert_eq!(store.events::<CounterEvent>().to_vec().await?.len(), 2);
///
/// let sums = store.projection::<Sum>();
/// sums.catch_up().await?;
/// assert_eq!(sums.get(Single).await?.unwrap().total, 5);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Store {
    journal: Arc<dyn Journal>,
    claims: Arc<Claims>,
    attempts: Arc<Attempts>,
    description: Arc<str>,
    keep_keys: Duration,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Store({})", self.description)
    }
}

impl fmt::Display for Store {
    /// Where the events are kept, without a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.description)
    }
}

impl Store {
    /// Opens the store that a URL names, with the default [options](StoreOptions).
    ///
    /// | URL | store |
    /// |---|---|
    /// | `memory:` | a new one in this process' memory, which ends with it |
    /// | `redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]` | Redis 7.0 or later |
    /// | `rediss://…` | the same through TLS; needs the feature `tls`. The server's certificate has to be of this host, and of an authority of the system or one that is [given](StoreOptions::root_certificate) |
    /// | `unix:///PATH?db=…&user=…&pass=…` | Redis at a socket of this machine |
    ///
    /// # Errors
    ///
    /// When the URL names no store, nothing answers there, or what answers cannot keep events. No message contains a
    /// password.
    pub async fn connect(url: &str) -> Result<Self, ConnectError> {
        Self::options().connect(url).await
    }

    /// Options to open a store with.
    pub fn options() -> StoreOptions {
        StoreOptions::default()
    }

    /// A new store in this process' memory: what `memory:` names.
    #[must_use]
    pub fn memory() -> Self {
        Self::on(MemoryJournal::new(), "memory:")
    }

    /// A store on any journal; `description` is what [`Display`](fmt::Display) gives.
    ///
    /// ```
    /// use annals::{Store, journal::MemoryJournal};
    ///
    /// let store = Store::on(MemoryJournal::with_partitions(16), "memory: with 16 partitions");
    /// assert_eq!(store.to_string(), "memory: with 16 partitions");
    /// ```
    pub fn on(journal: impl Journal, description: impl Into<String>) -> Self {
        Self {
            journal: Arc::new(journal),
            claims: Arc::default(),
            attempts: Arc::default(),
            description: description.into().into(),
            keep_keys: KEEP_KEYS,
        }
    }

    /// The aggregates of one kind: to load, to ask, to look back on.
    #[must_use]
    pub fn repository<A: Aggregate>(&self) -> Repository<A> {
        let (claims, attempts) = (Arc::clone(&self.claims), Arc::clone(&self.attempts));
        Repository::new(Arc::clone(&self.journal), claims, attempts, self.keep_keys)
    }

    /// Asks the aggregate that the command itself names, in its field with `#[command(id)]`.
    ///
    /// ```
    /// use annals::prelude::*;
    ///
    /// # #[derive(Event, Serialize, Deserialize)]
    /// # enum CounterEvent { Added { amount: u64 } }
    /// # #[derive(Aggregate, Default)]
    /// # #[aggregate(event = CounterEvent)]
    /// # struct Counter { #[on(Added { amount } => += *amount)] total: u64 }
    /// #[derive(Command, Clone)]
    /// #[command(counter: Counter)]
    /// #[command(any)]
    /// #[emit(Added { amount })]
    /// struct Add {
    ///     #[command(id)]
    ///     counter_id: String,
    ///     amount: u64,
    /// }
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// let store = Store::memory();
    /// store.execute(Add { counter_id: "visits".into(), amount: 2 }).await?;
    /// # assert_eq!(store.repository::<Counter>().load("visits").await?.state.total, 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
    /// ```
    pub fn execute<C: Targeted>(&self, command: C) -> Execute<C> {
        let id = command.target();
        self.repository::<C::Aggregate>().execute(id, command)
    }

    /// The events of one enum over all aggregates.
    pub fn events<S: EventSet>(&self) -> Events<S> {
        Events::new(Arc::clone(&self.journal))
    }

    /// Every event, as it is stored.
    pub fn log(&self) -> Log {
        Log::new(Arc::clone(&self.journal))
    }

    /// The read model of one row type: to bring up to date, and to read.
    #[must_use]
    pub fn projection<P: Projection>(&self) -> Projector<P> {
        Projector::new(Arc::clone(&self.journal))
    }

    /// The read model of a row type whose rows are kept in another database.
    ///
    /// ```
    /// # use annals::prelude::*;
    /// use annals::{Projection, projector::{Elsewhere, RowStore}};
    ///
    /// fn read_model<P: Projection>(store: &Store, database: impl RowStore<P>) -> Elsewhere<P, impl RowStore<P>> {
    ///     store.projection_in(database)
    /// }
    /// ```
    pub fn projection_in<P: Projection, S: RowStore<P>>(&self, rows: S) -> Elsewhere<P, S> {
        Elsewhere::new(Arc::clone(&self.journal), rows)
    }

    /// The newest position of every partition that has one: where a reader begins that wants only what is to come.
    ///
    /// # Errors
    ///
    /// When the journal cannot be read.
    ///
    /// ```
    /// # use annals::prelude::*;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), annals::journal::JournalError> {
    /// let store = Store::memory();
    /// let now = store.head().await?;
    /// // … later:
    /// let since = store.log().after(now).stream();
    /// # drop(since);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn head(&self) -> Result<Cursor, JournalError> {
        let mut cursor = Cursor::start();
        for partition in 0..self.journal.partitions() {
            if let Some(head) = self.journal.head(partition).await? {
                cursor.advance_to(partition, Checkpoint::new(head));
            }
        }
        Ok(cursor)
    }

    /// How the store fares: what endangers its events now, how much memory there is, how far its logs go.
    ///
    /// What was found in order at connect may have been changed since, as a `maxmemory-policy` at run time: a program that
    /// is to notice asks from time to time.
    ///
    /// # Errors
    ///
    /// When the journal cannot be asked.
    ///
    /// ```
    /// # use annals::prelude::*;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), annals::journal::JournalError> {
    /// let health = Store::memory().health().await?;
    /// println!("{}: {} bytes used, {:?} left", health.server, health.memory.used, health.memory.left());
    /// # assert!(health.is_sound());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn health(&self) -> Result<Health, JournalError> {
        self.journal.health().await
    }
}

/// How a store is opened, made by [`Store::options`].
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), annals::journal::ConnectError> {
/// use annals::Store;
/// use annals::journal::{Durability, Risk};
/// use std::time::Duration;
///
/// let store = Store::options()
///     .namespace("shop")
///     .partitions(16)
///     .durability(Durability::Fsynced)
///     .confirm_within(Duration::from_secs(2))
///     .keep_keys(Duration::from_hours(24))
///     .accept(Risk::InMemory)
///     .connect("memory:")
///     .await?;
/// # drop(store);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct StoreOptions {
    namespace: String,
    partitions: Option<u16>,
    durability: Durability,
    confirm_within: Duration,
    keep_keys: Duration,
    accepted: BTreeSet<Risk>,
    #[cfg(feature = "tls")]
    certificates: Certificates,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            namespace: "annals".to_owned(),
            partitions: None,
            durability: Durability::Memory,
            confirm_within: Durability::WITHIN,
            keep_keys: KEEP_KEYS,
            accepted: BTreeSet::new(),
            #[cfg(feature = "tls")]
            certificates: Certificates::default(),
        }
    }
}

impl StoreOptions {
    /// With what every key begins, so that several stores can share a server; `annals` unless said otherwise. ASCII
    /// letters, digits, `-`, `_` and `.`.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// Over how many partitions the streams are spread: fixed when the store is made, and checked ever after. One
    /// unless said otherwise, which gives one order over all events; where the store exists, what it was made with.
    pub fn partitions(mut self, partitions: u16) -> Self {
        self.partitions = Some(partitions);
        self
    }

    /// How safe everything is to be before it is answered; [`Durability::Memory`] unless said otherwise. A server that is
    /// not set up for it is refused.
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// For how long is waited until what was recorded is as safe as was asked for; 5 seconds unless said otherwise. What
    /// takes longer is [unconfirmed](JournalError::Unconfirmed).
    pub fn confirm_within(mut self, time: Duration) -> Self {
        self.confirm_within = time;
        self
    }

    /// For how long [idempotency keys](crate::repository::Execute::idempotency_key) are kept; 7 days unless said otherwise.
    pub fn keep_keys(mut self, time: Duration) -> Self {
        self.keep_keys = time;
        self
    }

    /// Trusts the servers that these authorities vouch for, and no others: certificates in PEM, one after another.
    ///
    /// Unless said otherwise, the authorities of the system are trusted. Where they lie can be said by the variables
    /// `SSL_CERT_FILE` and `SSL_CERT_DIR` too, for all of the program.
    ///
    /// ```no_run
    /// # async fn connect() -> Result<annals::Store, Box<dyn std::error::Error>> {
    /// use annals::Store;
    ///
    /// let authority = std::fs::read("authority.pem")?;
    /// let store = Store::options().root_certificate(authority).connect("rediss://redis.example").await?;
    /// # Ok(store)
    /// # }
    /// ```
    #[cfg(feature = "tls")]
    pub fn root_certificate(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.certificates.trust(pem.as_ref());
        self
    }

    /// Shows this certificate to a server that wants to see one of its clients (`tls-auth-clients yes`): the certificate,
    /// behind it those between it and its authority, and its key, in PEM.
    ///
    /// ```no_run
    /// # async fn connect() -> Result<annals::Store, Box<dyn std::error::Error>> {
    /// use annals::Store;
    /// use std::fs::read;
    ///
    /// let options = Store::options().client_certificate(read("client.pem")?, read("client.key")?);
    /// let store = options.connect("rediss://redis.example").await?;
    /// # Ok(store)
    /// # }
    /// ```
    #[cfg(feature = "tls")]
    pub fn client_certificate(mut self, pem: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Self {
        self.certificates.show(pem.as_ref(), key.as_ref());
        self
    }

    /// Opens the store in spite of this risk, which is refused otherwise.
    pub fn accept(mut self, risk: Risk) -> Self {
        self.accepted.insert(risk);
        self
    }

    /// Opens the store that a URL names, as [`Store::connect`].
    ///
    /// # Errors
    ///
    /// As [`Store::connect`], and where the options do not fit what the store was made with.
    pub async fn connect(self, url: &str) -> Result<Store, ConnectError> {
        if self.partitions == Some(0) {
            let reason = "expected at least one partition, found 0".to_owned();
            return Err(ConnectError::Options { reason });
        }
        let keep_keys = self.keep_keys;
        let store = match url.split_once(':') {
            Some(("memory", "")) => self.open_memory(),
            Some(("memory", _)) => Err(ConnectError::Url {
                url: url.to_owned(),
                reason: "the store in memory has no name; write `memory:`".to_owned(),
            }),
            _ => self.connect_redis(url).await,
        };
        store.map(|store| Store { keep_keys, ..store })
    }

    fn open_memory(self) -> Result<Store, ConnectError> {
        let mut journal = MemoryJournal::with_partitions(self.partitions.unwrap_or(1));
        if self.accepted.contains(&Risk::InMemory) {
            journal = journal.taking_any_durability();
        } else if self.durability != Durability::Memory {
            let finding = Finding::new(
                Risk::InMemory,
                format!("appends are to be {}, and the store in memory ends with its process", self.durability),
                "connect to Redis",
            );
            return Err(ConnectError::Unsafe { url: "memory:".to_owned(), findings: vec![finding] });
        }
        Ok(Store::on(journal, "memory:"))
    }

    #[cfg(feature = "redis")]
    async fn connect_redis(self, url: &str) -> Result<Store, ConnectError> {
        let mut options = RedisOptions::new()
            .namespace(self.namespace)
            .durability(self.durability)
            .confirm_within(self.confirm_within);
        #[cfg(feature = "tls")]
        {
            options = options.certificates(self.certificates);
        }
        for risk in self.accepted {
            options = options.accept(risk);
        }
        if let Some(partitions) = self.partitions {
            options = options.partitions(partitions);
        }
        let journal = RedisJournal::connect(url, &options).await?;
        let description = journal.to_string();
        Ok(Store::on(journal, description))
    }

    #[cfg(not(feature = "redis"))]
    #[expect(clippy::unused_async, reason = "the same call as with the feature")]
    async fn connect_redis(self, url: &str) -> Result<Store, ConnectError> {
        // What is behind the scheme may hold a password, so it is not told.
        let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
        Err(ConnectError::Url {
            url: format!("{scheme}:…"),
            reason: "expected `memory:`; other stores need the feature `redis` of `annals`".to_owned(),
        })
    }
}
