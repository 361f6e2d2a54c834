//! The derives stand wherever Rust stands: among shadowed names, in odd places, behind other paths.

mod cfgs;
mod deprecation;
mod generics;
mod no_prelude;
mod places;
mod raw_identifiers;
mod shadowed_names;
mod shadowed_primitives;
mod visibility;

use annals::{
    Aggregate, Annotations, Command, Context, Event, Metadata, Position, Projection, StreamName, Timestamp, Version,
};

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
