//! Where a record stands in the ledger.

/// A line of a frame of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Position {
    /// The segment's number.
    pub(super) segment: u32,
    /// Where the frame begins, in bytes from the segment's start.
    pub(super) offset: u32,
    /// Which line of the frame, counted from 0.
    pub(super) line: u16,
}

impl Position {
    pub(super) const BYTES: usize = 10;

    pub(super) fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..4].copy_from_slice(&self.segment.to_be_bytes());
        bytes[4..8].copy_from_slice(&self.offset.to_be_bytes());
        bytes[8..].copy_from_slice(&self.line.to_be_bytes());
        bytes
    }

    pub(super) fn from_bytes(bytes: [u8; Self::BYTES]) -> Position {
        let [a, b, c, d, e, f, g, h, i, j] = bytes;
        Position {
            segment: u32::from_be_bytes([a, b, c, d]),
            offset: u32::from_be_bytes([e, f, g, h]),
            line: u16::from_be_bytes([i, j]),
        }
    }
}

/// A place between two frames: everything before it is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark {
    pub(super) segment: u32,
    pub(super) offset: u64,
}
