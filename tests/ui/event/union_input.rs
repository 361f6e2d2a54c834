use annals::prelude::*;

#[derive(Event)]
union OrderEvent {
    amount: u64,
    quantity: u32,
}

fn main() {}
