//! Events that outlive their code: what is stored in older shapes, under older names and by newer programs, on every way
//! to it.

use annals::{
    Or, Store, StreamName, UnknownEvent,
    codec::DecodeReason,
    journal::{Append, Expected, Journal, JournalError, MemoryJournal, NewEvent},
    prelude::*,
    projector::OnPoison,
    repository::ReadError,
    testing::{given, given_stored},
};
use std::sync::Arc;

/// Accounts as they were first, in euros.
mod first {
    use super::*;

    #[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
    pub(super) enum SavingsEvent {
        Opened { owner: String },
        Promised { euros: u32 },
        Paid { euros: u32 },
    }

    #[derive(Aggregate, Debug, Default)]
    #[aggregate(event = SavingsEvent, ignore(Opened, Promised, Paid))]
    pub(super) struct Savings {}

    #[derive(Command, Clone)]
    #[command(savings: Savings)]
    pub(super) enum SavingsCommand {
        #[command(any)]
        #[emit(Opened { owner: "ann".to_owned() })]
        #[emit(Promised { euros: 5 })]
        #[emit(Paid { euros: 7 })]
        Begin,
    }
}

/// The same accounts as they are now: in cents, one event under another name, one retired.
mod now {
    use super::*;

    #[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
    #[event(retired("SavingsPromised"))]
    pub(super) enum SavingsEvent {
        Opened {
            owner: String,
        },
        #[event(alias = "SavingsPaid", version = 3, upcast(1 => DepositedV1, 2 => DepositedV2))]
        Deposited {
            cents: u64,
            currency: String,
        },
    }

    #[derive(Deserialize)]
    pub(super) struct DepositedV1 {
        euros: u32,
    }

    #[derive(Deserialize)]
    pub(super) struct DepositedV2 {
        cents: u64,
    }

    impl TryFrom<DepositedV1> for DepositedV2 {
        type Error = &'static str;

        fn try_from(old: DepositedV1) -> Result<Self, Self::Error> {
            if old.euros == 13 { Err("13 is no amount") } else { Ok(Self { cents: u64::from(old.euros) * 100 }) }
        }
    }

    impl From<DepositedV2> for SavingsEvent {
        fn from(old: DepositedV2) -> Self {
            Self::Deposited { cents: old.cents, currency: "EUR".to_owned() }
        }
    }

    #[derive(Aggregate, Clone, Debug, Default, PartialEq)]
    #[aggregate(event = SavingsEvent)]
    pub(super) struct Savings {
        #[on(Opened { owner })]
        pub(super) owner: String,
        #[on(Deposited { cents, .. } => += cents)]
        pub(super) cents: u64,
    }

    #[derive(Command, Clone)]
    #[command(savings: Savings)]
    #[emit(Deposited { cents: savings.cents, currency: "EUR".to_owned() })]
    pub(super) struct Double;

    #[derive(Projection, Debug, Default, PartialEq, Serialize, Deserialize)]
    #[projection(name = "savings", events(SavingsEvent))]
    pub(super) struct SavingsRow {
        #[key]
        pub(super) id: String,
        #[on(Opened { owner })]
        pub(super) owner: String,
        #[on(Deposited { cents, .. } => += cents)]
        pub(super) cents: u64,
        #[on(Deposited { currency, .. })]
        pub(super) currency: String,
    }
}

/// A program that shows whatever there is.
mod open {
    use super::*;

    #[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
    #[event(retired("SavingsPromised"))]
    pub(super) enum SavingsEvent {
        Opened {
            owner: String,
        },
        #[event(unknown)]
        Unknown(UnknownEvent),
    }

    #[derive(Aggregate, Clone, Debug, Default, PartialEq)]
    #[aggregate(event = SavingsEvent)]
    pub(super) struct Savings {
        #[on(Opened { owner })]
        pub(super) owner: String,
        #[on(Unknown(event) => .push(event.event_type.clone()))]
        pub(super) unknown: Vec<String>,
    }

    #[derive(Projection, Debug, Default, PartialEq, Serialize, Deserialize)]
    #[projection(name = "shown", events(SavingsEvent))]
    pub(super) struct Shown {
        #[key]
        pub(super) id: String,
        #[on(Opened { .. } => += 1)]
        pub(super) known: u32,
        #[on(Unknown(_) => += 1)]
        pub(super) unknown: u32,
    }
}

/// Events of another kind beside them.
#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
enum RateEvent {
    Changed { percent: u8 },
}

#[derive(Aggregate, Debug, Default)]
#[aggregate(event = RateEvent)]
struct Rate {
    #[on(Changed { percent })]
    percent: u8,
}

#[derive(Command, Clone)]
#[command(rate: Rate)]
#[command(any)]
#[emit(Changed { percent })]
struct Change {
    percent: u8,
}

fn deposited(cents: u64) -> now::SavingsEvent {
    now::SavingsEvent::Deposited { cents, currency: "EUR".to_owned() }
}

fn opened() -> now::SavingsEvent {
    now::SavingsEvent::Opened { owner: "ann".to_owned() }
}

/// What a program between the first and today's stored.
fn second(cents: u64) -> NewEvent {
    let mut event = NewEvent::new("SavingsDeposited", format!("{{\"cents\":{cents}}}"));
    event.schema_version = 2;
    event
}

/// Every engine: as a journal, to write as older programs did, and as a store.
async fn journals() -> (Vec<(Arc<dyn Journal>, Store)>, annals_test_support::RedisServer) {
    let server = annals_test_support::RedisServer::start();
    let mut journals: Vec<Arc<dyn Journal>> = Vec::new();
    for partitions in [1, 16] {
        journals.push(Arc::new(MemoryJournal::with_partitions(partitions)));
        journals.push(Arc::new(crate::engines::redis(&server, partitions).await));
    }
    let stores = journals.into_iter().map(|journal| {
        let store = Store::on(Arc::clone(&journal), format!("{journal:?}"));
        (journal, store)
    });
    (stores.collect(), server)
}

/// A history of all ages: what the first program stored, what the second did, and today's.
async fn fill(journal: &dyn Journal, store: &Store) {
    store.repository::<first::Savings>().execute("1", first::SavingsCommand::Begin).await.unwrap();
    let stream = StreamName::new("savings", "1");
    let append = Append::new(stream, Expected::Version(Version::new(3)), vec![second(50)]);
    assert!(matches!(journal.append(append).await.unwrap(), annals::journal::Verdict::Appended(_)));
    store.repository::<now::Savings>().execute("1", now::Double).await.unwrap();
}

#[tokio::test]
async fn every_way_to_an_event_reads_all_of_its_versions() {
    let (journals, _server) = journals().await;
    for (journal, store) in &journals {
        println!("on {store}");
        fill(&**journal, store).await;
        let expected = [opened(), deposited(700), deposited(50), deposited(750)];
        let savings = store.repository::<now::Savings>();

        let loaded = savings.load("1").await.unwrap();
        assert_eq!((loaded.state.cents, loaded.version), (1_500, Version::new(5)));
        assert_eq!(savings.at("1", Version::new(4)).await.unwrap().state.cents, 750);
        assert_eq!(savings.as_of("1", Timestamp::MAX).await.unwrap().state.cents, 1_500);

        let history = savings.history("1").await.unwrap();
        let events: Vec<_> = history.events.iter().map(|recorded| recorded.event.clone()).collect();
        assert_eq!(events, expected);
        let versions: Vec<_> = history.events.iter().map(|recorded| recorded.metadata.version.number()).collect();
        assert_eq!(versions, [1, 3, 4, 5], "the retired event has its version");

        let log = store.events::<now::SavingsEvent>().to_vec().await.unwrap();
        assert_eq!(log.into_iter().map(|recorded| recorded.event).collect::<Vec<_>>(), expected);
        let paid = store.events::<now::SavingsEvent>().of_types(["SavingsPaid"]).to_vec().await.unwrap();
        assert_eq!(paid[0].event, deposited(700));

        let rows = store.projection::<now::SavingsRow>();
        assert_eq!(rows.catch_up().await.unwrap().events, 4);
        let row = rows.get("1").await.unwrap().unwrap();
        assert_eq!((row.cents, row.currency.as_str(), row.owner.as_str()), (1_500, "EUR", "ann"));

        // A conflict brings what was missed in all of its versions too.
        let missed = savings.execute("1", now::Double).await.unwrap();
        assert_eq!(missed.events[0].event, deposited(1_500));
    }
}

#[test]
fn a_scenario_begins_with_what_is_stored() {
    given_stored([
        ("SavingsOpened", 1, r#"{"owner":"ann"}"#),
        ("SavingsPromised", 1, "{}"),
        ("SavingsPaid", 1, r#"{"euros":7}"#),
        ("SavingsDeposited", 2, r#"{"cents":50}"#),
        ("SavingsDeposited", 3, r#"{"cents":1,"currency":"EUR"}"#),
    ])
    .when(now::Double)
    .then([deposited(751)]);
}

#[test]
#[should_panic(
    expected = "a given event does not read: cannot decode event 2 of stream `savings-1` (position 2) of type `SavingsPaid` \
                (schema version 1): schema version 1 does not turn into 2: 13 is no amount"
)]
fn a_scenario_whose_events_do_not_read_says_so() {
    let stored = [("SavingsOpened", 1, r#"{"owner":"ann"}"#), ("SavingsPaid", 1, r#"{"euros":13}"#)];
    drop(given_stored::<now::SavingsEvent>(stored).when(now::Double));
}

/// Tells the version, and which unknown events there were.
#[derive(Clone, Debug)]
struct Tell;

impl Command for Tell {
    type Aggregate = open::Savings;
    type Error = std::convert::Infallible;

    fn existence(&self) -> annals::Existence {
        annals::Existence::Existing
    }

    fn decide(self, savings: &open::Savings, cx: &Context) -> Result<Vec<open::SavingsEvent>, Self::Error> {
        Ok(vec![open::SavingsEvent::Opened { owner: format!("{} {:?}", cx.version(), savings.unknown) }])
    }
}

#[test]
fn a_scenario_knows_unknown_and_retired_events_too() {
    let told = |text: &str| [open::SavingsEvent::Opened { owner: text.to_owned() }];
    let stored = [("SavingsOpened", 1, r#"{"owner":"ann"}"#), ("SavingsPromised", 1, "{}"), ("SavingsAudited", 7, "")];
    given_stored(stored).when(Tell).then(told(r#"3 ["SavingsAudited"]"#));

    let stream = StreamName::new("savings", "1");
    let (position, told_of) = (annals::Position::from(1), annals::Annotations::default());
    let metadata = Metadata::new(stream, Version::new(1), position, Timestamp::UNIX_EPOCH, told_of);
    let audited = open::SavingsEvent::Unknown(UnknownEvent::new("SavingsAudited", 1, "{}", metadata));
    given([audited]).when(Tell).then(told(r#"1 ["SavingsAudited"]"#));
}

#[tokio::test]
async fn a_conversion_that_refuses_stops_every_reader_at_its_place() {
    let (journals, _server) = journals().await;
    for (journal, store) in &journals {
        println!("on {store}");
        let stream = StreamName::new("savings", "1");
        let events =
            vec![NewEvent::new("SavingsOpened", r#"{"owner":"ann"}"#), NewEvent::new("SavingsPaid", r#"{"euros":13}"#)];
        let _ = journal.append(Append::new(stream, Expected::Missing, events)).await.unwrap();
        let expected = "cannot decode event 2 of stream `savings-1` (position 2) of type `SavingsPaid` (schema version 1): \
                        schema version 1 does not turn into 2: 13 is no amount; found `{\"euros\":13}`";
        let told = |error: String| assert_eq!(without_position(&error), without_position(expected));

        let savings = store.repository::<now::Savings>();
        told(savings.load("1").await.unwrap_err().to_string());
        told(savings.history("1").await.unwrap_err().to_string());
        told(savings.execute("1", now::Double).await.unwrap_err().to_string());
        told(store.events::<now::SavingsEvent>().to_vec().await.unwrap_err().to_string());
        let stopping = store.projection::<now::SavingsRow>().on_poison(OnPoison::Stop);
        told(stopping.catch_up().await.unwrap_err().to_string());
        // What comes before it is as it was.
        assert_eq!(savings.at("1", Version::new(1)).await.unwrap().state.owner, "ann");
        let row = store.projection::<now::SavingsRow>().get("1").await.unwrap().unwrap();
        assert_eq!((row.owner.as_str(), row.cents), ("ann", 0));
    }
}

/// The message without what differs with the number of partitions.
fn without_position(message: &str) -> String {
    let (before, rest) = message.split_once(" (position ").unwrap();
    let (_, after) = rest.split_once(')').unwrap();
    format!("{before}{after}")
}

#[tokio::test]
async fn an_unknown_event_stops_its_readers_unless_they_take_it() {
    let (journals, _server) = journals().await;
    for (journal, store) in &journals {
        println!("on {store}");
        fill(&**journal, store).await;
        // What a program newer than today's stored.
        let audited = vec![NewEvent::new("SavingsAudited", r#"{"by":"the bank"}"#)];
        let append = Append::new(StreamName::new("savings", "1"), Expected::Existing, audited);
        let _ = journal.append(append).await.unwrap();

        let stopped = store.repository::<now::Savings>().load("1").await.unwrap_err();
        let ReadError::Decode(error) = stopped else { panic!("{stopped}") };
        assert!(matches!(error.reason, DecodeReason::UnknownType { .. }), "{error}");
        assert_eq!((error.event_type.as_str(), error.place.version), ("SavingsAudited", Version::new(6)));

        let open = store.repository::<open::Savings>().load("1").await.unwrap();
        assert_eq!((open.state.owner.as_str(), open.version), ("ann", Version::new(6)));
        let unknown = ["SavingsPaid", "SavingsDeposited", "SavingsDeposited", "SavingsAudited"];
        assert_eq!(open.state.unknown, unknown);

        let history = store.repository::<open::Savings>().history("1").newest_first().limit(1).await.unwrap();
        let open::SavingsEvent::Unknown(audited) = &history.events[0].event else { panic!("it is unknown") };
        assert_eq!((audited.event_type.as_str(), audited.payload.as_str()), ("SavingsAudited", r#"{"by":"the bank"}"#));
        assert_eq!(*audited.metadata, history.events[0].metadata);

        let log = store.events::<open::SavingsEvent>().to_vec().await.unwrap();
        let found = log.iter().filter(|event| matches!(event.event, open::SavingsEvent::Unknown(_)));
        assert_eq!((found.count(), log.len()), (4, 5));

        let shown = store.projection::<open::Shown>();
        shown.catch_up().await.unwrap();
        let row = shown.get("1").await.unwrap().unwrap();
        assert_eq!((row.known, row.unknown), (1, 4));
    }
}

type Both = Or<RateEvent, open::SavingsEvent>;
type Turned = Or<open::SavingsEvent, RateEvent>;

#[tokio::test]
async fn of_several_enums_the_one_of_the_aggregate_takes_what_is_unknown() {
    let (journals, _server) = journals().await;
    for (journal, store) in &journals {
        println!("on {store}");
        fill(&**journal, store).await;
        store.repository::<Rate>().execute("1", Change { percent: 3 }).await.unwrap();
        let log = store.events::<Both>().to_vec().await.unwrap();
        let unknown = log.iter().filter(|event| matches!(event.event, Or::Second(open::SavingsEvent::Unknown(_))));
        assert_eq!((unknown.count(), log.len()), (3, 5));
        let log = store.events::<Turned>().to_vec().await.unwrap();
        let unknown = log.iter().filter(|event| matches!(event.event, Or::First(open::SavingsEvent::Unknown(_))));
        assert_eq!((unknown.count(), log.len()), (3, 5));

        // One of the other kind is not taken for one of these.
        let rate = StreamName::new("rate", "1");
        let append = Append::new(rate, Expected::Existing, vec![NewEvent::new("RateFixed", "{}")]);
        let _ = journal.append(append).await.unwrap();
        for error in
            [store.events::<Both>().to_vec().await.unwrap_err(), store.events::<Turned>().to_vec().await.unwrap_err()]
        {
            let ReadError::Decode(error) = error else { panic!("{error}") };
            assert_eq!((error.event_type.as_str(), error.place.stream.as_str()), ("RateFixed", "rate-1"));
        }
    }
}

#[tokio::test]
async fn a_page_of_history_counts_the_retired_events() {
    let store = Store::memory();
    store.repository::<first::Savings>().execute("1", first::SavingsCommand::Begin).await.unwrap();
    let history = store.repository::<now::Savings>().history("1");
    let page = history.clone().limit(2).await.unwrap();
    assert_eq!((page.events.len(), page.next), (1, Some(Version::new(3))));
    let page = history.clone().from(Version::new(3)).limit(2).await.unwrap();
    assert_eq!((page.events.len(), page.next), (1, None));
    let page = history.newest_first().limit(2).await.unwrap();
    assert_eq!((page.events.len(), page.next), (1, Some(Version::new(1))));
}

#[tokio::test]
async fn a_retired_type_stays_its_aggregates_own() {
    #[derive(Event, Serialize, Deserialize, Debug)]
    #[event(prefix = "Savings")]
    enum OtherEvent {
        Promised {},
    }
    #[derive(Aggregate, Debug, Default)]
    #[aggregate(event = OtherEvent, ignore(Promised))]
    struct Other {}
    #[derive(Command, Clone)]
    #[command(other: Other)]
    #[command(any)]
    #[emit(Promised {})]
    struct Promise;

    let (journals, _server) = journals().await;
    for (journal, store) in &journals {
        println!("on {store}");
        let event = vec![NewEvent::new("SavingsOpened", r#"{"owner":"ann"}"#)];
        let _ = journal.append(Append::new(StreamName::new("savings", "1"), Expected::Missing, event)).await.unwrap();
        // Today's program claims what it has and what it had.
        store.repository::<now::Savings>().execute("1", now::Double).await.unwrap();
        let error = store.repository::<Other>().execute("1", Promise).await.unwrap_err();
        let taken = JournalError::TypeTaken {
            event_type: "SavingsPromised".to_owned(),
            owner: "savings".to_owned(),
            aggregate: "other".to_owned(),
        };
        assert_eq!(error.to_string(), taken.to_string());
    }
}
