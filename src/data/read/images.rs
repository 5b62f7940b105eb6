//! A folder of pictures: a row a file, with its `name` and its `image`.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;

use crate::data::types::Field;
use crate::data::value::{Image, Value};
use crate::digest::Digest;
use crate::world::World;

use super::error::{BrokenRecord, ReadError};
use super::folder::Folder;

/// The rows of a folder of pictures, in the order of the files' names. Files whose name begins
/// with a dot are left out; any other that is no picture is a broken record.
pub fn images<'a>(world: &'a dyn World, folder: &Path, fields: &[Field]) -> Result<Pictures<'a>, ReadError> {
    Ok(Pictures { folder: Folder::open(world, folder, fields, "images", "image")? })
}

/// One row of a folder of pictures.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    pub values: Vec<Value>,
    /// The picture's bytes, to be kept under their digest.
    pub object: (Digest, Bytes),
}

/// See [`images`].
pub struct Pictures<'a> {
    folder: Folder<'a>,
}

impl Iterator for Pictures<'_> {
    type Item = Result<Picture, BrokenRecord>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut entry = match self.folder.next()? {
            Ok(entry) => entry,
            Err(broken) => return Some(Err(broken)),
        };
        let Some(media_type) = media_type(&entry.bytes) else {
            return Some(Err(entry.broken("is not a picture: png, jpeg, gif and webp are read")));
        };
        let bytes = Bytes::from(std::mem::take(&mut entry.bytes));
        let digest = Digest::of(&bytes);
        let image = Value::Image(Arc::new(Image { digest, media_type: media_type.into() }));
        Some(Ok(Picture { values: self.folder.row(&entry, &image), object: (digest, bytes) }))
    }
}

/// The media type of a picture that providers take, by its first bytes.
pub(super) fn media_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}
