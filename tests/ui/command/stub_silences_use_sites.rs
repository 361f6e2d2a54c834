#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::{Order, OrderError, OrderEvent};

#[derive(Command, Clone)]
#[command(order: Order, error = OrderError)]
enum OrderCommand {
    #[command(creats)]
    #[emit(Created { user_id, amount: 0.0 })]
    Create {
        #[command(id)]
        order_id: String,
        user_id: String,
    },
    #[emit(Confirmed)]
    Confirm {
        #[command(id)]
        order_id: String,
    },
}

fn confirm() -> OrderCommand {
    OrderCommand::Confirm { order_id: "1".to_owned() }
}

fn decides(order: &Order, cx: &Context) -> Result<Vec<OrderEvent>, OrderError> {
    let existence = confirm().existence();
    assert_eq!(existence, OrderCommand::existence(&confirm()));
    assert_eq!(<OrderCommand as Command>::decide(confirm(), order, cx), Ok(vec![OrderEvent::Confirmed]));
    confirm().decide(order, cx)
}

fn needs_error<C: Command<Aggregate = Order, Error = OrderError>>(_: C) {}

async fn asks(store: Store) -> Result<(), Box<dyn std::error::Error>> {
    needs_error(confirm());
    let id: String = annals::Targeted::target(&confirm());
    store.execute(confirm()).await?;
    store.repository::<Order>().execute(&id, confirm()).await?;
    store.repository::<Order>().execute("2", OrderCommand::Create { order_id: id, user_id: String::new() }).await?;
    Ok(())
}

fn main() {}
