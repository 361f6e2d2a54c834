use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
#[event(
    prefix = "order.of.a.user.who.had.to.give.a.very.long.name.to.an.event.that.is.nothing.but.a.change.of.an.order.in.the.shop.around.the.corner."
)]
enum OrderEvent {
    Created { user_id: String },
    Confirmed,
}

fn main() {}
