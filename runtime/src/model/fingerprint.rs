//! A number that stands for a text or for all that something is made of, and tells it from another.

use std::{fmt, str::FromStr};

/// A number that tells what something was made of: a state (its shape, and the fold that made it), an event, a command.
/// What has another fingerprint is something else.
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

    /// The fingerprint of a text that is given in parts.
    pub(crate) fn of(parts: &[&str]) -> Self {
        Self(parts.iter().fold(FNV_START, |hash, part| fnv1a64_on(hash, part)))
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

/// A text that is no fingerprint. React as to any text that was not written so: find out who wrote it.
///
/// ```
/// use annals::journal::{Fingerprint, ParseFingerprintError};
///
/// assert_eq!("000000000000beef".parse(), Ok(Fingerprint::new(0xbeef)));
/// let error: ParseFingerprintError = "beef".parse::<Fingerprint>().unwrap_err();
/// assert_eq!(error.to_string(), "expected a fingerprint of 16 hexadecimal digits, found `beef`");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a fingerprint of 16 hexadecimal digits, found `{found}`")]
pub struct ParseFingerprintError {
    found: String,
}

/// As it is printed.
impl FromStr for Fingerprint {
    type Err = ParseFingerprintError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text).ok_or_else(|| ParseFingerprintError { found: crate::codec::shortened(text) })
    }
}

const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a of 64 bits.
pub(crate) fn fnv1a64(text: &str) -> u64 {
    fnv1a64_on(FNV_START, text)
}

fn fnv1a64_on(start: u64, text: &str) -> u64 {
    text.bytes().fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
