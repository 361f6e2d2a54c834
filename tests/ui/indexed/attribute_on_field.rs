use annals::Indexed;

#[derive(Indexed)]
struct Cents(#[indexed(crate = ::annals)] i64);

#[derive(Indexed)]
enum Status {
    #[indexed(crate = ::annals)]
    Open,
}

fn main() {}
