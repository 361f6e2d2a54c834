//! One step of a program, and how programs are made up.
//!
//! A step names streams, versions and earlier appends by numbers that are read against what is there when it runs. So a
//! program from which steps are taken away is a program still, and a failing one shrinks to the few steps that matter.

use proptest::{collection::vec, option, prelude::*};

/// A step.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Append {
        stream: u8,
        expect: Expect,
        after: Named,
        events: Vec<Event>,
    },
    /// An append that was asked for before, exactly or with another number of events.
    Again {
        which: u8,
        more: bool,
    },
    /// One that did not happen, under its id, as the stream is now.
    Mend {
        which: u8,
    },
    /// An append under an idempotency key; by another command, where the key is one's already.
    Once {
        key: u8,
        other: bool,
        expect: Expect,
    },
    Recall {
        key: u8,
        other: bool,
    },
    /// There was nothing to do under a key.
    Nothing {
        key: u8,
        other: bool,
    },
    Version {
        stream: u8,
    },
    Read {
        stream: u8,
        after: u16,
        limit: Limit,
    },
    Log {
        partition: u16,
        after: Place,
        limit: Limit,
        types: Option<Vec<u8>>,
        aggregates: Vec<u8>,
    },
    Head {
        partition: u16,
    },
    Keep {
        stream: u8,
        version: u16,
        named: Named,
        fingerprint: u8,
        state: u8,
    },
    Restore {
        stream: u8,
        fingerprint: u8,
        limit: Limit,
    },
    Claim {
        aggregate: u8,
        types: Vec<u8>,
    },
    Owners {
        types: Vec<u8>,
    },
    Commit {
        model: u8,
        partition: u16,
        on: On,
        revision: Option<On>,
        checkpoint: u8,
        changes: Vec<(u8, Option<u8>)>,
        entries: Entries,
        parked: Vec<(u8, Option<u8>)>,
        lease: Option<On>,
    },
    Find {
        model: u8,
        from: Option<u8>,
        to: Option<u8>,
        descending: bool,
        limit: Limit,
    },
    Parked {
        model: u8,
    },
    Build {
        model: u8,
        step: Step,
    },
    Builds {
        model: u8,
    },
    Sweep {
        model: u8,
        rows: Limit,
    },
    Lease {
        model: u8,
        holder: u8,
    },
    Release {
        model: u8,
        holder: u8,
    },
    Rows {
        model: u8,
        keys: Vec<u8>,
    },
    Page {
        model: u8,
        after: Option<u8>,
        limit: Limit,
    },
    Checkpoints {
        model: u8,
    },
    Revision {
        model: u8,
    },
    Clear {
        model: u8,
    },
    Restart(Restart),
}

/// What an append expects, seen from what is there.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Expect {
    Right,
    Behind(u16),
    Ahead(u16),
    Missing,
    Existing,
    Any,
}

/// Which event is named by its log id.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Named {
    None,
    /// The one that is there.
    Right,
    /// One that is not there.
    Wrong,
}

/// An event, or many of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    pub(crate) kind: u8,
    pub(crate) schema_version: u32,
    pub(crate) annotated: bool,
    pub(crate) times: u16,
}

/// How much is wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Limit {
    Of(u8),
    All,
}

/// A place in a log.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    Start,
    Position(u16),
    Entry(u16),
    /// An entry with its event.
    Event(u16),
    /// An entry that is not there, though its position may be.
    Other(u16),
}

/// What a commit expects, seen from what is there.
#[derive(Clone, Copy, Debug)]
pub(crate) enum On {
    Right,
    Nothing,
    Other,
}

/// Which entries a commit changes.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Entries {
    None,
    /// Those of the rows that it changes: the old ones go, and each row has one by its content.
    Right,
    /// Those, and one that is added or removed whatever there is.
    Other(u8, u8, bool),
}

/// A step with a build.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Begin(u8),
    /// Lets it be read; where that is said, once it contains as much as what is read.
    Serve(bool),
    Abandon,
    Accept(u8),
}

/// What happens to the server.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Restart {
    InGoodOrder,
    Killed,
    FunctionsLost,
}

/// Programs of at most this many steps.
pub(crate) fn programs(steps: usize) -> impl Strategy<Value = Vec<Operation>> {
    vec(operation(), 1..=steps)
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        12 => append(),
        3 => (any::<u8>(), prop::bool::weighted(0.2)).prop_map(|(which, more)| Operation::Again { which, more }),
        2 => any::<u8>().prop_map(|which| Operation::Mend { which }),
        5 => (few(6), prop::bool::weighted(0.2), expect())
            .prop_map(|(key, other, expect)| Operation::Once { key, other, expect }),
        1 => (few(6), prop::bool::weighted(0.2)).prop_map(|(key, other)| Operation::Recall { key, other }),
        1 => (few(6), prop::bool::weighted(0.2)).prop_map(|(key, other)| Operation::Nothing { key, other }),
        2 => few(5).prop_map(|stream| Operation::Version { stream }),
        3 => (few(5), any::<u16>(), limit()).prop_map(|(stream, after, limit)| Operation::Read { stream, after, limit }),
        4 => log(),
        1 => any::<u16>().prop_map(|partition| Operation::Head { partition }),
        4 => (few(5), any::<u16>(), named(), few(2), any::<u8>()).prop_map(
            |(stream, version, named, fingerprint, state)| Operation::Keep { stream, version, named, fingerprint, state }
        ),
        3 => (few(5), few(2), limit())
            .prop_map(|(stream, fingerprint, limit)| Operation::Restore { stream, fingerprint, limit }),
        3 => claim(),
        1 => vec(any::<u8>(), 0..4).prop_map(|types| Operation::Owners { types }),
        5 => commit(),
        3 => (few(5), option::of(any::<u8>()), option::of(any::<u8>()), any::<bool>(), limit()).prop_map(
            |(model, from, to, descending, limit)| Operation::Find { model, from, to, descending, limit }
        ),
        1 => few(5).prop_map(|model| Operation::Parked { model }),
        6 => (0..5_u8, step()).prop_map(|(model, step)| Operation::Build { model, step }),
        1 => few(5).prop_map(|model| Operation::Builds { model }),
        2 => (few(5), limit()).prop_map(|(model, rows)| Operation::Sweep { model, rows }),
        3 => (few(5), few(3)).prop_map(|(model, holder)| Operation::Lease { model, holder }),
        1 => (few(5), few(3)).prop_map(|(model, holder)| Operation::Release { model, holder }),
        1 => (few(5), vec(any::<u8>(), 0..4)).prop_map(|(model, keys)| Operation::Rows { model, keys }),
        2 => (few(5), option::of(any::<u8>()), limit())
            .prop_map(|(model, after, limit)| Operation::Page { model, after, limit }),
        1 => few(5).prop_map(|model| Operation::Checkpoints { model }),
        1 => few(5).prop_map(|model| Operation::Revision { model }),
        1 => few(5).prop_map(|model| Operation::Clear { model }),
        1 => restart().prop_map(Operation::Restart),
    ]
}

/// One of so many, mostly the first: so more happens to it.
fn few(count: u8) -> impl Strategy<Value = u8> {
    prop_oneof![3 => Just(0), 2 => 0..count]
}

fn expect() -> impl Strategy<Value = Expect> {
    prop_oneof![
        6 => Just(Expect::Right),
        1 => (1..5_u16).prop_map(Expect::Behind),
        1 => (1..3_u16).prop_map(Expect::Ahead),
        1 => Just(Expect::Missing),
        1 => Just(Expect::Existing),
        2 => Just(Expect::Any),
    ]
}

fn append() -> impl Strategy<Value = Operation> {
    // Now and then enough of them for another list of the stream, and for more than a conflict brings.
    let times = prop_oneof![250 => Just(1), 1 => 1_000..1_002_u16, 1 => 4_090..4_100_u16];
    let event = (any::<u8>(), 1..4_u32, prop::bool::weighted(0.2), times)
        .prop_map(|(kind, schema_version, annotated, times)| Event { kind, schema_version, annotated, times });
    let events = prop_oneof![20 => vec(event.clone(), 1..4), 1 => vec(event, 0..1)];
    (few(5), expect(), named(), events).prop_map(|(stream, expect, after, events)| Operation::Append {
        stream,
        expect,
        after,
        events,
    })
}

fn log() -> impl Strategy<Value = Operation> {
    let place = prop_oneof![
        4 => Just(Place::Start),
        4 => any::<u16>().prop_map(Place::Position),
        2 => any::<u16>().prop_map(Place::Entry),
        2 => any::<u16>().prop_map(Place::Event),
        1 => any::<u16>().prop_map(Place::Other),
    ];
    (any::<u16>(), place, limit(), option::of(vec(any::<u8>(), 0..3)), vec(any::<u8>(), 0..2)).prop_map(
        |(partition, after, limit, types, aggregates)| Operation::Log { partition, after, limit, types, aggregates },
    )
}

fn claim() -> impl Strategy<Value = Operation> {
    // The last of each is one that nobody can have.
    let aggregate = prop_oneof![9 => 0..3_u8, 1 => Just(3)];
    let event_type = prop_oneof![19 => 0..4_u8, 1 => Just(4)];
    (aggregate, vec(event_type, 0..4)).prop_map(|(aggregate, types)| Operation::Claim { aggregate, types })
}

fn commit() -> impl Strategy<Value = Operation> {
    let on = || prop_oneof![6 => Just(On::Right), 1 => Just(On::Nothing), 1 => Just(On::Other)];
    let changes = || vec((any::<u8>(), option::weighted(0.7, any::<u8>())), 0..4);
    let parked = prop_oneof![3 => Just(Vec::new()), 1 => changes()];
    let entries = prop_oneof![
        2 => Just(Entries::None),
        6 => Just(Entries::Right),
        1 => (any::<u8>(), any::<u8>(), any::<bool>())
            .prop_map(|(value, key, there)| Entries::Other(value, key, there)),
    ];
    let made_on = (on(), option::of(on()), option::of(on()));
    (few(5), any::<u16>(), made_on, any::<u8>(), changes(), entries, parked).prop_map(
        |(model, partition, (on, revision, lease), checkpoint, changes, entries, parked)| Operation::Commit {
            model,
            partition,
            on,
            revision,
            checkpoint,
            changes,
            entries,
            parked,
            lease,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => few(2).prop_map(Step::Begin),
        4 => any::<bool>().prop_map(Step::Serve),
        1 => Just(Step::Abandon),
        1 => any::<u8>().prop_map(Step::Accept),
    ]
}

fn named() -> impl Strategy<Value = Named> {
    prop_oneof![4 => Just(Named::None), 4 => Just(Named::Right), 1 => Just(Named::Wrong)]
}

fn limit() -> impl Strategy<Value = Limit> {
    prop_oneof![3 => (1..3_u8).prop_map(Limit::Of), 3 => (1..10_u8).prop_map(Limit::Of), 3 => Just(Limit::All), 1 => Just(Limit::Of(0))]
}

fn restart() -> impl Strategy<Value = Restart> {
    prop_oneof![2 => Just(Restart::FunctionsLost), 1 => Just(Restart::InGoodOrder), 1 => Just(Restart::Killed)]
}
