//! Opening a journal: options, preflight, and the settings that are fixed at the first time.

#[cfg(feature = "tls")]
use super::Certificates;
use super::{
    RedisJournal,
    barrier::Barrier,
    connection::{Connection, Failure, Patience, Refusal, Unfit},
    functions::Functions,
    keys::{FORMAT, HASH, Keys, SEGMENT},
    lanes::Lanes,
    preflight::{Facts, Preflight, numbers},
    reply::{Reply, Unexpected},
    url::ServerUrl,
};
use crate::{
    journal::{ConnectError, Demand, Durability, Risk, checks},
    trace::tell,
};
use redis::{Client, RedisError};
use std::{collections::BTreeSet, sync::Arc, time::Duration};

/// The oldest server that has all that is needed.
const OLDEST: (u32, u32) = (7, 0);

/// How a journal on Redis is laid out, and what it promises.
///
/// ```
/// use annals::journal::{Durability, RedisOptions, Risk};
/// use std::time::Duration;
///
/// let options = RedisOptions::new().namespace("shop").partitions(16);
/// let options = options.durability(Durability::Fsynced).confirm_within(Duration::from_secs(2)).accept(Risk::Eviction);
/// assert_ne!(options, RedisOptions::default());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct RedisOptions {
    namespace: String,
    partitions: Option<u16>,
    durability: Durability,
    confirm_within: Duration,
    accepted: BTreeSet<Risk>,
    #[cfg(feature = "tls")]
    certificates: Certificates,
}

impl Default for RedisOptions {
    fn default() -> Self {
        Self {
            namespace: "annals".to_owned(),
            partitions: None,
            durability: Durability::Memory,
            confirm_within: Durability::WITHIN,
            accepted: BTreeSet::new(),
            #[cfg(feature = "tls")]
            certificates: Certificates::default(),
        }
    }
}

impl RedisOptions {
    /// The namespace `annals`, and the partitions that the journal was made with: one where it is new.
    pub fn new() -> Self {
        Self::default()
    }

    /// With what every key begins, so that several journals can share a server: letters, digits, `-`, `_` and `.`.
    pub fn namespace(mut self, namespace: impl Into<String>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// Over how many partitions the streams are spread: fixed when the journal is made, and compared ever after.
    pub fn partitions(mut self, partitions: u16) -> Self {
        self.partitions = Some(partitions);
        self
    }

    /// How safe every append is to be before it is answered; [`Durability::Memory`] unless said otherwise.
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// For how long is waited until an append is as safe as was asked for; 5 seconds unless said otherwise.
    pub fn confirm_within(mut self, time: Duration) -> Self {
        self.confirm_within = time;
        self
    }

    /// Trusts the servers that these authorities vouch for, and no others: certificates in PEM, one after another. Unless
    /// said otherwise, the system's are trusted.
    ///
    /// ```no_run
    /// use annals::journal::{RedisJournal, RedisOptions};
    ///
    /// # async fn connect() -> Result<RedisJournal, Box<dyn std::error::Error>> {
    /// let options = RedisOptions::new().root_certificate(std::fs::read("authority.pem")?);
    /// let journal = RedisJournal::connect("rediss://redis.example", &options).await?;
    /// # Ok(journal)
    /// # }
    /// ```
    #[cfg(feature = "tls")]
    pub fn root_certificate(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.certificates.trust(pem.as_ref());
        self
    }

    /// Shows this certificate to a server that wants to see one of its clients: the certificate, behind it those between it
    /// and its authority, and its key, in PEM.
    ///
    /// ```no_run
    /// use annals::journal::{RedisJournal, RedisOptions};
    /// use std::fs::read;
    ///
    /// # async fn connect() -> Result<RedisJournal, Box<dyn std::error::Error>> {
    /// let options = RedisOptions::new().client_certificate(read("client.pem")?, read("client.key")?);
    /// let journal = RedisJournal::connect("rediss://redis.example", &options).await?;
    /// # Ok(journal)
    /// # }
    /// ```
    #[cfg(feature = "tls")]
    pub fn client_certificate(mut self, pem: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Self {
        self.certificates.show(pem.as_ref(), key.as_ref());
        self
    }

    #[cfg(feature = "tls")]
    pub(crate) fn certificates(mut self, certificates: Certificates) -> Self {
        self.certificates = certificates;
        self
    }

    /// Opens the journal in spite of this risk.
    pub fn accept(mut self, risk: Risk) -> Self {
        self.accepted.insert(risk);
        self
    }
}

pub(super) async fn open(url: &str, options: &RedisOptions) -> Result<RedisJournal, ConnectError> {
    let RedisOptions { namespace, partitions, durability, confirm_within, accepted, .. } = options;
    if !checks::can_be_in_a_key(namespace) {
        let reason = format!("expected a namespace of letters, digits, `-`, `_` and `.`, found `{namespace}`");
        return Err(ConnectError::Options { reason });
    }
    if *partitions == Some(0) {
        return Err(ConnectError::Options { reason: "expected 1 to 65535 partitions, found 0".to_owned() });
    }
    let server = ServerUrl::parse(url)?;
    let connection = Connection::new(server.clone(), client(&server, options)?);
    let demand = Demand::from(*durability);
    let preflight = Preflight::new(demand, accepted.clone());
    let opening = Opening { connection, functions: Functions::new(), namespace };
    opening.greet().await?;
    let facts = opening.facts().await?;
    // What the server lets us see is looked at, whatever was accepted.
    let trusting = accepted.contains(&Risk::Unchecked) && !facts.shows_fsync();
    let barrier = Barrier::new(*confirm_within, facts.can_wait_for_aof(), trusting);
    opening.check_server(&preflight, &barrier, &facts)?;
    opening.load().await?;
    let partitions = opening.settings(*partitions).await?;
    let Opening { connection, functions, namespace } = opening;
    let (functions, keys) = (Arc::new(functions), Keys::new(namespace, partitions));
    connection.introduction().settle(namespace, &keys);
    let lanes = Lanes::new(&connection, Arc::clone(&functions), barrier);
    Ok(RedisJournal::new(connection, functions, keys, lanes, preflight))
}

/// What makes connections to this server.
fn client(server: &ServerUrl, options: &RedisOptions) -> Result<Client, ConnectError> {
    let unusable =
        |error: RedisError| ConnectError::Url { url: server.to_string(), reason: server.clean(&error.to_string()) };
    let info = server.connection_info().map_err(unusable)?;
    #[cfg(feature = "tls")]
    if !options.certificates.is_empty() {
        // Who gives certificates does not expect to be without TLS.
        let plain = "certificates are given, and the URL is without TLS; write `rediss://` in the URL";
        let fault = options.certificates.fault().or_else(|| (!server.is_tls()).then_some(plain));
        return match fault {
            Some(reason) => Err(ConnectError::Options { reason: reason.to_owned() }),
            None => options.certificates.client(info).map_err(unusable),
        };
    }
    #[cfg(not(feature = "tls"))]
    let _ = options;
    Client::open(info).map_err(unusable)
}

/// A journal that is being opened.
struct Opening<'a> {
    connection: Connection,
    functions: Functions,
    namespace: &'a str,
}

impl Opening<'_> {
    /// Connects. Somebody waits for this, so only a server that says that it will soon be there is waited for.
    async fn greet(&self) -> Result<(), ConnectError> {
        let mut patience = Patience::new();
        loop {
            match self.connection.open().await {
                Ok(()) => return Ok(()),
                Err(Unfit::NotNow(reason)) => {
                    if !patience.wait().await {
                        return Err(ConnectError::Unreachable { url: self.url(), reason });
                    }
                }
                Err(Unfit::Unreachable(reason)) => return Err(ConnectError::Unreachable { url: self.url(), reason }),
                Err(Unfit::NotRedis(reason)) => return Err(self.unusable(reason)),
                Err(Unfit::Refused(refusal)) => return Err(self.refused(refusal)),
            }
        }
    }

    /// What the server says of itself.
    async fn facts(&self) -> Result<Facts, ConnectError> {
        let mut patience = Patience::new();
        loop {
            match Facts::of(&self.connection, patience.deadline()).await {
                Ok(facts) => return Ok(facts),
                Err(failure) => self.endure(failure, &mut patience).await?,
            }
        }
    }

    /// Refuses a server on which events would not be safe.
    fn check_server(&self, preflight: &Preflight, barrier: &Barrier, facts: &Facts) -> Result<(), ConnectError> {
        if let Some(version) = facts.version() {
            self.check_version(version)?;
        }
        if let Some(reason) = barrier.cannot(preflight.demand()) {
            return Err(self.unusable(reason));
        }
        if facts.is_cluster() {
            let reason = "it is a node of a cluster, which would keep events where they are not looked for; expected a \
                          server that stands alone, with or without replicas";
            return Err(self.unusable(reason.to_owned()));
        }
        let (accepted, findings): (Vec<_>, Vec<_>) =
            preflight.findings(facts).into_iter().partition(|finding| finding.accepted);
        for finding in accepted {
            tell!(warn, url = self.url(), finding = finding.to_string(), "a risk is accepted");
        }
        if findings.is_empty() { Ok(()) } else { Err(ConnectError::Unsafe { url: self.url(), findings }) }
    }

    /// Sees to it that the functions are there, and that the server can run them.
    async fn load(&self) -> Result<(), ConnectError> {
        let mut patience = Patience::new();
        while let Err(failure) = self.functions.load(&self.connection, patience.deadline()).await {
            self.endure(failure, &mut patience).await?;
        }
        let (_, mut about) = self.call("about", &[], &[]).await?;
        let version = about.text().map_err(|found| self.odd(&found))?;
        self.check_version(&version)
    }

    fn check_version(&self, version: &str) -> Result<(), ConnectError> {
        if numbers(version) >= OLDEST {
            return Ok(());
        }
        let (major, minor) = OLDEST;
        Err(self.unusable(format!("expected Redis {major}.{minor} or later, found {version}")))
    }

    /// Records the settings where there are none, and compares them: the number of partitions.
    async fn settings(&self, partitions: Option<u16>) -> Result<u16, ConnectError> {
        let asked = partitions.map(|partitions| partitions.to_string());
        let segment = SEGMENT.to_string();
        let arguments = [FORMAT, asked.as_deref().unwrap_or_default(), HASH, &segment];
        let key = Keys::meta(self.namespace);
        let (mut word, mut meta) = self.call("settings", &[&key], &[]).await?;
        if word == "none" {
            self.call("make", &[&key], &arguments).await?;
            (word, meta) = self.call("settings", &[&key], &[]).await?;
        }
        if word != "settings" {
            return Err(self.unusable(format!("key `{key}` was deleted while the journal was made")));
        }
        let mut next = || meta.text().map_err(|found| self.odd(&found));
        let (format, recorded, hash, recorded_segment) = (next()?, next()?, next()?, next()?);
        self.compare("the format", FORMAT, &format)?;
        self.compare("the partition hash", HASH, &hash)?;
        self.compare("the segment size", &segment, &recorded_segment)?;
        self.compare("the number of partitions", asked.as_deref().unwrap_or(&recorded), &recorded)?;
        match recorded.parse() {
            Ok(0) | Err(_) => Err(self.mismatch("the number of partitions", "1 to 65535", &recorded)),
            Ok(partitions) => Ok(partitions),
        }
    }

    /// Calls a function; answers with the first word and the rest.
    async fn call(&self, function: &str, keys: &[&str], arguments: &[&str]) -> Result<(String, Reply), ConnectError> {
        let mut patience = Patience::new();
        let answer = loop {
            match self.functions.call(&self.connection, patience.deadline(), function, keys, arguments).await {
                Ok(answer) => break answer,
                Err(failure) => self.endure(failure, &mut patience).await?,
            }
        };
        let mut reply = Reply::new(answer).map_err(|found| self.odd(&found))?;
        let word = reply.text().map_err(|found| self.odd(&found))?;
        if word == "foreign" {
            let mut next = || reply.told().map_err(|found| self.odd(&found));
            return Err(self.unusable(format!("key `{}` is not ours: {}", next()?, next()?)));
        }
        Ok((word, reply))
    }

    /// Waits after a failure that may pass.
    async fn endure(&self, failure: Failure, patience: &mut Patience) -> Result<(), ConnectError> {
        match failure {
            Failure::Refused(refusal) => Err(self.refused(refusal)),
            _ if patience.wait().await => Ok(()),
            failure => Err(ConnectError::Unreachable { url: self.url(), reason: failure.text() }),
        }
    }

    fn compare(&self, setting: &'static str, expected: &str, found: &str) -> Result<(), ConnectError> {
        if expected == found { Ok(()) } else { Err(self.mismatch(setting, expected, found)) }
    }

    fn mismatch(&self, setting: &'static str, expected: &str, found: &str) -> ConnectError {
        let found = if found.is_empty() { "nothing" } else { found };
        ConnectError::Mismatch {
            namespace: self.namespace.to_owned(),
            setting,
            expected: expected.to_owned(),
            found: crate::codec::shortened(found),
        }
    }

    fn url(&self) -> String {
        self.connection.url().to_string()
    }

    fn unusable(&self, reason: String) -> ConnectError {
        ConnectError::Unusable { url: self.url(), reason }
    }

    fn refused(&self, refusal: Refusal) -> ConnectError {
        ConnectError::Refused { url: self.url(), reason: refusal.text }
    }

    fn odd(&self, found: &Unexpected) -> ConnectError {
        self.unusable(self.connection.url().clean(&found.to_string()))
    }
}
