//! The verdict on a run: whether what the clients were told holds, and whether the rows are what the events add up to.

use crate::tally::{Tally, fold};
use annals::{
    Store,
    journal::{ReadModel, RedisJournal, StoredEvent},
};
use annals_test_support::history::{Contents, Loss, Recorder, Summary, check_rows, check_with, report};
use std::{collections::BTreeSet, sync::Arc};

/// All that lies in a journal at the end of a run, and what the run consisted of.
pub(crate) struct Verdict {
    pub(crate) contents: Contents,
    pub(crate) summary: Summary,
}

/// Reads the whole journal, takes the last events into the rows, and checks all of it against what was recorded.
pub(crate) async fn verdict(recorder: &Recorder, journal: RedisJournal, loss: Loss) -> Verdict {
    let journal = Arc::new(journal);
    let store = Store::on(Arc::clone(&journal), "the journal of a test");
    let tallies = store.projection::<Tally>();
    match tallies.catch_up().await {
        // The rows may hold what is lost, and that is told.
        Err(_) if loss != Loss::None => tallies.rebuild().await,
        caught_up => caught_up,
    }
    .expect("the rows can be brought up to date");

    let history = recorder.history();
    let contents = Contents::read(&*journal, &history).await.expect("the journal can be read");
    let summary = check_with(&history, &contents, loss).unwrap_or_else(|violations| panic!("{}", report(&violations)));

    let model = ReadModel::new("tallies", 1);
    let rows = check_rows(&*journal, &model, &contents, fold).await.expect("the rows can be read");
    let streams: BTreeSet<_> = contents.events().map(StoredEvent::stream).collect();
    let rows = rows.unwrap_or_else(|violations| panic!("{}", report(&violations)));
    assert_eq!(rows, streams.len(), "there is a row for every stream");
    println!("{summary:?}");
    Verdict { contents, summary }
}
