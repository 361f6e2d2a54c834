//! `cfg` and `cfg_attr` on variants, on fields and on the attributes themselves.

#![allow(clippy::non_minimal_cfg)]

use annals::{Aggregate, Command, Event, Projection};
use serde::{Deserialize, Serialize};

#[derive(Event, Serialize, Deserialize, Clone)]
#[cfg_attr(all(), event(prefix = "Bird"))]
#[cfg_attr(any(), event(nonsense))]
pub(super) enum NestEvent {
    #[cfg_attr(all(), event(name = "BirdCame"))]
    Came {
        count: u32,
        #[cfg(any())]
        gone: Missing,
    },
    #[cfg(any())]
    #[event(nonsense = 7)]
    Gone(Missing, Missing),
    #[cfg(all())]
    Left,
}

#[derive(Aggregate, Default)]
#[aggregate(event = NestEvent)]
pub(super) struct Nest {
    #[cfg_attr(all(), on(Came { count, .. }))]
    #[cfg_attr(any(), on(nonsense, nonsense))]
    #[on(Left => -= 1)]
    birds: u32,
    #[cfg(any())]
    #[on(Gone => nonsense)]
    gone: Missing,
}

#[derive(Command, Clone)]
#[command(nest: Nest)]
#[cfg_attr(all(), command(error = std::fmt::Error))]
pub(super) enum NestCommand {
    #[cfg_attr(all(), command(any))]
    #[cfg_attr(any(), require(nonsense))]
    #[cfg_attr(all(), require(count > nest.birds, std::fmt::Error))]
    #[emit(Came { count })]
    Come {
        count: u32,
        #[cfg(any())]
        #[command(id)]
        gone: Missing,
    },
    #[cfg(any())]
    #[command(nonsense)]
    Gone(Missing),
    #[cfg_attr(all(), handler(leave))]
    #[cfg_attr(any(), emit(Left))]
    Leave {
        #[cfg(any())]
        gone: Missing,
    },
}

fn leave(_: &Nest) -> NestEvent {
    NestEvent::Left
}

#[derive(Projection, Serialize, Deserialize, Default)]
#[projection(name = "nests", events(NestEvent))]
#[cfg_attr(all(), projection(ignore(_)))]
pub(super) struct NestRow {
    #[cfg_attr(all(), key)]
    id: String,
    #[cfg_attr(all(), index(range))]
    #[cfg_attr(any(), index(nonsense))]
    #[on(Came { .. } => += 1)]
    came: u32,
    #[cfg(any())]
    #[key]
    gone: Missing,
    #[on(Left => true)]
    left: bool,
    #[cfg_attr(all(), index)]
    season: Season,
}

#[derive(annals::Indexed, Serialize, Deserialize, Default)]
pub(super) enum Season {
    #[default]
    Spring,
    #[cfg(any())]
    Monsoon(Missing),
    Autumn,
}

#[derive(annals::Indexed)]
pub(super) struct Height(u32, #[cfg(any())] Missing);

#[test]
fn what_is_configured_away_is_not_read() {
    let (nest, row, names) = super::run::<_, NestRow>([NestCommand::Come { count: 3 }, NestCommand::Leave {}]);
    assert_eq!(nest.birds, 2);
    assert_eq!((&*row.id, row.came, row.left), ("1", 1, true));
    let mut written = annals::index::IndexValue::default();
    assert_eq!(annals::Indexed::write(&Height(3), &mut written), Ok(()));
    assert_eq!(names, ["BirdCame", "BirdLeft"]);
    assert_eq!((NestRow::by_came(1..).index(), NestRow::by_season(Season::Autumn).index()), ("came", "season"));
}
