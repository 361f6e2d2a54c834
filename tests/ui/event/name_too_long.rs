use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum OrderEvent {
    #[event(
        name = "order.created.by.a.user.who.had.to.give.a.very.long.name.to.an.event.that.is.nothing.but.the.beginning.of.an.order.in.the.shop.around.the.corner"
    )]
    Created { user_id: String },
    Confirmed,
}

fn main() {}
