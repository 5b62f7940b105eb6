//! Compressed sources.

use std::io::{self, Read};

/// The plain bytes of a stream: gzip and zstd are known by their first bytes, whatever the file
/// is called, and a byte order mark is left out.
pub(super) fn unpack(mut reader: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
    let (start, reader) = match peek::<4>(&mut reader)? {
        start if start.starts_with(&[0x1f, 0x8b]) => {
            let packed = io::Cursor::new(start).chain(reader);
            let mut plain: Box<dyn Read + Send> = Box::new(flate2::read::MultiGzDecoder::new(packed));
            (peek::<3>(&mut plain)?, plain)
        }
        start if start == [0x28, 0xb5, 0x2f, 0xfd] => {
            let packed = io::Cursor::new(start).chain(reader);
            let mut plain: Box<dyn Read + Send> = Box::new(zstd::stream::read::Decoder::new(packed)?);
            (peek::<3>(&mut plain)?, plain)
        }
        start => (start, reader),
    };
    let start = start.strip_prefix(b"\xef\xbb\xbf").map(<[u8]>::to_vec).unwrap_or(start);
    Ok(Box::new(io::Cursor::new(start).chain(reader)))
}

/// The first bytes, fewer only where the stream ends.
fn peek<const LENGTH: u64>(reader: &mut Box<dyn Read + Send>) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    reader.take(LENGTH).read_to_end(&mut start)?;
    Ok(start)
}
