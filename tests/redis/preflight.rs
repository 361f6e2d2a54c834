//! What endangers events: refused at connect by its name, accepted by its name, and told by `health` ever after.

use crate::{
    ground::{append, counted, journal, pair, stream, whole},
    purse::{Purse, Put, put},
};
use annals::{
    Store, StoreOptions,
    journal::{
        Append, ConnectError, Durability, Expected, Finding, Health, Journal, JournalError, Persistence, RedisJournal,
        RedisOptions, Risk, Verdict,
    },
    repository::ExecuteError,
};
use annals_test_support::{Raw, RedisServer, until};
use futures_util::{StreamExt, TryStreamExt};
use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    time::{Duration, Instant},
};

/// All that is found, where the store is not opened.
async fn found(url: &str, options: StoreOptions) -> Vec<Finding> {
    let begun = Instant::now();
    match options.connect(url).await {
        Err(error @ ConnectError::Unsafe { .. }) => {
            assert!(begun.elapsed() < Duration::from_secs(4), "told after {:?}", begun.elapsed());
            let text = error.to_string();
            assert!(!text.contains('\n'), "{text}");
            let ConnectError::Unsafe { findings, .. } = error else { unreachable!() };
            for finding in &findings {
                let Finding { risk, found, mend, accepted, .. } = finding;
                assert!(!accepted && text.contains(found) && text.contains(mend), "{finding} is not in: {text}");
                assert!(text.contains(&risk.to_string()), "{risk} is not in: {text}");
            }
            findings
        }
        other => panic!("expected the store not to be opened, found {other:?}"),
    }
}

fn risks(findings: &[Finding]) -> Vec<Risk> {
    findings.iter().map(|finding| finding.risk).collect()
}

fn accepting(risks: &[Risk]) -> StoreOptions {
    risks.iter().fold(Store::options(), |options, risk| options.accept(*risk))
}

/// Lets the server fail to write a snapshot, in whose place a folder lies.
async fn fail_to_save(server: &RedisServer) {
    let place = server.folder().join("dump.rdb");
    // A replica has one that came from its master.
    let _ = fs::remove_file(&place);
    fs::create_dir_all(place.join("in the way")).unwrap();
    // A replica may be busy with one that its master asked for.
    until("a snapshot begins", || server.try_command(&["BGSAVE"]).is_ok()).await;
    let status = || server.info("persistence", "rdb_last_bgsave_status");
    until("a snapshot fails", || status().as_deref() == Some("err")).await;
}

#[tokio::test]
async fn a_server_that_evicts_is_refused_until_that_is_accepted() {
    for policy in ["allkeys-lru", "volatile-ttl", "allkeys-random"] {
        let server = RedisServer::builder().args(["--maxmemory-policy", policy]).start();
        let findings = found(&server.url(), Store::options()).await;
        assert_eq!(risks(&findings), [Risk::Eviction]);
        assert!(findings[0].found.contains(policy), "{}", findings[0]);
        assert!(findings[0].mend.contains("CONFIG SET maxmemory-policy noeviction"), "{}", findings[0]);
        let store = accepting(&[Risk::Eviction]).connect(&server.url()).await.unwrap();
        put(&store, "a", 1).await;
        // What the message says mends it.
        server.command(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
        Store::connect(&server.url()).await.unwrap();
    }
}

#[tokio::test]
async fn a_server_that_is_not_set_up_for_a_durability_is_refused_until_that_is_accepted() {
    let server = RedisServer::start();
    let fsynced = || Store::options().durability(Durability::Fsynced).confirm_within(Duration::from_millis(300));
    let findings = found(&server.url(), fsynced()).await;
    assert_eq!(risks(&findings), [Risk::NoFsync]);
    assert!(findings[0].mend.contains("CONFIG SET appendonly yes"), "{}", findings[0]);
    // To accept it is to be told by each append instead.
    let store = fsynced().accept(Risk::NoFsync).connect(&server.url()).await.unwrap();
    let answer = store.repository::<Purse>().execute("a", Put { amount: 1 }).await;
    assert!(matches!(&answer, Err(ExecuteError::Journal(JournalError::Unconfirmed(_)))), "{answer:?}");

    for (least, wanted) in [("0", 1), ("1", 2)] {
        server.command(&["CONFIG", "SET", "min-replicas-to-write", least]);
        let options = Store::options().durability(Durability::Replicated(wanted));
        let findings = found(&server.url(), options).await;
        assert_eq!(risks(&findings), [Risk::FewReplicas]);
        assert!(findings[0].mend.contains(&format!("CONFIG SET min-replicas-to-write {wanted}")), "{}", findings[0]);
    }
    server.command(&["CONFIG", "SET", "min-replicas-to-write", "0"]);
    Store::options()
        .durability(Durability::Replicated(1))
        .accept(Risk::FewReplicas)
        .connect(&server.url())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_server_that_could_not_write_its_files_is_refused_until_that_is_accepted() {
    let server = RedisServer::start();
    Store::connect(&server.url()).await.unwrap();
    fail_to_save(&server).await;
    assert_eq!(risks(&found(&server.url(), Store::options()).await), [Risk::FailedWrites]);
    let store = accepting(&[Risk::FailedWrites]).connect(&server.url()).await.unwrap();
    let health = store.health().await.unwrap();
    assert!(health.is_sound(), "what was accepted is no surprise: {health:?}");
    assert_eq!(
        health.findings.iter().map(|finding| (finding.risk, finding.accepted)).collect::<Vec<_>>(),
        [(Risk::FailedWrites, true)]
    );
    assert!(health.persistence.unwrap().last_write_failed);
    fs::remove_dir_all(server.folder().join("dump.rdb")).unwrap();
    server.command(&["SAVE"]);
    server.command(&["BGSAVE"]);
    let status = || server.info("persistence", "rdb_last_bgsave_status");
    until("a snapshot is written", || status().as_deref() == Some("ok")).await;
    Store::connect(&server.url()).await.unwrap();
}

#[tokio::test]
async fn all_that_endangers_events_is_told_at_once_and_each_is_accepted_by_itself() {
    let (master, replica) = pair().await;
    put(&Store::connect(&master.url()).await.unwrap(), "a", 1).await;
    replica.command(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]);
    fail_to_save(&replica).await;
    let common = [Risk::Replica, Risk::Eviction, Risk::FailedWrites];
    for (durability, more) in [(Durability::Fsynced, Risk::NoFsync), (Durability::Replicated(1), Risk::FewReplicas)] {
        let all = [&common[..], &[more]].concat();
        let findings = found(&replica.url(), Store::options().durability(durability)).await;
        assert_eq!(risks(&findings), all);
        for left in &all {
            let others: Vec<_> = all.iter().copied().filter(|risk| risk != left).collect();
            let findings = found(&replica.url(), accepting(&others).durability(durability)).await;
            assert_eq!(risks(&findings), [*left]);
        }
        let store = accepting(&all).durability(durability).connect(&replica.url()).await.unwrap();
        assert_eq!(risks(&store.health().await.unwrap().findings), all);
    }
    let findings = found(&replica.url(), Store::options()).await;
    assert!(findings[0].found.contains(&format!("127.0.0.1:{}", master.port())), "{}", findings[0]);
}

#[tokio::test]
async fn a_replica_is_read_by_who_accepts_that_and_takes_no_appends() {
    let (master, replica) = pair().await;
    let store = Store::connect(&master.url()).await.unwrap();
    put(&store, "a", 1).await;
    let reading = accepting(&[Risk::Replica]).connect(&replica.url()).await.unwrap();
    let mut live = reading.log().live();
    for amount in 2..=5 {
        live.try_next().await.unwrap().unwrap();
        put(&store, "a", amount).await;
    }
    assert_eq!(live.next().await.unwrap().unwrap().version().number(), 5);
    assert_eq!(reading.repository::<Purse>().load("a").await.unwrap().state.total, 15);
    assert_eq!(reading.log().stream().try_collect::<Vec<_>>().await.unwrap().len(), 5);

    let begun = Instant::now();
    let answer = reading.repository::<Purse>().execute("a", Put { amount: 1 }).await;
    let Err(ExecuteError::Journal(JournalError::Unavailable { reason, .. })) = &answer else { panic!("{answer:?}") };
    assert!(reason.contains("READONLY"), "{reason}");
    assert!(begun.elapsed() < Duration::from_secs(15), "told after {:?}", begun.elapsed());
    assert_eq!(store.repository::<Purse>().load("a").await.unwrap().version.number(), 5);
}

#[tokio::test]
async fn what_may_not_be_looked_at_is_called_unchecked_until_that_is_accepted() {
    let server = RedisServer::builder().durable().start();
    let url = |user: &str| server.admin_url().replace("redis://", &format!("redis://{user}:secret@"));
    for (user, rights) in [("blind", ["-info", "-config"]), ("careful", ["-config", "+info"])] {
        server.command(&["ACL", "SETUSER", user, "on", ">secret", "~*", "&*", "+@all", rights[0], rights[1]]);
    }
    let findings = found(&url("blind"), Store::options()).await;
    assert_eq!(risks(&findings), [Risk::Unchecked, Risk::Unchecked]);
    for (finding, right) in findings.iter().zip(["+info", "+config|get"]) {
        assert!(finding.mend.contains(right), "{finding}");
    }
    let store = accepting(&[Risk::Unchecked]).connect(&url("blind")).await.unwrap();
    put(&store, "a", 1).await;
    let health = store.health().await.unwrap();
    assert!(health.is_sound(), "{health:?}");
    assert_eq!((health.memory.used, health.replicas, health.persistence), (0, None, None));
    assert_eq!(health.heads.values().map(|head| head.number).collect::<Vec<_>>(), [1]);

    // What `INFO` says is enough for a store that asks for nothing more.
    put(&Store::connect(&url("careful")).await.unwrap(), "a", 1).await;
    let fsynced = || Store::options().durability(Durability::Fsynced);
    if server.version().has_waitaof() {
        put(&fsynced().connect(&url("careful")).await.unwrap(), "a", 1).await;
    } else {
        let findings = found(&url("careful"), fsynced()).await;
        assert_eq!(risks(&findings), [Risk::Unchecked]);
        assert!(findings[0].found.contains("`appendfsync`"), "{}", findings[0]);
    }
    // That the server fsyncs is then taken at the user's word.
    put(&fsynced().accept(Risk::Unchecked).connect(&url("careful")).await.unwrap(), "a", 1).await;
}

/// To accept what cannot be seen is no reason not to look at what can.
#[tokio::test]
async fn what_can_be_looked_at_is_looked_at_also_by_who_would_accept_it_unchecked() {
    let server = RedisServer::builder().durable().start();
    let options = RedisOptions::new().durability(Durability::Fsynced).accept(Risk::Unchecked);
    let journal = RedisJournal::connect(&server.url(), &options).await.unwrap();
    append(&journal, &stream("1"), Expected::Missing, 1).await;
    server.command(&["CONFIG", "SET", "appendonly", "no"]);
    let answer = journal.append(Append::new(stream("1"), Expected::Any, counted(1))).await;
    assert!(
        matches!(&answer, Err(JournalError::Unconfirmed(told)) if told.reason.contains("appendonly")),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_node_of_a_cluster_is_refused_whatever_is_accepted() {
    // The port that nodes speak to one another on, since the usual one may be beyond the last.
    let bus = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let server = RedisServer::builder().args(["--cluster-enabled", "yes", "--cluster-port", &bus.to_string()]).start();
    let all = [Risk::Eviction, Risk::Replica, Risk::FailedWrites, Risk::Unchecked];
    let error = accepting(&all).connect(&server.url()).await.unwrap_err();
    assert!(matches!(&error, ConnectError::Unusable { reason, .. } if reason.contains("cluster")), "{error}");
    assert_eq!(server.command(&["FUNCTION", "LIST"]), "", "something was left there");
}

#[tokio::test]
async fn health_tells_how_the_store_fares_and_what_was_changed_since() {
    let (master, replica) = pair().await;
    let store = Store::options().partitions(4).connect(&master.url()).await.unwrap();
    let empty = store.health().await.unwrap();
    assert!(empty.is_sound() && empty.findings.is_empty() && empty.heads.is_empty(), "{empty:?}");
    for purse in 0..8 {
        put(&store, &purse.to_string(), 1).await;
    }
    master.command(&["CONFIG", "SET", "maxmemory", "512mb"]);
    let health = store.health().await.unwrap();
    let Health { server, memory, heads, functions, persistence, replicas, .. } = &health;
    assert_eq!(*server, master.version().to_string());
    assert!(memory.used > 100_000, "{memory:?}");
    assert_eq!(memory.left(), Some((512 << 20) - memory.used));
    assert_eq!(heads.values().map(|head| head.number).sum::<u64>(), 8);
    let head = store.head().await.unwrap();
    assert!(heads.iter().all(|(&partition, log_id)| head.position(partition).unwrap().number() == log_id.number));
    let library = functions.as_ref().and_then(|name| name.strip_prefix("the library ")).unwrap().to_owned();
    assert!(master.command(&["FUNCTION", "LIST"]).contains(&library), "{library}");
    let none = Persistence { append_only: false, fsync: Some("everysec".to_owned()), last_write_failed: false };
    assert_eq!((persistence, *replicas), (&Some(none), Some(1)));

    master.command(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]);
    let health = store.health().await.unwrap();
    assert!(!health.is_sound());
    assert_eq!(risks(&health.findings), [Risk::Eviction]);
    master.command(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);

    master.command(&["CONFIG", "SET", "appendonly", "yes"]);
    master.command(&["CONFIG", "SET", "appendfsync", "always"]);
    let health = store.health().await.unwrap();
    assert!(health.is_sound(), "{health:?}");
    let persistence = health.persistence.unwrap();
    assert_eq!((persistence.append_only, persistence.fsync.as_deref()), (true, Some("always")));

    master.demote_to(&replica);
    replica.promote();
    until("the master has become a replica", || !master.is_master()).await;
    assert_eq!(risks(&store.health().await.unwrap().findings), [Risk::Replica]);
}

#[tokio::test]
async fn health_loads_the_functions_where_they_were_lost() {
    let server = RedisServer::start();
    let journal = journal(&server).await;
    append(&journal, &stream("1"), Expected::Missing, 1).await;
    let raw = Raw::on(&server).await;
    let _: () = raw.run(&["FUNCTION", "FLUSH"]).await;
    assert_eq!(server.command(&["FUNCTION", "LIST"]), "");
    let health = journal.health().await.unwrap();
    let library = health.functions.unwrap();
    let library = library.strip_prefix("the library ").unwrap();
    assert!(server.command(&["FUNCTION", "LIST"]).contains(library), "{library} is not there");
    // And whoever comes first, health or an append.
    let _: () = raw.run(&["FUNCTION", "FLUSH"]).await;
    let appended = journal.append(Append::new(stream("1"), Expected::Any, counted(1))).await;
    assert!(matches!(appended, Ok(Verdict::Appended(_))), "{appended:?}");
    assert_eq!(whole(&journal, &stream("1")).await.len(), 2);
}

#[tokio::test]
async fn the_health_of_a_server_that_is_gone_is_an_error_after_some_seconds() {
    let mut server = RedisServer::start();
    let store = Store::connect(&server.url()).await.unwrap();
    server.stop();
    let begun = Instant::now();
    let error = store.health().await.unwrap_err();
    assert!(matches!(error, JournalError::Unavailable { .. }), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(15), "told after {:?}", begun.elapsed());
}
