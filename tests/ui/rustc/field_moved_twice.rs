use annals::prelude::*;

#[derive(Event, Serialize, Deserialize)]
enum NoteEvent {
    Written { text: String },
    Sent { text: String },
}

#[derive(Aggregate, Default)]
#[aggregate(event = NoteEvent, ignore(Written, Sent))]
struct Note {}

#[derive(Command, Clone)]
#[command(_note: Note)]
#[command(creates)]
#[emit(Written { text })]
#[emit(Sent { text })]
struct Send {
    text: String,
}

fn main() {}
