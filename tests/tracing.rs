//! What is told to `tracing`: spans with fields that can be counted by.

use annals::{
    journal::{Append, Commit, Expected, Journal, LogId, MemoryJournal, NewEvent, ReadModel},
    prelude::*,
};
use std::{
    collections::BTreeMap,
    fmt::Debug,
    sync::{Arc, Mutex},
};
use tracing::{
    Subscriber,
    field::{Field, Visit},
    instrument::WithSubscriber,
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer, Registry,
    layer::{Context, SubscriberExt},
    registry::LookupSpan,
};

#[derive(Event, Serialize, Deserialize, Clone, Debug)]
enum CounterEvent {
    Added { amount: u64 },
}

#[derive(Aggregate, Clone, Default, Serialize, Deserialize)]
#[aggregate(event = CounterEvent, snapshot(every = 1_000))]
struct Counter {
    #[on(Added { amount } => += *amount)]
    total: u64,
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("too much")]
struct TooMuch;

#[derive(Command, Clone)]
#[command(counter: Counter, error = TooMuch)]
#[command(any)]
#[require(amount < 10, TooMuch)]
#[skip_if(amount == 0)]
#[emit(Added { amount })]
struct Add {
    amount: u64,
}

#[derive(Projection, Default, Serialize, Deserialize)]
#[projection(name = "sums", events(CounterEvent))]
struct Sum {
    #[key]
    counter: String,
    #[on(Added { amount } => += *amount)]
    total: u64,
}

type Fields = BTreeMap<&'static str, String>;

/// Every span that was closed, with its fields, in the order of their ends.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<(&'static str, Fields)>>>);

impl Heard {
    /// The spans of this name since the last time, by what their fields say.
    fn take(&self, name: &str) -> Vec<Fields> {
        let heard = std::mem::take(&mut *self.0.lock().unwrap());
        heard.into_iter().filter(|(heard, _)| *heard == name).map(|(_, fields)| fields).collect()
    }
}

struct Said<'a>(&'a mut Fields);

impl Visit for Said<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name(), format!("{value:?}").trim_matches('"').to_owned());
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Heard {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::new();
        attributes.record(&mut Said(&mut fields));
        context.span(id).unwrap().extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let span = context.span(id).unwrap();
        values.record(&mut Said(span.extensions_mut().get_mut::<Fields>().unwrap()));
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let span = context.span(&id).unwrap();
        let fields = span.extensions_mut().remove::<Fields>().unwrap();
        self.0.lock().unwrap().push((span.name(), fields));
    }
}

/// Runs a future; what is told meanwhile is heard.
async fn listen<F: Future>(heard: &Heard, future: F) -> F::Output {
    future.with_subscriber(Registry::default().with(heard.clone())).await
}

fn say(fields: &Fields, names: &[&str]) -> Vec<String> {
    names.iter().map(|name| fields.get(name).cloned().unwrap_or_else(|| panic!("no {name} in {fields:?}"))).collect()
}

#[tokio::test]
async fn a_command_tells_its_stream_version_attempts_and_outcome() {
    let (heard, counters) = (Heard::default(), Store::memory().repository::<Counter>());
    let names = ["aggregate", "stream", "attempts", "version", "events", "outcome"];
    listen(&heard, async { counters.execute("a", Add { amount: 2 }).await }).await.unwrap();
    assert_eq!(say(&heard.take("execute")[0], &names), ["counter", "counter-a", "1", "1", "1", "recorded"]);
    listen(&heard, async { counters.execute("a", Add { amount: 0 }).await }).await.unwrap();
    assert_eq!(say(&heard.take("execute")[0], &names), ["counter", "counter-a", "1", "1", "0", "nothing"]);
    listen(&heard, async { counters.execute("a", Add { amount: 10 }).await }).await.unwrap_err();
    assert_eq!(say(&heard.take("execute")[0], &["stream", "outcome"]), ["counter-a", "rejected"]);
}

#[tokio::test]
async fn a_load_tells_how_much_it_replayed() {
    let (heard, counters) = (Heard::default(), Store::memory().repository::<Counter>());
    for _ in 0..5 {
        counters.execute("a", Add { amount: 1 }).await.unwrap();
    }
    let names = ["stream", "version", "snapshot", "replayed"];
    listen(&heard, counters.load("a")).await.unwrap();
    assert_eq!(say(&heard.take("load")[0], &names), ["counter-a", "5", "0", "5"]);
    counters.snapshot("a").await.unwrap();
    counters.execute("a", Add { amount: 1 }).await.unwrap();
    listen(&heard, counters.load("a")).await.unwrap();
    assert_eq!(say(&heard.take("load")[0], &names), ["counter-a", "6", "5", "1"]);
}

#[tokio::test]
async fn an_append_tells_where_its_events_lie_or_what_was_in_the_way() {
    let (heard, counters) = (Heard::default(), Store::memory().repository::<Counter>());
    listen(&heard, async { counters.execute("a", Add { amount: 2 }).await }).await.unwrap();
    let names = ["stream", "events", "verdict", "version", "position"];
    assert_eq!(say(&heard.take("append")[0], &names), ["counter-a", "1", "recorded", "1", "1"]);

    // A state that is at hand and behind.
    let behind = counters.clone().cached(10);
    behind.load("a").await.unwrap();
    counters.execute("a", Add { amount: 2 }).await.unwrap();
    listen(&heard, async { behind.execute("a", Add { amount: 2 }).await }).await.unwrap();
    let spans = heard.take("append");
    assert_eq!(say(&spans[0], &["verdict", "version"]), ["conflict", "2"]);
    assert_eq!(say(&spans[1], &["verdict", "version"]), ["recorded", "3"]);
}

#[tokio::test]
async fn a_projection_tells_how_far_it_was_behind() {
    let (heard, store) = (Heard::default(), Store::memory());
    for id in ["a", "b", "a"] {
        store.repository::<Counter>().execute(id, Add { amount: 1 }).await.unwrap();
    }
    let sums = store.projection::<Sum>();
    let names = ["projection", "events", "rows", "lag"];
    listen(&heard, sums.catch_up()).await.unwrap();
    assert_eq!(say(&heard.take("catch_up")[0], &names), ["sums", "3", "2", "3"]);
    listen(&heard, sums.catch_up()).await.unwrap();
    assert_eq!(say(&heard.take("catch_up")[0], &names), ["sums", "0", "0", "0"]);
}

#[tokio::test]
async fn a_projection_of_another_history_tells_what_it_found_and_what_it_had_done() {
    let journal = Arc::new(MemoryJournal::new());
    let store = Store::on(journal.clone(), "rewound");
    let event = NewEvent::new("CounterAdded", r#"{"amount":1}"#);
    let append = Append::new(annals::StreamName::new("counter", "a"), Expected::Any, vec![event]);
    let _ = journal.append(append).await.unwrap();
    let commit = Commit::new(ReadModel::new("sums", 1), 0, None, LogId::new(1, 9), Vec::new());
    let _ = journal.commit(commit).await.unwrap();
    let heard = Heard::default();
    listen(&heard, store.projection::<Sum>().catch_up()).await.unwrap_err();
    assert_eq!(say(&heard.take("catch_up")[0], &["projection", "events"]), ["sums", "0"]);
}
