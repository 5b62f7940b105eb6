//! Values on sled carry a checksum of their own, over key and value.

/// No value on sled is longer; what is goes elsewhere, for sled keeps large values badly.
pub(crate) const MOST: usize = 4096;
const SUM: usize = 4;

/// The value as it is stored.
pub(crate) fn seal(key: &[u8], value: &[u8]) -> Vec<u8> {
    debug_assert!(value.len() + SUM <= MOST, "{} bytes are too long for the index", value.len());
    let mut sealed = Vec::with_capacity(SUM + value.len());
    sealed.extend_from_slice(&sum(key, value));
    sealed.extend_from_slice(value);
    sealed
}

/// The value as it was given; none where it or its key is damaged.
pub(crate) fn open<'a>(key: &[u8], sealed: &'a [u8]) -> Option<&'a [u8]> {
    let (stored, value) = sealed.split_first_chunk::<SUM>()?;
    (*stored == sum(key, value)).then_some(value)
}

fn sum(key: &[u8], value: &[u8]) -> [u8; SUM] {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&(key.len() as u64).to_le_bytes());
    hasher.update(key);
    hasher.update(value);
    hasher.finalize().to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_value_or_key_is_noticed() {
        let sealed = seal(b"key", b"value");
        assert_eq!(open(b"key", &sealed), Some(&b"value"[..]));
        assert_eq!(open(b"kez", &sealed), None);
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open(b"key", &changed), None, "bit {bit}");
        }
        assert_eq!(open(b"key", &sealed[..3]), None);
    }
}
