use annals::Indexed;

#[derive(Indexed)]
enum Status {
    Open,
    Cancelled { reason: String },
    Moved(String),
}

fn main() {}
