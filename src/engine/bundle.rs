//! What is known of the chunks of a unit's last table, in one object: a table of a thousand chunks
//! is found by one read instead of a thousand.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// Longer facts are found one by one.
const MOST: usize = 4096;
/// What a fact takes beside its own bytes: its key, and its place among the others.
const UPKEEP: usize = 96;
/// Facts beyond so many bytes are found one by one: memory must not grow with a table.
const FULL: usize = 2 << 20;

/// Facts by their keys: those of the last run, and those that this one has used.
#[derive(Debug, Default)]
pub(super) struct Bundle {
    before: HashMap<Digest, Vec<u8>>,
    used: BTreeMap<Digest, Vec<u8>>,
    /// What those that are used take.
    bytes: usize,
    /// Something is used that was not there before.
    grew: bool,
}

#[derive(Serialize, Deserialize)]
struct Kept(Vec<([u8; 32], Vec<u8>)>);

impl Bundle {
    /// Reads what [`Bundle::encode`] wrote; empty where the bytes are something else.
    pub(super) fn decode(bytes: &[u8]) -> Bundle {
        let kept = postcard::from_bytes::<Kept>(bytes).map(|kept| kept.0).unwrap_or_default();
        let before = kept.into_iter().map(|(key, fact)| (Digest(key), fact)).collect();
        Bundle { before, ..Bundle::default() }
    }

    /// The facts that were used; nothing where they are those of before.
    pub(super) fn encode(self) -> Option<Vec<u8>> {
        if !self.grew && self.before.is_empty() {
            return None;
        }
        let used = self.used.into_iter().map(|(key, fact)| (key.0, fact)).collect();
        postcard::to_allocvec(&Kept(used)).ok()
    }

    pub(super) fn find(&mut self, key: &Digest) -> Option<Vec<u8>> {
        if let Some(fact) = self.used.get(key) {
            return Some(fact.clone());
        }
        let fact = self.before.remove(key)?;
        self.bytes += fact.len() + UPKEEP;
        self.used.insert(*key, fact.clone());
        Some(fact)
    }

    pub(super) fn add(&mut self, key: Digest, fact: &[u8]) {
        self.before.remove(&key);
        let size = fact.len() + UPKEEP;
        if fact.len() <= MOST && self.bytes + size <= FULL {
            self.bytes += size;
            self.grew |= self.used.insert(key, fact.to_vec()).as_deref() != Some(fact);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_stays_and_what_is_not_goes() {
        let [one, two, three] = [b"1", b"2", b"3"].map(|name| Digest::of(name));
        let mut bundle = Bundle::default();
        assert_eq!(Bundle::default().encode(), None);
        bundle.add(one, b"a");
        bundle.add(two, b"b");
        bundle.add(three, &[0; MOST + 1]);
        let mut bundle = Bundle::decode(&bundle.encode().unwrap());
        assert_eq!(bundle.find(&one), Some(b"a".to_vec()));
        assert_eq!(bundle.find(&three), None);
        let mut shrunk = Bundle::decode(&bundle.encode().unwrap());
        assert_eq!(shrunk.find(&two), None);
        assert_eq!(shrunk.find(&one), Some(b"a".to_vec()));
        assert_eq!(shrunk.encode(), None);
    }

    #[test]
    fn a_full_bundle_takes_no_more() {
        let mut bundle = Bundle::default();
        let key = |number: usize| Digest::of(&number.to_le_bytes());
        (0..FULL / MOST + 10).for_each(|number| bundle.add(key(number), &[7; MOST]));
        assert!(bundle.find(&key(0)).is_some() && bundle.find(&key(FULL / MOST)).is_none());
        assert!(bundle.encode().unwrap().len() < FULL + FULL / 16);
    }
}
