//! A number that stands for a text or for all that something is made of, and tells it from another.

use std::fmt;

/// What a state was made by: its shape, and the fold that made it. A snapshot with another fingerprint is of no use.
///
/// ```
/// use annals::journal::Fingerprint;
///
/// assert_eq!(Fingerprint::new(0xbeef).to_string(), "000000000000beef");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// The fingerprint with this number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let is_ours = text.len() == 16 && text.bytes().all(is_hex);
        is_ours.then(|| u64::from_str_radix(text, 16).ok())?.map(Self)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// FNV-1a of 64 bits.
pub(crate) fn fnv1a64(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
