use annals::Indexed;

#[derive(Indexed)]
union Number {
    whole: u64,
    real: f64,
}

fn main() {}
