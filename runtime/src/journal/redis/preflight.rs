//! What a server says of itself, and what of it endangers events.

use super::{
    barrier::settings,
    connection::{Connection, Failure},
};
use crate::journal::{Demand, Finding, MemoryUse, Persistence, Risk};
use redis::Value;
use std::collections::{BTreeSet, HashMap};
use tokio::time::Instant;

/// What a server says of itself. What it does not let this user see is left out.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// The lines of `INFO`; `None` where it is forbidden.
    info: Option<HashMap<String, String>>,
    /// The settings that `CONFIG GET` gives; `None` where it is forbidden.
    config: Option<HashMap<String, String>>,
}

impl Facts {
    /// Asks the server.
    pub(super) async fn of(connection: &Connection, deadline: Instant) -> Result<Self, Failure> {
        let mut commands = redis::pipe();
        commands.cmd("INFO").cmd("CONFIG").arg("GET");
        for name in ["appendonly", "appendfsync", "maxmemory-policy", "min-replicas-to-write"] {
            commands.arg(name);
        }
        let mut answers = connection.pipeline(&commands, deadline).await?.into_iter();
        let info = match answers.next() {
            Some(Value::BulkString(text)) => Some(lines(&String::from_utf8_lossy(&text))),
            Some(Value::VerbatimString { text, .. }) => Some(lines(&text)),
            _ => None,
        };
        let config = match answers.next() {
            None | Some(Value::ServerError(_)) => None,
            Some(answer) => Some(settings(answer).into_iter().collect()),
        };
        Ok(Self { info, config })
    }

    fn info(&self, name: &str) -> Option<&str> {
        self.info.as_ref()?.get(name).map(String::as_str)
    }

    fn config(&self, name: &str) -> Option<&str> {
        self.config.as_ref()?.get(name).map(String::as_str)
    }

    /// A number of `INFO`.
    fn number(&self, name: &str) -> Option<u64> {
        self.info(name)?.parse().ok()
    }

    /// Its name and version.
    pub(super) fn server(&self) -> String {
        match (self.info("valkey_version"), self.info("redis_version")) {
            (Some(version), _) => format!("Valkey {version}"),
            (None, Some(version)) => format!("Redis {version}"),
            (None, None) => "a server that does not say which".to_owned(),
        }
    }

    /// The version of Redis that it is, or is like.
    pub(super) fn version(&self) -> Option<&str> {
        self.info("redis_version")
    }

    /// Whether it has `WAITAOF`.
    pub(super) fn can_wait_for_aof(&self) -> bool {
        self.version().is_some_and(|version| numbers(version) >= (7, 2))
    }

    /// Whether it lets this user see when it fsyncs.
    pub(super) fn shows_fsync(&self) -> bool {
        self.config("appendfsync").is_some()
    }

    pub(super) fn is_cluster(&self) -> bool {
        // What else says so is called `redis_mode` by Redis and `server_mode` by Valkey.
        self.info("cluster_enabled") == Some("1")
    }

    pub(super) fn memory(&self) -> MemoryUse {
        MemoryUse {
            used: self.number("used_memory").unwrap_or_default(),
            limit: self.number("maxmemory").filter(|&limit| limit > 0),
        }
    }

    pub(super) fn replicas(&self) -> Option<u32> {
        self.number("connected_slaves").and_then(|count| u32::try_from(count).ok())
    }

    fn append_only(&self) -> Option<bool> {
        self.config("appendonly")
            .map(|value| value == "yes")
            .or_else(|| self.info("aof_enabled").map(|value| value == "1"))
    }

    fn eviction(&self) -> Option<&str> {
        self.config("maxmemory-policy").or_else(|| self.info("maxmemory_policy"))
    }

    pub(super) fn persistence(&self) -> Option<Persistence> {
        Some(Persistence {
            append_only: self.append_only()?,
            fsync: self.config("appendfsync").map(ToOwned::to_owned),
            last_write_failed: self.last_write_failed(),
        })
    }

    fn last_write_failed(&self) -> bool {
        ["aof_last_write_status", "rdb_last_bgsave_status"].into_iter().any(|name| self.info(name) == Some("err"))
    }
}

/// The major and minor number of a version.
pub(super) fn numbers(version: &str) -> (u32, u32) {
    let mut numbers = version.split('.').map_while(|number| number.parse::<u32>().ok());
    (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default())
}

/// The lines `NAME:VALUE` of `INFO`.
fn lines(text: &str) -> HashMap<String, String> {
    let pairs = text.lines().filter_map(|line| line.split_once(':'));
    pairs.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect()
}

/// What is asked of a server, and what of it was accepted in spite of that.
#[derive(Debug)]
pub(super) struct Preflight {
    demand: Demand,
    accepted: BTreeSet<Risk>,
}

impl Preflight {
    pub(super) fn new(demand: Demand, accepted: BTreeSet<Risk>) -> Self {
        Self { demand, accepted }
    }

    pub(super) fn demand(&self) -> Demand {
        self.demand
    }

    /// All that endangers events on this server.
    pub(super) fn findings(&self, facts: &Facts) -> Vec<Finding> {
        let checks = [replica, eviction, failed_writes, fsync, replicas];
        let mut findings: Vec<_> = checks.iter().filter_map(|check| check(self.demand, facts)).collect();
        for finding in &mut findings {
            finding.accepted = self.accepted.contains(&finding.risk);
        }
        findings
    }
}

fn unchecked(what: &str, command: &str) -> Finding {
    Finding::new(
        Risk::Unchecked,
        format!("{what} cannot be checked, since this user may not run `{command}`"),
        format!("allow it with `ACL SETUSER … +{}`", command.to_lowercase().replace(' ', "|")),
    )
}

/// Appends go to a master.
fn replica(_: Demand, facts: &Facts) -> Option<Finding> {
    let Some(role) = facts.info("role") else { return Some(unchecked("whether the server is a master", "INFO")) };
    (role != "master").then(|| {
        let master = match (facts.info("master_host"), facts.info("master_port")) {
            (Some(host), Some(port)) => format!(" of {host}:{port}"),
            _ => String::new(),
        };
        Finding::new(Risk::Replica, format!("the server is a replica{master}"), "connect to its master")
    })
}

/// Nothing but us deletes events.
fn eviction(_: Demand, facts: &Facts) -> Option<Finding> {
    let Some(policy) = facts.eviction() else { return Some(unchecked("`maxmemory-policy`", "CONFIG GET")) };
    (policy != "noeviction").then(|| {
        Finding::new(
            Risk::Eviction,
            format!("`maxmemory-policy` is `{policy}`, so that the server deletes events when its memory is full"),
            "run `CONFIG SET maxmemory-policy noeviction`, and set it in the server's configuration",
        )
    })
}

/// What the server writes to its disk gets there.
fn failed_writes(_: Demand, facts: &Facts) -> Option<Finding> {
    facts.last_write_failed().then(|| {
        Finding::new(
            Risk::FailedWrites,
            "the server could not write to its disk the last time it tried",
            "look at its log, and make room",
        )
    })
}

/// What is to be fsynced is fsynced before it is answered.
fn fsync(demand: Demand, facts: &Facts) -> Option<Finding> {
    if !demand.fsynced {
        return None;
    }
    if facts.append_only() == Some(false) {
        let found = format!("appends are to be fsynced ({demand}), and the server writes no append-only file");
        return Some(Finding::new(
            Risk::NoFsync,
            found,
            "run `CONFIG SET appendonly yes`, and set it in the server's configuration",
        ));
    }
    if facts.can_wait_for_aof() {
        return None;
    }
    // A file that was turned on at run time counts only once it is whole; until then a restart begins without it.
    if facts.info("aof_rewrite_in_progress") == Some("1") && facts.info("aof_base_size") == Some("0") {
        let found = format!("appends are to be fsynced ({demand}), and the append-only file is being made just now");
        return Some(Finding::new(Risk::NoFsync, found, "wait until `aof_rewrite_in_progress` in `INFO` is 0"));
    }
    let Some(fsync) = facts.config("appendfsync") else { return Some(unchecked("`appendfsync`", "CONFIG GET")) };
    (fsync != "always").then(|| {
        Finding::new(
            Risk::NoFsync,
            format!(
                "appends are to be fsynced ({demand}), `appendfsync` is `{fsync}`, and {} cannot be waited for",
                facts.server()
            ),
            "run `CONFIG SET appendfsync always`, or take Redis 7.2 or later",
        )
    })
}

/// What is to be replicated is not taken where there is nobody to replicate it to.
fn replicas(demand: Demand, facts: &Facts) -> Option<Finding> {
    let wanted = demand.replicas.max(demand.fsynced_replicas);
    if wanted == 0 {
        return None;
    }
    let Some(least) = facts.config("min-replicas-to-write") else {
        return Some(unchecked("`min-replicas-to-write`", "CONFIG GET"));
    };
    (least.parse::<u16>().unwrap_or_default() < wanted).then(|| {
        Finding::new(
            Risk::FewReplicas,
            format!(
                "appends are to be replicated ({demand}), and `min-replicas-to-write` is {least}, so that the server goes \
                 on taking writes that no replica will have"
            ),
            format!("run `CONFIG SET min-replicas-to-write {wanted}`, and set it in the server's configuration"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Durability;

    fn facts(info: &[(&str, &str)], config: &[(&str, &str)]) -> Facts {
        let owned = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<HashMap<_, _>>()
        };
        Facts { info: Some(owned(info)), config: Some(owned(config)) }
    }

    fn sound(config: &[(&str, &str)]) -> Facts {
        facts(&[("role", "master"), ("redis_version", "7.0.15"), ("maxmemory_policy", "noeviction")], config)
    }

    fn risks(durability: Durability, facts: &Facts) -> Vec<Risk> {
        let preflight = Preflight::new(durability.into(), BTreeSet::new());
        preflight.findings(facts).iter().map(|finding| finding.risk).collect()
    }

    #[test]
    fn a_sound_server_has_no_findings() {
        assert_eq!(risks(Durability::Memory, &sound(&[])), []);
        let config = [("appendonly", "yes"), ("appendfsync", "always"), ("min-replicas-to-write", "2")];
        for durability in [Durability::Fsynced, Durability::Replicated(2), Durability::ReplicatedFsynced(1)] {
            assert_eq!(risks(durability, &sound(&config)), [], "{durability}");
        }
    }

    #[test]
    fn each_danger_is_found_by_its_name() {
        let evicting = [("maxmemory-policy", "allkeys-lru")];
        assert_eq!(risks(Durability::Memory, &sound(&evicting)), [Risk::Eviction]);
        let replica = facts(&[("role", "slave"), ("maxmemory_policy", "noeviction")], &[]);
        assert_eq!(risks(Durability::Memory, &replica), [Risk::Replica]);
        assert_eq!(risks(Durability::Fsynced, &sound(&[("appendonly", "no")])), [Risk::NoFsync]);
        let weak = [("appendonly", "yes"), ("appendfsync", "everysec")];
        assert_eq!(risks(Durability::Fsynced, &sound(&weak)), [Risk::NoFsync]);
        let alone = [("min-replicas-to-write", "0")];
        assert_eq!(risks(Durability::Replicated(1), &sound(&alone)), [Risk::FewReplicas]);
        let failed =
            facts(&[("role", "master"), ("maxmemory_policy", "noeviction"), ("aof_last_write_status", "err")], &[]);
        assert_eq!(risks(Durability::Memory, &failed), [Risk::FailedWrites]);
    }

    #[test]
    fn a_file_that_is_being_made_is_not_yet_one() {
        let config = [("appendonly", "yes"), ("appendfsync", "always"), ("maxmemory-policy", "noeviction")];
        let making = |base| {
            let info = [
                ("role", "master"),
                ("redis_version", "7.0.15"),
                ("aof_rewrite_in_progress", "1"),
                ("aof_base_size", base),
            ];
            facts(&info, &config)
        };
        assert_eq!(risks(Durability::Fsynced, &making("0")), [Risk::NoFsync]);
        assert_eq!(risks(Durability::Fsynced, &making("88")), []);
    }

    #[test]
    fn what_cannot_be_seen_is_not_taken_for_granted() {
        assert_eq!(risks(Durability::Memory, &Facts::default()), [Risk::Unchecked, Risk::Unchecked]);
        let blind = Facts { config: None, ..sound(&[]) };
        assert_eq!(risks(Durability::Memory, &blind), []);
        for durability in [Durability::Fsynced, Durability::Replicated(1)] {
            assert_eq!(risks(durability, &blind), [Risk::Unchecked], "{durability}");
        }
    }

    #[test]
    fn a_server_that_can_wait_for_its_file_may_fsync_when_it_likes() {
        let newer = |config: &[(&str, &str)]| {
            facts(&[("role", "master"), ("redis_version", "7.2.4"), ("maxmemory_policy", "noeviction")], config)
        };
        let everysec = [("appendonly", "yes"), ("appendfsync", "everysec")];
        assert_eq!(risks(Durability::Fsynced, &newer(&everysec)), []);
        assert_eq!(risks(Durability::Fsynced, &newer(&[("appendonly", "no")])), [Risk::NoFsync]);
    }
}
