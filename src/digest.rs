//! Identities by content: a digest, and the hasher that makes one without ambiguity.

use std::fmt;

use smallvec::SmallVec;

/// 32 bytes of BLAKE3 over a canonical encoding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of plain bytes.
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(*blake3::hash(bytes).as_bytes())
    }

    /// All 64 hexadecimal digits.
    pub fn hex(&self) -> String {
        blake3::Hash::from_bytes(self.0).to_hex().to_string()
    }

    /// Reads what [`Digest::hex`] wrote.
    pub fn from_hex(text: &str) -> Option<Digest> {
        blake3::Hash::from_hex(text).ok().map(|hash| Digest(*hash.as_bytes()))
    }

    /// The first ten digits: enough for a person to tell two apart.
    pub fn short(&self) -> String {
        let mut text = self.hex();
        text.truncate(10);
        text
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.short())
    }
}

impl serde::Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.hex())
    }
}

impl<'de> serde::Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
        let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
        Digest::from_hex(&text)
            .ok_or_else(|| serde::de::Error::custom("not a digest of 64 hexadecimal digits"))
    }
}

/// As many bytes are gathered before they are hashed: what is hashed is mostly short, and made of many
/// parts.
const GATHERED: usize = 512;

/// Hashes a sequence of fields, each with its length, under a domain that keeps
/// digests of different things apart.
pub struct Hasher {
    gathered: SmallVec<[u8; GATHERED]>,
    /// Nothing as long as all fits there.
    before: Option<Box<blake3::Hasher>>,
}

impl Hasher {
    /// `domain` names what is hashed and the version of its encoding, such as `tgp.call.v1`.
    pub fn new(domain: &str) -> Hasher {
        let mut hasher = Hasher { gathered: SmallVec::new(), before: None };
        hasher.text(domain);
        hasher
    }

    /// Adds bytes with their length before them.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Hasher {
        self.add(&(bytes.len() as u64).to_le_bytes());
        self.add(bytes);
        self
    }

    /// Adds text with its length before it.
    pub fn text(&mut self, text: &str) -> &mut Hasher {
        self.bytes(text.as_bytes())
    }

    /// Adds a number in eight bytes.
    pub fn number(&mut self, number: u64) -> &mut Hasher {
        self.add(&number.to_le_bytes());
        self
    }

    /// Adds a digest.
    pub fn digest(&mut self, digest: &Digest) -> &mut Hasher {
        self.add(&digest.0);
        self
    }

    /// The digest of all that was added.
    pub fn finish(&self) -> Digest {
        let hash = match &self.before {
            None => blake3::hash(&self.gathered),
            Some(before) => before.clone().update(&self.gathered).finalize(),
        };
        Digest(*hash.as_bytes())
    }

    fn add(&mut self, bytes: &[u8]) {
        if self.gathered.len() + bytes.len() > GATHERED {
            let before = self.before.get_or_insert_with(Box::default);
            before.update(&self.gathered);
            self.gathered.clear();
            if bytes.len() > GATHERED {
                before.update(bytes);
                return;
            }
        }
        self.gathered.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_that_of_all_parts_in_one() {
        let lengths = [0, 1, 7, GATHERED - 40, GATHERED - 1, GATHERED, GATHERED + 1, 3 * GATHERED, 5000];
        for first in lengths {
            for second in lengths {
                let (first, second) = (vec![1_u8; first], vec![2_u8; second]);
                let mut hasher = Hasher::new("domain");
                hasher.bytes(&first).number(3).bytes(&second).digest(&Digest([4; 32]));
                let mut whole = Vec::new();
                for part in [b"domain".as_slice(), &first] {
                    whole.extend_from_slice(&(part.len() as u64).to_le_bytes());
                    whole.extend_from_slice(part);
                }
                whole.extend_from_slice(&3_u64.to_le_bytes());
                whole.extend_from_slice(&(second.len() as u64).to_le_bytes());
                whole.extend_from_slice(&second);
                whole.extend_from_slice(&[4; 32]);
                assert_eq!(hasher.finish(), Digest::of(&whole), "{} and {}", first.len(), second.len());
                assert_eq!(hasher.finish(), hasher.finish());
            }
        }
    }
}
