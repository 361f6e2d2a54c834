//! Which requests a test means: those that contain a text.

/// Which requests are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    texts: Vec<Vec<u8>>,
}

impl Marker {
    /// Every request.
    #[must_use]
    pub fn anything() -> Self {
        Self { texts: vec![Vec::new()] }
    }

    /// Those that contain this text.
    #[must_use]
    pub fn text(text: impl Into<Vec<u8>>) -> Self {
        Self { texts: vec![text.into()] }
    }

    /// Those that call this function of the journal, as a function or by a script.
    #[must_use]
    pub fn function(name: &str) -> Self {
        Self::any_function(&[name])
    }

    /// Those that call one of these functions.
    #[must_use]
    pub fn any_function(names: &[&str]) -> Self {
        // A function's name is the end of a longer one; a script is told it as an argument of its own.
        let texts = |name: &&str| [format!("_{name}\r\n").into_bytes(), format!("\r\n{name}\r\n").into_bytes()];
        Self { texts: names.iter().flat_map(texts).collect() }
    }

    /// Those that either marker means.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        self.texts.extend(other.texts);
        self
    }

    /// Whether this request is meant.
    #[must_use]
    pub fn is_in(&self, request: &[u8]) -> bool {
        self.texts.iter().any(|text| text.is_empty() || request.windows(text.len()).any(|part| part == text))
    }
}

/// A name alone is that of a function.
impl From<&str> for Marker {
    fn from(name: &str) -> Self {
        Self::function(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_found_by_its_whole_name_in_both_ways_of_calling_it() {
        let append = Marker::function("append");
        assert!(append.is_in(b"*3\r\n$5\r\nFCALL\r\n$12\r\nannals_0_append\r\n$1\r\n0\r\n"));
        assert!(append.is_in(b"*4\r\n$7\r\nEVALSHA\r\n$2\r\nab\r\n$1\r\n0\r\n$6\r\nappend\r\n"));
        assert!(!append.is_in(b"*3\r\n$5\r\nFCALL\r\n$13\r\nannals_0_appends\r\n$1\r\n0\r\n"));
        assert!(Marker::any_function(&["append", "appends"]).is_in(b"$13\r\nannals_0_appends\r\n"));
    }

    #[test]
    fn a_text_is_found_anywhere_and_nothing_is_in_everything() {
        assert!(Marker::text("PING").is_in(b"*1\r\n$4\r\nPING\r\n"));
        assert!(!Marker::text("PING").is_in(b""));
        assert!(Marker::anything().is_in(b""));
        assert!(Marker::text("a").or(Marker::text("b")).is_in(b"xbx"));
    }
}
