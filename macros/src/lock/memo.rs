//! What was made of a text last: one lock, and one file of source, serve many derives of a build.

use std::{cell::RefCell, rc::Rc};

/// The last text, and what was made of it.
pub(crate) struct Memo<T> {
    last: RefCell<Option<(String, Rc<T>)>>,
}

impl<T> Memo<T> {
    pub(crate) const fn new() -> Self {
        Self { last: RefCell::new(None) }
    }

    /// What `make` makes of the text, or made of the very same one the last time.
    pub(crate) fn of(&self, text: &str, make: impl FnOnce(&str) -> T) -> Rc<T> {
        if let Some((last, value)) = &*self.last.borrow()
            && last == text
        {
            return Rc::clone(value);
        }
        let value = Rc::new(make(text));
        self.last.replace(Some((text.to_owned(), Rc::clone(&value))));
        value
    }
}

#[cfg(test)]
mod tests {
    use super::Memo;
    use std::cell::Cell;

    #[test]
    fn a_text_is_read_once_and_another_one_anew() {
        let (memo, made) = (Memo::new(), Cell::new(0));
        let length = |text: &str| {
            made.set(made.get() + 1);
            text.len()
        };
        let lengths: Vec<_> = ["a", "a", "bc", "bc", "a"].iter().map(|text| *memo.of(text, length)).collect();
        assert_eq!((lengths, made.get()), (vec![1, 1, 2, 2, 1], 3));
    }
}
