//! A fast hash that decides where runs are cut. It names nothing and is stored nowhere; a change
//! of it moves the cuts, and each run is then read again once.

/// Hashes bytes, 16 at a time, by folding 64×64-bit products, as wyhash does.
pub(super) fn quick_hash(bytes: &[u8]) -> u64 {
    const SECRET: [u64; 3] = [0xa076_1d64_78bd_642f, 0xe703_7ed1_a0b4_28db, 0x8ebc_6af0_9c88_c6e3];
    let mut state = SECRET[0] ^ bytes.len() as u64;
    let (pairs, rest) = bytes.as_chunks::<16>();
    for pair in pairs {
        state = fold(word(&pair[..8]) ^ SECRET[1], word(&pair[8..]) ^ state);
    }
    let mut last = [0; 16];
    last[..rest.len()].copy_from_slice(rest);
    state = fold(word(&last[..8]) ^ SECRET[1], word(&last[8..]) ^ state);
    fold(state ^ SECRET[2], SECRET[1])
}

fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

fn word(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(bytes);
    u64::from_le_bytes(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_texts_spread_over_the_whole_range() {
        let mut eighths = [0; 8];
        for n in 0..8_000 {
            let hash =
                quick_hash(format!("{{\"id\": {n}, \"text\": \"the same in every line\"}}").as_bytes());
            eighths[(hash >> 61) as usize] += 1;
        }
        assert!(eighths.iter().all(|count| (850..1150).contains(count)), "{eighths:?}");
    }
}
