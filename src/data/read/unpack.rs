//! Compressed sources.

use std::io::{self, Read};

use super::error::ReadError;

/// The plain bytes of a stream: gzip and zstd are known by their first bytes, whatever the file
/// is called, and a byte order mark is left out. What goes wrong later on is read with [`problem`].
pub(super) fn unpack(mut reader: Box<dyn Read + Send>) -> Result<Box<dyn Read + Send>, ReadError> {
    let (start, reader) = match peek::<4>(&mut reader)? {
        start if start.starts_with(&[0x1f, 0x8b]) => {
            let packed = io::Cursor::new(start).chain(reader);
            let plain = Box::new(flate2::read::MultiGzDecoder::new(packed));
            let mut plain: Box<dyn Read + Send> = Box::new(Unpacking { plain, with: "gzip" });
            (peek::<3>(&mut plain)?, plain)
        }
        start if start == [0x28, 0xb5, 0x2f, 0xfd] => {
            let packed = io::Cursor::new(start).chain(reader);
            let plain = Box::new(zstd::stream::read::Decoder::new(packed)?);
            let mut plain: Box<dyn Read + Send> = Box::new(Unpacking { plain, with: "zstd" });
            (peek::<3>(&mut plain)?, plain)
        }
        start => (start, reader),
    };
    if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) {
        return Err(ReadError::Utf16);
    }
    let start = start.strip_prefix(b"\xef\xbb\xbf").map(<[u8]>::to_vec).unwrap_or(start);
    Ok(Box::new(io::Cursor::new(start).chain(reader)))
}

/// Where the text of a file begins, after a byte order mark; nothing where it is packed or is not
/// in UTF-8. Stands anywhere in the file after that.
pub(super) fn plain_start(file: &mut dyn Read) -> Result<Option<u64>, ReadError> {
    let mut start = Vec::new();
    file.take(4).read_to_end(&mut start).map_err(problem)?;
    let others: [&[u8]; 4] = [&[0x1f, 0x8b], &[0x28, 0xb5, 0x2f, 0xfd], &[0xff, 0xfe], &[0xfe, 0xff]];
    let is_plain = !others.iter().any(|other| start.starts_with(other));
    Ok(is_plain.then(|| if start.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 }))
}

/// What went wrong with a stream of this room's.
pub(super) fn problem(error: io::Error) -> ReadError {
    let error = match error.downcast::<ReadError>() {
        Ok(known) => return known,
        Err(other) => other,
    };
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Broken>()) {
        Some(broken) => ReadError::Packed { with: broken.with, whole: broken.whole },
        None => ReadError::Io(error),
    }
}

/// The rest of a stream, whole.
pub(super) fn rest(mut reader: Box<dyn Read + Send>) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).map_err(problem)?;
    Ok(bytes)
}

/// What a decoder said, as this room says it.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("packed with {with}, and not whole")]
struct Broken {
    with: &'static str,
    /// It has its end; what is in it is wrong.
    whole: bool,
}

struct Unpacking {
    plain: Box<dyn Read + Send>,
    with: &'static str,
}

impl Read for Unpacking {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.plain.read(buffer).map_err(|error| {
            let cut_short =
                error.kind() == io::ErrorKind::UnexpectedEof || error.to_string().contains("incomplete");
            io::Error::other(Broken { with: self.with, whole: !cut_short })
        })
    }
}

/// The first bytes, fewer only where the stream ends.
fn peek<const LENGTH: u64>(reader: &mut Box<dyn Read + Send>) -> Result<Vec<u8>, ReadError> {
    let mut start = Vec::new();
    reader.take(LENGTH).read_to_end(&mut start).map_err(problem)?;
    Ok(start)
}
