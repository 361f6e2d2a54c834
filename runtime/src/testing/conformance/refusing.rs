//! What no journal takes: refused as `Invalid`, and nothing changed.

use super::{
    answers::{answered, appended, committed, refused},
    contents,
    given::{advance, event, events, stream},
};
use crate::{
    journal::{
        After, Append, BuildStep, Builds, Commit, EntryChange, Expected, Find, Fingerprint, Journal, LeaseRequest,
        LogId, LogRead, NewEvent, ReadModel, RowChange,
    },
    model::Version,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

const HERE: LogId = LogId::new(7, 7);
const HOUR: Duration = Duration::from_hours(1);

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
        let model = ReadModel::new("counters", 1);
        refused(journal.rows_page(&model, None, 0).await);
        refused(journal.find(&model, Find::new("user", 1, "", 0)).await);
        refused(journal.sweep(&model, 0).await);
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
        refused(journal.revision(&model).await);
        refused(journal.find(&model, Find::new("user", 1, "", 10)).await);
        refused(journal.parked(&model).await);
        refused(journal.builds(name).await);
        refused(journal.build(&model, BuildStep::Begin(Fingerprint::new(1))).await);
        refused(journal.sweep(&model, 10).await);
        refused(journal.lease(LeaseRequest::new(model.clone(), "holder", HOUR)).await);
        refused(journal.release(&model, "holder").await);
    }
    let model = ReadModel::new("Az09-_.", 1);
    committed(journal.commit(Commit::new(model, 0, None, HERE, Vec::new())).await);
}

/// Commits that are refused, to a model that nobody has committed to.
async fn refuse_commits(journal: &Arc<dyn Journal>, commits: impl IntoIterator<Item = Commit>) {
    for commit in commits {
        let model = commit.model.clone();
        refused(journal.commit(commit).await);
        assert_eq!(answered(journal.checkpoints(&model).await), BTreeMap::new());
        assert_eq!(answered(journal.revision(&model).await), 0);
        assert_eq!(contents::rows(journal, &model, 10).await, []);
        assert_eq!(answered(journal.find(&model, Find::new("user", 1, "", 10)).await).rows, []);
        assert_eq!(answered(journal.parked(&model).await), BTreeMap::new());
    }
}

/// The first commit of a model, of one row and its entry.
fn first(changes: Vec<RowChange>) -> Commit {
    Commit::new(ReadModel::new("counters", 1), 0, None, HERE, changes)
}

pub(super) async fn a_change_twice_in_one_commit(journal: &Arc<dyn Journal>) {
    let (write, delete) = (RowChange::write("a", "1"), RowChange::delete("a"));
    let twice = [
        vec![write.clone(), delete.clone()],
        vec![delete.clone(), write.clone()],
        vec![RowChange::write("b", "1"), write.clone(), write.clone()],
        vec![delete.clone(), delete],
    ];
    refuse_commits(journal, twice.clone().map(first)).await;
    refuse_commits(journal, twice.map(|parked| first(vec![write.clone()]).with_parked(parked))).await;
    let (add, remove) = (EntryChange::add("user", "ann\0a"), EntryChange::remove("user", "ann\0a"));
    let twice = [
        vec![add.clone(), remove.clone()],
        vec![remove.clone(), add.clone()],
        vec![EntryChange::add("user", "bob\0a"), add.clone(), add.clone()],
        vec![remove.clone(), remove],
    ];
    refuse_commits(journal, twice.map(|entries| first(vec![write.clone()]).with_entries(entries))).await;
    // A row, a note of it, and entries in two indexes are different things.
    let entries = vec![add, EntryChange::add("other", "ann\0a"), EntryChange::add("user", "bob\0a")];
    let commit = first(vec![write.clone()]).with_entries(entries).with_parked(vec![write]);
    committed(journal.commit(commit).await);
}

pub(super) async fn an_index_whose_name_is_not_allowed(journal: &Arc<dyn Journal>) {
    let long = "i".repeat(513);
    for name in ["", " ", "a b", "a:1", ":", "{a}", "a/b", "a\n", "\0", "é", "a*", "%41", &long] {
        refused(journal.find(&ReadModel::new("counters", 1), Find::new(name, 1, "", 10)).await);
        let entries = [EntryChange::add(name, "ann\0a"), EntryChange::remove(name, "ann\0a")];
        refuse_commits(journal, entries.map(|entry| first(vec![RowChange::write("a", "1")]).with_entries(vec![entry])))
            .await;
    }
}

pub(super) async fn an_entry_that_is_too_long(journal: &Arc<dyn Journal>) {
    const LONGEST: usize = 2 * 1024 * 1024;
    let longest = format!("{}\0a", "v".repeat(LONGEST - 2));
    let row = || first(vec![RowChange::write("a", "1")]);
    refuse_commits(journal, [row().with_entries(vec![EntryChange::add("user", format!("v{longest}"))])]).await;
    committed(journal.commit(row().with_entries(vec![EntryChange::add("user", &longest)])).await);
    let found = answered(journal.find(&row().model, Find::new("user", 1, "", 10)).await).rows;
    assert!(found.len() == 1 && found[0].entry == longest && found[0].key == "a", "an entry of {LONGEST} bytes");
}

pub(super) async fn a_holder_whose_name_is_not_allowed(journal: &Arc<dyn Journal>) {
    let model = ReadModel::new("counters", 1);
    let long = "h".repeat(129);
    for holder in ["", " ", "a b", "a\n", "\0", "é", "\u{7F}", &long] {
        refused(journal.lease(LeaseRequest::new(model.clone(), holder, HOUR)).await);
        refused(journal.release(&model, holder).await);
    }
    let leases = answered(journal.lease(LeaseRequest::new(model, "a", HOUR)).await);
    assert_eq!(leases.holders, 1, "who was refused does not count");
}

pub(super) async fn a_lease_for_no_time(journal: &Arc<dyn Journal>) {
    let model = ReadModel::new("counters", 1);
    for time in [Duration::ZERO, Duration::from_nanos(1), Duration::from_micros(999)] {
        refused(journal.lease(LeaseRequest::new(model.clone(), "a", time)).await);
    }
    assert_eq!(answered(journal.builds("counters").await), Builds::default());
    let leases = answered(journal.lease(LeaseRequest::new(model, "b", HOUR)).await);
    assert_eq!(leases.holders, 1, "who was refused does not count");
}
