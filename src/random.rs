//! Random streams that are the same on every machine and in every version.
//!
//! The stream of a seed is the extendable output of BLAKE3, keyed with the seed's 32 bytes,
//! over the empty message, read as little-endian 64-bit words. Published results depend on it:
//! neither it nor the order in which the methods below draw may ever change.

use crate::digest::Digest;

/// A stream of random numbers, fixed by its seed.
#[derive(Clone, Debug)]
pub struct Stream {
    words: blake3::OutputReader,
}

impl Stream {
    /// The stream of `seed`, from its start.
    pub fn new(seed: Digest) -> Stream {
        Stream { words: blake3::Hasher::new_keyed(&seed.0).finalize_xof() }
    }

    /// The next word; all 2^64 are equally likely.
    pub fn next_u64(&mut self) -> u64 {
        let mut word = [0; 8];
        self.words.fill(&mut word);
        u64::from_le_bytes(word)
    }

    /// A number from 0 to `n - 1`, all equally likely; 0 where `n` is 0.
    ///
    /// Multiplication with rejection: Lemire, "Fast random integer generation in an interval",
    /// ACM Transactions on Modeling and Computer Simulation 29 (2019).
    pub fn below(&mut self, n: u64) -> u64 {
        if n == 0 {
            return 0;
        }
        let rejected = n.wrapping_neg() % n;
        loop {
            let product = u128::from(self.next_u64()) * u128::from(n);
            if product as u64 >= rejected {
                return (product >> 64) as u64;
            }
        }
    }

    /// An index into a sequence of `length`; 0 where it is empty.
    pub fn index(&mut self, length: usize) -> usize {
        self.below(length as u64) as usize
    }

    /// A number in `[0, 1)`: a multiple of 2^-53.
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True with probability `p`; draws one word whatever `p` is.
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// One of the items, all equally likely.
    pub fn choose<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.index(items.len()))
    }

    /// Puts the items in random order, all orders equally likely.
    ///
    /// Durstenfeld, "Algorithm 235: Random permutation", Communications of the ACM 7 (1964).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.index(last + 1));
        }
    }

    /// `count` different indices below `length`, ascending; all of them where `count` is larger.
    pub fn distinct(&mut self, count: usize, length: usize) -> Vec<usize> {
        let mut indices: Vec<usize> = (0..length).collect();
        let count = count.min(length);
        for place in 0..count {
            indices.swap(place, place + self.index(length - place));
        }
        indices.truncate(count);
        indices.sort_unstable();
        indices
    }
}

/// 2^64 divided by the golden ratio: the step between the states of SplitMix64.
pub(crate) const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// SplitMix64's finaliser, which makes a random-looking word of any word, for hashing where a
/// stream would be too slow: Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", OOPSLA 2014.
pub(crate) fn mixed(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream() -> Stream {
        Stream::new(Digest::of(b"tgp"))
    }

    #[test]
    fn the_stream_is_the_one_of_all_published_results() {
        let mut words = stream();
        assert_eq!(
            [words.next_u64(), words.next_u64()],
            [12_178_915_194_168_177_730, 10_415_627_249_315_568_886]
        );
        let mut below = stream();
        assert_eq!((0..8).map(|_| below.below(100)).collect::<Vec<_>>(), [66, 56, 35, 56, 17, 64, 20, 53]);
        // A bound for which nearly half of the words are rejected.
        let mut below = stream();
        let large: Vec<u64> = (0..4).map(|_| below.below((1 << 63) + 1)).collect();
        assert_eq!(
            large,
            [
                6_089_457_597_084_088_865,
                5_207_813_624_657_784_443,
                3_235_958_539_021_659_419,
                5_976_270_450_153_833_086
            ]
        );
        let mut order: Vec<u8> = (0..8).collect();
        stream().shuffle(&mut order);
        assert_eq!(order, [4, 6, 1, 0, 7, 2, 3, 5]);
        assert_eq!(stream().distinct(4, 100), [36, 56, 57, 66]);
        assert_eq!(stream().unit(), 0.660_220_315_601_692_8);
    }

    #[test]
    fn numbers_below_a_bound_are_even() {
        let mut stream = stream();
        let mut counts = [0_u32; 6];
        for _ in 0..60_000 {
            counts[stream.index(6)] += 1;
        }
        assert!(counts.iter().all(|&count| count.abs_diff(10_000) < 400), "{counts:?}");
    }

    #[test]
    fn edges_are_total() {
        let mut stream = stream();
        assert_eq!(stream.below(0), 0);
        assert_eq!(stream.below(1), 0);
        assert_eq!(stream.choose::<u8>(&[]), None);
        assert_eq!(stream.distinct(9, 3), [0, 1, 2]);
        assert!(!stream.chance(0.0));
        assert!(stream.chance(1.0));
    }
}
