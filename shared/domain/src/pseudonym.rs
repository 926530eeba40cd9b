//! Keyed hashes that stand for a user wherever people or machines may read along (safety 17).

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::ids::UserId;

/// Bytes of the key.
pub const KEY_BYTES: usize = 32;

/// The key of an installation. `Debug` redacts it.
#[derive(Clone)]
pub struct PseudonymKey([u8; KEY_BYTES]);

impl PseudonymKey {
    /// Takes the key as it was drawn when the installation was made.
    pub fn new(key: [u8; KEY_BYTES]) -> Self {
        Self(key)
    }

    /// A key that is derived from this one for one purpose: whoever knows pseudonyms of two purposes
    /// cannot tell which belong together.
    #[must_use]
    pub fn for_purpose(&self, purpose: &str) -> Self {
        Self(self.mac(&format!("purpose:{purpose}")))
    }

    /// The pseudonym of a user: the first 6 bytes of HMAC-SHA-256, which tell 10 million users
    /// apart with a chance of collision below one in five for the whole set.
    pub fn of(&self, user: &UserId) -> Pseudonym {
        Pseudonym(hex(&self.mac(user.as_str())[..6]))
    }

    /// A number that depends on the user and the key alone, spread evenly: what deals users to groups.
    pub fn number(&self, user: &UserId) -> u64 {
        let first = self.mac(user.as_str()).into_iter().take(size_of::<u64>());
        first.fold(0, |number, byte| (number << u8::BITS) | u64::from(byte))
    }

    /// What tells this key from others without telling it: 12 hexadecimal digits. No user's pseudonym,
    /// since no id is empty.
    pub fn id(&self) -> String {
        hex(&self.mac("")[..6])
    }

    /// HMAC-SHA-256 of a text.
    fn mac(&self, text: &str) -> [u8; KEY_BYTES] {
        // HMAC takes keys of every length, so that the other branch is never reached.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else {
            return [0; KEY_BYTES];
        };
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

impl fmt::Debug for PseudonymKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PseudonymKey(…)")
    }
}

/// What is shown instead of a user's id: 12 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
pub struct Pseudonym(String);

impl Pseudonym {
    /// Whether a text is written as pseudonyms are shown: `u:` and 12 lower-case hexadecimal digits.
    pub fn is_shown_as(text: &str) -> bool {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        text.strip_prefix("u:").is_some_and(|hex| hex.len() == 12 && hex.bytes().all(is_digit))
    }
}

impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "u:{}", self.0)
    }
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_digits_are_lower_case_and_two_a_byte() {
        assert_eq!(hex(&[0x00, 0x0f, 0xa9, 0xff]), "000fa9ff");
    }

    /// Safety 17
    #[test]
    fn a_pseudonym_depends_on_the_key() {
        let user = UserId::new("canary").unwrap();
        let of = |byte| PseudonymKey::new([byte; KEY_BYTES]).of(&user).to_string();
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
        assert!(!of(1).contains("canary"));
    }

    /// R2.6
    #[test]
    fn pseudonyms_of_two_purposes_have_nothing_in_common() {
        let user = UserId::new("canary").unwrap();
        let key = PseudonymKey::new([7; KEY_BYTES]);
        let of = |purpose| key.for_purpose(purpose).of(&user);
        assert_eq!(of("training"), of("training"));
        assert_ne!(of("training"), of("other"));
        assert_ne!(of("training"), key.of(&user));
        assert_ne!(key.for_purpose("training").id(), key.id());
    }

    #[test]
    fn a_pseudonym_is_known_by_how_it_is_shown() {
        let user = UserId::new("canary").unwrap();
        let shown = PseudonymKey::new([7; KEY_BYTES]).of(&user).to_string();
        assert!(Pseudonym::is_shown_as(&shown), "{shown}");
        for other in ["u:alice@x.org", "u:0123456789AB", "0123456789ab", "u:0123456789abc", ""] {
            assert!(!Pseudonym::is_shown_as(other), "{other}");
        }
    }
}
