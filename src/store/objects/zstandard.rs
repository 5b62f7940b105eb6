//! Zstandard with its workspaces kept: making one takes as long as packing a chunk does.

use std::io;
use std::sync::{Mutex, PoisonError};

use zstd::bulk::{Compressor, Decompressor};

/// Its fastest ordinary level: chunks are written often and read seldom.
const LEVEL: i32 = 1;

/// Up to so many bytes for each packed one, a frame's own word for its length is believed before it
/// is unpacked: a damaged length must not decide how much memory is taken.
const BELIEVED: usize = 1 << 10;

/// As many workspaces as threads ever packed, or unpacked, at the same time.
#[derive(Default)]
pub(super) struct Zstandard {
    packing: Mutex<Vec<Compressor<'static>>>,
    unpacking: Mutex<Vec<Decompressor<'static>>>,
}

impl Zstandard {
    pub(super) fn pack(&self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        with(&self.packing, || Compressor::new(LEVEL), |compressor| compressor.compress(bytes))
    }

    pub(super) fn unpack(&self, packed: &[u8]) -> io::Result<Vec<u8>> {
        let stated = zstd::zstd_safe::get_frame_content_size(packed).ok().flatten();
        let length = stated.and_then(|length| usize::try_from(length).ok());
        match length.filter(|length| *length <= packed.len().saturating_mul(BELIEVED)) {
            Some(length) => {
                with(&self.unpacking, Decompressor::new, |workspace| workspace.decompress(packed, length))
            }
            None => zstd::stream::decode_all(packed),
        }
    }
}

impl std::fmt::Debug for Zstandard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Zstandard")
    }
}

/// Does something with a workspace that nobody uses, made where there is none.
fn with<W, T>(
    spare: &Mutex<Vec<W>>,
    make: impl FnOnce() -> io::Result<W>,
    action: impl FnOnce(&mut W) -> io::Result<T>,
) -> io::Result<T> {
    let kept = spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let mut workspace = kept.map_or_else(make, Ok)?;
    let done = action(&mut workspace);
    spare.lock().unwrap_or_else(PoisonError::into_inner).push(workspace);
    done
}
