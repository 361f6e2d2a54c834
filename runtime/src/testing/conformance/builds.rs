//! The builds of a read model: one is read at a time, the next one takes its place in one step, and the last one goes.

use super::{
    answers::{answered, committed, moved, retired, together},
    contents,
    rows::{at, owned, whole, write},
};
use crate::journal::{
    BuildState::{self, Building, Retired, Serving},
    BuildStep, Builds, Commit, Committed, EntryChange, Find, Fingerprint, Journal, JournalError, ReadModel,
};
use std::{collections::BTreeMap, sync::Arc};
use tokio::task::yield_now;

const NAME: &str = "counters";

fn version(version: u32) -> ReadModel {
    ReadModel::new(NAME, version)
}

async fn step(journal: &Arc<dyn Journal>, model: &ReadModel, step: BuildStep) -> Builds {
    let builds = answered(journal.build(model, step).await);
    assert!(builds.all.is_sorted_by_key(|build| build.model.age()), "the oldest comes first, found {builds:?}");
    let serving = builds.all.iter().filter(|build| build.state == Serving).count();
    assert!(serving <= 1, "builds that are read at a time: {builds:?}");
    assert_eq!(answered(journal.builds(&model.name).await), builds, "the builds that there are after a step");
    builds
}

/// Begins a build, by what has the fingerprint of its version.
async fn begin(journal: &Arc<dyn Journal>, model: &ReadModel) -> Builds {
    step(journal, model, BuildStep::Begin(Fingerprint::new(model.version.into()))).await
}

async fn serve(journal: &Arc<dyn Journal>, model: &ReadModel) -> Builds {
    step(journal, model, BuildStep::Serve).await
}

fn states(builds: &Builds) -> Vec<(ReadModel, BuildState)> {
    builds.all.iter().map(|build| (build.model.clone(), build.state)).collect()
}

/// Lets a build take in the log of a partition, from the checkpoint that it has up to another one.
async fn advance(journal: &Arc<dyn Journal>, model: &ReadModel, partition: u16, to: u64) {
    let key = format!("{partition}-{to}");
    let checkpoint = answered(journal.checkpoints(model).await).get(&partition).map(|checkpoint| checkpoint.log_id);
    let commit = Commit::new(model.clone(), partition, checkpoint, at(to), vec![write(&key, model.to_string())]);
    let commit = commit.with_entries(vec![EntryChange::add("by-key", format!("{key}\0{key}"))]);
    committed(journal.commit(commit.with_parked(vec![write(&key, "{}")])).await);
}

/// Two builds that contain the same, of which the second one has taken the place of the first one.
async fn replaced(journal: &Arc<dyn Journal>) -> (ReadModel, ReadModel) {
    let (old, new) = (version(1), version(2));
    for model in [&old, &new] {
        begin(journal, model).await;
        advance(journal, model, 0, 7).await;
    }
    let builds = serve(journal, &new).await;
    assert_eq!(states(&builds), [(old.clone(), Retired), (new.clone(), Serving)]);
    (old, new)
}

pub(super) async fn a_name_without_builds_has_none(journal: &Arc<dyn Journal>) {
    assert_eq!(answered(journal.builds(NAME).await), Builds::default());
    let model = version(1);
    for nothing in [BuildStep::Serve, BuildStep::Abandon, BuildStep::Accept(Fingerprint::new(1))] {
        assert_eq!(step(journal, &model, nothing).await, Builds::default(), "{nothing:?} begins no build");
    }
    assert!(!answered(journal.sweep(&model, 10).await), "there is nothing to sweep");
    // Rows are kept without a build too.
    advance(journal, &model, 0, 1).await;
    assert_eq!(contents::rows(journal, &model, 10).await.len(), 1);
    assert_eq!(answered(journal.builds(NAME).await), Builds::default(), "a commit begins no build");
}

pub(super) async fn the_first_is_read_and_the_next_are_made_beside_it(journal: &Arc<dyn Journal>) {
    let second = version(2);
    assert_eq!(states(&begin(journal, &second).await), [(second.clone(), Serving)]);
    let begun = [version(3), version(2).at_build(1), version(10), version(2).at_build(10), version(2).at_build(9)];
    for model in &begun {
        begin(journal, model).await;
    }
    let mut expected: Vec<_> = begun.into_iter().map(|model| (model, Building)).collect();
    expected.push((second, Serving));
    expected.sort_by_key(|(model, _)| (model.version, model.build));
    let builds = answered(journal.builds(NAME).await);
    assert_eq!(states(&builds), expected, "the oldest first");
    for build in &builds.all {
        assert_eq!(build.fingerprint, Fingerprint::new(build.model.version.into()), "what {} is made by", build.model);
    }
}

pub(super) async fn one_that_is_there_is_not_begun_again(journal: &Arc<dyn Journal>) {
    let (old, _) = replaced(journal).await;
    let before = begin(journal, &version(3)).await;
    for model in [old, version(2), version(3)] {
        let builds = step(journal, &model, BuildStep::Begin(Fingerprint::new(99))).await;
        assert_eq!(builds, before, "after {model} was begun again");
    }
}

pub(super) async fn one_that_is_older_than_what_is_read_is_not_begun(journal: &Arc<dyn Journal>) {
    let serving = version(2).at_build(1);
    let before = begin(journal, &serving).await;
    for older in [version(1), version(1).at_build(7), version(2)] {
        assert_eq!(begin(journal, &older).await, before, "after {older} was begun");
    }
}

pub(super) async fn names_have_builds_of_their_own(journal: &Arc<dyn Journal>) {
    let names = ["counters", "counter", "Counters", "counters.", "counters-1", "1", "builds"];
    for name in names {
        let model = ReadModel::new(name, 1);
        assert_eq!(states(&begin(journal, &model).await), [(model, Serving)]);
    }
    for name in names {
        assert_eq!(states(&answered(journal.builds(name).await)), [(ReadModel::new(name, 1), Serving)]);
    }
}

pub(super) async fn builds_have_rows_of_their_own(journal: &Arc<dyn Journal>) {
    let models = [version(1), version(1).at_build(1), version(1).at_build(11), version(11), version(11).at_build(1)];
    for (number, model) in (1..).zip(&models) {
        let commit = Commit::new(model.clone(), 0, None, at(number), vec![write("key", model.to_string())]);
        committed(journal.commit(commit).await);
    }
    for (number, model) in (1..).zip(&models) {
        let rows = owned(&[("key", &model.to_string())]);
        assert_eq!(whole(journal, model).await, (rows, BTreeMap::from([(0, at(number))])), "the build {model}");
        assert_eq!(answered(journal.revision(model).await), 1);
    }
}

pub(super) async fn one_is_served_once_it_contains_as_much(journal: &Arc<dyn Journal>) {
    let (old, new) = (version(1), version(2));
    begin(journal, &old).await;
    begin(journal, &new).await;
    let last = journal.partitions() - 1;
    for partition in 0..=last {
        advance(journal, &old, partition, 7).await;
    }
    let waiting = [(old.clone(), Serving), (new.clone(), Building)];
    assert_eq!(states(&serve(journal, &new).await), waiting, "it contains nothing");
    for partition in 0..=last {
        advance(journal, &new, partition, 6).await;
        assert_eq!(states(&serve(journal, &new).await), waiting, "it has come to 6 of 7 in partition {partition}");
        if partition < last {
            advance(journal, &new, partition, 8).await;
            assert_eq!(states(&serve(journal, &new).await), waiting, "partition {} is missing", partition + 1);
        }
    }
    assert_eq!(contents::rows(journal, &old, 100).await.len(), usize::from(last) + 1, "what is read meanwhile");
    advance(journal, &new, last, 7).await;
    assert_eq!(states(&serve(journal, &new).await), [(old, Retired), (new, Serving)], "it contains as much");
}

pub(super) async fn one_that_contains_more_is_served(journal: &Arc<dyn Journal>) {
    // Of the second one nothing was taken in, which every build contains.
    for (number, (old, new)) in [(Some(7), Some(10)), (None, None), (None, Some(1))].into_iter().enumerate() {
        let name = format!("counters-{number}");
        let models = [(ReadModel::new(&name, 1), old), (ReadModel::new(&name, 1).at_build(1), new)];
        for (model, reached) in &models {
            begin(journal, model).await;
            if let Some(reached) = reached {
                advance(journal, model, 0, *reached).await;
            }
        }
        let [(old, _), (new, _)] = models;
        assert_eq!(states(&serve(journal, &new).await), [(old, Retired), (new, Serving)]);
    }
}

pub(super) async fn only_a_newer_one_that_is_made_is_served(journal: &Arc<dyn Journal>) {
    let models = [version(1), version(2), version(3), version(4)];
    for model in &models {
        begin(journal, model).await;
    }
    let before = serve(journal, &models[2]).await;
    let [first, second, third, fourth] = models;
    let expected =
        [(first.clone(), Retired), (second.clone(), Building), (third.clone(), Serving), (fourth.clone(), Building)];
    assert_eq!(states(&before), expected);
    for (why, model) in [
        ("one that is retired", &first),
        ("one that is older than what is read", &second),
        ("what is read", &third),
        ("one that is not there", &version(5)),
    ] {
        assert_eq!(serve(journal, model).await, before, "{why} takes nobody's place");
    }
    step(journal, &fourth, BuildStep::Abandon).await;
    assert_eq!(
        serve(journal, &fourth).await.serving().map(|build| &build.model),
        Some(&third),
        "one that was given up"
    );
}

pub(super) async fn one_that_is_made_can_be_given_up(journal: &Arc<dyn Journal>) {
    let (old, serving) = replaced(journal).await;
    let new = version(3);
    let before = begin(journal, &new).await;
    for model in [&old, &serving, &version(4)] {
        assert_eq!(step(journal, model, BuildStep::Abandon).await, before, "after {model} was given up");
    }
    advance(journal, &new, 0, 9).await;
    let builds = step(journal, &new, BuildStep::Abandon).await;
    assert_eq!(states(&builds), [(old, Retired), (serving.clone(), Serving), (new.clone(), Retired)]);
    retired(&new, journal.rows(&new, vec!["0-9".to_owned()]).await);
    assert_eq!(contents::rows(journal, &serving, 10).await.len(), 1, "the rows that are read");
}

pub(super) async fn what_makes_one_can_be_accepted(journal: &Arc<dyn Journal>) {
    let (old, serving) = replaced(journal).await;
    let new = version(3);
    begin(journal, &new).await;
    let accepted = Fingerprint::new(u64::MAX);
    for model in [serving, new] {
        let before = answered(journal.builds(NAME).await);
        let builds = step(journal, &model, BuildStep::Accept(accepted)).await;
        for (build, before) in builds.all.iter().zip(&before.all) {
            let fingerprint = if build.model == model { accepted } else { before.fingerprint };
            assert_eq!(build.fingerprint, fingerprint, "what {} is made by, after that of {model}", build.model);
        }
        assert_eq!(states(&builds), states(&before), "{model} stands where it stood");
    }
    let before = answered(journal.builds(NAME).await);
    assert_eq!(step(journal, &version(4), BuildStep::Accept(accepted)).await, before, "one that is not there");
    assert_eq!(before.of(&old).map(|build| build.fingerprint), Some(Fingerprint::new(1)));
}

/// Looks whether a build gives nothing and takes nothing, and is otherwise as it was.
async fn gives_and_takes_nothing(journal: &Arc<dyn Journal>, model: &ReadModel) {
    let checkpoints = answered(journal.checkpoints(model).await);
    let revision = answered(journal.revision(model).await);
    let parked = answered(journal.parked(model).await);
    let expected = checkpoints.get(&0).map(|checkpoint| checkpoint.log_id);

    retired(model, journal.rows(model, vec!["0-7".to_owned()]).await);
    retired(model, journal.rows_page(model, None, 10).await);
    retired(model, journal.find(model, Find::new("by-key", 1, "", 10)).await);
    retired(model, journal.clear(model).await);
    let commit = Commit::new(model.clone(), 0, expected, at(100), vec![write("late", "1")]);
    retired(model, journal.commit(commit.clone().at_revision(revision)).await);
    retired(model, journal.commit(Commit { expected: Some(at(99)), ..commit.clone() }).await);
    retired(model, journal.commit(commit.with_parked(vec![write("late", "1")])).await);

    assert_eq!(answered(journal.checkpoints(model).await), checkpoints, "the checkpoints of {model}");
    assert_eq!(answered(journal.revision(model).await), revision, "the revision of {model}");
    assert_eq!(answered(journal.parked(model).await), parked, "what is noted of {model}");
}

pub(super) async fn one_that_is_retired_gives_no_rows_and_takes_no_commits(journal: &Arc<dyn Journal>) {
    let (old, new) = replaced(journal).await;
    gives_and_takes_nothing(journal, &old).await;
    assert_eq!(answered(journal.checkpoints(&old).await)[&0].log_id, at(7), "its owner may look how far it came");
    assert_eq!(answered(journal.parked(&old).await).len(), 1);
    assert_eq!(contents::rows(journal, &new, 10).await, owned(&[("0-7", "counters:2")]));
    assert_eq!(answered(journal.find(&new, Find::new("by-key", 1, "", 10)).await).rows.len(), 1);
    advance(journal, &new, 0, 8).await;
}

pub(super) async fn one_that_is_older_than_what_is_read_is_retired_without_a_record(journal: &Arc<dyn Journal>) {
    for model in [version(1), version(2), version(3)] {
        advance(journal, &model, 0, 7).await;
    }
    let serving = version(2).at_build(1);
    begin(journal, &serving).await;
    for older in [version(1), version(2)] {
        gives_and_takes_nothing(journal, &older).await;
    }
    // What is newer is nobody's predecessor.
    assert_eq!(contents::rows(journal, &version(3), 10).await.len(), 1);
    advance(journal, &version(3), 0, 8).await;
    advance(journal, &version(2).at_build(2), 0, 8).await;
    advance(journal, &serving, 0, 8).await;
}

pub(super) async fn a_commit_on_the_way_does_not_count_once_it_is_retired(journal: &Arc<dyn Journal>) {
    let (old, new) = (version(1), version(2));
    begin(journal, &old).await;
    begin(journal, &new).await;
    let before = answered(journal.revision(&old).await);
    serve(journal, &new).await;
    let after = answered(journal.revision(&old).await);
    assert!(after > before, "the revision of a build that was retired is {after}, and it was {before}");
}

pub(super) async fn one_that_is_swept_leaves_nothing_behind(journal: &Arc<dyn Journal>) {
    const ROWS: usize = 10;
    let (old, new, other) = (version(1), version(2), ReadModel::new("counters.", 1));
    let last = journal.partitions() - 1;
    for model in [&old, &new, &other] {
        begin(journal, model).await;
        for number in 1..=ROWS {
            advance(journal, model, 0, number as u64).await;
        }
        if last > 0 {
            advance(journal, model, last, 1).await;
        }
    }
    serve(journal, &new).await;
    let revision = answered(journal.revision(&old).await);
    let kept = (whole(journal, &new).await, whole(journal, &other).await);
    let found = |model: &ReadModel| journal.find(model, Find::new("by-key", 1, "", 100));
    let entries = (answered(found(&new).await), answered(found(&other).await));

    for call in 1..ROWS.div_ceil(3) {
        assert!(answered(journal.sweep(&old, 3).await), "at most {} of {ROWS} rows are deleted by now", 3 * call);
        assert_eq!(states(&answered(journal.builds(NAME).await))[0], (old.clone(), Retired), "until all is deleted");
        gives_and_takes_nothing(journal, &old).await;
    }
    let mut calls = 0;
    while answered(journal.sweep(&old, 3).await) {
        calls += 1;
        assert!(calls < 100, "expected that {ROWS} rows are swept by now");
    }
    assert_eq!(states(&answered(journal.builds(NAME).await)), [(new.clone(), Serving)], "it is forgotten");
    assert!(!answered(journal.sweep(&old, 3).await), "nothing is left to sweep");
    assert_eq!(answered(journal.checkpoints(&old).await), BTreeMap::new());
    assert_eq!(answered(journal.parked(&old).await), BTreeMap::new());
    assert!(!answered(journal.health().await).parked.contains_key(&old), "health counts what was swept");
    assert!(answered(journal.revision(&old).await) >= revision, "the revision went back");
    gives_and_takes_nothing(journal, &old).await;

    assert!((whole(journal, &new).await, whole(journal, &other).await) == kept, "other rows were swept too");
    assert!((answered(found(&new).await), answered(found(&other).await)) == entries, "other entries were swept too");
    for model in [&new, &other] {
        assert_eq!(answered(journal.parked(model).await).len(), ROWS + usize::from(last > 0), "parked rows of {model}");
    }
}

/// One that was given up is newer than what is read, so that its place can be taken again: by one that begins empty.
pub(super) async fn one_that_was_swept_can_be_begun_anew(journal: &Arc<dyn Journal>) {
    let (serving, new) = (version(1), version(1).at_build(1));
    begin(journal, &serving).await;
    begin(journal, &new).await;
    for number in 1..=10 {
        advance(journal, &new, 0, number).await;
    }
    let revision = answered(journal.revision(&new).await);
    step(journal, &new, BuildStep::Abandon).await;
    while answered(journal.sweep(&new, 3).await) {}

    assert_eq!(states(&begin(journal, &new).await), [(serving, Serving), (new.clone(), Building)]);
    assert_eq!(whole(journal, &new).await, (Vec::new(), BTreeMap::new()));
    assert_eq!(answered(journal.find(&new, Find::new("by-key", 1, "", 10)).await).rows, []);
    assert_eq!(answered(journal.parked(&new).await), BTreeMap::new());
    let late = Commit::new(new.clone(), 0, Some(at(10)), at(11), Vec::new());
    assert_eq!(moved(journal.commit(late.at_revision(revision)).await), None, "a commit on what was swept");
    // The rows that come are found by their own entries alone.
    advance(journal, &new, 0, 5).await;
    assert_eq!(answered(journal.find(&new, Find::new("by-key", 1, "", 10)).await).rows.len(), 1);
}

pub(super) async fn one_that_is_not_retired_is_not_swept(journal: &Arc<dyn Journal>) {
    let (serving, new, without) = (version(2), version(3), ReadModel::new("unbuilt", 1));
    advance(journal, &version(1), 0, 7).await;
    begin(journal, &serving).await;
    begin(journal, &new).await;
    for model in [&serving, &new, &without] {
        advance(journal, model, 0, 7).await;
    }
    let before = answered(journal.builds(NAME).await);
    // Nor is one that is retired for want of a record: nobody says that it was ever a build.
    for model in [&serving, &new, &without, &version(1), &version(9)] {
        assert!(!answered(journal.sweep(model, 100).await), "there is something to sweep of {model}");
        assert_eq!(answered(journal.builds(NAME).await), before);
    }
    for model in [&serving, &new, &without] {
        assert_eq!(contents::rows(journal, model, 10).await.len(), 1, "the rows of {model}");
        assert_eq!(answered(journal.find(model, Find::new("by-key", 1, "", 10)).await).rows.len(), 1);
        assert_eq!(answered(journal.parked(model).await).len(), 1, "the parked rows of {model}");
    }
    assert_eq!(answered(journal.checkpoints(&version(1)).await).len(), 1);
}

pub(super) async fn many_rows_are_swept(journal: &Arc<dyn Journal>) {
    const ROWS: u64 = 9_000;
    let (old, new) = (version(1), version(2));
    begin(journal, &old).await;
    let changes = (0..ROWS).map(|key| write(key.to_string(), "{}")).collect();
    let entries =
        (0..ROWS).flat_map(|key| ["one", "two"].map(|index| EntryChange::add(index, format!("{}\0{key}", ROWS - key))));
    let commit = Commit::new(old.clone(), 0, None, at(1), changes).with_entries(entries.collect());
    committed(journal.commit(commit).await);
    begin(journal, &new).await;
    advance(journal, &new, 0, 1).await;
    serve(journal, &new).await;
    let mut calls = 0;
    while answered(journal.sweep(&old, usize::MAX).await) {
        calls += 1;
        assert!(calls < 1_000, "expected that {ROWS} rows are swept by now");
    }
    assert_eq!(states(&answered(journal.builds(NAME).await)), [(new, Serving)]);
}

pub(super) async fn of_many_begun_at_once_one_is_read(journal: &Arc<dyn Journal>) {
    let begin = |number: u32| {
        let (journal, model) = (Arc::clone(journal), version(1 + number / 4).at_build(number % 4));
        async move { answered(journal.build(&model, BuildStep::Begin(Fingerprint::new(7))).await) }
    };
    for builds in together((0..32).map(begin)).await {
        assert!(builds.serving().is_some(), "where one was begun, one is read: {builds:?}");
    }
    let builds = answered(journal.builds(NAME).await);
    let serving: Vec<_> = builds.all.iter().filter(|build| build.state == Serving).collect();
    assert_eq!(serving.len(), 1, "builds that are read: {serving:?}");
    assert!(builds.all.iter().all(|build| build.model.age() >= serving[0].model.age()), "older ones: {builds:?}");
}

/// While one build goes on, another one that follows it takes its place: at that moment it contains as much, and afterwards
/// nothing comes to the old one any more.
pub(super) async fn the_change_loses_nothing(journal: &Arc<dyn Journal>) {
    let (old, new) = (version(1), version(2));
    begin(journal, &old).await;
    begin(journal, &new).await;
    advance(journal, &old, 0, 1).await;
    let goes_on = tokio::spawn(go_on_until_retired(Arc::clone(journal), old.clone()));
    loop {
        let own = reached(journal, &new).await;
        let other = reached(journal, &old).await;
        if own < other {
            advance(journal, &new, 0, other).await;
        }
        let builds = answered(journal.build(&new, BuildStep::Serve).await);
        match builds.serving() {
            Some(build) if build.model == new => break,
            Some(build) => assert_eq!(build.model, old, "the build that is read"),
            None => panic!("at every moment one is read, found {builds:?}"),
        }
        yield_now().await;
    }
    let taken_in = goes_on.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
    assert_eq!(reached(journal, &old).await, taken_in, "commits that were done, and those that count");
    let new = reached(journal, &new).await;
    assert!(new >= taken_in, "the new build has come to {new} only, and the old one to {taken_in}");
}

/// How far a build has come in partition 0.
async fn reached(journal: &Arc<dyn Journal>, model: &ReadModel) -> u64 {
    answered(journal.checkpoints(model).await).get(&0).map_or(0, |checkpoint| checkpoint.log_id.number)
}

/// Commits to a build that has come to 1, until it is retired; how far it has come then. It goes on only so far, so that
/// whoever follows it catches up.
async fn go_on_until_retired(journal: Arc<dyn Journal>, model: ReadModel) -> u64 {
    let mut reached = 1;
    loop {
        if reached < 100 {
            let commit = Commit::new(model.clone(), 0, Some(at(reached)), at(reached + 1), vec![write("late", "1")]);
            match journal.commit(commit).await {
                Ok(Committed::Done) => reached += 1,
                Err(JournalError::Retired { .. }) => return reached,
                other => panic!("expected the commit to be done or the build to be retired, found {other:?}"),
            }
        }
        // A rest, of another length each time.
        for _ in 0..=reached % 8 {
            if matches!(journal.rows(&model, vec!["late".to_owned()]).await, Err(JournalError::Retired { .. })) {
                return reached;
            }
            yield_now().await;
        }
    }
}
