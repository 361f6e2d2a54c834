//! What no journal takes: refused as `Invalid`, and nothing changed.

use super::{
    answers::{answered, appended, committed, refused},
    contents,
    given::{advance, event, events, stream},
};
use crate::{
    journal::{After, Append, Commit, Expected, Journal, LogId, LogRead, NewEvent, ReadModel, RowChange},
    model::Version,
};
use std::{collections::BTreeMap, sync::Arc};

const HERE: LogId = LogId::new(7, 7);

/// Appends that are refused, to a stream that exists and to one that does not.
async fn refuse(journal: &Arc<dyn Journal>, batches: Vec<Vec<NewEvent>>) {
    let (old, new) = (stream("old"), stream("new"));
    appended(journal.append(advance(&old, 0, 2)).await);
    let before = contents::of(journal).await;
    for events in batches {
        for expected in [Expected::Any, Expected::Missing, Expected::Version(Version::NONE), Expected::Existing] {
            refused(journal.append(Append::new(old.clone(), expected, events.clone())).await);
            refused(journal.append(Append::new(new.clone(), expected, events.clone())).await);
        }
        refused(journal.append(Append::new(old.clone(), Expected::Version(Version::new(2)), events)).await);
    }
    contents::unchanged(journal, &before).await;
    assert_eq!(answered(journal.stream_version(&new).await), Version::NONE, "a stream that only got refused events");
    appended(journal.append(advance(&new, 0, 1)).await);
    appended(journal.append(advance(&old, 2, 1)).await);
}

pub(super) async fn an_append_without_events(journal: &Arc<dyn Journal>) {
    refuse(journal, vec![Vec::new()]).await;
}

pub(super) async fn an_event_that_would_break_its_form(journal: &Arc<dyn Journal>) {
    let types = ["", " ", "a b", "a\nb", "a\n", "\n", "a\0", "é", "\u{7F}", &"x".repeat(129)];
    let mut broken: Vec<_> = types.map(|event_type| NewEvent::new(event_type.to_owned(), "{}")).to_vec();
    for annotations in ["", "\n", "{\n}", "{}\n"] {
        broken.push(NewEvent { annotations: Some(annotations.into()), ..event(1) });
    }
    let mut batches = Vec::new();
    for event in broken {
        batches.push(vec![event.clone()]);
        // All or nothing: also where it stands behind good ones.
        batches.push(events(1..=3).into_iter().chain([event.clone()]).collect());
        batches.push([event].into_iter().chain(events(1..=3)).collect());
    }
    refuse(journal, batches).await;
}

pub(super) async fn a_limit_of_nothing(journal: &Arc<dyn Journal>) {
    let stream = stream("1");
    for version in 0..2 {
        refused(journal.read_stream(&stream, Version::NONE, 0).await);
        refused(journal.read_log(LogRead::new(0, After::Start, 0)).await);
        refused(journal.rows_page(&ReadModel::new("counters", 1), None, 0).await);
        appended(journal.append(advance(&stream, version, 1)).await);
    }
}

pub(super) async fn a_partition_that_is_not_there(journal: &Arc<dyn Journal>) {
    let model = ReadModel::new("counters", 1);
    for partition in [journal.partitions(), journal.partitions() + 1, u16::MAX] {
        refused(journal.read_log(LogRead::new(partition, After::Start, 10)).await);
        refused(journal.head(partition).await);
        let changes = vec![RowChange::write("a", "1")];
        refused(journal.commit(Commit::new(model.clone(), partition, None, HERE, changes)).await);
    }
    assert_eq!(answered(journal.checkpoints(&model).await), BTreeMap::new());
    assert_eq!(contents::rows(journal, &model, 10).await, []);
}

pub(super) async fn a_model_whose_name_is_not_allowed(journal: &Arc<dyn Journal>) {
    for name in ["", " ", "a b", "a:1", "a:", ":", "{a}", "a/b", "a\n", "\0", "é", "a*", "%41", "a~", "a@b", "a+b"] {
        let model = ReadModel::new(name, 1);
        let changes = vec![RowChange::write("a", "1")];
        refused(journal.commit(Commit::new(model.clone(), 0, None, HERE, changes)).await);
        refused(journal.checkpoints(&model).await);
        refused(journal.rows(&model, vec!["a".to_owned()]).await);
        refused(journal.rows_page(&model, None, 10).await);
        refused(journal.clear(&model).await);
    }
    let model = ReadModel::new("Az09-_.", 1);
    committed(journal.commit(Commit::new(model, 0, None, HERE, Vec::new())).await);
}

pub(super) async fn a_row_twice_in_one_commit(journal: &Arc<dyn Journal>) {
    let model = ReadModel::new("counters", 1);
    let (write, delete) = (RowChange::write("a", "1"), RowChange::delete("a"));
    let twice = [
        vec![write.clone(), delete.clone()],
        vec![delete.clone(), write.clone()],
        vec![RowChange::write("b", "1"), write.clone(), write],
        vec![delete.clone(), delete],
    ];
    for changes in twice {
        refused(journal.commit(Commit::new(model.clone(), 0, None, HERE, changes)).await);
        assert_eq!(answered(journal.checkpoints(&model).await), BTreeMap::new());
        assert_eq!(contents::rows(journal, &model, 10).await, []);
    }
}
