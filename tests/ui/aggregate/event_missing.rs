use annals::prelude::*;

#[derive(Aggregate, Default)]
struct Order {
    #[on(OrderEvent::Created { user_id, .. })]
    user_id: String,
}

fn main() {}
