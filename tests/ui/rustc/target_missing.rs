#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::Order;

#[derive(Command, Clone)]
#[command(order: Order)]
#[skip_if(order.confirmed)]
#[emit(Confirmed)]
struct Confirm;

async fn confirm(store: Store) {
    let outcome = store.execute(Confirm).await;
    drop(outcome);
}

fn main() {}
