//! Tells of most keys that a run does not have them, without a look at its file.

use super::run::Prefix;

/// Bits of a block, which lies in one line of the processor's cache.
const BLOCK: usize = 512;
/// Bits for each key: of two hundred keys that a run does not have, about three are looked for in vain.
const SPENT: usize = 12;

/// A Bloom filter in blocks (Putze, Sanders and Singler 2007) over the beginnings of keys, which
/// are random already and need no hash.
#[derive(Debug)]
pub(super) struct Filter {
    blocks: Vec<[u64; BLOCK / 64]>,
}

impl Filter {
    pub(super) fn of<'a>(keys: impl ExactSizeIterator<Item = &'a Prefix>) -> Filter {
        let count = (keys.len() * SPENT).div_ceil(BLOCK).max(1);
        let mut blocks = vec![[0; BLOCK / 64]; count];
        for key in keys {
            let (block, bits) = place(key, count);
            for bit in bits {
                blocks[block][bit / 64] |= 1 << (bit % 64);
            }
        }
        Filter { blocks }
    }

    /// False where the key is not among those that the filter is of.
    pub(super) fn may_have(&self, key: &Prefix) -> bool {
        let (block, bits) = place(key, self.blocks.len());
        bits.iter().all(|bit| self.blocks[block][bit / 64] & (1 << (bit % 64)) != 0)
    }
}

/// A key's block, by its upper half, and its bits there, by its lower.
fn place(key: &Prefix, blocks: usize) -> (usize, [usize; 3]) {
    let key = u64::from_be_bytes(*key);
    let block = ((key >> 32) as u128 * blocks as u128) >> 32;
    let bit = |number: u32| (key >> (9 * number)) as usize % BLOCK;
    (block as usize, [bit(0), bit(1), bit(2)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;

    fn keys(name: &str, count: usize) -> Vec<Prefix> {
        let digests = (0..count).map(|number| Digest::of(format!("{name} {number}").as_bytes()).0);
        digests.map(|digest| std::array::from_fn(|at| digest[at])).collect()
    }

    #[test]
    fn no_key_is_missed_and_few_others_are_looked_for() {
        let own = keys("own", 10_000);
        let filter = Filter::of(own.iter());
        assert!(own.iter().all(|key| filter.may_have(key)));
        let in_vain = keys("other", 10_000).iter().filter(|key| filter.may_have(key)).count();
        assert!(in_vain < 300, "{in_vain}");
    }

    #[test]
    fn a_filter_of_nothing_has_nothing() {
        assert!(!Filter::of([].iter()).may_have(&[7; 8]));
    }
}
