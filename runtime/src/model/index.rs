//! The values that rows are found by, written so that their bytes are in the order of the values.

use jiff::Timestamp;
use std::{borrow::Cow, fmt::Write as _, rc::Rc, sync::Arc};

/// A type whose values rows can be found by: `#[index]` on a field of this type. Numbers, `bool`, `char`, text,
/// [`Timestamp`] and `Option`s of these are; a newtype of one of them and an enum without fields
/// [derive it](macro@crate::Indexed).
///
/// ```
/// use annals::{Indexed, index::IndexValue};
///
/// #[derive(Indexed)]
/// enum Status { Open, Closed }
///
/// #[derive(Indexed)]
/// struct Cents(i64);
///
/// let written = |value: &dyn Indexed| {
///     let mut written = IndexValue::default();
///     value.write(&mut written).map(|()| written.to_string())
/// };
/// assert!(written(&Cents(-5))? < written(&Cents(3))?);
/// assert!(written(&Cents(9))? < written(&Cents(10))?);
/// assert!(written(&Status::Open)? < written(&Status::Closed)?);
/// assert!(written(&f64::NAN).is_err());
/// # Ok::<(), annals::index::NotIndexable>(())
/// ```
///
/// What a program writes by hand calls the methods of [`IndexValue`], one of them, once.
#[diagnostic::on_unimplemented(
    message = "rows cannot be found by a `{Self}`",
    label = "cannot be indexed",
    note = "numbers, `bool`, `char`, `String`, `Timestamp` and `Option`s of these can; for a newtype of one of them or an enum without fields, write `#[derive(annals::Indexed)]`"
)]
pub trait Indexed {
    /// Writes the value so that the order of what is written is the order of the values.
    ///
    /// # Errors
    ///
    /// When the value has no place in an order, as `NaN`, or is too long.
    fn write(&self, value: &mut IndexValue) -> Result<(), NotIndexable>;
}

/// A value as it stands in an index: text whose bytes are in the order of the values.
///
/// ```
/// use annals::index::IndexValue;
///
/// let mut value = IndexValue::default();
/// value.integer(-5);
/// let mut other = IndexValue::default();
/// other.integer(3);
/// assert!(value < other);
/// ```
///
/// A type that is no newtype and no plain enum is written by hand, by one of the methods:
///
/// ```
/// use annals::{Indexed, index::{IndexValue, NotIndexable}};
///
/// enum Size {
///     Whole(u64),
///     Real(f64),
///     Named(String),
///     Maybe(Option<i32>),
///     Any(bool),
/// }
///
/// impl Indexed for Size {
///     fn write(&self, value: &mut IndexValue) -> Result<(), NotIndexable> {
///         match self {
///             Self::Whole(size) => value.unsigned(u128::from(*size)),
///             Self::Real(size) => value.float(*size)?,
///             Self::Named(size) => value.text(size)?,
///             Self::Maybe(size) => value.optional(size.as_ref())?,
///             Self::Any(is_any) => value.flag(*is_any),
///         }
///         Ok(())
///     }
/// }
///
/// let written = |size: Size| {
///     let mut written = IndexValue::default();
///     size.write(&mut written).map(|()| written)
/// };
/// assert!(written(Size::Whole(9))? < written(Size::Whole(10))?);
/// assert!(written(Size::Real(-0.5))? < written(Size::Real(0.5))?);
/// assert!(written(Size::Named("l".to_owned()))? < written(Size::Named("m".to_owned()))?);
/// assert!(written(Size::Maybe(None))? < written(Size::Maybe(Some(i32::MIN)))?);
/// assert!(written(Size::Any(false))? < written(Size::Any(true))?);
/// # Ok::<(), NotIndexable>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct IndexValue(String);

impl std::fmt::Display for IndexValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A value that rows cannot be found by. React by keeping such values out of a field under `#[index]`.
///
/// ```
/// use annals::{Indexed, index::{IndexValue, NotIndexable}};
///
/// let refused = f64::NAN.write(&mut IndexValue::default());
/// assert_eq!(refused, Err(NotIndexable::NotANumber));
/// assert_eq!(refused.unwrap_err().to_string(), "NaN is not a number, so it has no place in an order");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotIndexable {
    /// `NaN` is neither smaller nor larger than any number. React by keeping it out of the event, or by an
    /// `Option` that is `None` where there is no number.
    #[error("NaN is not a number, so it has no place in an order")]
    NotANumber,
    /// A text is too long to be kept in an index. React by indexing a shorter part of it, as a field of its own.
    #[error("expected a text of at most {} bytes, found {found}", IndexValue::LONGEST)]
    TooLong {
        /// How many bytes it has.
        found: usize,
    },
}

/// Ends a part of an entry; less than all that a value is written with.
pub(crate) const END: char = '\0';
/// What comes right behind every entry of a value.
pub(crate) const BEHIND: char = '\u{1}';
/// With how many digits the length of a number is told: `ZERO` is that of the number 0.
const ZERO: u8 = b'P';

impl IndexValue {
    /// How many bytes a text may have that rows are found by.
    ///
    /// ```
    /// use annals::index::{IndexValue, NotIndexable};
    ///
    /// let (longest, found) = ("x".repeat(IndexValue::LONGEST), IndexValue::LONGEST + 1);
    /// assert_eq!(IndexValue::default().text(&longest), Ok(()));
    /// assert_eq!(IndexValue::default().text(&(longest + "x")), Err(NotIndexable::TooLong { found }));
    /// ```
    pub const LONGEST: usize = 4_096;

    /// A whole number.
    pub fn integer(&mut self, number: i128) {
        self.sized(number < 0, number.unsigned_abs());
    }

    /// A whole number that is not negative.
    pub fn unsigned(&mut self, number: u128) {
        self.sized(false, number);
    }

    /// The number of digits, then the digits: a longer number is a larger one. Where it is negative, all of that the
    /// other way round.
    fn sized(&mut self, negative: bool, size: u128) {
        let digits = if size == 0 { String::new() } else { format!("{size:x}") };
        let length = u8::try_from(digits.len()).unwrap_or(32);
        if !negative {
            self.0.push(char::from(ZERO + length));
            self.0.push_str(&digits);
            return;
        }
        self.0.push(char::from(ZERO - length));
        for digit in digits.chars().filter_map(|digit| digit.to_digit(16)) {
            self.0.extend(char::from_digit(15 - digit, 16));
        }
    }

    /// A number with a fraction. `-0.0` is `0.0`.
    ///
    /// # Errors
    ///
    /// When it is `NaN`.
    pub fn float(&mut self, number: f64) -> Result<(), NotIndexable> {
        const SIGN: u64 = 1 << 63;
        if number.is_nan() {
            return Err(NotIndexable::NotANumber);
        }
        let bits = if number == 0.0 { 0 } else { number.to_bits() };
        let ordered = if bits & SIGN == 0 { bits | SIGN } else { !bits };
        // Zeros at the end say nothing: what is shorter is smaller, as it is with them.
        let digits = format!("{ordered:016x}");
        self.0.push_str(digits.trim_end_matches('0'));
        Ok(())
    }

    /// A truth value: `false` before `true`.
    pub fn flag(&mut self, flag: bool) {
        self.0.push(if flag { '1' } else { '0' });
    }

    /// A text, in the order of its bytes.
    ///
    /// # Errors
    ///
    /// When it is longer than [`LONGEST`](Self::LONGEST).
    pub fn text(&mut self, text: &str) -> Result<(), NotIndexable> {
        if text.len() > Self::LONGEST {
            return Err(NotIndexable::TooLong { found: text.len() });
        }
        for character in text.chars() {
            match character {
                END => self.0.extend([BEHIND, '\u{1}']),
                BEHIND => self.0.extend([BEHIND, '\u{2}']),
                other => self.0.push(other),
            }
        }
        Ok(())
    }

    /// A value that may be absent: nothing comes before everything.
    ///
    /// # Errors
    ///
    /// As the value that is there.
    pub fn optional<T: Indexed>(&mut self, value: Option<&T>) -> Result<(), NotIndexable> {
        self.flag(value.is_some());
        value.map_or(Ok(()), |value| value.write(self))
    }
}

macro_rules! integers {
    ($($integer:ty)*) => {$(
        impl Indexed for $integer {
            fn write(&self, value: &mut IndexValue) -> Result<(), NotIndexable> {
                value.integer((*self).into());
                Ok(())
            }
        }
    )*};
}

integers!(i8 i16 i32 i64 i128 u8 u16 u32 u64);

impl Indexed for u128 {
    fn write(&self, value: &mut IndexValue) -> Result<(), NotIndexable> {
        value.unsigned(*self);
        Ok(())
    }
}

impl Indexed for usize {
    fn write(&self, value: &mut IndexValue) -> Result<(), NotIndexable> {
        value.unsigned(*self as u128);
        Ok(())
    }
}

impl Indexed for isize {
    fn write(&self, value: &mut IndexValue) -> Result<(), NotIndexable> {
        value.integer(*self as i128);
        Ok(())
    }
}

impl Indexed for f32 {
    fn write(&self, value: &mut IndexValue) -> Result<(), NotIndexable> {
        value.float((*self).into())
    }
}

impl Indexed for f64 {
    fn write(&self, value: &mut IndexValue) -> Result<(), NotIndexable> {
        value.float(*self)
    }
}

impl Indexed for bool {
    fn write(&self, value: &mut IndexValue) -> Result<(), NotIndexable> {
        value.flag(*self);
        Ok(())
    }
}

impl Indexed for char {
    fn write(&self, value: &mut IndexValue) -> Result<(), NotIndexable> {
        value.unsigned(u32::from(*self).into());
        Ok(())
    }
}

impl Indexed for str {
    fn write(&self, value: &mut IndexValue) -> Result<(), NotIndexable> {
        value.text(self)
    }
}

impl Indexed for String {
    fn write(&self, value: &mut IndexValue) -> Result<(), NotIndexable> {
        value.text(self)
    }
}

impl Indexed for Timestamp {
    fn write(&self, value: &mut IndexValue) -> Result<(), NotIndexable> {
        value.integer(self.as_nanosecond());
        Ok(())
    }
}

impl<T: Indexed> Indexed for Option<T> {
    fn write(&self, value: &mut IndexValue) -> Result<(), NotIndexable> {
        value.optional(self.as_ref())
    }
}

macro_rules! wrappers {
    ($($wrapper:ty)*) => {$(
        impl<T: Indexed + ?Sized> Indexed for $wrapper {
            fn write(&self, value: &mut IndexValue) -> Result<(), NotIndexable> {
                (**self).write(value)
            }
        }
    )*};
}

wrappers!(&T Box<T> Rc<T> Arc<T>);

impl<T: Indexed + ToOwned + ?Sized> Indexed for Cow<'_, T> {
    fn write(&self, value: &mut IndexValue) -> Result<(), NotIndexable> {
        (**self).write(value)
    }
}

/// An index that a projection declares.
///
/// ```
/// use annals::index::IndexDescriptor;
///
/// // `#[index(range, per = user_id)] amount: f64`
/// const BY_AMOUNT: IndexDescriptor = IndexDescriptor::new("user_id.amount", 2);
/// assert_eq!((BY_AMOUNT.name, BY_AMOUNT.parts), ("user_id.amount", 2));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IndexDescriptor {
    /// Its name, as stored: those of its fields, joined by `.`.
    pub name: &'static str,
    /// How many values an entry has.
    pub parts: usize,
}

impl IndexDescriptor {
    /// An index of this name, whose entries have so many values.
    #[must_use]
    pub const fn new(name: &'static str, parts: usize) -> Self {
        Self { name, parts }
    }
}

/// Where a row stands in the indexes of its read model: what [`Projection::index`](crate::Projection::index) writes.
///
/// ```
/// use annals::index::IndexEntries;
///
/// let mut entries = IndexEntries::new();
/// entries.add("user_id.amount", &[&"user1", &99.5])?;
/// # Ok::<(), annals::index::NotIndexable>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexEntries {
    entries: Vec<(&'static str, String)>,
}

impl IndexEntries {
    /// No entries.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes the row's entry in an index: the values of its fields, in the index' order.
    ///
    /// # Errors
    ///
    /// When a value has no place in an order.
    pub fn add(&mut self, index: &'static str, values: &[&dyn Indexed]) -> Result<(), NotIndexable> {
        self.entries.push((index, entry(values)?));
        Ok(())
    }

    /// Indexes and entries; each entry is to be followed by the row's key.
    pub(crate) fn into_entries(self) -> Vec<(&'static str, String)> {
        self.entries
    }
}

/// Values as an entry begins with them.
pub(crate) fn entry(values: &[&dyn Indexed]) -> Result<String, NotIndexable> {
    let mut entry = String::new();
    for value in values {
        let mut written = IndexValue::default();
        value.write(&mut written)?;
        let _ = write!(entry, "{written}{END}");
    }
    Ok(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_order<T: Indexed + std::fmt::Debug>(values: &[T]) {
        let entries: Vec<_> = values.iter().map(|value| entry(&[value]).unwrap()).collect();
        for (pair, values) in entries.windows(2).zip(values.windows(2)) {
            assert!(pair[0] < pair[1], "{values:?} are written as {pair:?}");
        }
    }

    #[test]
    fn whole_numbers_keep_their_order() {
        in_order(&[i64::MIN, -256, -255, -17, -16, -15, -2, -1, 0, 1, 9, 15, 16, 17, 255, 256, i64::MAX]);
        in_order(&[i128::MIN, i128::MIN + 1, -1, 0, 1, i128::MAX]);
        in_order(&[0, 1, u64::MAX.into(), u128::MAX - 1, u128::MAX]);
        in_order(&[0_u8, 9, 10, 99, 100, 255]);
        assert_eq!(entry(&[&7_u8]), entry(&[&7_i128]), "a number is written alike, whatever its type");
    }

    #[test]
    fn numbers_with_fractions_keep_their_order() {
        let tiny = f64::from_bits(1);
        let numbers = [f64::NEG_INFINITY, f64::MIN, -2.5, -1.0, -0.5, -tiny, 0.0, tiny, 0.5, 1.0, 2.0, 1e300];
        in_order(&numbers);
        in_order(&[-1.5_f32, 0.0, 1.5]);
        assert_eq!(entry(&[&-0.0_f64]), entry(&[&0.0_f64]));
        assert_eq!(entry(&[&f64::NAN]), Err(NotIndexable::NotANumber));
        assert_eq!(entry(&[&Some(f32::NAN)]), Err(NotIndexable::NotANumber));
    }

    #[test]
    fn texts_keep_their_order_whatever_they_hold() {
        in_order(&["", "\0", "\0\0", "\0a", "\u{1}", "\u{1}\0", "\u{2}", " ", "a", "a\0", "a\u{1}", "aa", "b", "é"]);
        let longest = "x".repeat(IndexValue::LONGEST);
        assert!(entry(&[&longest]).is_ok());
        let found = longest.len() + 1;
        assert_eq!(entry(&[&(longest + "x")]), Err(NotIndexable::TooLong { found }));
    }

    #[test]
    fn an_entry_ends_each_value_once() {
        let written = entry(&[&"a\0b", &-1, &None::<u8>]).unwrap();
        assert_eq!(written.matches(END).count(), 3);
    }

    #[test]
    fn what_may_be_absent_comes_first_where_it_is() {
        in_order(&[None, Some(i64::MIN), Some(0), Some(i64::MAX)]);
        in_order(&[None, Some(""), Some("a")]);
        in_order(&[None, Some(None), Some(Some(false)), Some(Some(true))]);
    }

    #[test]
    fn times_and_characters_keep_their_order() {
        let at = |second| Timestamp::from_second(second).unwrap();
        in_order(&[Timestamp::MIN, at(-1), at(0), at(1), at(1_732_000_000), Timestamp::MAX]);
        in_order(&['\0', 'a', 'é', '\u{10FFFF}']);
    }
}
