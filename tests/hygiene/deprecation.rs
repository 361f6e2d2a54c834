//! Deprecated types, variants and fields: the derives use them without a warning.

#![deny(deprecated)]

/// Who names the deprecated things by themselves says so; the derives must not need it, and stand outside.
mod declared {
    use annals::{Aggregate, Command, Event, Projection};
    use serde::{Deserialize, Serialize};

    #[derive(Event, Serialize, Deserialize, Clone)]
    pub(super) enum TapeEvent {
        #[deprecated = "use `Played`"]
        Wound { turns: u32 },
        Played {
            #[deprecated]
            turns: u32,
            seconds: u32,
        },
    }

    #[derive(Aggregate, Default)]
    #[aggregate(event = TapeEvent, ignore(Wound))]
    pub(super) struct Tape {
        #[on(Played { seconds, .. })]
        pub(super) seconds: u32,
        #[deprecated]
        #[on(Played { .. } => 1)]
        pub(super) plays: u32,
    }

    #[derive(Command, Clone)]
    #[command(tape: Tape)]
    pub(super) enum TapeCommand {
        #[deprecated]
        #[handler(wind)]
        Wind {
            #[command(id)]
            id: String,
            turns: u32,
        },
        #[skip_if(tape.seconds == seconds)]
        #[handler(play)]
        Play {
            #[command(id)]
            #[deprecated]
            id: String,
            seconds: u32,
        },
    }

    #[derive(Command, Clone)]
    #[command(tape: Tape)]
    #[skip_if(tape.seconds == 0)]
    #[handler(stop)]
    #[deprecated]
    pub(super) struct Stop {
        #[command(id)]
        #[deprecated]
        pub(super) id: String,
    }

    #[derive(Projection, Serialize, Deserialize, Default)]
    #[projection(name = "tapes", events(TapeEvent), ignore(Wound))]
    pub(super) struct TapeRow {
        #[key]
        #[deprecated]
        #[index(range)]
        pub(super) id: String,
        #[index(range, per = kind)]
        #[on(Played { seconds, .. })]
        #[deprecated]
        pub(super) seconds: u32,
        #[deprecated]
        pub(super) kind: Kind,
    }

    #[derive(annals::Indexed, Serialize, Deserialize, Default)]
    pub(super) enum Kind {
        #[default]
        Music,
        #[deprecated]
        Speech,
    }

    #[derive(annals::Indexed)]
    #[deprecated]
    pub(super) struct Title {
        #[deprecated]
        pub(super) text: String,
    }

    #[allow(deprecated)]
    fn wind(_: &Tape, _: String, turns: u32) -> TapeEvent {
        TapeEvent::Wound { turns }
    }

    #[allow(deprecated)]
    fn play(_: &Tape, _: String, seconds: u32) -> TapeEvent {
        TapeEvent::Played { turns: 0, seconds }
    }

    fn stop(_: &Tape, _: String) -> Option<TapeEvent> {
        None
    }

    #[derive(Event, Serialize, Deserialize)]
    #[deprecated]
    pub(super) enum OldEvent {
        Happened,
    }
}

#[test]
#[allow(deprecated)]
fn deprecated_parts_work_as_before() {
    use annals::Event as _;
    use declared::{Kind, OldEvent, Stop, TapeCommand, TapeRow, Title};
    let id = || "1".to_owned();
    let commands = [TapeCommand::Wind { id: id(), turns: 1 }, TapeCommand::Play { id: id(), seconds: 9 }];
    let (tape, row, names) = super::run::<_, TapeRow>(commands);
    assert_eq!((tape.seconds, tape.plays, &*row.id, row.seconds), (9, 1, "1", 9));
    assert_eq!(names, ["TapeWound", "TapePlayed"]);
    assert_eq!(annals::Targeted::target(&Stop { id: id() }), "1");
    let title = Title { text: "a".into() };
    assert_eq!(annals::Indexed::write(&title, &mut annals::index::IndexValue::default()), Ok(()));
    assert_eq!(TapeRow::by_kind_and_seconds(Kind::Speech, ..9).index(), "kind.seconds");
    assert_eq!(OldEvent::Happened.event_type(), "OldHappened");
}
