use annals::prelude::*;

macro_rules! events {
    ($($name:ident),*) => {$(
        #[derive(Event, Serialize, Deserialize)]
        pub enum $name {
            Happened { id: u64 },
        }
    )*};
}

events!(AEvent, BEvent, CEvent, DEvent, EEvent, FEvent, GEvent, HEvent, IEvent);

/// Its own section reads, and so it compiles.
#[derive(Event, Serialize, Deserialize)]
pub enum OrderEvent {
    Created,
}

/// It has no section, or one that does not read.
#[derive(Event, Serialize, Deserialize)]
pub enum LostEvent {
    Created,
}
