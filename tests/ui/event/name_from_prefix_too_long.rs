use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(
    prefix = "order.of.a.user.who.had.to.give.a.very.long.name.to.an.event.that.is.nothing.but.a.change.of.an.order.in.the.next.shop.there."
)]
enum OrderEvent {
    Created { user_id: String },
    #[event(name = "order.confirmed")]
    Confirmed,
}

fn main() {}
