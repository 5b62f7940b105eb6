//! Names of what is stored.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::digest::Digest;

/// What was asked: provider, model, canonical request, sample and edition. Half of a digest: among
/// a billion calls the chance that two share one is 10⁻²¹.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallKey(u128);

impl CallKey {
    /// Bytes of a key.
    pub const BYTES: usize = 16;
    const DIGITS: usize = 2 * CallKey::BYTES;

    /// The key of a call whose parts have this digest.
    pub fn of(digest: &Digest) -> CallKey {
        let mut bytes = [0; CallKey::BYTES];
        bytes.copy_from_slice(&digest.0[..CallKey::BYTES]);
        CallKey::from_bytes(bytes)
    }

    pub fn from_bytes(bytes: [u8; CallKey::BYTES]) -> CallKey {
        CallKey(u128::from_be_bytes(bytes))
    }

    pub fn to_bytes(self) -> [u8; CallKey::BYTES] {
        self.0.to_be_bytes()
    }

    /// All hexadecimal digits.
    pub fn hex(self) -> String {
        format!("{:032x}", self.0)
    }

    /// The first ten digits: enough for a person to tell two apart.
    pub fn short(self) -> String {
        let mut text = self.hex();
        text.truncate(10);
        text
    }

    fn from_hex(text: &str) -> Option<CallKey> {
        let is_whole = text.len() == CallKey::DIGITS && text.bytes().all(|digit| digit.is_ascii_hexdigit());
        is_whole.then(|| u128::from_str_radix(text, 16).ok().map(CallKey)).flatten()
    }
}

impl fmt::Debug for CallKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.short())
    }
}

impl Serialize for CallKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:032x}", self.0))
    }
}

impl<'de> Deserialize<'de> for CallKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<CallKey, D::Error> {
        let text = <std::borrow::Cow<'de, str> as Deserialize>::deserialize(deserializer)?;
        CallKey::from_hex(&text).ok_or_else(|| de::Error::custom("not a key of 32 hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_its_writing() {
        let key = CallKey::of(&Digest::of(b"call"));
        assert_eq!(CallKey::from_hex(&key.hex()), Some(key));
        assert_eq!(CallKey::from_bytes(key.to_bytes()), key);
        assert_eq!(Digest::of(b"call").hex()[..32], key.hex());
        for wrong in ["", "00", &"+".repeat(32), &"0".repeat(64)] {
            assert_eq!(CallKey::from_hex(wrong), None, "{wrong}");
        }
    }
}
