//! Whether what was written in one shape is read in another.

use super::{Field, Presence, Primitive, Shape, Struct, Variant};
use std::{collections::HashSet, fmt, ptr};

/// A part of a locked shape that the shape of today does not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mismatch {
    /// The way there, as in `address.city`; empty for the whole.
    pub(crate) path: String,
    /// What is wrong there.
    pub(crate) what: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            write!(f, "the payload {}", self.what)
        } else {
            write!(f, "`{}` {}", self.path, self.what)
        }
    }
}

impl Shape {
    /// Whether a type of this shape reads all that was written in the shape `locked`, and loses nothing of it.
    pub(crate) fn reads(&self, locked: &Self) -> Result<(), Vec<Mismatch>> {
        let mut judge = Judge { assumed: HashSet::new(), path: Vec::new(), found: Vec::new() };
        judge.shape(Scoped { shape: self, scope: None }, Scoped { shape: locked, scope: None });
        if judge.found.is_empty() { Ok(()) } else { Err(judge.found) }
    }
}

/// The types around a shape that may come round again in it.
struct Scope<'a> {
    name: &'a str,
    shape: &'a Shape,
    outer: Option<&'a Scope<'a>>,
}

/// A shape where it stands.
#[derive(Clone, Copy)]
struct Scoped<'a> {
    shape: &'a Shape,
    scope: Option<&'a Scope<'a>>,
}

impl<'a> Scoped<'a> {
    fn inner(self, shape: &'a Shape) -> Self {
        Self { shape, scope: self.scope }
    }
}

struct Judge {
    /// Pairs that are being compared further out: that they fit is assumed inside, as is right for endless types.
    assumed: HashSet<(*const Shape, *const Shape)>,
    path: Vec<String>,
    found: Vec<Mismatch>,
}

impl Judge {
    fn shape(&mut self, today: Scoped<'_>, locked: Scoped<'_>) {
        // What a name stands for, and what a name is given to.
        if let Shape::Recursive(name, shape) = today.shape {
            let scope = Scope { name, shape: today.shape, outer: today.scope };
            if !self.assumed.insert((ptr::from_ref(today.shape), ptr::from_ref(locked.shape))) {
                return;
            }
            return self.shape(Scoped { shape, scope: Some(&scope) }, locked);
        }
        if let Shape::Recursive(name, shape) = locked.shape {
            let scope = Scope { name, shape: locked.shape, outer: locked.scope };
            if !self.assumed.insert((ptr::from_ref(today.shape), ptr::from_ref(locked.shape))) {
                return;
            }
            return self.shape(today, Scoped { shape, scope: Some(&scope) });
        }
        match (meant(today), meant(locked)) {
            (Ok(today_meant), Ok(locked_meant)) => {
                let again = matches!(today.shape, Shape::Again(_)) || matches!(locked.shape, Shape::Again(_));
                if !again {
                    self.parts(today, locked);
                } else if self.assumed.insert((ptr::from_ref(today.shape), ptr::from_ref(locked.shape))) {
                    self.shape(today_meant, locked_meant);
                }
            }
            // It is not said what comes round again.
            (Err(is), Err(was)) if is == was => {}
            _ => self.differ(today.shape, locked.shape),
        }
    }

    fn parts(&mut self, today: Scoped<'_>, locked: Scoped<'_>) {
        match (today.shape, locked.shape) {
            (Shape::Any, Shape::Any) => {}
            (Shape::Primitive(is), Shape::Primitive(was)) if reads(*is, *was) => {}
            (Shape::Option(is), Shape::Option(was)) => self.shape(today.inner(is), locked.inner(was)),
            (Shape::Option(is), _) => self.shape(today.inner(is), locked),
            (Shape::List(is), Shape::List(was)) => {
                self.at("[]", |judge| judge.shape(today.inner(is), locked.inner(was)));
            }
            (Shape::Tuple(is), Shape::Tuple(was)) if is.len() == was.len() => {
                for (index, (is, was)) in is.iter().zip(was).enumerate() {
                    self.at(&format!(".{index}"), |judge| judge.shape(today.inner(is), locked.inner(was)));
                }
            }
            (Shape::Map { key, value }, Shape::Map { key: key_was, value: value_was }) => {
                self.at("[key]", |judge| judge.shape(today.inner(key), locked.inner(key_was)));
                self.at("[]", |judge| judge.shape(today.inner(value), locked.inner(value_was)));
            }
            (Shape::Struct(is), Shape::Struct(was)) => self.fields((today, is), (locked, was)),
            (Shape::Enum(is), Shape::Enum(was)) => self.variants((today, is), (locked, was)),
            (is, was) => self.differ(is, was),
        }
    }

    fn fields(&mut self, (today, is): (Scoped<'_>, &Struct), (locked, was): (Scoped<'_>, &Struct)) {
        for field in &is.fields {
            let mut written = was.fields.iter().filter(|old| is.reads(field, &old.name));
            let first = written.next();
            self.at(&format!(".{}", field.name), |judge| match first {
                None if field.presence != Presence::Needed => {}
                None => {
                    judge.report("is new, and nothing that is stored has it: give it `#[serde(default)]`".to_owned());
                }
                Some(old) => {
                    judge.shape(today.inner(&field.shape), locked.inner(&old.shape));
                    if (old.presence, field.presence) == (Presence::Optional, Presence::Needed) {
                        judge.report("could be absent, and may not be any more".to_owned());
                    }
                    for other in written {
                        judge.report(format!("reads both of the old `{}` and `{}`", old.name, other.name));
                    }
                }
            });
        }
        for old in &was.fields {
            if !is.open && !is.fields.iter().any(|field| is.reads(field, &old.name)) {
                self.at(&format!(".{}", old.name), |judge| {
                    judge.report(format!("is not read any more; it was `{}`", old.shape));
                });
            }
        }
        if was.open && !is.open {
            self.report("had further fields flattened into it, which are not read any more".to_owned());
        }
    }

    fn variants(&mut self, (today, is): (Scoped<'_>, &[Variant]), (locked, was): (Scoped<'_>, &[Variant])) {
        for old in was {
            let Some(variant) = is.iter().find(|variant| variant.name == old.name) else {
                self.report(format!("has no variant `{}` any more", old.name));
                continue;
            };
            self.at(&format!("::{}", old.name), |judge| match (&variant.content, &old.content) {
                (None, None) => {}
                (Some(is), Some(was)) => judge.shape(today.inner(is), locked.inner(was)),
                (Some(is), None) => judge.report(format!("had no content and has `{is}`")),
                (None, Some(was)) => judge.report(format!("had the content `{was}` and has none")),
            });
        }
    }

    /// Judges what lies one step further.
    fn at(&mut self, step: &str, judge: impl FnOnce(&mut Self)) {
        self.path.push(step.to_owned());
        judge(self);
        self.path.pop();
    }

    fn differ(&mut self, is: &Shape, was: &Shape) {
        self.report(format!("was `{was}` and is `{is}`"));
    }

    fn report(&mut self, what: String) {
        let path = self.path.concat();
        let path = path.strip_prefix('.').unwrap_or(&path).to_owned();
        let mismatch = Mismatch { path, what };
        if !self.found.contains(&mismatch) {
            self.found.push(mismatch);
        }
    }
}

impl Struct {
    /// Whether what stands under this name is read into the field.
    fn reads(&self, field: &Field, name: &str) -> bool {
        let is_alias = || field.aliases.iter().any(|alias| alias == name);
        field.name == name || (is_alias() && !self.fields.iter().any(|other| other.name == name))
    }
}

/// The shape itself, or the one that comes round again there; its name where there is none of that name around it.
fn meant(shape: Scoped<'_>) -> Result<Scoped<'_>, &str> {
    let Shape::Again(name) = shape.shape else { return Ok(shape) };
    let mut next = shape.scope;
    while let Some(scope) = next {
        if scope.name == name {
            return Ok(Scoped { shape: scope.shape, scope: scope.outer });
        }
        next = scope.outer;
    }
    Err(name)
}

/// Whether every value of `was` reads as `is`, and is the same.
fn reads(is: Primitive, was: Primitive) -> bool {
    let bits = |primitive| match primitive {
        Primitive::U8 => Some((false, 8)),
        Primitive::U16 => Some((false, 16)),
        Primitive::U32 => Some((false, 32)),
        Primitive::U64 => Some((false, 64)),
        Primitive::U128 => Some((false, 128)),
        Primitive::I8 => Some((true, 8)),
        Primitive::I16 => Some((true, 16)),
        Primitive::I32 => Some((true, 32)),
        Primitive::I64 => Some((true, 64)),
        Primitive::I128 => Some((true, 128)),
        _ => None,
    };
    match (bits(is), bits(was)) {
        (Some((false, is)), Some((false, was))) | (Some((true, is)), Some((true, was))) => is >= was,
        (Some((true, is)), Some((false, was))) => is > was,
        _ => is == was || (is, was) == (Primitive::F64, Primitive::F32),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Shape, text::tests::shapes};
    use proptest::prelude::*;

    fn shape(text: &str) -> Shape {
        text.parse().unwrap()
    }

    fn mismatches(today: &str, locked: &str) -> Vec<String> {
        let found = shape(today).reads(&shape(locked)).err().unwrap_or_default();
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_wider_reads_what_was_written_narrower() {
        for (today, locked) in [
            ("u16", "u8"),
            ("u128", "u64"),
            ("i16", "u8"),
            ("i128", "u64"),
            ("i64", "i64"),
            ("f64", "f32"),
            ("option u64", "u32"),
            ("option u64", "option u8"),
            ("{a: option string}", "{a: string}"),
            ("{a: string, b?: u8}", "{a: string}"),
            ("{a?: string}", "{a: string}"),
            ("{a | b: string}", "{b: string}"),
            ("{a: string}", "{a??: string}"),
            ("{a: string, b??: u8}", "{a: string}"),
            ("{a: string, ..}", "{a: string}"),
            ("{a: string, ..}", "{a: string, b: u8}"),
            ("enum A | B | C(u8)", "enum A | C(u8)"),
            ("enum A {x: u8, y?: u8}", "enum A {x: u8}"),
            ("[{a: u64}]", "[{a: u8}]"),
            ("{* u64: u16}", "{* u32: u8}"),
            ("(u16, u8)", "(u8, u8)"),
            ("any", "any"),
        ] {
            assert_eq!(mismatches(today, locked), [""; 0], "{today} reads {locked}");
        }
    }

    #[test]
    fn every_mismatch_names_its_place() {
        for (today, locked, expected) in [
            ("u8", "u16", "the payload was `u16` and is `u8`"),
            ("i8", "u8", "the payload was `u8` and is `i8`"),
            ("u64", "i8", "the payload was `i8` and is `u64`"),
            ("f64", "u64", "the payload was `u64` and is `f64`"),
            ("string", "option string", "the payload was `option string` and is `string`"),
            ("{a: {b: u8}}", "{a: {b: string}}", "`a.b` was `string` and is `u8`"),
            ("{a: u8}", "{a?: u8}", "`a` could be absent, and may not be any more"),
            ("{a: u8, b: u8}", "{a: u8}", "`b` is new, and nothing that is stored has it: give it `#[serde(default)]`"),
            ("{}", "{a: u8}", "`a` is not read any more; it was `u8`"),
            ("{a | b: u8}", "{a: u8, b: u8}", "`a` reads both of the old `a` and `b`"),
            ("{}", "{..}", "the payload had further fields flattened into it, which are not read any more"),
            ("{a: [u8]}", "{a: [string]}", "`a[]` was `string` and is `u8`"),
            ("{* u64: u8}", "{*: u8}", "`[key]` was `string` and is `u64`"),
            ("{*: u8}", "{*: u16}", "`[]` was `u16` and is `u8`"),
            ("{*: u8}", "{*: any}", "`[]` was `any` and is `u8`"),
            ("{*: any}", "{*: u8}", "`[]` was `u8` and is `any`"),
            ("(u8, u8)", "(u8, string)", "`1` was `string` and is `u8`"),
            ("(u8, u8)", "(u8, u8, u8)", "the payload was `[u8; 3]` and is `(u8, u8)`"),
            ("{a: (enum A)}", "{a: (enum A | B)}", "`a` has no variant `B` any more"),
            ("enum A {x: u8}", "enum A {x: char}", "`::A.x` was `char` and is `u8`"),
            ("enum A(u8)", "enum A", "`::A` had no content and has `u8`"),
            ("enum A", "enum A(u8)", "`::A` had the content `u8` and has none"),
            ("~A = {a: [~A], b: u8}", "~A = {a: [~A], b: u16}", "`b` was `u16` and is `u8`"),
        ] {
            assert_eq!(mismatches(today, locked), [expected], "{today} reads {locked}");
        }
    }

    #[test]
    fn all_mismatches_are_told_at_once() {
        assert_eq!(mismatches("{a: u8, c: u8}", "{a: char, b: u8}").len(), 3);
    }

    #[test]
    fn a_type_that_comes_round_again_is_followed_by_what_it_is_and_not_by_its_name() {
        let tree = "~Tree = {kids: [~Tree], label: string}";
        assert_eq!(mismatches("~Node = {kids: [~Node], label: string}", tree), [""; 0]);
        assert_eq!(mismatches("~Tree = {kids: [~Tree], label: option string, x?: u8}", tree), [""; 0]);
        // The same, seen from one step further in.
        assert_eq!(mismatches(tree, "{kids: [(~Tree = {kids: [~Tree], label: string})], label: string}"), [""; 0]);
        assert_eq!(mismatches("{kids: [(~Tree = {kids: [~Tree], label: string})], label: string}", tree), [""; 0]);
        assert_eq!(
            mismatches(
                "~A = {a: option (~B = {a: option ~A, b: option ~B})}",
                "~A = {a: option (~B = {a: option ~B, b: option ~B})}"
            ),
            ["`a.a.b` is not read any more; it was `option ~B`"]
        );
        assert!(!mismatches("~Tree = {kids: [~Tree], label: u8}", tree).is_empty());
        assert!(!mismatches("{kids: [string], label: string}", tree).is_empty());
    }

    proptest! {
        #[test]
        fn every_shape_reads_itself(shape in shapes()) {
            prop_assert_eq!(shape.reads(&shape.clone()), Ok(()));
        }

        #[test]
        fn an_optional_field_more_is_read_and_a_needed_one_is_not(inner in shapes(), new in shapes()) {
            let of = |fields: &str| shape(&format!("{{a: ({inner}){fields}}}"));
            prop_assert_eq!(of(&format!(", b?: ({new})")).reads(&of("")), Ok(()));
            let needed = of(&format!(", b: ({new})"));
            prop_assert!(needed.reads(&of("")).is_err());
            let optional = of(&format!(", b?: ({new})"));
            prop_assert!(of("").reads(&optional).is_err());
        }

        #[test]
        fn whatever_is_read_is_read_as_an_option_too(today in shapes(), locked in shapes()) {
            if today.reads(&locked).is_ok() {
                prop_assert_eq!(Shape::Option(Box::new(today)).reads(&locked), Ok(()));
            }
        }

        #[test]
        fn a_variant_more_is_read_and_one_less_is_not(inner in shapes()) {
            let (two, one) = (shape(&format!("enum A | B({inner})")), shape("enum A"));
            prop_assert_eq!(two.reads(&one), Ok(()));
            prop_assert!(one.reads(&two).is_err());
        }
    }
}
