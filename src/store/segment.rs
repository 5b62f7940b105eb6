//! One file of the ledger, read frame by frame, around what is damaged.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::frame::{HEAD, Head, MARK};

/// A segment's file name.
pub(super) fn path(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("{number:06}.seg"))
}

/// The number in a segment's file name.
pub(super) fn number(path: &Path) -> Option<u32> {
    path.file_name()?.to_str()?.strip_suffix(".seg")?.parse().ok()
}

/// A stretch of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// A sound frame, with its compressed bytes where they were asked for.
    Frame { offset: u64, head: Head, packed: Vec<u8> },
    /// Bytes that are no sound frame.
    Damage { offset: u64, bytes: u64 },
}

/// Walks a segment from a frame's beginning, checking each frame's checksums.
pub(super) struct Walk<'a> {
    file: &'a File,
    at: u64,
    end: u64,
}

impl<'a> Walk<'a> {
    /// Walks up to `end`, or to the end of the file where that comes first.
    pub(super) fn new(file: &'a File, from: u64, end: u64) -> io::Result<Walk<'a>> {
        Ok(Walk { file, at: from, end: end.min(file.metadata()?.len()) })
    }

    fn step(&mut self) -> io::Result<Piece> {
        let offset = self.at;
        if let Some((head, packed)) = read_frame(self.file, offset, self.end)? {
            self.at += head.length();
            return Ok(Piece::Frame { offset, head, packed });
        }
        self.at = self.next_sound_frame(offset + 1)?;
        Ok(Piece::Damage { offset, bytes: self.at - offset })
    }

    /// The beginning of the first sound frame at or after `from`, else the end.
    fn next_sound_frame(&self, from: u64) -> io::Result<u64> {
        const WINDOW: usize = 1 << 20;
        let finder = memchr::memmem::Finder::new(MARK);
        let mut window = vec![0; WINDOW];
        let mut start = from;
        while start + (HEAD as u64) <= self.end {
            let length = usize::try_from(self.end - start).unwrap_or(WINDOW).min(WINDOW);
            read_exact_at(self.file, &mut window[..length], start)?;
            for found in finder.find_iter(&window[..length]) {
                let candidate = start + found as u64;
                if read_frame(self.file, candidate, self.end)?.is_some() {
                    return Ok(candidate);
                }
            }
            start += (length - (MARK.len() - 1)).max(1) as u64;
        }
        Ok(self.end)
    }
}

impl Iterator for Walk<'_> {
    type Item = io::Result<Piece>;

    fn next(&mut self) -> Option<io::Result<Piece>> {
        if self.at >= self.end {
            return None;
        }
        let piece = self.step();
        if piece.is_err() {
            self.at = self.end;
        }
        Some(piece)
    }
}

/// The frame that begins at `offset`; none where there is no sound one.
pub(super) fn read_frame(file: &File, offset: u64, end: u64) -> io::Result<Option<(Head, Vec<u8>)>> {
    let mut head = [0; HEAD];
    if offset.saturating_add(HEAD as u64) > end {
        return Ok(None);
    }
    read_exact_at(file, &mut head, offset)?;
    let Some(head) = Head::read(&head) else { return Ok(None) };
    if offset + head.length() > end {
        return Ok(None);
    }
    let mut packed = vec![0; head.packed as usize];
    read_exact_at(file, &mut packed, offset + HEAD as u64)?;
    Ok(head.matches(&packed).then_some((head, packed)))
}

#[cfg(unix)]
pub(super) fn read_exact_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(windows)]
pub(super) fn read_exact_at(file: &File, mut bytes: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, bytes, offset)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        bytes = &mut bytes[read..];
        offset += read as u64;
    }
    Ok(())
}
