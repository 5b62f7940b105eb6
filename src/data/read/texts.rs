//! A folder of text files: a row a file, with its `name` and its `text`.

use std::path::Path;

use crate::data::types::Field;
use crate::data::value::Value;
use crate::world::World;

use super::error::{BrokenRecord, ReadError};
use super::folder::Folder;

/// The rows of a folder of text files, in the order of the files' names. Files whose name begins
/// with a dot are left out.
pub fn texts<'a>(world: &'a dyn World, folder: &Path, fields: &[Field]) -> Result<Texts<'a>, ReadError> {
    Ok(Texts { folder: Folder::open(world, folder, fields, "texts", "text")? })
}

/// See [`texts`].
pub struct Texts<'a> {
    folder: Folder<'a>,
}

impl Iterator for Texts<'_> {
    type Item = Result<Vec<Value>, BrokenRecord>;

    fn next(&mut self) -> Option<Self::Item> {
        let entry = match self.folder.next()? {
            Ok(entry) => entry,
            Err(broken) => return Some(Err(broken)),
        };
        Some(match std::str::from_utf8(&entry.bytes) {
            Ok(text) => {
                let text = text.strip_prefix('\u{feff}').unwrap_or(text);
                Ok(self.folder.row(&entry, &Value::text(text)))
            }
            Err(_) => Err(entry.broken("is not UTF-8 text")),
        })
    }
}
