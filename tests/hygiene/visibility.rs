//! Private, restricted and non-exhaustive types, with documentation on everything.

mod private {
    use annals::{Aggregate, Command, Event, Projection};
    use serde::{Deserialize, Serialize};

    #[derive(Event, Serialize, Deserialize, Clone)]
    enum NoteEvent {
        Written { text: String },
    }

    #[derive(Aggregate, Default)]
    #[aggregate(event = NoteEvent)]
    struct Note {
        #[on(Written { text })]
        text: String,
    }

    #[derive(Command, Clone)]
    #[command(_note: Note)]
    #[emit(Written { text })]
    struct Write {
        text: String,
    }

    #[derive(Projection, Serialize, Deserialize, Default)]
    #[projection(name = "notes", events(NoteEvent))]
    struct NoteRow {
        #[key]
        id: String,
        #[index]
        #[on(Written { text })]
        text: String,
        #[index]
        tone: Tone,
    }

    /// Nobody asks this one's finder, which is no reason for a warning.
    #[derive(annals::Indexed, Serialize, Deserialize, Default)]
    enum Tone {
        #[default]
        Calm,
    }

    #[test]
    fn private_types_stay_private() {
        let (note, row, names) = crate::run::<_, NoteRow>([Write { text: "a".into() }]);
        assert_eq!((&*note.text, &*row.id, &*row.text), ("a", "1", "a"));
        assert_eq!(names, ["NoteWritten"]);
        assert_eq!(NoteRow::by_text("a").index(), "text");
    }
}

/// In a module of its own, since it is public as far as it goes.
pub(crate) mod documented {
    use annals::{Aggregate, Command, Event, Projection};
    use serde::{Deserialize, Serialize};

    /// What happens to a page, with a `"quote"`, a \ and 日本語.
    ///
    /// In two paragraphs.
    #[derive(Event, Serialize, Deserialize, Clone)]
    #[non_exhaustive]
    pub(crate) enum PageEvent {
        /// Somebody turned it.
        #[non_exhaustive]
        Turned {
            /// How often.
            times: u32,
        },
        #[doc = "Torn out."]
        #[doc(alias = "ripped")]
        Torn(/** By whom. */ Who),
        #[doc = concat!("made", " of pieces")]
        Lost,
    }

    /// Who it was.
    #[derive(Serialize, Deserialize, Clone)]
    pub(crate) struct Who {
        /// The name.
        pub(crate) name: String,
    }

    /// A page.
    #[derive(Aggregate, Default)]
    #[aggregate(event = PageEvent, ignore(Lost))]
    #[non_exhaustive]
    pub(crate) struct Page {
        /// How often.
        #[on(Turned { times } => += times)]
        pub(crate) turned: u32,
        /// By whom.
        #[on(Torn(who) => who.name.clone())]
        pub(crate) torn_by: String,
    }

    /// Requests.
    #[derive(Command, Clone)]
    #[command(page: Page)]
    #[non_exhaustive]
    pub(crate) enum PageCommand {
        /// Turn it.
        #[non_exhaustive]
        #[emit(Turned { times: times + page.turned })]
        Turn {
            /// How often.
            times: u32,
        },
        /// Tear it out.
        #[emit(Torn(Who { name }))]
        Tear {
            /// By whom.
            name: String,
        },
    }

    /// A row.
    #[derive(Projection, Serialize, Deserialize, Default)]
    #[projection(name = "pages", events(PageEvent), ignore(Lost))]
    #[non_exhaustive]
    pub(crate) struct PageRow {
        /// The page.
        #[key]
        pub(crate) page: String,
        /// Which paper; of a type that stays here.
        #[index]
        paper: Paper,
        /// How often.
        #[index(range)]
        #[index(range, per = paper)]
        #[on(Turned { times } => += times)]
        #[on(Torn(_) => 0)]
        pub(crate) turned: u32,
    }

    #[derive(annals::Indexed, Serialize, Deserialize, Default)]
    #[non_exhaustive]
    enum Paper {
        #[default]
        White,
    }
}

#[test]
fn documented_and_non_exhaustive_types_work_alike() {
    use annals::Event as _;
    use documented::{PageCommand, PageEvent, PageRow};
    let commands = [PageCommand::Turn { times: 2 }, PageCommand::Tear { name: "ann".into() }];
    let (page, row, names) = super::run::<_, PageRow>(commands);
    assert_eq!((page.turned, &*page.torn_by, &*row.page, row.turned), (2, "ann", "1", 0));
    assert_eq!(names, ["PageTurned", "PageTorn"]);
    assert_eq!(PageRow::by_turned(1..).index(), "turned");
    let descriptor = PageEvent::DESCRIPTOR;
    assert_eq!(descriptor.doc, "What happens to a page, with a `\"quote\"`, a \\ and 日本語.\n\nIn two paragraphs.");
    let docs: Vec<_> = descriptor.variants.iter().map(|variant| variant.doc).collect();
    assert_eq!(docs, ["Somebody turned it.", "Torn out.", ""]);
    let fields: Vec<_> = descriptor.variants.iter().flat_map(|variant| variant.fields).collect();
    assert_eq!((fields[0].doc, fields[1].doc, fields[1].ty), ("How often.", "By whom.", "Who"));
}
