use annals::prelude::*;

#[derive(Clone, Default)]
struct Order {
    confirmed: bool,
}

#[derive(Command, Clone)]
#[command(order: Order)]
enum OrderCommand {
    #[skip_if(order.confirmed)]
    #[emit(Confirmed)]
    Confirm,
}

fn main() {}
