//! Derives inside functions, and inside `macro_rules!` with every kind of piece.

use annals::{Aggregate, Command, Context, Event, Projection};
use serde::{Deserialize, Serialize};
use std::fmt;

#[test]
fn types_may_be_declared_in_a_function() {
    #[derive(Event, Serialize, Deserialize, Clone)]
    enum DoorEvent {
        Opened { times: u8 },
        Closed,
    }

    #[derive(Aggregate, Default)]
    #[aggregate(event = DoorEvent)]
    struct Door {
        #[on(Opened { .. } => true)]
        #[on(Closed => false)]
        open: bool,
    }

    #[derive(Command, Clone)]
    #[command(door: Door)]
    enum DoorCommand {
        #[skip_if(door.open)]
        #[emit(Opened { times })]
        Open { times: u8 },
        #[skip_if(!door.open)]
        #[emit(Closed)]
        Close,
    }

    #[derive(Projection, Serialize, Deserialize, Default)]
    #[projection(name = "doors", events(DoorEvent), ignore(Closed))]
    struct DoorRow {
        #[key]
        id: String,
        #[on(Opened { times } => += times)]
        opened: u8,
    }

    let commands = [DoorCommand::Open { times: 2 }, DoorCommand::Open { times: 3 }, DoorCommand::Close];
    let (door, row, names) = super::run::<_, DoorRow>(commands);
    assert_eq!((door.open, &*row.id, row.opened), (false, "1", 2));
    assert_eq!(names, ["DoorOpened", "DoorClosed"]);
}

macro_rules! declare {
    (
        event: $event:ident $stored:literal $prefix:literal,
        state: $state:ident $id:ty,
        command: $command:ident $error:ty,
        row: $row:ident $name:literal,
        field: $field:ident: $type:ty,
        binder: $binder:ident,
        condition: $condition:expr,
        rejection: $rejection:expr,
        emitted: $emitted:expr,
        also: $also:expr,
        handler: $handler:path,
        pattern: $pattern:pat,
        right: $right:expr,
        rest: $($rest:tt)*
    ) => {
        #[derive(Event, Serialize, Deserialize, Clone)]
        #[event(prefix = $prefix)]
        pub(super) enum $event {
            #[event(name = $stored)]
            Set { $field: $type },
            Unset,
        }

        #[derive(Aggregate, Serialize, Deserialize, Default)]
        #[aggregate(event = $event, id = $id, name = $name, snapshot(every = 2))]
        pub(super) struct $state {
            #[on($pattern => $right)]
            #[on(Unset => 0)]
            $field: $type,
            #[on(Set { $field: new } => += new)]
            #[on(Unset $($rest)*)]
            sum: $type,
        }

        #[derive(Command, Clone)]
        #[command($binder: $state, error = $error)]
        pub(super) enum $command {
            #[require($condition, $rejection)]
            #[skip_if($binder.sum > 100)]
            #[emit($emitted)]
            #[emit($also if $binder.$field == 0)]
            Set { #[command(id)] id: $id, $field: $type },
            #[handler($handler)]
            Unset { #[command(id)] id: $id },
        }

        #[derive(Projection, Serialize, Deserialize, Default)]
        #[projection(name = $name, events($event))]
        pub(super) struct $row {
            #[key]
            key: $id,
            #[on($pattern => $right)]
            #[on(Unset => 0)]
            $field: $type,
        }
    };
}

declare! {
    event: DialEvent "DialTurned" "Dial",
    state: Dial u64,
    command: DialCommand fmt::Error,
    row: DialRow "dials",
    field: angle: u32,
    binder: dial,
    condition: angle < 360 && angle != dial.angle,
    rejection: fmt::Error,
    emitted: Set { angle },
    also: DialEvent::Set { angle: 1 },
    handler: unset,
    pattern: Set { angle },
    right: *angle,
    rest: => += 0
}

fn unset(_: &Dial, _: u64) -> DialEvent {
    DialEvent::Unset
}

#[test]
fn types_may_come_out_of_a_macro() {
    let set = |angle| DialCommand::Set { id: 1, angle };
    let (dial, row, names) = super::run::<_, DialRow>([set(40), set(50)]);
    assert_eq!((dial.angle, dial.sum), (50, 91));
    assert_eq!((row.key, row.angle), (1, 50));
    assert_eq!(names, ["DialTurned", "DialTurned", "DialTurned"]);
    let context =
        Context::new("1", annals::Version::NONE, annals::Timestamp::UNIX_EPOCH, annals::Annotations::default());
    assert!(set(360).decide(&Dial::default(), &context).is_err());
    assert_eq!(DialCommand::Unset { id: 1 }.decide(&Dial::default(), &context).map(|events| events.len()), Ok(1));
}
