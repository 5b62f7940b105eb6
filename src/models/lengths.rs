//! How long requests and replies of one kind were, as the provider counted them.

use serde::{Deserialize, Serialize};

use super::reply::Usage;

/// What many calls of one kind took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lengths {
    /// Replies whose length is known.
    pub replies: u64,
    /// Tokens of all these replies.
    pub output: u64,
    /// Requests whose length is known, both as it was and as it was reckoned by their text.
    pub requests: u64,
    /// Tokens of all these requests.
    pub input: u64,
    /// Tokens that they were reckoned to have.
    pub reckoned: u64,
}

impl Lengths {
    /// Takes in one call. `reckoned` is what its request was reckoned to have, where that was looked at.
    pub fn add(&mut self, usage: &Usage, reckoned: Option<u64>) {
        // A server that counts nothing says 0.
        if usage.output > 0 {
            self.replies += 1;
            self.output += usage.output;
        }
        if let Some(reckoned) = reckoned.filter(|reckoned| usage.input > 0 && *reckoned > 0) {
            self.requests += 1;
            self.input += usage.input;
            self.reckoned += reckoned;
        }
    }

    /// Tokens of a reply on average; nothing where none is known.
    pub fn reply(&self) -> Option<u64> {
        (self.replies > 0).then(|| self.output.div_ceil(self.replies))
    }

    /// Tokens of a request that is reckoned to have so many by its text.
    pub fn request(&self, reckoned: u64) -> u64 {
        match self.reckoned {
            0 => reckoned,
            all => (reckoned as u128 * self.input as u128).div_ceil(all as u128) as u64,
        }
    }
}

impl std::ops::AddAssign for Lengths {
    fn add_assign(&mut self, other: Lengths) {
        self.replies += other.replies;
        self.output += other.output;
        self.requests += other.requests;
        self.input += other.input;
        self.reckoned += other.reckoned;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(input: u64, output: u64) -> Usage {
        Usage { input, output, ..Usage::default() }
    }

    #[test]
    fn replies_are_as_long_as_those_before_on_average() {
        let mut lengths = Lengths::default();
        assert_eq!((lengths.reply(), lengths.request(10)), (None, 10));
        lengths.add(&usage(30, 100), Some(20));
        lengths.add(&usage(0, 0), Some(20));
        lengths.add(&usage(60, 201), None);
        assert_eq!(lengths.reply(), Some(151));
        assert_eq!(lengths.request(10), 15, "requests turned out half as long again as they were reckoned");
    }
}
