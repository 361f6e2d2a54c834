//! What `#[derive(Command)]` generates decides as the attributes say.

use annals::{Aggregate, Annotations, Command, Context, Event, Existence, Targeted, Timestamp, Version};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;

#[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
enum CartEvent {
    Opened { owner: String, limit: f64 },
    Added { sku: String, quantity: u32 },
    Noted(Note),
    Closed,
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
struct Note {
    text: String,
}

#[derive(Aggregate, Clone, Debug, Default)]
#[aggregate(event = CartEvent, ignore(Noted))]
struct Cart {
    #[on(Opened { limit, .. })]
    limit: f64,
    #[on(Added { quantity, .. } => += quantity)]
    count: u32,
    #[on(Opened { .. } => true)]
    #[on(Closed => false)]
    open: bool,
}

#[derive(thiserror::Error, Clone, Debug, PartialEq)]
enum CartError {
    #[error("the cart is closed")]
    Closed,
    #[error("{0} is too many")]
    TooMany(u32),
    #[error("the limit must be above zero")]
    NoLimit,
}

impl From<std::num::ParseIntError> for CartError {
    fn from(_: std::num::ParseIntError) -> Self {
        Self::TooMany(0)
    }
}

fn context() -> Context {
    Context::new("cart-1", Version::new(7), Timestamp::UNIX_EPOCH, Annotations::default().with_actor("clerk"))
}

fn open_cart() -> Cart {
    Cart { limit: 10.0, count: 1, open: true }
}

fn decide<C: Command<Aggregate = Cart>>(command: C) -> Result<Vec<CartEvent>, C::Error> {
    command.decide(&open_cart(), &context())
}

fn added(sku: &str, quantity: u32) -> CartEvent {
    CartEvent::Added { sku: sku.to_owned(), quantity }
}

fn noted(text: &str) -> CartEvent {
    CartEvent::Noted(Note { text: text.to_owned() })
}

#[derive(Command, Clone, Debug)]
#[command(cart: Cart, error = CartError)]
enum CartCommand {
    #[command(creates)]
    #[require(limit > 0.0, CartError::NoLimit)]
    #[emit(Opened { owner, limit })]
    Open { owner: String, limit: f64 },

    #[require(cart.open, CartError::Closed)]
    #[require(cart.count + quantity < 5, CartError::TooMany(cart.count + quantity))]
    #[emit(Added { sku, quantity })]
    Add { sku: String, quantity: u32 },

    #[skip_if(!cart.open)]
    #[emit(Closed)]
    Close,

    #[command(any)]
    #[emit(Noted(Note { text }))]
    Note { text: String },
}

#[test]
fn an_event_takes_the_fields_of_the_command() {
    let events = decide(CartCommand::Open { owner: "ann".into(), limit: 2.5 });
    assert_eq!(events, Ok(vec![CartEvent::Opened { owner: "ann".into(), limit: 2.5 }]));
    assert_eq!(decide(CartCommand::Note { text: "hello".into() }), Ok(vec![noted("hello")]));
    assert_eq!(decide(CartCommand::Close), Ok(vec![CartEvent::Closed]));
}

#[test]
fn a_command_that_does_not_meet_a_requirement_is_rejected() {
    for limit in [0.0, -1.0, f64::NAN] {
        assert_eq!(decide(CartCommand::Open { owner: "ann".into(), limit }), Err(CartError::NoLimit));
    }
    assert_eq!(decide(CartCommand::Add { sku: "a".into(), quantity: 9 }), Err(CartError::TooMany(10)));
    assert_eq!(decide(CartCommand::Add { sku: "a".into(), quantity: 3 }), Ok(vec![added("a", 3)]));
}

#[test]
fn requirements_are_checked_in_the_order_written() {
    let both = CartCommand::Add { sku: "a".into(), quantity: 9 };
    assert_eq!(both.decide(&Cart { open: false, ..open_cart() }, &context()), Err(CartError::Closed));
}

#[test]
fn a_command_is_skipped_where_there_is_nothing_to_do() {
    assert_eq!(CartCommand::Close.decide(&Cart::default(), &context()), Ok(vec![]));
}

#[test]
fn a_variant_says_whether_the_aggregate_must_exist() {
    let open = CartCommand::Open { owner: String::new(), limit: 0.0 };
    assert_eq!(open.existence(), Existence::New);
    assert_eq!(CartCommand::Close.existence(), Existence::Existing);
    assert_eq!(CartCommand::Note { text: String::new() }.existence(), Existence::Any);
}

/// Rules of both kinds, which run in the order written, wherever the `emit` stands among them.
#[derive(Command, Clone)]
#[command(_cart: Cart, error = CartError)]
#[require(first, CartError::NoLimit)]
#[skip_if(skipped)]
#[emit(Closed)]
#[require(second, CartError::Closed)]
struct Ordered {
    first: bool,
    skipped: bool,
    second: bool,
}

#[test]
fn rules_run_in_the_order_written_and_before_any_emit() {
    for (first, skipped, second, expected) in [
        (false, true, false, Err(CartError::NoLimit)),
        (true, true, false, Ok(vec![])),
        (true, false, false, Err(CartError::Closed)),
        (true, false, true, Ok(vec![CartEvent::Closed])),
    ] {
        assert_eq!(decide(Ordered { first, skipped, second }), expected, "{first} {skipped} {second}");
    }
}

#[derive(Command, Clone)]
#[command(cart: Cart)]
#[emit(Added { sku: sku.clone(), quantity: cart.count })]
#[emit(Noted(Note { text: sku }) if !sku.is_empty())]
#[emit(CartEvent::Added { sku: "last".to_owned(), quantity: cart.count } if loud && cart.count == 1)]
#[emit(CartEvent::from(Note { text: "end".to_owned() }))]
struct Several {
    sku: String,
    loud: bool,
}

#[test]
fn several_events_come_in_the_order_written_and_see_the_state_before_the_command() {
    let all = decide(Several { sku: "a".into(), loud: true });
    assert_eq!(all, Ok(vec![added("a", 1), noted("a"), added("last", 1), noted("end")]));
}

#[test]
fn an_event_with_a_condition_is_emitted_where_it_holds() {
    assert_eq!(decide(Several { sku: String::new(), loud: false }), Ok(vec![added("", 1), noted("end")]));
}

/// The condition of a later event reads a field that an earlier event takes.
#[derive(Command, Clone)]
#[command(_cart: Cart)]
#[emit(Noted(Note { text }))]
#[emit(Closed if text.is_empty())]
struct Moved {
    text: String,
}

#[test]
fn conditions_see_every_field_whole() {
    assert_eq!(decide(Moved { text: String::new() }), Ok(vec![noted(""), CartEvent::Closed]));
    assert_eq!(decide(Moved { text: "x".into() }), Ok(vec![noted("x")]));
}

#[derive(Command, Clone)]
#[command(cart: Cart, error = CartError)]
#[emit(Added { sku: cart.limit.to_string(), quantity: quantity.parse()? })]
struct Parsed {
    quantity: String,
}

#[test]
fn a_question_mark_rejects_with_the_converted_error() {
    assert_eq!(decide(Parsed { quantity: "3".into() }), Ok(vec![added("10", 3)]));
    assert_eq!(decide(Parsed { quantity: "x".into() }), Err(CartError::TooMany(0)));
}

mod handlers {
    use super::{Cart, CartError, CartEvent, added};

    fn event(cart: &Cart, sku: &str) -> CartEvent {
        added(sku, cart.count)
    }

    pub(super) fn one(cart: &Cart, sku: &'static str) -> CartEvent {
        event(cart, sku)
    }

    pub(super) fn option(cart: &Cart, sku: &'static str) -> Option<CartEvent> {
        (!sku.is_empty()).then(|| event(cart, sku))
    }

    pub(super) fn vec(cart: &Cart, sku: &'static str, times: usize) -> Vec<CartEvent> {
        vec![event(cart, sku); times]
    }

    pub(super) fn array(cart: &Cart) -> [CartEvent; 2] {
        [event(cart, "x"), event(cart, "y")]
    }

    pub(super) fn result(_: &Cart, sku: &'static str) -> Result<CartEvent, CartError> {
        if sku.is_empty() { Err(CartError::Closed) } else { Ok(added(sku, 1)) }
    }

    pub(super) fn option_result(_: &Cart, sku: &'static str) -> Result<Option<CartEvent>, CartError> {
        if sku == "bad" { Err(CartError::Closed) } else { Ok((!sku.is_empty()).then(|| added(sku, 1))) }
    }

    /// Fails with an error that turns into the command's.
    pub(super) fn vec_result(_: &Cart, sku: &'static str) -> Result<Vec<CartEvent>, std::num::ParseIntError> {
        Ok(vec![added(sku, sku.parse()?)])
    }

    pub(super) fn array_result(_: &Cart) -> Result<[CartEvent; 1], CartError> {
        Err(CartError::NoLimit)
    }
}

#[derive(Command, Clone)]
#[command(cart: Cart, error = CartError)]
enum Handled {
    #[handler(handlers::one)]
    One { sku: &'static str },
    #[handler(handlers::option)]
    Option { sku: &'static str },
    #[handler(handlers::vec)]
    Vec { sku: &'static str, times: usize },
    #[handler(handlers::array)]
    Array,
    #[handler(handlers::result)]
    Result { sku: &'static str },
    #[handler(handlers::option_result)]
    OptionResult { sku: &'static str },
    #[handler(handlers::vec_result)]
    VecResult { sku: &'static str },
    #[handler(handlers::array_result)]
    ArrayResult,
}

#[test]
fn a_handler_may_return_events_in_any_container() {
    let sku = "7";
    for (command, expected) in [
        (Handled::One { sku }, Ok(vec![added("7", 1)])),
        (Handled::Option { sku }, Ok(vec![added("7", 1)])),
        (Handled::Option { sku: "" }, Ok(vec![])),
        (Handled::Vec { sku, times: 2 }, Ok(vec![added("7", 1), added("7", 1)])),
        (Handled::Array, Ok(vec![added("x", 1), added("y", 1)])),
        (Handled::Result { sku }, Ok(vec![added("7", 1)])),
        (Handled::Result { sku: "" }, Err(CartError::Closed)),
        (Handled::OptionResult { sku }, Ok(vec![added("7", 1)])),
        (Handled::OptionResult { sku: "" }, Ok(vec![])),
        (Handled::OptionResult { sku: "bad" }, Err(CartError::Closed)),
        (Handled::VecResult { sku }, Ok(vec![added("7", 7)])),
        (Handled::VecResult { sku: "x" }, Err(CartError::TooMany(0))),
        (Handled::ArrayResult, Err(CartError::NoLimit)),
    ] {
        assert_eq!(decide(command), expected);
    }
}

impl Cart {
    fn sign(&self, cx: &Context, text: &str, copies: u32) -> [CartEvent; 2] {
        let signature = format!("{text}, {} {} {}", cx.actor().unwrap_or("nobody"), cx.aggregate_id(), cx.version());
        [noted(&signature), added("copy", self.count + copies)]
    }
}

/// A handler after rules, which sees the context behind the state and the fields in the order of the struct.
#[derive(Command, Clone)]
#[command(cart: Cart, cx: Context, error = CartError)]
#[command(any)]
#[require(cx.version() > Version::NONE, CartError::Closed)]
#[skip_if(copies > cart.count)]
#[handler(Cart::sign)]
struct Sign {
    text: &'static str,
    copies: u32,
}

#[test]
fn a_handler_is_called_after_the_rules_with_state_context_and_fields() {
    let signed = vec![noted("paid, clerk cart-1 7"), added("copy", 2)];
    assert_eq!(decide(Sign { text: "paid", copies: 1 }), Ok(signed));
    assert_eq!(decide(Sign { text: "paid", copies: 2 }), Ok(vec![]));
    let new = Context::new("1", Version::NONE, Timestamp::UNIX_EPOCH, Annotations::default());
    let sign = Sign { text: "paid", copies: 1 };
    assert_eq!(sign.existence(), Existence::Any);
    assert_eq!(sign.decide(&open_cart(), &new), Err(CartError::Closed));
}

#[derive(Command, Clone)]
#[command(_cart: Cart, cx: Context)]
#[emit(Noted(Note { text: format!("{} {}", cx.now(), cx.actor().unwrap_or_default()) }))]
struct Stamp;

#[test]
fn rules_see_the_context() {
    assert_eq!(decide(Stamp), Ok(vec![noted("1970-01-01T00:00:00Z clerk")]));
}

#[test]
fn a_command_without_an_error_type_is_never_rejected() {
    fn error_of<C: Command<Error = Infallible>>(_: &C) {}
    error_of(&Stamp);
    error_of(&Moved { text: String::new() });
}

#[derive(Command, Clone)]
#[command(_cart: Cart)]
#[command(creates)]
#[emit(Closed)]
struct Unit;

#[derive(Command, Clone)]
#[command(_cart: Cart)]
#[emit(Closed)]
struct Empty {}

#[test]
fn a_struct_without_fields_is_a_command() {
    assert_eq!((decide(Unit), decide(Empty {})), (Ok(vec![CartEvent::Closed]), Ok(vec![CartEvent::Closed])));
    assert_eq!((Unit.existence(), Empty {}.existence()), (Existence::New, Existence::Existing));
}

#[derive(Command, Clone)]
#[command(_cart: Cart)]
enum Addressed {
    #[emit(Noted(Note { text: id }))]
    Name {
        #[command(id)]
        id: String,
    },
    #[emit(Closed)]
    Close {
        reason: u8,
        #[command(id)]
        cart: String,
    },
}

#[derive(Command, Clone)]
#[command(_cart: Cart)]
#[emit(Closed)]
struct CloseOne {
    #[command(id)]
    cart_id: String,
}

#[test]
fn the_id_travels_in_the_command() {
    assert_eq!(Addressed::Name { id: "7".into() }.target(), "7");
    assert_eq!(Addressed::Close { reason: 1, cart: "8".into() }.target(), "8");
    assert_eq!(CloseOne { cart_id: "9".into() }.target(), "9");
    assert_eq!(decide(Addressed::Name { id: "7".into() }), Ok(vec![noted("7")]));
}

mod raw {
    use super::{Aggregate, Command, Deserialize, Event, Serialize};

    #[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
    pub(super) enum LoopEvent {
        r#Self_ {
            r#type: u32,
        },
        #[allow(non_camel_case_types)]
        r#match {
            r#fn: u32,
        },
    }

    #[derive(Aggregate, Default)]
    #[aggregate(event = LoopEvent, ignore(Self_))]
    pub(super) struct r#Loop {
        #[on(r#match { r#fn })]
        pub(super) r#while: u32,
    }

    #[derive(Command, Clone)]
    #[command(r#loop: r#Loop)]
    pub(super) enum LoopCommand {
        #[skip_if(r#loop.r#while == r#type)]
        #[emit(Self_ { r#type })]
        Start {
            r#type: u32,
            #[command(id)]
            r#ref: String,
        },
        #[allow(non_camel_case_types)]
        #[emit(r#match { r#fn: r#move + r#loop.r#while })]
        r#match {
            r#move: u32,
            #[command(id)]
            r#ref: String,
        },
    }
}

#[test]
fn raw_identifiers_may_stand_everywhere() {
    let state = raw::Loop { r#while: 3 };
    let r#ref = || "1".to_owned();
    let start = |r#type| raw::LoopCommand::Start { r#type, r#ref: r#ref() }.decide(&state, &context());
    assert_eq!((start(3), start(4)), (Ok(vec![]), Ok(vec![raw::LoopEvent::Self_ { r#type: 4 }])));
    let matched = raw::LoopCommand::r#match { r#move: 1, r#ref: r#ref() };
    assert_eq!(matched.target(), "1");
    assert_eq!(matched.decide(&state, &context()), Ok(vec![raw::LoopEvent::r#match { r#fn: 4 }]));
}

mod generic {
    use super::{Aggregate, Command, Deserialize, Event, Serialize};
    use serde::de::DeserializeOwned;
    use std::fmt;

    pub(super) trait Payload:
        Serialize + DeserializeOwned + Clone + Default + PartialEq + Send + Sync + 'static
    {
    }
    impl<T: Serialize + DeserializeOwned + Clone + Default + PartialEq + Send + Sync + 'static> Payload for T {}

    #[derive(Event, Serialize, Deserialize, Clone, Debug, PartialEq)]
    #[serde(bound = "")]
    pub(super) enum SlotEvent<T: Payload> {
        Filled { value: T },
        Full,
    }

    #[derive(Aggregate, Default)]
    #[aggregate(event = SlotEvent<T>, ignore(Full))]
    pub(super) struct Slot<T: Payload, const SIZE: usize> {
        #[on(Filled { value } => .push(value.clone()))]
        pub(super) values: Vec<T>,
    }

    #[derive(Command, Clone)]
    #[command(slot: Slot<T, SIZE>, error = fmt::Error)]
    pub(super) enum Fill<T: Payload, L, const SIZE: usize>
    where
        L: AsRef<str> + Clone + Send + Sync + 'static,
    {
        #[skip_if(slot.values.contains(&value))]
        #[require(slot.values.len() < SIZE, fmt::Error)]
        #[emit(Filled { value })]
        #[emit(Full if slot.values.len() + 1 == SIZE)]
        One { value: T },
        #[require(label.as_ref().is_empty(), fmt::Error)]
        #[emit(SlotEvent::Filled { value: T::default() })]
        Default { label: L },
    }
}

#[test]
fn a_command_may_be_generic() {
    use generic::{Fill, Slot, SlotEvent};
    type FillNumber = Fill<u8, &'static str, 2>;
    let slot = |values: &[u8]| Slot::<u8, 2> { values: values.to_vec() };
    let fill = |value, slot: &Slot<u8, 2>| FillNumber::One { value }.decide(slot, &context());
    assert_eq!(fill(1, &slot(&[])), Ok(vec![SlotEvent::Filled { value: 1 }]));
    assert_eq!(fill(2, &slot(&[1])), Ok(vec![SlotEvent::Filled { value: 2 }, SlotEvent::Full]));
    assert_eq!(fill(1, &slot(&[1])), Ok(vec![]));
    assert_eq!(fill(3, &slot(&[1, 2])), Err(std::fmt::Error));
    let default = |label| FillNumber::Default { label }.decide(&slot(&[]), &context());
    assert_eq!((default(""), default("x")), (Ok(vec![SlotEvent::Filled { value: 0 }]), Err(std::fmt::Error)));
}
