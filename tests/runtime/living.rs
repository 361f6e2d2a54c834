//! Live readers: every event once and in order, from any place, while others write.

use crate::{
    domain::{Account, AccountEvent, NoteEvent, NoteId, Write, deposit, open},
    engines::on_every_engine,
};
use annals::{
    Cursor, Or, Position, Store,
    journal::{Append, Expected, Journal, JournalError, MemoryJournal, NewEvent, StoredEvent},
    repository::ReadError,
};
use futures_util::{StreamExt, TryStreamExt, stream::BoxStream};
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

/// How soon a live reader has what was recorded.
const SOON: Duration = Duration::from_secs(10);

type Reader<T, E> = BoxStream<'static, Result<T, E>>;

async fn next<T, E: std::fmt::Debug>(live: &mut Reader<T, E>) -> T {
    let event = tokio::time::timeout(SOON, live.next()).await.expect("an event comes soon");
    event.expect("a live reader does not end").expect("nothing is wrong")
}

/// That nothing more comes for a moment.
async fn no_more<T: std::fmt::Debug, E: std::fmt::Debug>(live: &mut Reader<T, E>) {
    let more = tokio::time::timeout(Duration::from_millis(100), live.next()).await;
    assert!(more.is_err(), "{more:?} came twice, or from nowhere");
}

async fn some<T, E: std::fmt::Debug>(live: &mut Reader<T, E>, count: usize) -> Vec<T> {
    let mut events = Vec::with_capacity(count);
    for _ in 0..count {
        events.push(next(live).await);
    }
    events
}

/// Checks that these are all events of a store after a place, each once, and each partition's in order.
async fn whole(store: &Store, after: Cursor, events: Vec<StoredEvent>) {
    let all: Vec<_> = store.log().after(after).stream().try_collect().await.unwrap();
    let sorted = |events: Vec<StoredEvent>| {
        let mut partitions: BTreeMap<u16, Vec<StoredEvent>> = BTreeMap::new();
        for event in events {
            partitions.entry(event.position().partition()).or_default().push(event);
        }
        partitions
    };
    assert_eq!(sorted(events), sorted(all));
}

/// Writers at once, each with accounts of its own: 4 of them, 25 events each.
fn write(store: &Store) -> Vec<tokio::task::JoinHandle<()>> {
    let write = |writer: u32| {
        let accounts = store.repository::<Account>();
        tokio::spawn(async move {
            for account in 0..5 {
                let id = format!("{writer}-{account}-{}", fastrand::u64(..));
                accounts.execute(&id, open("ann")).await.unwrap();
                for amount in 1..5 {
                    accounts.execute(&id, deposit(amount)).await.unwrap();
                }
            }
        })
    };
    (0..4).map(write).collect()
}

const WRITTEN: usize = 4 * 25;

on_every_engine! {
    async fn every_event_comes_once_and_in_order_while_several_write(store) {
        let mut from_start = store.log().live();
        let writers = write(store);
        let first = some(&mut from_start, WRITTEN).await;
        for writer in writers {
            writer.await.unwrap();
        }
        no_more(&mut from_start).await;

        // What is there and what comes, of those who begin now.
        let head = store.head().await.unwrap();
        let mut readers = Vec::new();
        for batch in [1, 7, 1_000] {
            readers.push((Cursor::start(), store.log().batch(batch).live(), WRITTEN * 2));
            readers.push((head.clone(), store.log().after(head.clone()).batch(batch).live(), WRITTEN));
        }
        let writers = write(store);
        for (after, mut live, count) in readers {
            let events = some(&mut live, count).await;
            no_more(&mut live).await;
            whole(store, after, events).await;
        }
        for writer in writers {
            writer.await.unwrap();
        }
        let events = [first, some(&mut from_start, WRITTEN).await].concat();
        whole(store, Cursor::start(), events).await;
    }

    async fn events_of_a_type_and_of_an_enum_come_alone(store) {
        let mut opened = store.events::<AccountEvent>().of_types(["AccountOpened"]).live();
        let mut of_log = store.log().of_types(["AccountOpened", "NoteWritten"]).live();
        let mut accounts = store.events::<AccountEvent>().live();
        let mut both = store.events::<Or<AccountEvent, NoteEvent>>().live();
        let writers = write(store);
        for id in 0..10 {
            store.execute(Write { note_id: NoteId(id), text: "milk".to_owned() }).await.unwrap();
        }
        for writer in writers {
            writer.await.unwrap();
        }
        let opened_now = some(&mut opened, 20).await;
        assert!(opened_now.iter().all(|event| matches!(event.event, AccountEvent::Opened { .. })));
        no_more(&mut opened).await;
        assert_eq!(some(&mut of_log, 30).await.iter().filter(|event| event.event_type() == "NoteWritten").count(), 10);
        no_more(&mut of_log).await;
        some(&mut accounts, WRITTEN).await;
        no_more(&mut accounts).await;
        let both_now = some(&mut both, WRITTEN + 10).await;
        assert_eq!(both_now.iter().filter(|event| matches!(event.event, Or::Second(_))).count(), 10);
        no_more(&mut both).await;
        // Behind events that it does not want, it goes on as well.
        store.repository::<Account>().execute("last", open("ann")).await.unwrap();
        assert_eq!(next(&mut opened).await.metadata.stream.as_str(), "account-last");
    }

    async fn a_reader_that_begins_at_a_number_at_the_head_has_what_comes_next_at_once(store) {
        let accounts = store.repository::<Account>();
        let stream = accounts.stream("1");
        accounts.execute("1", open("ann")).await.unwrap();
        accounts.execute("1", deposit(1)).await.unwrap();
        let log: Vec<_> = store.log().stream().try_collect().await.unwrap();
        let head = log[1].position();
        // At the head, and beyond it, where nothing lies yet.
        for beyond in [0, 1, 3] {
            let place = Position::new(head.partition(), head.number() + beyond);
            let before = store.head().await.unwrap().position(head.partition()).unwrap().number();
            let place = if place.number() < before { Position::new(head.partition(), before) } else { place };
            let mut live = store.log().after(place).live();
            no_more(&mut live).await;
            for number in before + 1..=place.number() + 1 {
                let begun = Instant::now();
                accounts.execute("1", deposit(1)).await.unwrap();
                if number > place.number() {
                    let event = next(&mut live).await;
                    assert_eq!((event.position().number(), event.stream()), (number, &stream));
                    assert!(begun.elapsed() < Duration::from_secs(2), "it came after {:?}", begun.elapsed());
                }
            }
        }
    }

    async fn an_event_that_the_enum_does_not_know_stops_its_live_reader(store) {
        let notes = store.repository::<crate::domain::Note>();
        notes.execute(NoteId(1), Write { note_id: NoteId(1), text: "milk".to_owned() }).await.unwrap();
        let mut live = store.events::<older::NoteEvent>().live();
        let mut whole = store.log().live();
        assert_eq!(next(&mut live).await.event, older::NoteEvent::Written { text: "milk".to_owned() });
        next(&mut whole).await;
        store.repository::<newer::Note>().execute("n1", newer::Do::Burn).await.unwrap();
        store.repository::<newer::Note>().execute("n1", newer::Do::Write { text: "eggs".to_owned() }).await.unwrap();
        let told = tokio::time::timeout(SOON, live.next()).await.expect("it is told soon");
        match told {
            Some(Err(ReadError::Decode(error))) => assert_eq!(error.event_type, "NoteBurnt"),
            other => panic!("expected to be stopped by what it does not know, found {other:?}"),
        }
        assert!(live.next().await.is_none(), "it reads on behind what it does not know");
        assert_eq!(some(&mut whole, 2).await[1].event_type(), "NoteWritten");
    }

    async fn a_reader_of_a_place_that_is_none_is_told_so(store) {
        let mut live = store.log().after(Position::new(99, 1)).live();
        let error = live.next().await.unwrap().unwrap_err();
        assert!(matches!(error, JournalError::Invalid { .. }), "{error}");
        assert!(live.next().await.is_none());
    }
}

/// What a program knows of notes that is older than the one that writes.
mod older {
    use annals::prelude::*;

    #[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
    pub(super) enum NoteEvent {
        Written { text: String },
    }
}

/// What the program that writes knows of notes.
mod newer {
    use annals::prelude::*;

    #[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
    pub(super) enum NoteEvent {
        Written { text: String },
        Burnt,
    }

    #[derive(Aggregate, Clone, Debug, Default, PartialEq)]
    #[aggregate(event = NoteEvent)]
    pub(super) struct Note {
        #[on(Written { text })]
        text: String,
        #[on(Burnt => true)]
        burnt: bool,
    }

    #[derive(Command, Clone, Debug)]
    #[command(note: Note)]
    pub(super) enum Do {
        #[command(any)]
        #[emit(Written { text })]
        Write { text: String },
        #[command(any)]
        #[emit(Burnt)]
        Burn,
    }
}

/// A journal that is shared by a store and a test, so that it can be written to in other ways.
#[tokio::test]
async fn a_live_reader_that_is_dropped_and_made_again_goes_on_where_it_was() {
    let journal: Arc<dyn Journal> = Arc::new(MemoryJournal::with_partitions(4));
    let store = Store::on(Arc::clone(&journal), "a journal of the test");
    let mut cursor = Cursor::start();
    let mut seen = Vec::new();
    for round in 0..10_u32 {
        for number in 0..10_u32 {
            let stream = annals::StreamName::new("thing", &(round * number).to_string());
            let events = vec![NewEvent::new("ThingCounted", format!("{number}"))];
            let _ = journal.append(Append::new(stream, Expected::Any, events)).await.unwrap();
        }
        let mut live = store.log().after(cursor.clone()).batch(3).live();
        for event in some(&mut live, 7).await {
            cursor.advance_to(event.position().partition(), event.checkpoint());
            seen.push(event);
        }
    }
    let mut live = store.log().after(cursor).live();
    seen.extend(some(&mut live, 30).await);
    whole(&store, Cursor::start(), seen).await;
}
