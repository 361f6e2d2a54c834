use annals::prelude::*;

#[derive(Event, Serialize, Deserialize, Clone, Debug)]
#[serde(bound = "T: Serialize + serde::de::DeserializeOwned")]
#[event(colour = "red")]
enum Change<T, const N: usize>
where
    T: Clone,
{
    Set { value: T },
    Cleared,
}

fn is_event<E: Event>(_: &E) {}

fn uses(change: &Change<String, 3>) -> usize {
    is_event(change);
    is_event(&Change::<u8, 1>::Set { value: 1 });
    change.variant_index() + Change::<u8, 2>::DESCRIPTOR.variants.len()
}

fn main() {}
