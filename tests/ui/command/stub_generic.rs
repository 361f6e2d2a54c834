#[path = "../shop.rs"]
mod shop;

use annals::prelude::*;
use shop::Order;

#[derive(Command, Clone)]
#[command(order: Order, colour = "red")]
#[emit(Created { user_id: user.to_string(), amount: 0.0 })]
struct Create<U: Clone + ToString + Send + Sync + 'static, const N: usize> {
    user: U,
    codes: [u8; N],
}

fn decides(order: &Order, cx: &Context) {
    let create = Create { user: "ann", codes: [1, 2] };
    assert!(create.clone().decide(order, cx).is_ok());
    assert_eq!(Store::memory().repository::<Order>().stream("1").as_str(), "order-1");
    let _asked = Store::memory().repository::<Order>().execute("1", create);
}

fn main() {}
