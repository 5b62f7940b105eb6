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
