//! Whatever tokens stand in an input, each derive gives tokens back, and they parse.

use super::{DERIVES, Derive};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use std::panic::{AssertUnwindSafe, catch_unwind};
use syn::DeriveInput;

/// Correct inputs that use the whole language, each with the derive that it is for.
const INPUTS: [(&str, &str); 13] = [
    (
        "Event",
        r#"
        /// What happens to an order.
        #[serde(rename_all_fields = "camelCase", deny_unknown_fields)]
        #[event(prefix = "Shop", retired("ShopOpened", "ShopShut"), crate = ::annals)]
        pub enum OrderEvent {
            /// The customer has ordered.
            #[event(name = "Opened", alias = "OrderCreated", alias = "order-made")]
            #[event(version = 3, upcast(2 => CreatedV2<u8>, 1 => old::CreatedV1))]
            #[undo(Cancelled { by: user_id, why: format!("{type:?}") })]
            Created { /** Who. */ user_id: String, r#type: f64 },
            #[undo(Confirmed)]
            #[undo(Self::LineAdded(payload.back()))]
            LineAdded(LineAdded),
            #[deprecated]
            #[undo(never)]
            Confirmed,
            Cancelled { by: String, why: String },
            #[event(unknown)]
            Unknown(UnknownEvent),
        }
        "#,
    ),
    (
        "Event",
        r#"
        #[serde(bound = "")]
        #[event(prefix = "Slot")]
        enum SlotEvent<T: Payload, const N: usize> where T: Copy {
            #[event(alias = "SlotTaken")] Filled { value: [T; N] },
            #[event(name = "SlotLeft")] Bare(T),
        }
        "#,
    ),
    (
        "Event beside a lock",
        r#"
        #[event(retired("OrderPromised"), lock = "OrderEvent")]
        #[serde(rename_all_fields = "camelCase")]
        pub enum SaleEvent {
            #[event(alias = "OrderCreated")]
            Placed { #[serde(alias = "user_id")] user_id: String, amount: f64, #[serde(default)] r#type: Vec<u8> },
            #[event(name = "OrderPaid")]
            Paid(Payment),
            #[event(name = "OrderConfirmed", version = 2, upcast(1 => old::ConfirmedV1))]
            Confirmed { by: String },
            #[event(unknown)]
            Unknown(UnknownEvent),
        }
        "#,
    ),
    (
        "Aggregate",
        r#"
        #[aggregate(event = OrderEvent, id = u64, name = "order.v2", ignore(Viewed, Printed), snapshot(every = 100, version = 2), crate = crate::facade)]
        #[on(Created { user_id, .. } if !user_id.is_empty(), meta => { self.seen = meta.version; })]
        pub struct Order {
            #[on(Created { user_id, .. })]
            user_id: String,
            #[on(Created { .. } => Status::Open)]
            #[on(Confirmed | Cancelled { .. } => Status::Closed)]
            status: Status,
            #[on(LineAdded { price, quantity: count @ 1..=9, .. } if *price > 0.0 => += price * f64::from(*count))]
            #[on(OrderEvent::LineRemoved(Line { price, .. }) => -= price)]
            total: f64,
            #[on(LineAdded { sku, .. } => .entry(sku.clone()).or_default().push(self.total))]
            r#lines: BTreeMap<String, Vec<f64>>,
            #[on(Created { .. }, meta => Some(meta.recorded_at))]
            at: Option<Timestamp>,
        }
        "#,
    ),
    (
        "Aggregate",
        "
        #[aggregate(event = SlotEvent<T>, ignore(Bare))]
        struct Slot<T: Payload> where T: Copy { #[on(Filled { value } => <<= *value)] bits: T }
        ",
    ),
    (
        "Command",
        r#"
        #[command(order: Order, cx: Context, error = OrderError, crate = ::annals)]
        pub enum OrderCommand {
            #[command(creates)]
            #[require(amount > 0.0 && matches!(order.status, Status::New), OrderError::NothingToPay { amount })]
            #[skip_if(cx.actor().is_none())]
            #[emit(Created { user_id, amount: { amount * 2.0 } })]
            #[emit(Noted(format!("{}", order.total)) if order.total > 3.0)]
            Create { #[command(id)] id: u64, user_id: String, amount: f64 },
            #[command(any)]
            #[emit(Confirmed)]
            #[emit(other::Event::Seen)]
            Confirm { #[command(id)] id: u64 },
            #[handler(<Order as Cancel>::cancel::<u8>)]
            Cancel { #[command(id)] r#ref: u64, reason: String },
        }
        "#,
    ),
    (
        "Command",
        "
        #[command(slot: Slot<T, N>)]
        #[command(any)]
        #[emit(Filled { value })]
        struct Fill<T: Payload, const N: usize> { value: [T; N] }
        ",
    ),
    (
        "Projection",
        r#"
        #[projection(name = "order-summary", events(OrderEvent, PaymentEvent, StockEvent), crate = ::annals)]
        #[projection(ignore(OrderEvent::Viewed))]
        #[row(PaymentEvent::Paid { order, .. } => order)]
        #[on(OrderEvent::Created { .. }, meta => self.touch(meta))]
        #[remove(OrderEvent::Cancelled { .. } if true)]
        pub struct OrderSummary {
            #[key]
            order_id: String,
            #[on(OrderEvent::Created { user_id, .. })]
            user_id: String,
            #[on(PaymentEvent::Paid { amount, .. } => += amount)]
            paid: f64,
            #[on(StockEvent::Gone, meta => Some(meta.recorded_at))]
            gone: Option<Timestamp>,
        }
        "#,
    ),
    (
        "Projection",
        r#"
        #[projection(name = "all", events(OrderEvent), single, ignore(_))]
        struct Totals { #[on(Created { amount, .. } => += amount)] sum: f64 }
        "#,
    ),
    (
        "Projection",
        r#"
        #[projection(name = "by-user", events(OrderEvent))]
        #[row(Created { user_id, .. }, meta => (user_id, meta))]
        struct ByUser<T: Clone> { #[key] user: T, #[on(Created { .. } | Confirmed => ^= 1)] n: u8 }
        "#,
    ),
    (
        "Projection",
        r#"
        #[projection(name = "indexed", events(OrderEvent), version = 2)]
        pub(crate) struct Indexed<T: Clone> {
            #[key] #[index(range)] id: String,
            #[index] #[on(Created { user_id, .. })] r#user: T,
            #[index(range)] #[index(range, per = r#user)] #[on(Created { .. } | Confirmed => += 1)] n: u8,
        }
        "#,
    ),
    (
        "Indexed",
        "#[indexed(crate = ::annals)] pub enum Status<const N: usize> { Open, r#type {}, #[deprecated] Closed() }",
    ),
    (
        "Indexed",
        "#[indexed(crate = crate::facade)] pub struct Cents<T: Clone> where T: Copy { #[serde(rename = \"a\")] r#amount: T }",
    ),
];

/// What a mutation puts in: words and marks of the language, literals of every kind, and what fits nowhere.
const POOL: &str = r#"
    event aggregate command projection index indexed range per version on key row remove require skip_if emit handler name alias prefix events ignore
    single id crate creates any error self Self super r#type r#self_ return await async let if else match _ mut ref in
    fn struct enum union where for impl dyn unsafe order cx Order Created Confirmed __events 'a 'static "" "text"
    "a b" b"bytes" c"c" 'c' b'b' 0 1 -1 1.5 99999999999999999999 1u8 "x"suffix r"raw" true false = == => := : :: , ; .
    .. ..= ... | || & && ! ? @ # $ ~ ^ + += - -= * *= / < > << >> <<= () [] {} (a, b) [x; 3] { y } (..) {..} <T> &'a
    |x| x + 1 Created { a, .. } Vec<u8> #[on(x)] => .push(1) vec![1] if let Some(x) = y { x }
"#;

const MUTANTS: usize = 4_000;

/// A generator that gives the same numbers in every run (xorshift64*).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33;
        usize::try_from(number).unwrap() % sides.max(1)
    }

    fn pick(&mut self, tokens: &[TokenTree]) -> TokenTree {
        tokens[self.roll(tokens.len())].clone()
    }
}

/// Changes one place among the tokens, or in one of their groups.
///
/// Seldom outside of attributes, where most changes make something that no derive is asked about.
fn mutate(tokens: TokenStream, in_attribute: bool, dice: &mut Dice, pool: &[TokenTree]) -> TokenStream {
    let mut tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let is_group = |at: usize| matches!(&tokens[at], TokenTree::Group(_));
    let follows_hash = |at: usize| at > 0 && matches!(&tokens[at - 1], TokenTree::Punct(mark) if mark.as_char() == '#');
    let groups: Vec<usize> = (0..tokens.len()).filter(|&at| is_group(at)).collect();
    let attributes: Vec<usize> = groups.iter().copied().filter(|&at| follows_hash(at)).collect();
    if !groups.is_empty() && dice.roll(100) < if in_attribute { 60 } else { 97 } {
        let choice = if attributes.is_empty() || dice.roll(3) == 0 { &groups } else { &attributes };
        let at = choice[dice.roll(choice.len())];
        let in_attribute = in_attribute || follows_hash(at);
        if let TokenTree::Group(group) = &tokens[at] {
            tokens[at] = Group::new(group.delimiter(), mutate(group.stream(), in_attribute, dice, pool)).into();
        }
        return tokens.into_iter().collect();
    }
    let at = dice.roll(tokens.len());
    match dice.roll(8) {
        0 if !tokens.is_empty() => {
            tokens.remove(at);
        }
        1 if !tokens.is_empty() => tokens.insert(at, tokens[at].clone()),
        2 if !tokens.is_empty() => {
            let other = dice.roll(tokens.len());
            tokens.swap(at, other);
        }
        3 if !tokens.is_empty() => tokens[at] = dice.pick(pool),
        4 if !tokens.is_empty() => {
            let end = at + dice.roll(tokens.len() - at + 1);
            let delimiters =
                [Delimiter::None, Delimiter::None, Delimiter::Parenthesis, Delimiter::Brace, Delimiter::Bracket];
            let content = tokens.splice(at..end, []).collect();
            tokens.insert(at, Group::new(delimiters[dice.roll(delimiters.len())], content).into());
        }
        5 => {
            let start = dice.roll(pool.len());
            let end = (start + 1 + dice.roll(4)).min(pool.len());
            tokens.splice(at..at, pool[start..end].iter().cloned());
        }
        6 if !tokens.is_empty() => {
            if let TokenTree::Group(group) = tokens[at].clone() {
                tokens.splice(at..=at, group.stream());
            } else {
                tokens.truncate(at);
            }
        }
        _ => tokens.insert(at, dice.pick(pool)),
    }
    tokens.into_iter().collect()
}

fn derive_or_fail(derive: (&str, Derive), input: &DeriveInput, context: &str) -> TokenStream {
    let (name, derive) = derive;
    let output =
        catch_unwind(AssertUnwindSafe(|| derive(input))).unwrap_or_else(|_| panic!("`{name}` panicked on {context}"));
    if let Err(error) = syn::parse2::<syn::File>(output.clone()) {
        panic!("the output of `{name}` does not parse: {error}\non {context}\n{output}");
    }
    output
}

fn is_refused(output: &TokenStream) -> bool {
    output.to_string().contains("compile_error")
}

#[test]
fn the_inputs_are_correct_before_they_are_mutated() {
    for (name, input) in INPUTS {
        let derive = DERIVES.into_iter().find(|(derive, _)| *derive == name).unwrap();
        let output = derive_or_fail(derive, &syn::parse_str(input).unwrap(), input);
        assert!(!is_refused(&output), "{output}");
    }
}

#[test]
fn every_derive_survives_the_inputs_of_the_others() {
    for (name, input) in INPUTS {
        for derive in DERIVES.into_iter().filter(|(derive, _)| *derive != name) {
            derive_or_fail(derive, &syn::parse_str(input).unwrap(), input);
        }
    }
}

#[test]
fn every_derive_survives_mutated_inputs() {
    let pool: Vec<TokenTree> = POOL.parse::<TokenStream>().unwrap().into_iter().collect();
    for derive in DERIVES {
        let inputs: Vec<TokenStream> =
            INPUTS.iter().filter(|(name, _)| *name == derive.0).map(|(_, input)| input.parse().unwrap()).collect();
        let (mut reached, mut refused) = (0, 0);
        for number in 0..MUTANTS {
            let seed = 0x9E37_79B9_7F4A_7C15 ^ (u64::try_from(number).unwrap() + 1).wrapping_mul(0xD129_0F3F_8A6B_5C4D);
            let mut dice = Dice(seed);
            let mut mutant = inputs[dice.roll(inputs.len())].clone();
            for _ in 0..=dice.roll(3) {
                mutant = mutate(mutant, false, &mut dice, &pool);
            }
            let Ok(input) = syn::parse2::<DeriveInput>(mutant.clone()) else { continue };
            reached += 1;
            let output = derive_or_fail(derive, &input, &format!("mutant {number} (seed {seed:#x}): {mutant}"));
            refused += usize::from(is_refused(&output));
        }
        println!("{}: {reached} of {MUTANTS} mutants were inputs, {refused} of them refused", derive.0);
        assert!(reached > MUTANTS / 4, "only {reached} of {MUTANTS} mutants reached `{}`", derive.0);
        assert!(refused > reached / 5, "only {refused} of {reached} mutants were refused by `{}`", derive.0);
        assert!(refused < reached, "no mutant was correct for `{}`", derive.0);
    }
}
