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

/// Bits that the line takes of a position's eight bytes: a frame has at most 4,096 lines.
const LINE: u32 = 12;
/// Bits that the frame's place takes.
const OFFSET: u32 = 32;

impl Position {
    pub(super) const BYTES: usize = 8;
    /// Lines that a frame can have.
    pub(super) const LINES: u16 = 1 << LINE;

    /// Segment, offset and line, in 20, 32 and 12 bits.
    pub(super) fn to_bytes(self) -> [u8; Self::BYTES] {
        let place = u64::from(self.segment) << OFFSET | u64::from(self.offset);
        (place << LINE | u64::from(self.line)).to_be_bytes()
    }

    pub(super) fn from_bytes(bytes: [u8; Self::BYTES]) -> Position {
        let all = u64::from_be_bytes(bytes);
        Position {
            segment: (all >> (OFFSET + LINE)) as u32,
            offset: (all >> LINE) as u32,
            line: all as u16 & (Self::LINES - 1),
        }
    }
}

/// A place between two frames: everything before it is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark {
    pub(super) segment: u32,
    pub(super) offset: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_survives_its_encoding() {
        for position in [
            Position { segment: 1, offset: 0, line: 0 },
            Position { segment: (1 << 20) - 1, offset: u32::MAX, line: Position::LINES - 1 },
        ] {
            assert_eq!(Position::from_bytes(position.to_bytes()), position);
        }
    }
}
