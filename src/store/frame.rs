//! The unit of writing: some JSON lines, compressed together, checksummed, self-delimiting.
//!
//! A frame is a zstd *skippable* frame of 32 bytes that says what follows, and a zstd frame
//! with the lines. To `zstd -dc` a segment is therefore just a file of JSON lines.
//!
//! | bytes | meaning (numbers little-endian) |
//! |---|---|
//! | 0..4 | zstd's mark of a skippable frame, `50 2A 4D 18` |
//! | 4..8 | 24, its length |
//! | 8..12 | `tgp1`: ours, and the version of this layout |
//! | 12..14, 14..16 | lines that are replies; other lines |
//! | 16..20, 20..24 | length of the zstd frame; of the lines in it |
//! | 24..28 | CRC-32 of the zstd frame |
//! | 28..32 | CRC-32 of bytes 0..28 |

use super::StoreError;
use super::position::Position;

/// Bytes of a frame's head.
pub(super) const HEAD: usize = 32;
/// How every head begins; damage is skipped by looking for it. Zstandard's mark holds a control
/// character, which JSON text never does, so the lines themselves cannot imitate it.
pub(super) const MARK: &[u8; 12] = b"\x50\x2A\x4D\x18\x18\x00\x00\x00tgp1";
/// Bytes of lines that make a full frame: reading one record unpacks them all, which takes a
/// fifth of a millisecond; frames half as long pack a tenth worse.
pub(super) const FULL: usize = 256 << 10;
/// As many lines make a full frame too, however short.
const MOST_LINES: u16 = Position::LINES;
/// Zstandard's own default: about 200 MB/s on one core.
const LEVEL: i32 = 3;
/// For frames that are soon packed anew: fast rather than small.
const PASSING: i32 = -5;

/// What a frame's head says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) replies: u16,
    pub(super) others: u16,
    /// Bytes of the zstd frame.
    pub(super) packed: u32,
    /// Bytes of the lines.
    pub(super) plain: u32,
    sum: u32,
}

impl Head {
    /// Reads a head; none where these bytes are not a whole and sound one.
    pub(super) fn read(bytes: &[u8]) -> Option<Head> {
        let bytes: &[u8; HEAD] = bytes.get(..HEAD)?.try_into().ok()?;
        if !bytes.starts_with(MARK) || number(bytes, 28) != crc32fast::hash(&bytes[..28]) {
            return None;
        }
        Some(Head {
            replies: u16::from_le_bytes([bytes[12], bytes[13]]),
            others: u16::from_le_bytes([bytes[14], bytes[15]]),
            packed: number(bytes, 16),
            plain: number(bytes, 20),
            sum: number(bytes, 24),
        })
    }

    pub(super) fn to_bytes(self) -> [u8; HEAD] {
        let mut bytes = [0; HEAD];
        bytes[..12].copy_from_slice(MARK);
        bytes[12..14].copy_from_slice(&self.replies.to_le_bytes());
        bytes[14..16].copy_from_slice(&self.others.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.packed.to_le_bytes());
        bytes[20..24].copy_from_slice(&self.plain.to_le_bytes());
        bytes[24..28].copy_from_slice(&self.sum.to_le_bytes());
        let sum = crc32fast::hash(&bytes[..28]);
        bytes[28..].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    /// Bytes of head and zstd frame together.
    pub(super) fn length(&self) -> u64 {
        HEAD as u64 + u64::from(self.packed)
    }

    /// Whether these are the bytes of the zstd frame that was written.
    pub(super) fn matches(&self, packed: &[u8]) -> bool {
        packed.len() == self.packed as usize && crc32fast::hash(packed) == self.sum
    }

    /// The lines; none where the bytes are damaged.
    pub(super) fn unpack(&self, packed: &[u8]) -> Option<Vec<u8>> {
        if !self.matches(packed) {
            return None;
        }
        let lines = zstd::bulk::decompress(packed, self.plain as usize).ok()?;
        (lines.len() == self.plain as usize).then_some(lines)
    }
}

fn number(bytes: &[u8; HEAD], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// Puts lines together into frames.
pub(super) struct Packer {
    zstd: zstd::bulk::Compressor<'static>,
    lines: Vec<u8>,
    replies: u16,
    others: u16,
}

impl Packer {
    pub(super) fn new() -> Result<Packer, StoreError> {
        Packer::with_level(LEVEL)
    }

    /// For frames that do not stay.
    pub(super) fn passing() -> Result<Packer, StoreError> {
        Packer::with_level(PASSING)
    }

    fn with_level(level: i32) -> Result<Packer, StoreError> {
        let zstd = zstd::bulk::Compressor::new(level)
            .and_then(|mut zstd| {
                zstd.include_checksum(true)?;
                Ok(zstd)
            })
            .map_err(unwritable)?;
        Ok(Packer { zstd, lines: Vec::new(), replies: 0, others: 0 })
    }

    /// Adds a line and says which line of its frame it is.
    pub(super) fn add(&mut self, line: &[u8], is_reply: bool) -> u16 {
        let number = self.replies + self.others;
        self.lines.extend_from_slice(line);
        if is_reply {
            self.replies += 1;
        } else {
            self.others += 1;
        }
        number
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Whether the frame should end here, when so many more bytes of lines are to come at least:
    /// a rest that would make a poor frame of its own is taken along.
    pub(super) fn is_full(&self, to_come: usize) -> bool {
        let is_long = self.lines.len() >= FULL && (to_come == 0 || to_come >= FULL / 2);
        is_long || self.replies + self.others >= MOST_LINES
    }

    /// Appends the frame of all lines added since the last one to `out`.
    pub(super) fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), StoreError> {
        let packed = self.zstd.compress(&self.lines).map_err(unwritable)?;
        let too_long = |_| StoreError::Unwritable { reason: "it is longer than 4 GiB".to_owned() };
        let head = Head {
            replies: self.replies,
            others: self.others,
            packed: u32::try_from(packed.len()).map_err(too_long)?,
            plain: u32::try_from(self.lines.len()).map_err(too_long)?,
            sum: crc32fast::hash(&packed),
        };
        out.extend_from_slice(&head.to_bytes());
        out.extend_from_slice(&packed);
        self.clear();
        Ok(())
    }

    /// Forgets the lines added since the last frame.
    pub(super) fn clear(&mut self) {
        self.lines.clear();
        self.replies = 0;
        self.others = 0;
    }
}

fn unwritable(error: std::io::Error) -> StoreError {
    StoreError::Unwritable { reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame() -> Vec<u8> {
        let mut packer = Packer::new().unwrap();
        assert_eq!(packer.add(b"{\"a\":1}\n", true), 0);
        assert_eq!(packer.add(b"{\"b\":2}\n", false), 1);
        let mut out = Vec::new();
        packer.finish(&mut out).unwrap();
        out
    }

    #[test]
    fn a_frame_comes_back_and_plain_zstd_reads_it() {
        let bytes = frame();
        let head = Head::read(&bytes).unwrap();
        assert_eq!((head.replies, head.others), (1, 1));
        assert_eq!(head.length(), bytes.len() as u64);
        assert_eq!(head.unpack(&bytes[HEAD..]).unwrap(), b"{\"a\":1}\n{\"b\":2}\n");
        let twice = [bytes.clone(), bytes].concat();
        let lines = zstd::stream::decode_all(&twice[..]).unwrap();
        assert_eq!(lines, b"{\"a\":1}\n{\"b\":2}\n{\"a\":1}\n{\"b\":2}\n");
    }

    #[test]
    fn any_flipped_bit_is_noticed() {
        let sound = frame();
        for at in 0..sound.len() {
            for bit in 0..8 {
                let mut bytes = sound.clone();
                bytes[at] ^= 1 << bit;
                let lines = Head::read(&bytes).and_then(|head| head.unpack(&bytes[HEAD..]));
                assert_eq!(lines, None, "bit {bit} of byte {at}");
            }
        }
    }
}
