use annals::prelude::*;

#[derive(Aggregate, Clone, Debug, Default)]
#[aggregate(event = TallyEvent, colour = "red")]
struct Tally<T, const STEP: u64>
where
    T: Clone + Default + Send + Sync + 'static,
{
    #[on(Counted => += STEP)]
    count: u64,
    note: T,
}

#[derive(Event, Serialize, Deserialize)]
enum TallyEvent {
    Counted,
}

fn folds(tally: &mut Tally<String, 3>, metadata: &Metadata) -> &'static str {
    tally.apply(&TallyEvent::Counted, metadata);
    Tally::<u8, 1>::NAME
}

fn main() {}
