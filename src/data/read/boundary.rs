//! Where one record ends and the next begins.

use memchr::{memchr, memchr2};

/// Finds the ends of records in a stream that comes in pieces.
#[derive(Clone, Debug)]
pub(super) enum Boundary {
    /// Each line is a record.
    Lines,
    Quoted(Quoted),
}

impl Boundary {
    /// The end of the record, just after its newline, or `None` where these bytes have none: then
    /// they are done with, and what follows them is to be given next.
    pub(super) fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        match self {
            Boundary::Lines => memchr(b'\n', bytes).map(|at| at + 1),
            Boundary::Quoted(quoted) => quoted.end(bytes),
        }
    }

    /// Whether what came last belongs to a quoted cell that goes on.
    pub(super) fn is_open(&self) -> bool {
        matches!(self, Boundary::Quoted(Quoted { place: CellPlace::Inside, .. }))
    }
}

/// Lines of cells in which a quoted cell may hold newlines.
#[derive(Clone, Debug)]
pub(super) struct Quoted {
    delimiter: u8,
    place: CellPlace,
}

#[derive(Clone, Copy, Debug)]
enum CellPlace {
    /// A quote here opens a quoted cell; anywhere else in a plain cell it is a character.
    Start,
    Plain,
    Inside,
    /// After a quote in a quoted cell: a second one is a character, anything else closes it.
    AfterQuote,
}

impl Quoted {
    pub(super) fn new(delimiter: u8) -> Quoted {
        Quoted { delimiter, place: CellPlace::Start }
    }

    fn end(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            match self.place {
                CellPlace::Start if byte == b'"' => {
                    self.place = CellPlace::Inside;
                    at += 1;
                }
                CellPlace::Inside => {
                    at += memchr(b'"', &bytes[at..])? + 1;
                    self.place = CellPlace::AfterQuote;
                }
                CellPlace::AfterQuote if byte == b'"' => {
                    self.place = CellPlace::Inside;
                    at += 1;
                }
                CellPlace::Start | CellPlace::Plain | CellPlace::AfterQuote => {
                    self.place = CellPlace::Plain;
                    at += memchr2(self.delimiter, b'\n', &bytes[at..])? + 1;
                    self.place = CellPlace::Start;
                    if bytes[at - 1] == b'\n' {
                        return Some(at);
                    }
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newlines_in_quotes_end_no_record_however_the_bytes_arrive() {
        let text = b"a,\"b \"\"x\"\"\n,\" ,c\n5\" wide,\"\",\"\n\"\nlast,\"\"\n";
        let records = ["a,\"b \"\"x\"\"\n,\" ,c\n", "5\" wide,\"\",\"\n\"\n", "last,\"\"\n"];
        for piece in 1..text.len() {
            let mut boundary = Boundary::Quoted(Quoted::new(b','));
            let (mut found, mut record) = (Vec::new(), Vec::new());
            for piece in text.chunks(piece) {
                let mut rest = piece;
                while let Some(end) = boundary.end(rest) {
                    record.extend_from_slice(&rest[..end]);
                    found.push(String::from_utf8(std::mem::take(&mut record)).unwrap());
                    rest = &rest[end..];
                }
                record.extend_from_slice(rest);
            }
            assert_eq!(found, records, "in pieces of {piece}");
        }
    }
}
