use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum TallyEvent {
    Counted,
}

#[derive(Projection, Clone, Debug, Default, Serialize, Deserialize)]
#[serde(bound = "T: Serialize + serde::de::DeserializeOwned")]
#[projection(name = "tally", events(TallyEvent), single, colour = "red")]
struct Tally<T, const STEP: u64>
where
    T: Clone + Default,
{
    #[on(Counted => += STEP)]
    count: u64,
    note: T,
}

fn folds(tally: &mut Tally<String, 3>, metadata: &Metadata) -> &'static str {
    tally.apply(&TallyEvent::Counted, metadata);
    Tally::<u8, 1>::NAME
}

fn main() {}
