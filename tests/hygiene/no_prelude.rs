//! A module without any prelude.

#[no_implicit_prelude]
mod bare {
    use ::annals::{Aggregate, Command, Event, Projection};
    use ::core::{clone::Clone, default::Default};
    use ::serde::{Deserialize, Serialize};
    use ::std::string::String;

    #[derive(Event, Serialize, Deserialize, Clone)]
    #[event(retired("LampBroken"))]
    pub(super) enum LampEvent {
        #[undo(Out)]
        #[undo(Self::Out)]
        Lit {
            at: String,
        },
        #[event(version = 2, upcast(1 => DimmedV1))]
        #[undo(never)]
        Dimmed(Level),
        Out,
        #[event(unknown)]
        Unknown(::annals::UnknownEvent),
    }

    #[derive(Deserialize)]
    pub(super) struct DimmedV1 {
        pub(super) per_mille: u16,
    }

    impl ::core::convert::TryFrom<DimmedV1> for LampEvent {
        type Error = ::core::num::TryFromIntError;

        fn try_from(old: DimmedV1) -> ::core::result::Result<Self, Self::Error> {
            ::core::result::Result::map(::core::convert::TryFrom::try_from(old.per_mille / 10), |percent| {
                Self::Dimmed(Level { percent })
            })
        }
    }

    #[derive(Serialize, Deserialize, Clone)]
    pub(super) struct Level {
        pub(super) percent: u8,
    }

    #[derive(Aggregate, Serialize, Deserialize, Default)]
    #[aggregate(event = LampEvent, id = u64, ignore(Unknown), snapshot(every = 1, version = 2))]
    #[on(Out => self.lit = false)]
    pub(super) struct Lamp {
        #[on(Lit { .. } => true)]
        pub(super) lit: bool,
        #[on(Lit { at })]
        pub(super) at: String,
        #[on(Dimmed(level) => level.percent)]
        pub(super) percent: u8,
    }

    #[derive(Command, Clone)]
    #[command(lamp: Lamp, cx: ::annals::Context, error = ::std::fmt::Error)]
    pub(super) enum LampCommand {
        #[command(any)]
        #[require(!lamp.lit, ::std::fmt::Error)]
        #[emit(Lit { at })]
        Light {
            #[command(id)]
            id: u64,
            at: String,
        },
        #[skip_if(!lamp.lit)]
        #[emit(Dimmed(Level { percent }))]
        #[emit(Out if percent == 0 && cx.version() == ::annals::Version::NONE)]
        Dim {
            #[command(id)]
            id: u64,
            percent: u8,
        },
        #[handler(out)]
        Out {
            #[command(id)]
            id: u64,
        },
    }

    fn out(_: &Lamp, _: &::annals::Context, _: u64) -> [LampEvent; 1] {
        [LampEvent::Out]
    }

    #[derive(Projection, Serialize, Deserialize, Default)]
    #[projection(name = "lamps", events(LampEvent), ignore(_), version = 2)]
    #[row(Dimmed(_), meta => [::core::result::Result::unwrap(::core::primitive::str::parse::<u64>(&meta.stream.id()))])]
    #[row(Lit { .. }, meta => ::core::result::Result::unwrap(::core::primitive::str::parse::<u64>(&meta.stream.id())))]
    #[remove(Out if false)]
    pub(super) struct LampRow {
        #[key]
        #[index(range)]
        pub(super) id: u64,
        #[index]
        #[on(Lit { at })]
        pub(super) at: String,
        #[index(range, per = at)]
        #[on(Dimmed(level) => += level.percent)]
        pub(super) percent: u8,
        #[index]
        pub(super) colour: Colour,
    }

    #[derive(::annals::Indexed, Serialize, Deserialize, Default)]
    pub(super) enum Colour {
        #[default]
        Warm,
        Cold {},
    }

    #[derive(::annals::Indexed)]
    pub(super) struct Tone(pub(super) Colour);
}

#[test]
fn no_prelude_is_needed() {
    use bare::{LampCommand, LampRow};
    let commands = [
        LampCommand::Light { id: 1, at: "noon".into() },
        LampCommand::Dim { id: 1, percent: 40 },
        LampCommand::Out { id: 1 },
    ];
    let (lamp, row, names) = super::run::<_, LampRow>(commands);
    assert_eq!((lamp.lit, &*lamp.at, lamp.percent), (false, "noon", 40));
    assert_eq!((row.id, &*row.at, row.percent), (1, "noon", 40));
    assert_eq!(names, ["LampLit", "LampDimmed", "LampOut"]);
    let tone = bare::Tone(bare::Colour::Warm);
    assert_eq!(annals::Indexed::write(&tone, &mut annals::index::IndexValue::default()), Ok(()));
    assert_eq!(LampRow::by_at_and_percent("noon", 5..).index(), "at.percent");
    let found = [LampRow::by_id(1..), LampRow::by_at("noon"), LampRow::by_colour(bare::Colour::Cold {})];
    assert_eq!(found.map(|query| query.index()), ["id", "at", "colour"]);
}
