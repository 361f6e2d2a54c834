//! The place of an event in its stream: 1, 2, 3, …

use std::fmt;

/// How many events a stream holds, and so the place of its newest event: 1, 2, 3, …
///
/// Version 0 is a stream before its first event. The n-th event of a stream brings it to version n.
///
/// ```
/// use annals::Version;
///
/// assert_eq!(Version::NONE.next(), Version::new(1));
/// assert_eq!(Version::new(7).to_string(), "7");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Version(u64);

impl Version {
    /// Before the first event: the stream does not exist.
    pub const NONE: Self = Self(0);

    /// The version with this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number itself.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    /// The version that one more event leads to.
    ///
    /// Stays at the largest number there is, which no stream reaches.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The version after `events` more events; saturates like [`next`](Self::next).
    ///
    /// ```
    /// # use annals::Version;
    /// assert_eq!(Version::new(7).after(3).number(), 10);
    /// ```
    #[must_use]
    pub const fn after(self, events: u64) -> Self {
        Self(self.0.saturating_add(events))
    }
}

impl From<u64> for Version {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
