use annals::Indexed;

#[derive(Indexed)]
#[indexed(crte = ::annals)]
enum Status {
    Open,
}

fn main() {}
