use annals::Indexed;

#[derive(Indexed)]
#[indexed(crate = ::annals, crate = ::annals)]
enum Status {
    Open,
}

fn main() {}
