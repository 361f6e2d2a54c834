//! The engines against the model.

use super::{
    operation::{Operation, Restart, programs},
    program::{KINDS, Program},
};
use annals::journal::{Journal, MemoryJournal, RedisJournal, RedisOptions};
use annals_test_support::RedisServer;
use proptest::test_runner::{
    Config, FileFailurePersistence, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner,
};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
};

/// How many steps a program has at most.
const STEPS: usize = 60;

/// Runs programs, until one of them differs: `PROPTEST_CASES` of them, or else `cases`.
fn check(cases: u32, run: impl Fn(&[Operation]) -> Result<BTreeSet<&'static str>, String>) {
    let mut config = Config {
        // What failed once is tried first, on every engine.
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/model/proptest-regressions.txt"
        )))),
        source_file: Some(file!()),
        // Enough for a program of a few steps, also where each try takes a while.
        max_shrink_iters: 4_000,
        max_shrink_time: 60_000,
        ..Config::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = cases;
    }
    let outcome =
        TestRunner::new(config).run(&programs(STEPS), |program| run(&program).map(drop).map_err(TestCaseError::fail));
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(difference, program)) => {
            panic!("the engine differs from the model in the program\n{program:#?}\n{difference}")
        }
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made")
}

fn memory(partitions: u16) {
    let runtime = runtime();
    check(256, |program| {
        let journal = MemoryJournal::with_partitions(partitions);
        runtime.block_on(Program::run(&journal, &|_| {}, program))
    });
}

fn redis(partitions: u16) {
    let runtime = runtime();
    let server = RefCell::new(RedisServer::builder().durable().start());
    let namespaces = Cell::new(0);
    check(64, |program| {
        namespaces.set(namespaces.get() + 1);
        let options = RedisOptions::new().namespace(format!("program-{}", namespaces.get())).partitions(partitions);
        runtime.block_on(async {
            let url = server.borrow().url();
            let journal = RedisJournal::connect(&url, &options).await.map_err(|error| error.to_string())?;
            Program::run(&journal as &dyn Journal, &|how| restart(&mut server.borrow_mut(), how), program).await
        })
    });
}

fn restart(server: &mut RedisServer, how: Restart) {
    match how {
        Restart::InGoodOrder => server.restart(),
        Restart::Killed => {
            server.kill9();
            server.start_again();
        }
        Restart::FunctionsLost => {
            let mut connection = redis::Client::open(server.admin_url()).unwrap().get_connection().unwrap();
            redis::cmd("FUNCTION").arg("FLUSH").exec(&mut connection).unwrap();
        }
    }
}

#[test]
fn programs_come_to_every_kind_of_answer() {
    let (runtime, reached) = (runtime(), RefCell::new(BTreeSet::new()));
    let config = Config { cases: 512, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let outcome = runner.run(&programs(STEPS), |program| {
        let journal = MemoryJournal::new();
        let kinds = runtime.block_on(Program::run(&journal, &|_| {}, &program)).map_err(TestCaseError::fail)?;
        reached.borrow_mut().extend(kinds);
        Ok(())
    });
    assert!(outcome.is_ok(), "{outcome:?}");
    assert_eq!(reached.into_inner(), KINDS.into());
}

#[test]
fn the_engine_in_memory_does_what_the_model_does() {
    memory(1);
}

#[test]
fn the_engine_in_memory_does_what_the_model_does_in_several_partitions() {
    memory(4);
}

#[test]
fn the_engine_on_redis_does_what_the_model_does() {
    redis(1);
}

#[test]
fn the_engine_on_redis_does_what_the_model_does_in_several_partitions() {
    redis(4);
}
