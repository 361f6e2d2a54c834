use annals::Indexed;

#[derive(Indexed)]
struct Money {
    cents: i64,
    currency: String,
}

#[derive(Indexed)]
struct Place(f64, f64);

fn main() {}
