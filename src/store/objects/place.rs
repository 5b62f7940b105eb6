//! Where an object stands, and the two texts that say so: the head before it, and its entry in
//! the list of contents.
//!
//! | bytes of a head | meaning (numbers little-endian) |
//! |---|---|
//! | 0..4 | zstd's mark of a skippable frame, `51 2A 4D 18` |
//! | 4..8 | 40, its length |
//! | 8..40 | the object's digest |
//! | 40..44 | length of the zstd frame that follows |
//! | 44..48 | CRC-32 of bytes 0..44 |
//!
//! | bytes of an entry | meaning (numbers little-endian) |
//! |---|---|
//! | 0..32 | the object's digest |
//! | 32..36 | number of the pack |
//! | 36..40 | where the zstd frame begins |
//! | 40..44 | its length; 0 where the object was found damaged |
//! | 44..48 | CRC-32 of bytes 0..44 |

use crate::digest::Digest;

/// Bytes of a head.
pub(super) const HEAD: usize = 48;
/// Bytes of an entry, which is sealed as a head is.
pub(super) const ENTRY: usize = HEAD;
/// What the checksum is of.
const SUMMED: usize = 44;
const MARK: &[u8; 8] = b"\x51\x2A\x4D\x18\x28\x00\x00\x00";

/// Where an object's zstd frame stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) pack: u32,
    pub(super) offset: u32,
    pub(super) length: u32,
}

impl Place {
    /// What the list says of an object that was found damaged.
    pub(super) const NOWHERE: Place = Place { pack: 0, offset: 0, length: 0 };

    /// Where the next object would begin.
    pub(super) fn end(&self) -> (u32, u64) {
        (self.pack, u64::from(self.offset) + u64::from(self.length))
    }
}

/// An object's entry in the list of contents.
pub(super) fn entry(digest: &Digest, place: Place) -> [u8; ENTRY] {
    let mut bytes = [0; ENTRY];
    bytes[..32].copy_from_slice(&digest.0);
    bytes[32..36].copy_from_slice(&place.pack.to_le_bytes());
    bytes[36..40].copy_from_slice(&place.offset.to_le_bytes());
    bytes[40..SUMMED].copy_from_slice(&place.length.to_le_bytes());
    sealed(bytes)
}

/// Reads an entry; none where it is not sound.
pub(super) fn read_entry(bytes: &[u8; ENTRY]) -> Option<(Digest, Place)> {
    let digest = Digest(is_sound(bytes).then(|| bytes[..32].try_into().ok())??);
    Some((digest, Place { pack: number(bytes, 32), offset: number(bytes, 36), length: number(bytes, 40) }))
}

/// The head of an object whose zstd frame has this length.
pub(super) fn head(digest: &Digest, length: u32) -> [u8; HEAD] {
    let mut bytes = [0; HEAD];
    bytes[..8].copy_from_slice(MARK);
    bytes[8..40].copy_from_slice(&digest.0);
    bytes[40..SUMMED].copy_from_slice(&length.to_le_bytes());
    sealed(bytes)
}

/// Digest and length, as a head says them; none where it is not sound.
pub(super) fn read_head(bytes: &[u8; HEAD]) -> Option<(Digest, u32)> {
    let is_head = bytes.starts_with(MARK) && is_sound(bytes);
    let digest = Digest(is_head.then(|| bytes[8..40].try_into().ok())??);
    Some((digest, number(bytes, 40)))
}

fn sealed(mut bytes: [u8; HEAD]) -> [u8; HEAD] {
    let sum = crc32fast::hash(&bytes[..SUMMED]);
    bytes[SUMMED..].copy_from_slice(&sum.to_le_bytes());
    bytes
}

fn is_sound(bytes: &[u8; HEAD]) -> bool {
    number(bytes, SUMMED) == crc32fast::hash(&bytes[..SUMMED])
}

fn number(bytes: &[u8; HEAD], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
