//! Places as editors count them: lines from 0, and columns in UTF-16 units.

use lsp_types::{Position, Range};

/// The position of a byte.
pub(super) fn position(text: &str, byte: usize) -> Position {
    let before = &text[..text.floor_char_boundary(byte.min(text.len()))];
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = memchr::memchr_iter(b'\n', before.as_bytes()).count();
    Position { line: line as u32, character: before[start..].encode_utf16().count() as u32 }
}

/// The byte at a position; the end of the line where it has no such column.
pub(super) fn byte(text: &str, position: Position) -> usize {
    let line = position.line as usize;
    let start = match line {
        0 => 0,
        line => memchr::memchr_iter(b'\n', text.as_bytes()).nth(line - 1).map_or(text.len(), |at| at + 1),
    };
    let rest = &text[start..];
    let rest = &rest[..rest.find('\n').unwrap_or(rest.len())];
    let mut units = 0;
    for (at, c) in rest.char_indices() {
        if units >= position.character {
            return start + at;
        }
        units += c.len_utf16() as u32;
    }
    start + rest.len()
}

pub(super) fn range(text: &str, start: usize, end: usize) -> Range {
    Range { start: position(text, start), end: position(text, end) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_in_utf16_units() {
        let text = "a\né😀b\n";
        for (at, line, character) in [(0, 0, 0), (2, 1, 0), (4, 1, 1), (8, 1, 3), (10, 2, 0)] {
            let found = Position { line, character };
            assert_eq!(position(text, at), found, "byte {at}");
            assert_eq!(byte(text, found), at);
        }
        assert_eq!(byte(text, Position { line: 0, character: 99 }), 1);
        assert_eq!(byte(text, Position { line: 9, character: 0 }), text.len());
    }
}
