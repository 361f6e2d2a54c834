//! A server whose wall clock jumps.

use crate::{
    dice::dice,
    load::{Load, stream},
};
use annals::journal::StoredEvent;
use annals_test_support::RedisServer;
use std::collections::BTreeMap;

#[tokio::test(flavor = "multi_thread")]
async fn log_ids_never_run_backwards_where_the_clock_does() {
    let server = RedisServer::builder().with_clock().start();
    let load = Load::on(&server, &mut dice("a clock")).await;
    load.goes_on().await;
    for offset in [-3_600, 0, -60, -7_200] {
        server.set_clock(offset);
        load.goes_on().await;
    }
    let contents = load.end().await.contents;

    // That ids grow, and times with them, is among what is checked of every run.
    let log = contents.log(0);
    let mut of_one_moment = BTreeMap::<u64, usize>::new();
    for event in log {
        *of_one_moment.entry(event.log_id().millis).or_default() += 1;
    }
    // While the clock is behind, the last time is used again.
    let longest = of_one_moment.into_values().max().unwrap_or_default();
    assert!(longest >= 40, "at most {longest} events have one time, so the clock cannot have jumped back");

    // What was recorded at some moment is what was recorded up to it, in each stream as in the log.
    for index in 0..3 {
        let times: Vec<_> = contents.stream(&stream(index)).iter().map(StoredEvent::recorded_at).collect();
        assert!(times.len() > 10 && times.is_sorted());
    }
}
