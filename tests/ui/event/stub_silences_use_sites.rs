use annals::prelude::*;

#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
enum OrderEvent {
    #[event(nmae = "OrderPlaced")]
    Created { user_id: String },
    Confirmed(Confirmation),
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Confirmation {
    by: String,
}

#[derive(Aggregate, Default)]
#[aggregate(event = OrderEvent)]
struct Order {
    #[on(Created { user_id })]
    user_id: String,
    #[on(Confirmed(_) => true)]
    confirmed: bool,
}

#[derive(Command, Clone)]
#[command(order: Order)]
enum OrderCommand {
    #[command(creates)]
    #[emit(Created { user_id })]
    Create { user_id: String },
    #[skip_if(order.confirmed)]
    #[emit(Confirmed(Confirmation { by }))]
    Confirm { by: String },
}

#[derive(Projection, Default, Serialize, Deserialize)]
#[projection(name = "order-summary", events(OrderEvent))]
#[row(Created { user_id } => user_id)]
struct OrderSummary {
    #[key]
    user_id: String,
    #[on(Created { .. } => += 1)]
    #[on(Confirmed(_) => -= 1)]
    open: u32,
}

fn confirmed() -> OrderEvent {
    Confirmation { by: "ann".to_owned() }.into()
}

fn names() -> Vec<&'static str> {
    OrderEvent::DESCRIPTOR.variants.iter().map(|variant| variant.event_type).collect()
}

fn index(event: &OrderEvent) -> usize {
    assert!(annals::Event::variant_index(event) < names().len());
    confirmed().variant_index()
}

fn is_event<E: Event>(_: &E) {}

async fn asks(store: Store) {
    is_event(&confirmed());
    let _loaded = store.repository::<Order>().load("1").await;
    let _rows = store.projection::<OrderSummary>().catch_up().await;
}

fn main() {}
