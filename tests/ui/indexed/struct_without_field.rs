use annals::Indexed;

#[derive(Indexed)]
struct Nothing;

#[derive(Indexed)]
struct Empty {}

fn main() {}
