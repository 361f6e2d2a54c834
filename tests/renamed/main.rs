//! `crate = …`: this crate knows the runtime as `renamed` only, so any other path to it does not compile.

use renamed::{
    Aggregate, Annotations, Command, Context, Event, Metadata, Position, Projection, StreamName, Timestamp, Version,
};

mod facade {
    pub(crate) mod deep {
        pub(crate) use renamed as annals;
    }
}

/// A crate of its own, were it not for the test: it hands the runtime on under its own path.
macro_rules! declare_counter {
    ($event:ident, $counter:ident, $command:ident, $row:ident, $size:ident) => {
        #[derive(renamed::Event, serde::Serialize, serde::Deserialize, Clone)]
        #[event(crate = $crate::facade::deep::annals)]
        enum $event {
            Counted { by: u32 },
        }

        #[derive(renamed::Aggregate, serde::Serialize, serde::Deserialize, Default)]
        #[aggregate(event = $event, snapshot(every = 2), crate = $crate::facade::deep::annals)]
        struct $counter {
            #[on(Counted { by } => += by)]
            total: u32,
        }

        #[derive(renamed::Command, Clone)]
        #[command(counter: $counter, crate = $crate::facade::deep::annals)]
        #[skip_if(counter.total > 9)]
        #[emit(Counted { by })]
        struct $command {
            #[command(id)]
            id: String,
            by: u32,
        }

        #[derive(renamed::Projection, serde::Serialize, serde::Deserialize, Default)]
        #[projection(name = "counters", events($event), crate = $crate::facade::deep::annals)]
        struct $row {
            #[key]
            id: String,
            #[index(range)]
            #[index(range, per = size)]
            #[on(Counted { by } => += by)]
            total: u32,
            size: $size,
        }

        #[derive(renamed::Indexed, serde::Serialize, serde::Deserialize, Default)]
        #[indexed(crate = $crate::facade::deep::annals)]
        enum $size {
            #[default]
            Small,
        }
    };
}

mod dependency {
    use renamed::{Aggregate, Command, Event, Projection};
    use serde::{Deserialize, Serialize};

    #[derive(Event, Serialize, Deserialize, Clone)]
    #[event(crate = ::renamed)]
    pub(super) enum SumEvent {
        Added { amount: u32 },
        Doubled(Twice),
    }

    #[derive(Serialize, Deserialize, Clone)]
    pub(super) struct Twice {}

    #[derive(Aggregate, Default)]
    #[aggregate(event = SumEvent, crate = ::renamed)]
    pub(super) struct Sum {
        #[on(Added { amount } => += amount)]
        #[on(Doubled(_) => *= 2)]
        pub(super) sum: u32,
    }

    #[derive(Command, Clone)]
    #[command(sum: Sum, cx: renamed::Context, error = std::fmt::Error, crate = ::renamed)]
    pub(super) enum SumCommand {
        #[require(amount > 0 && cx.actor().is_none(), std::fmt::Error)]
        #[emit(Added { amount })]
        Add { amount: u32 },
        #[handler(double)]
        Double,
    }

    fn double(_: &Sum, _: &renamed::Context) -> Vec<SumEvent> {
        vec![Twice {}.into()]
    }

    #[derive(Projection, Serialize, Deserialize, Default)]
    #[projection(name = "sums", events(SumEvent), single, crate = ::renamed)]
    pub(super) struct Sums {
        #[on(Added { amount } => += u64::from(*amount))]
        #[on(Doubled(_), meta => += meta.version.number())]
        pub(super) added: u64,
    }

    #[derive(renamed::Indexed)]
    #[indexed(crate = ::renamed)]
    pub(super) struct Amount(pub(super) u32);
}

declare_counter!(TickEvent, Ticks, Tick, TickRow, TickSize);

/// Decides one command after the other and folds their events: the state, the row, and the events' stored names.
fn run<C, P>(commands: impl IntoIterator<Item = C>) -> (C::Aggregate, P, Vec<&'static str>)
where
    C: Command,
    P: Projection<Events = <C::Aggregate as Aggregate>::Event>,
{
    let context = Context::new("1", Version::NONE, Timestamp::UNIX_EPOCH, Annotations::default());
    let stream = StreamName::new(C::Aggregate::NAME, "1");
    let place = (Version::new(1), Position::from(1), Timestamp::UNIX_EPOCH);
    let metadata = Metadata::new(stream, place.0, place.1, place.2, Annotations::default());
    let (mut state, mut row, mut names) = (C::Aggregate::default(), None, Vec::new());
    for command in commands {
        for event in &command.decide(&state, &context).expect("no rule is against it") {
            state.apply(event, &metadata);
            names.push(event.event_type());
            for key in P::keys(event, &metadata).expect("the aggregate's id is a key") {
                row.get_or_insert_with(|| P::open(&key)).apply(event, &metadata);
            }
        }
    }
    (state, row.expect("an event concerns a row"), names)
}

#[test]
fn the_runtime_may_have_another_name() {
    use dependency::{Amount, SumCommand, Sums};
    let (state, row, names) = run::<_, Sums>([SumCommand::Add { amount: 3 }, SumCommand::Double]);
    assert_eq!((state.sum, row.added), (6, 4));
    assert_eq!(names, ["SumAdded", "SumDoubled"]);
    let mut written = renamed::index::IndexValue::default();
    assert_eq!(renamed::Indexed::write(&Amount(6), &mut written), Ok(()));
}

#[test]
fn the_runtime_may_stand_behind_a_facade() {
    let (state, row, names) = run::<_, TickRow>([Tick { id: "1".into(), by: 3 }, Tick { id: "1".into(), by: 4 }]);
    assert_eq!((state.total, &*row.id, row.total), (7, "1", 7));
    assert_eq!(names, ["TickCounted", "TickCounted"]);
    assert_eq!(TickRow::by_total(1..).index(), "total");
    assert_eq!(TickRow::by_size_and_total(TickSize::Small, 1..).index(), "size.total");
}
