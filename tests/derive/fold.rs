//! The number of what a projection's rows are made by: the same for the same arms, another for others.

use annals::{Event, Projection};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

#[derive(Event, Serialize, Deserialize)]
#[allow(dead_code)]
enum NoteEvent {
    Written { text: String, size: u32 },
    Moved { to: String },
    Shredded,
}

/// Declares a projection in a scope of its own, and gives its number.
macro_rules! fold {
    ($($row:tt)*) => {{
        #[derive(Projection, Default, Serialize, Deserialize)]
        $($row)*
        Row::FOLD
    }};
}

fn plain() -> u64 {
    fold! {
        #[projection(name = "notes", events(NoteEvent), ignore(Moved))]
        #[remove(Shredded)]
        struct Row {
            #[key]
            id: String,
            #[index]
            #[on(Written { text, .. })]
            text: String,
            #[serde(rename = "bytes")]
            #[on(Written { size, .. } => += size)]
            size: u32,
        }
    }
}

#[test]
fn what_is_only_written_otherwise_does_not_change_it() {
    let same = fold! {
        /// A note.
        #[projection(version = 7, ignore(Moved,))]
        #[projection(events(NoteEvent,), name = "other",)]
        #[remove( Shredded )]
        #[allow(dead_code)]
        struct Row { /** Which. */ #[key] id : String, #[index] #[on(Written{text,..})] pub text: String, // Text.
            #[serde(rename="bytes")] #[on(Written{size,..}=>+=size)]
            /// How large.
            size: u32 }
    };
    assert_eq!(same, plain());
}

#[test]
fn whatever_makes_the_rows_changes_it() {
    macro_rules! changed {
        (
            ignore: ($($ignore:tt)*), events: ($($events:tt)*), beside: ($($beside:tt)*), key: $key:ty,
            text: ($($text:tt)*), size: ($($size:tt)*), name: $name:ident: $ty:ty
        ) => {
            fold! {
                #[projection(name = "notes", events($($events)*), ignore($($ignore)*))]
                $($beside)*
                struct Row {
                    #[key]
                    id: $key,
                    $($text)*
                    text: String,
                    $($size)*
                    $name: $ty,
                }
            }
        };
    }
    let numbers = [
        plain(),
        // The guard of `#[remove]`, a `#[row]`, an `#[on]` of the struct.
        changed!(ignore: (Moved), events: (NoteEvent), beside: (#[remove(Shredded if true)]), key: String,
            text: (#[index] #[on(Written { text, .. })]),
            size: (#[serde(rename = "bytes")] #[on(Written { size, .. } => += size)]), name: size: u32),
        changed!(ignore: (Moved), events: (NoteEvent), beside: (#[row(Written { text, .. } => text)] #[remove(Shredded)]),
            key: String, text: (#[index] #[on(Written { text, .. })]),
            size: (#[serde(rename = "bytes")] #[on(Written { size, .. } => += size)]), name: size: u32),
        changed!(ignore: (Moved), events: (NoteEvent), beside: (#[on(Shredded => ())] #[remove(Shredded)]),
            key: String, text: (#[index] #[on(Written { text, .. })]),
            size: (#[serde(rename = "bytes")] #[on(Written { size, .. } => += size)]), name: size: u32),
        // What is ignored, and what is read.
        changed!(ignore: (_), events: (NoteEvent), beside: (#[remove(Shredded)]), key: String,
            text: (#[index] #[on(Written { text, .. })]),
            size: (#[serde(rename = "bytes")] #[on(Written { size, .. } => += size)]), name: size: u32),
        changed!(ignore: (Moved), events: (self::NoteEvent), beside: (#[remove(Shredded)]), key: String,
            text: (#[index] #[on(Written { text, .. })]),
            size: (#[serde(rename = "bytes")] #[on(Written { size, .. } => += size)]), name: size: u32),
        // The type of the key; an index; an arm; serde; a field's name and its type.
        changed!(ignore: (Moved), events: (NoteEvent), beside: (#[remove(Shredded)]), key: u64,
            text: (#[index] #[on(Written { text, .. })]),
            size: (#[serde(rename = "bytes")] #[on(Written { size, .. } => += size)]), name: size: u32),
        changed!(ignore: (Moved), events: (NoteEvent), beside: (#[remove(Shredded)]), key: String,
            text: (#[index(range)] #[on(Written { text, .. })]),
            size: (#[serde(rename = "bytes")] #[on(Written { size, .. } => += size)]), name: size: u32),
        changed!(ignore: (Moved), events: (NoteEvent), beside: (#[remove(Shredded)]), key: String,
            text: (#[on(Written { text, .. })]),
            size: (#[serde(rename = "bytes")] #[on(Written { size, .. } => += size)]), name: size: u32),
        changed!(ignore: (Moved), events: (NoteEvent), beside: (#[remove(Shredded)]), key: String,
            text: (#[index] #[on(Written { text, .. })]),
            size: (#[serde(rename = "bytes")] #[on(Written { size, .. } => += size + 1)]), name: size: u32),
        changed!(ignore: (Moved), events: (NoteEvent), beside: (#[remove(Shredded)]), key: String,
            text: (#[index] #[on(Written { text, .. })]),
            size: (#[serde(rename = "length")] #[on(Written { size, .. } => += size)]), name: size: u32),
        changed!(ignore: (Moved), events: (NoteEvent), beside: (#[remove(Shredded)]), key: String,
            text: (#[index] #[on(Written { text, .. })]),
            size: (#[serde(rename = "bytes")] #[on(Written { size, .. } => += size)]), name: bytes: u32),
        changed!(ignore: (Moved), events: (NoteEvent), beside: (#[remove(Shredded)]), key: String,
            text: (#[index] #[on(Written { text, .. })]),
            size: (#[serde(rename = "bytes")] #[on(Written { size, .. } => += u64::from(*size))]), name: size: u64),
    ];
    let distinct: BTreeSet<_> = numbers.iter().collect();
    assert_eq!(distinct.len(), numbers.len());
}
