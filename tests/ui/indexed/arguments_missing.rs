use annals::Indexed;

#[derive(Indexed)]
#[indexed]
enum Status {
    Open,
}

fn main() {}
