use annals::Indexed;

#[derive(Clone, Indexed)]
struct Money<T> {
    cents: T,
    currency: String,
}

fn find<T: Clone>(money: Money<T>) -> annals::index::Query<()> {
    annals::index::Query::exact("money", &[&money, &Some(money.clone())])
}

fn main() {}
