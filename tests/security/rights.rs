//! The users of `annals.acl`: what they may do is enough, none of it is too much, and all else is refused.

use crate::ground::{append, stream};
use annals::{
    Version,
    journal::{
        After, Append, BuildStep, Commit, Committed, ConnectError, Durability, EntryChange, Expected, Find,
        Fingerprint, IdempotencyKey, Journal, JournalError, LeaseRequest, LogId, LogRead, Once, ReadModel,
        RedisJournal, RedisOptions, Risk, RowChange, Snapshot, StoredEvent,
    },
};
use annals_test_support::{Raw, RedisServer, rights_of, users};
use std::{fmt::Display, fs, time::Duration};
use tempfile::TempDir;

/// A server with the users of the file, for the keys of the namespace `annals`.
struct Guarded {
    server: RedisServer,
    admin: Raw,
    _folder: TempDir,
}

impl Guarded {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("users.acl");
        fs::write(&file, users("annals", &[])).unwrap();
        let server = RedisServer::builder().durable().acl_file(&file).start();
        let guarded = Self { admin: Raw::on(&server).await, server, _folder: folder };
        // An older server does not start where a file names what it does not know.
        if guarded.server.version().has_waitaof() {
            guarded.change("annals", &["+waitaof"]).await;
        }
        guarded
    }

    fn url(&self, user: &str) -> String {
        format!("redis://{user}:least@127.0.0.1:{}", self.server.port())
    }

    async fn change(&self, user: &str, rules: &[&str]) {
        let _: () = self.admin.run(&[&["ACL", "SETUSER", user], rules].concat()).await;
    }

    /// A journal in two databases, with one of everything, and a list of somebody else's in the way of one stream.
    async fn prepare(&self) {
        let _: () = self.admin.run(&["FLUSHALL", "SYNC"]).await;
        connect(&format!("{}/1", self.server.admin_url())).await.unwrap();
        let journal = connect(&self.server.admin_url()).await.unwrap();
        for (id, count) in [("1", 5), ("2", 4_100)] {
            let _ = journal.append(append(id, Expected::Missing, count)).await.unwrap();
        }
        let second = journal.read_stream(&stream("1"), Version::new(1), 1).await.unwrap().remove(0);
        assert!(journal.write_snapshot(snapshot("1", &second)).await.unwrap());
        for model in [model(), given_up(2), given_up(3)] {
            journal.build(&model, BuildStep::Begin(Fingerprint::new(1))).await.unwrap();
            let commit = Commit::new(model, 0, None, second.log_id(), vec![RowChange::write("1", "{}")]);
            assert_eq!(journal.commit(indexed(commit, "1", "2")).await, Ok(Committed::Done));
        }
        journal.build(&given_up(3), BuildStep::Abandon).await.unwrap();
        journal.claim("order", vec!["Counted".to_owned()]).await.unwrap();
        let _ = journal.append(append("3", Expected::Any, 1).once(once("a"))).await.unwrap();
        let _: () = self.admin.run(&["SET", "{annals:0}:s:order-9", "mine"]).await;
    }

    /// What the user who writes may run.
    fn rights(&self) -> Vec<&'static str> {
        let mut rights = rights_of("annals");
        rights.extend(self.server.version().has_waitaof().then_some("waitaof"));
        rights
    }

    /// Lets the server forget all functions and scripts.
    async fn forget_functions(&self) {
        for command in [["FUNCTION", "FLUSH"], ["SCRIPT", "FLUSH"]] {
            let _: () = self.admin.run(&command).await;
        }
    }

    async fn lose_head(&self) {
        let _: () = self.admin.run(&["DEL", "{annals:0}:head"]).await;
    }

    /// Whatever a user who reads can be asked for, and what came of it.
    async fn reading(&self, user: &str) -> Vec<Outcome> {
        let url = self.url(user);
        let journal = match connect(&url).await {
            Ok(journal) => journal,
            Err(error) => return vec![outcome::<()>("connect", Err(error))],
        };
        let log = |after| LogRead::new(0, after, 10);
        let start = vec![log(After::LogId(LogId::new(0, 0)))];
        let mut all = vec![
            outcome("connect to another database", connect(&format!("{url}/1")).await),
            outcome("load", journal.read_stream(&stream("1"), Version::NONE, 10).await),
            outcome("load from a snapshot", journal.restore(&stream("1"), Fingerprint::new(1), 10_000).await),
            outcome("ask for the version", journal.stream_version(&stream("1")).await),
            outcome("read the log", journal.read_log(log(After::Start)).await),
            outcome("read the log from a position on", journal.read_log(log(After::Position(2))).await),
            outcome("follow the log", journal.follow(start, Duration::from_millis(5)).await),
            outcome("read the head", journal.head(0).await),
            outcome("recall", journal.recall(&stream("3"), &once("a")).await),
            outcome("read whose the types are", journal.owners(vec!["Counted".to_owned()]).await),
            outcome("read rows", journal.rows(&model(), vec!["1".to_owned()]).await),
            outcome("read rows in order", journal.rows_page(&model(), None, 10).await),
            outcome("find rows", journal.find(&model(), by_user()).await),
            outcome("find rows backwards", journal.find(&model(), by_user().descending()).await),
            outcome("read parked rows", journal.parked(&model()).await),
            outcome("read the builds", journal.builds("OrderList").await),
            outcome("read the checkpoints", journal.checkpoints(&model()).await),
            outcome("read the revision", journal.revision(&model()).await),
            outcome("look at the health", journal.health().await),
            outcome("name what is no stream", named(journal.stream_version(&stream("9")).await)),
        ];
        self.lose_head().await;
        all.push(outcome("find a position without the head", journal.read_log(log(After::Position(2))).await));
        all
    }

    /// Whatever a user who writes can be asked for beside that.
    async fn writing(&self, user: &str) -> Vec<Outcome> {
        let url = self.url(user);
        let journal = match connect(&url).await {
            Ok(journal) => journal,
            Err(error) => return vec![outcome::<()>("connect", Err(error))],
        };
        let second = Expected::Version(Version::new(2));
        let third = self.third_event().await;
        let changes = vec![RowChange::write("2", "{}"), RowChange::delete("1")];
        let before = Some(LogId::new(third.log_id().millis, 2));
        let commit = Commit::new(model(), 0, before, third.log_id(), changes);
        let lease = LeaseRequest::new(model(), "worker-a", Duration::from_mins(1));
        let next = ReadModel::new("OrderList", 4);
        let mut all = vec![
            outcome("claim", journal.claim("order", vec!["Named".to_owned()]).await),
            outcome("append", journal.append(append("4", Expected::Missing, 5)).await),
            outcome("append where others did", journal.append(append("1", second, 5)).await),
            outcome("append to whatever there is", journal.append(append("1", Expected::Any, 1)).await),
            outcome("append to a second list", journal.append(append("2", Expected::Existing, 4_100)).await),
            outcome("append under a key", journal.append(append("3", Expected::Any, 1).once(once("b"))).await),
            outcome("remember", journal.remember(&stream("4"), once("c"), Version::NONE).await),
            outcome("keep a snapshot", journal.write_snapshot(snapshot("1", &third)).await),
            outcome("lease", journal.lease(lease).await),
            outcome("commit", journal.commit(indexed(commit, "2", "1")).await),
            outcome("release", journal.release(&model(), "worker-a").await),
            outcome("clear", journal.clear(&model()).await),
            outcome("give up a build", journal.build(&given_up(2), BuildStep::Abandon).await),
            outcome("sweep", swept(journal.sweep(&given_up(3), 1).await, true)),
            outcome("sweep the rest", swept(journal.sweep(&given_up(3), 10).await, false)),
            outcome("begin a build", journal.build(&next, BuildStep::Begin(Fingerprint::new(2))).await),
            outcome("name what is no stream", named(journal.append(append("9", Expected::Any, 1)).await)),
            outcome("wait for the disk", waited(journal.append(as_safe(Durability::Fsynced)).await)),
        ];
        let options = RedisOptions::new().durability(Durability::Replicated(1)).accept(Risk::FewReplicas);
        all.push(match RedisJournal::connect(&url, &options.confirm_within(Duration::from_millis(20))).await {
            Ok(journal) => outcome("wait for replicas", waited(journal.append(as_safe(Durability::Memory)).await)),
            Err(error) => outcome::<()>("connect to be replicated", Err(error)),
        });
        all.push(outcome("record a lost claim again", self.claim_again(&journal).await));
        self.lose_head().await;
        all.push(outcome("append without the head", journal.append(append("1", Expected::Any, 1)).await));
        all
    }

    /// Loses a claim and every connection, as a failover may, and looks whether the claim is there once the journal is back.
    async fn claim_again(&self, journal: &RedisJournal) -> Result<(), String> {
        journal.claim("order", vec!["Lost".to_owned()]).await.map_err(|error| error.to_string())?;
        let _: () = self.admin.run(&["HDEL", "annals:types", "Lost"]).await;
        let _: () = self.admin.run(&["CLIENT", "KILL", "TYPE", "normal"]).await;
        // The first who notices makes the connection anew.
        for _ in 0..2 {
            let _ = journal.owners(vec!["Lost".to_owned()]).await.map_err(|error| error.to_string())?;
        }
        let owner: Option<String> = self.admin.run(&["HGET", "annals:types", "Lost"]).await;
        owner.map(drop).ok_or_else(|| "it is not recorded again".to_owned())
    }

    async fn third_event(&self) -> StoredEvent {
        let journal = connect(&self.server.admin_url()).await.unwrap();
        journal.read_stream(&stream("1"), Version::new(2), 1).await.unwrap().remove(0)
    }
}

/// What came of something that a journal was asked for.
type Outcome = (&'static str, Result<(), String>);

fn outcome<T>(what: &'static str, answer: Result<T, impl Display>) -> Outcome {
    (what, answer.map(drop).map_err(|error| error.to_string()))
}

fn failures(outcomes: Vec<Outcome>) -> Vec<String> {
    outcomes.into_iter().filter_map(|(what, answer)| Some(format!("{what}: {}", answer.err()?))).collect()
}

async fn connect(url: &str) -> Result<RedisJournal, ConnectError> {
    RedisJournal::connect(url, &RedisOptions::new()).await
}

fn model() -> ReadModel {
    ReadModel::new("OrderList", 1)
}

/// A build that is made and given up.
fn given_up(version: u32) -> ReadModel {
    ReadModel::new("OrderList", version)
}

fn by_user() -> Find {
    Find::new("user", 1, "", 10)
}

/// With an entry of one row and none of the other, and with the one parked and not the other.
fn indexed(commit: Commit, key: &str, gone: &str) -> Commit {
    let [key_entry, gone_entry] = [key, gone].map(|key| format!("ann\0{key}"));
    let entries = vec![EntryChange::add("user", key_entry), EntryChange::remove("user", gone_entry)];
    commit.with_entries(entries).with_parked(vec![RowChange::write(key, "{}"), RowChange::delete(gone)])
}

/// Whether there is more to sweep.
fn swept(answer: Result<bool, JournalError>, more: bool) -> Result<(), String> {
    match answer {
        Ok(found) if found == more => Ok(()),
        Ok(found) => Err(format!("expected `{more}`, found `{found}`")),
        Err(error) => Err(error.to_string()),
    }
}

fn once(key: &str) -> Once {
    Once::new(IdempotencyKey::new(key).unwrap(), Fingerprint::new(1), Duration::from_mins(1))
}

fn snapshot(id: &str, event: &StoredEvent) -> Snapshot {
    Snapshot::new(stream(id), event.version(), event.log_id(), Fingerprint::new(1), "{}")
}

fn as_safe(durability: Durability) -> Append {
    append("5", Expected::Any, 1).durability(durability)
}

/// What is not ours is to be named.
fn named<T>(answer: Result<T, JournalError>) -> Result<(), String> {
    match answer {
        Err(JournalError::Foreign { reason, .. }) if reason == "expected a list, found a string" => Ok(()),
        Err(error) => Err(error.to_string()),
        Ok(_) => Err("nothing was found to be foreign".to_owned()),
    }
}

/// That nobody is there to be waited for is an answer; that it may not be waited is none.
fn waited<T>(answer: Result<T, JournalError>) -> Result<(), String> {
    match answer {
        Err(JournalError::Unconfirmed(unconfirmed)) if unconfirmed.reason.is_empty() => Ok(()),
        answer => answer.map(drop).map_err(|error| error.to_string()),
    }
}

#[tokio::test]
async fn a_user_of_the_file_may_do_all_that_a_journal_does() {
    let guarded = Guarded::start().await;
    // Where nothing is: a journal is made.
    connect(&guarded.url("annals")).await.unwrap();
    guarded.prepare().await;
    guarded.forget_functions().await;
    assert_eq!(failures(guarded.writing("annals").await), [""; 0]);
    assert_eq!(failures(guarded.reading("annals").await), [""; 0]);
}

#[tokio::test]
async fn a_user_who_reads_may_read_everything_and_change_nothing() {
    let guarded = Guarded::start().await;
    guarded.prepare().await;
    let before = guarded.admin.everything().await;
    for (what, answer) in guarded.writing("annals-reader").await {
        let is_waiting = what == "connect to be replicated";
        // What asks for nothing new, or is in the way, is told as to anybody.
        let is_reading = ["append where others did", "name what is no stream"].contains(&what);
        let told = answer.as_ref().err().map_or("", String::as_str);
        assert!(is_reading || is_waiting || told.contains("NOPERM"), "{what}: {answer:?}");
    }
    let after = guarded.admin.everything().await;
    let changed = |key: &&String| before[*key] != after.get(*key).cloned().unwrap_or_default();
    assert_eq!(before.keys().filter(changed).collect::<Vec<_>>(), ["{annals:0}:head"], "the head was lost by the test");
    assert_eq!(before.len() - 1, after.len());

    guarded.prepare().await;
    assert_eq!(failures(guarded.reading("annals-reader").await), [""; 0]);
}

/// Takes away each right of a user in turn: something fails then, by the name of what is missing.
async fn each_is_needed(guarded: &Guarded, user: &str, rights: &[&str]) {
    for right in rights {
        guarded.prepare().await;
        if user == "annals" {
            guarded.forget_functions().await;
        }
        guarded.change(user, &[&format!("-{right}")]).await;
        let mut failed = Vec::new();
        if user == "annals" {
            failed = failures(guarded.writing(user).await);
        }
        failed.extend(failures(guarded.reading(user).await));
        guarded.change(user, &[&format!("+{right}")]).await;
        let name = right.replace('|', " ");
        // Who may not record again what a failover lost goes on without; that is told to `tracing` alone.
        let is_without = |text: &String| right == &"hsetnx" && text.starts_with("record a lost claim again");
        let is_named = |text: &String| {
            if is_without(text) {
                return true;
            }
            let text = text.to_lowercase().replace('|', " ");
            (text.contains("noperm") || text.contains("may not run")) && text.contains(&name)
        };
        assert!(failed.iter().any(is_named), "without `{right}`: {failed:#?}");
        for text in &failed {
            let is_told = text.contains("NOPERM") || text.contains("may not run") || is_without(text);
            assert!(is_told, "without `{right}`: {text}");
        }
    }
}

#[tokio::test]
async fn each_right_of_the_user_who_writes_is_needed() {
    let guarded = Guarded::start().await;
    each_is_needed(&guarded, "annals", &guarded.rights()).await;
}

#[tokio::test]
async fn each_right_of_the_user_who_reads_is_needed() {
    let guarded = Guarded::start().await;
    each_is_needed(&guarded, "annals-reader", &rights_of("annals-reader")).await;
}

#[tokio::test]
async fn where_functions_are_forbidden_the_rights_to_scripts_are_enough_and_needed() {
    let guarded = Guarded::start().await;
    guarded.change("annals", &["-function|load", "-fcall", "+script|load", "+evalsha"]).await;
    guarded.prepare().await;
    guarded.forget_functions().await;
    assert_eq!(failures(guarded.writing("annals").await), [""; 0]);
    assert_eq!(failures(guarded.reading("annals").await), [""; 0]);
    each_is_needed(&guarded, "annals", &["script|load", "evalsha"]).await;
}

#[tokio::test]
async fn all_else_is_refused() {
    let guarded = Guarded::start().await;
    guarded.prepare().await;
    let before = guarded.admin.everything().await;
    let own = "{annals:0}:s:order-1";
    for user in ["annals", "annals-reader"] {
        let raw = Raw::at(&guarded.url(user)).await;
        for words in [
            &["FLUSHALL"] as &[&str],
            &["FLUSHDB"],
            &["SWAPDB", "0", "1"],
            &["KEYS", "*"],
            &["SCAN", "0"],
            &["RANDOMKEY"],
            &["DBSIZE"],
            &["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"],
            &["CONFIG", "RESETSTAT"],
            &["CONFIG", "REWRITE"],
            &["DEL", own],
            &["RENAME", own, "{annals:0}:s:order-7"],
            &["COPY", own, "{annals:0}:s:order-7"],
            &["EXPIRE", own, "1"],
            &["LTRIM", own, "0", "0"],
            &["LPOP", own],
            &["RPOP", own],
            &["LSET", own, "0", "x"],
            &["LREM", own, "0", "x"],
            &["LPUSH", own, "x"],
            &["XDEL", "{annals:0}:log", "1-1"],
            &["XTRIM", "{annals:0}:log", "MAXLEN", "0"],
            &["XSETID", "{annals:0}:log", "9-9"],
            &["DUMP", own],
            &["RESTORE", "{annals:0}:s:order-7", "0", "x"],
            &["MIGRATE", "127.0.0.1", "1", own, "0", "1"],
            &["SORT", own],
            &["EVAL", "return 1", "0"],
            &["SCRIPT", "LOAD", "return 1"],
            &["SCRIPT", "FLUSH"],
            &["FUNCTION", "LIST"],
            &["FUNCTION", "DUMP"],
            &["FUNCTION", "FLUSH"],
            &["FUNCTION", "DELETE", "annals"],
            &["ACL", "LIST"],
            &["ACL", "WHOAMI"],
            &["ACL", "SETUSER", user, "+@all"],
            &["CLIENT", "LIST"],
            &["CLIENT", "KILL", "TYPE", "normal"],
            &["CLIENT", "PAUSE", "1"],
            &["REPLICAOF", "127.0.0.1", "1"],
            &["FAILOVER"],
            &["MONITOR"],
            &["SLOWLOG", "GET"],
            &["MODULE", "LIST"],
            &["BGSAVE"],
            &["BGREWRITEAOF"],
            &["SHUTDOWN", "NOSAVE"],
            &["MULTI"],
            &["PUBLISH", "{annals:0}:log", "x"],
            &["SUBSCRIBE", "x"],
            &["XINFO", "GROUPS", "{annals:0}:log"],
        ] {
            refused(&raw, words, user).await;
        }
        for key in [
            "foreign",
            "annals",
            "annals:",
            "annals:other",
            "annals2:meta",
            "xannals:meta",
            "{annals2:0}:log",
            "{annals:0",
            "{annals}:log",
            "x{annals:0}:log",
            "{other:0}:s:order-1",
            "*",
            "{*:0}:log",
        ] {
            refused(&raw, &["GET", key], user).await;
            refused(&raw, &["XREAD", "STREAMS", key, "0"], user).await;
        }
    }
    let raw = Raw::at(&guarded.url("annals")).await;
    let library = "#!lua name=intruder\nredis.register_function('intrude', function(keys, args) \
                   return redis.call(unpack(args)) end)";
    let _: () = raw.run(&["FUNCTION", "LOAD", library]).await;
    // A function has no more rights than who calls it.
    for words in [&["FLUSHALL"] as &[&str], &["DEL", own], &["GET", "foreign"], &["SET", "foreign", "x"]] {
        let call = [&["FCALL", "intrude", "0"], words].concat();
        let answer = raw.try_run::<redis::Value>(&call).await;
        assert!(answer.is_err(), "{words:?} gave {answer:?}");
    }
    assert_eq!(guarded.admin.everything().await, before);
}

async fn refused(raw: &Raw, words: &[&str], user: &str) {
    let answer = raw.try_run::<redis::Value>(words).await;
    let code = answer.as_ref().err().and_then(redis::RedisError::code);
    assert_eq!(code, Some("NOPERM"), "{user} ran {words:?}: {answer:?}");
}
