//! What is known of the chunks of a unit's last table, in one object: a table of a thousand chunks
//! is found by one read instead of a thousand.

use std::collections::HashMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// Longer facts are found one by one.
const MOST: usize = 4096;
/// What a fact takes beside its own bytes: its key, and its place among the others.
const UPKEEP: usize = 64;
/// Facts beyond so many bytes are found one by one: memory must not grow with a table.
const FULL: usize = 1 << 20;

/// Facts by their keys: those of the last run, and those that this one has used.
#[derive(Debug, Default)]
pub(super) struct Bundle {
    before: Facts,
    used: Facts,
    /// Something is used that was not there before.
    grew: bool,
}

/// Facts side by side. They live as long as a run, among rows that come and go: each by itself
/// would keep a page of memory from being given back.
#[derive(Debug, Default)]
struct Facts {
    bytes: Vec<u8>,
    places: HashMap<Digest, Range<u32>>,
}

#[derive(Serialize, Deserialize)]
struct Kept<'a>(#[serde(borrow)] Vec<([u8; 32], &'a [u8])>);

impl Bundle {
    /// Reads what [`Bundle::encode`] wrote; empty where the bytes are something else.
    pub(super) fn decode(bytes: &[u8]) -> Bundle {
        let kept = postcard::from_bytes::<Kept>(bytes).map(|kept| kept.0).unwrap_or_default();
        let mut before = Facts::default();
        kept.into_iter().for_each(|(key, fact)| before.put(Digest(key), fact));
        Bundle { before, ..Bundle::default() }
    }

    /// The facts that were used; nothing where they are those of before.
    pub(super) fn encode(self) -> Option<Vec<u8>> {
        let is_as_before = self.used.places.len() == self.before.places.len();
        if !self.grew && is_as_before {
            return None;
        }
        let mut used: Vec<([u8; 32], &[u8])> =
            self.used.places.keys().filter_map(|key| Some((key.0, self.used.get(key)?))).collect();
        used.sort_unstable();
        postcard::to_allocvec(&Kept(used)).ok()
    }

    pub(super) fn find(&mut self, key: &Digest) -> Option<Vec<u8>> {
        if let Some(fact) = self.used.get(key) {
            return Some(fact.to_vec());
        }
        let fact = self.before.get(key)?.to_vec();
        self.used.put(*key, &fact);
        Some(fact)
    }

    pub(super) fn add(&mut self, key: Digest, fact: &[u8]) {
        if fact.len() <= MOST && self.used.size() + fact.len() <= FULL && self.used.get(&key) != Some(fact) {
            self.grew |= self.before.get(&key) != Some(fact);
            self.used.put(key, fact);
        }
    }
}

impl Facts {
    fn get(&self, key: &Digest) -> Option<&[u8]> {
        let place = self.places.get(key)?;
        self.bytes.get(place.start as usize..place.end as usize)
    }

    fn put(&mut self, key: Digest, fact: &[u8]) {
        let start = self.bytes.len() as u32;
        self.bytes.extend_from_slice(fact);
        self.places.insert(key, start..self.bytes.len() as u32);
    }

    /// What they take in memory, about.
    fn size(&self) -> usize {
        self.bytes.len() + self.places.len() * UPKEEP
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
