//! Folders whose files are rows.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::data::types::Field;
use crate::data::value::Value;
use crate::world::World;

use super::error::{BrokenRecord, ReadError};

/// What a field of a folder's row holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Name,
    Content,
}

/// The files of a folder, in the order of their names, without hidden ones.
pub(super) struct Folder<'a> {
    world: &'a dyn World,
    files: std::vec::IntoIter<PathBuf>,
    parts: Vec<Part>,
    read: u64,
}

/// One file: its name, its bytes, its number from 1.
pub(super) struct Entry {
    name: Arc<str>,
    pub(super) bytes: Vec<u8>,
    number: u64,
}

impl Entry {
    pub(super) fn broken(&self, message: impl Into<String>) -> BrokenRecord {
        BrokenRecord::new(self.number, message, self.name.as_bytes())
    }
}

impl<'a> Folder<'a> {
    /// `of` and `content` name the format and the field of a file's content.
    pub(super) fn open(
        world: &'a dyn World,
        folder: &Path,
        fields: &[Field],
        of: &'static str,
        content: &'static str,
    ) -> Result<Folder<'a>, ReadError> {
        let part = |field: &Field| match &*field.name {
            "name" => Ok(Part::Name),
            name if name == content => Ok(Part::Content),
            _ => Err(ReadError::NoSuchPart { of, second: content, field: field.name.clone() }),
        };
        let parts = fields.iter().map(part).collect::<Result<_, _>>()?;
        let mut files = world.list(folder)?;
        files.retain(|path| !name(path).starts_with('.'));
        Ok(Folder { world, files: files.into_iter(), parts, read: 0 })
    }

    pub(super) fn next(&mut self) -> Option<Result<Entry, BrokenRecord>> {
        let path = self.files.next()?;
        self.read += 1;
        let name = name(&path);
        Some(match self.world.read(&path) {
            Ok(bytes) => Ok(Entry { name, bytes, number: self.read }),
            Err(error) => {
                Err(BrokenRecord::new(self.read, format!("cannot be read: {error}"), name.as_bytes()))
            }
        })
    }

    /// The row of an entry, in the order of the fields.
    pub(super) fn row(&self, entry: &Entry, content: &Value) -> Vec<Value> {
        let value = |part: &Part| match part {
            Part::Name => Value::Text(entry.name.clone()),
            Part::Content => content.clone(),
        };
        self.parts.iter().map(value).collect()
    }
}

fn name(path: &Path) -> Arc<str> {
    path.file_name().unwrap_or_default().to_string_lossy().into()
}
