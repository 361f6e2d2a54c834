use annals::Indexed;

#[derive(Indexed)]
#[indexed(reversed)]
enum Status {
    Open,
}

fn main() {}
