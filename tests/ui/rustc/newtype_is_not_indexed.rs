use annals::Indexed;

struct Place;

#[derive(Indexed)]
struct Stop(Place);

#[derive(Indexed)]
struct Route {
    stops: Vec<u8>,
}

fn main() {}
