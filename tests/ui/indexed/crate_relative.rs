use annals::Indexed;

#[derive(Indexed)]
#[indexed(crate = annals)]
enum Status {
    Open,
}

fn main() {}
