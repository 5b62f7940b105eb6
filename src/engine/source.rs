//! Rows from files.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::check::program::{Format, Node, Read, StepKind};
use crate::data::identity;
use crate::data::read;
use crate::data::row::{Failure, Reason, Row, RowId};
use crate::data::value::Value;
use crate::digest::{Digest, Hasher};
use crate::plan::unit::Unit;
use crate::store::Space;
use crate::syntax::tree::OnError;
use crate::world::{Stamp, World};

use super::error::RunError;
use super::memo::Memo;
use super::shelf::Shelf;
use super::table::{ChunkRef, Table};

/// Reads the sources of a program whose file stands in `folder`.
pub struct Sources {
    pub world: Arc<dyn World>,
    pub folder: PathBuf,
    pub shelf: Shelf,
}

/// What is known of a file from before.
#[derive(serde::Serialize, serde::Deserialize)]
struct Known {
    stamp: Stamp,
    content: Digest,
}

impl Sources {
    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    /// The hash of a file's content: remembered where the file's stamp is as it was, read anew
    /// where it moved.
    pub fn content(&self, path: &Path) -> Result<Digest, RunError> {
        let unreadable = |problem: std::io::Error| unreadable(path, &problem);
        if self.world.is_folder(path) {
            return self.folder_content(path);
        }
        let stamp = self.world.stamp(path).map_err(unreadable)?;
        let key = path.to_string_lossy();
        let fact = self.shelf.store().fact(Space::Source, key.as_bytes())?;
        let known = fact.and_then(|fact| serde_json::from_slice::<Known>(&fact).ok());
        if let Some(known) = known.filter(|known| known.stamp == stamp) {
            return Ok(known.content);
        }
        let mut reader = self.world.open(path).map_err(unreadable)?;
        let mut hasher = blake3::Hasher::new();
        let mut buffer = vec![0; 1 << 18];
        loop {
            let count = reader.read(&mut buffer).map_err(unreadable)?;
            if count == 0 {
                break;
            }
            hasher.update(&buffer[..count]);
        }
        let content = Digest(*hasher.finalize().as_bytes());
        if let Ok(fact) = serde_json::to_vec(&Known { stamp, content }) {
            self.shelf.store().put_fact(Space::Source, key.as_bytes(), &fact)?;
        }
        Ok(content)
    }

    fn folder_content(&self, folder: &Path) -> Result<Digest, RunError> {
        let unreadable = |problem: std::io::Error| unreadable(folder, &problem);
        let mut hasher = Hasher::new("tgp.folder.v1");
        for path in self.world.list(folder).map_err(unreadable)? {
            hasher.text(&path.file_name().unwrap_or_default().to_string_lossy());
            hasher.digest(&self.content(&path)?);
        }
        Ok(hasher.finish())
    }

    /// Reads a source, chunk by chunk. A run of records that was read before is taken as it was.
    pub fn read(
        &self,
        unit: &Unit,
        node: &Node,
        memo: &Memo,
        mut emit: impl FnMut(ChunkRef),
    ) -> Result<(), RunError> {
        let Some(StepKind::Read(reading)) = node.steps.get(unit.steps.start).map(|step| &step.kind) else {
            return Ok(());
        };
        let path = self.path(&reading.path);
        // Where a key follows, identity is the key's; else it is content, and equal rows count.
        let keyed = matches!(node.steps.get(unit.steps.end).map(|step| &step.kind), Some(StepKind::Key(_)));
        let mut seen = HashMap::new();
        if matches!(reading.format, Format::Texts | Format::Images) {
            let rows = self.folder_rows(reading, &path)?;
            emit(self.shelf.put(numbered(rows, &mut seen))?);
            return Ok(());
        }
        let (cut, header) = self.open(reading, &path)?;
        for run in cut {
            let run = run.map_err(|error| unreadable(&path, &error))?;
            let key = memo.chunk_key(unit, None, &run.digest(header.as_ref()));
            let known = memo.chunk(&key)?.and_then(|made| made.chunks.first().copied());
            let known = match known {
                Some(chunk) if keyed && self.shelf.store().has_object(&chunk.digest) => {
                    emit(chunk);
                    continue;
                }
                // The rows are needed all the same where equal ones must be counted.
                Some(chunk) => self.shelf.find(&chunk)?,
                None => None,
            };
            let rows = match known {
                Some(rows) => rows.to_vec(),
                None => {
                    let rows = self.parsed(reading, header.as_ref(), &run, &path)?;
                    let chunk = self.shelf.put(rows.clone())?;
                    // A broken record's line moves when the file grows before it.
                    if chunk.failed == 0 {
                        memo.put_chunk(&key, &Table { chunks: vec![chunk] })?;
                    }
                    rows
                }
            };
            let rows = if keyed { rows } else { numbered(rows, &mut seen) };
            emit(self.shelf.put(rows)?);
        }
        Ok(())
    }

    /// All rows of a small source at once, as they stand.
    pub fn all(&self, reading: &Read) -> Result<Vec<Row>, RunError> {
        let path = self.path(&reading.path);
        if matches!(reading.format, Format::Texts | Format::Images) {
            return self.folder_rows(reading, &path);
        }
        let (cut, header) = self.open(reading, &path)?;
        let mut rows = Vec::new();
        for run in cut {
            let run = run.map_err(|error| unreadable(&path, &error))?;
            rows.extend(self.parsed(reading, header.as_ref(), &run, &path)?);
        }
        Ok(rows)
    }

    /// A file cut into runs of records, with its header where it has one.
    fn open(&self, reading: &Read, path: &Path) -> Result<(read::Cut, Option<read::Header>), RunError> {
        let reader = self.world.open(path).map_err(|error| unreadable(path, &error))?;
        let cut = read::cut(reading.format, reader).map_err(|error| unreadable(path, &error))?;
        let header = cut.header().cloned();
        if let Some(header) = &header {
            header.check(&reading.fields).map_err(|error| unreadable(path, &error))?;
        }
        Ok((cut, header))
    }

    fn parsed(
        &self,
        reading: &Read,
        header: Option<&read::Header>,
        run: &read::RawChunk,
        path: &Path,
    ) -> Result<Vec<Row>, RunError> {
        let records = read::parse(reading.format, &reading.fields, header, run);
        records.into_iter().map(|record| self.row(reading, record, path)).collect()
    }

    fn folder_rows(&self, reading: &Read, path: &Path) -> Result<Vec<Row>, RunError> {
        let world = &*self.world;
        if reading.format == Format::Texts {
            let texts =
                read::texts(world, path, &reading.fields).map_err(|error| unreadable(path, &error))?;
            return texts.map(|record| self.row(reading, record, path)).collect();
        }
        let pictures =
            read::images(world, path, &reading.fields).map_err(|error| unreadable(path, &error))?;
        pictures
            .map(|picture| match picture {
                Ok(picture) => {
                    self.shelf.store().put_object(&picture.object.1)?;
                    self.row(reading, Ok(picture.values), path)
                }
                Err(broken) => self.row(reading, Err(broken), path),
            })
            .collect()
    }

    fn row(
        &self,
        reading: &Read,
        record: Result<Vec<Value>, read::BrokenRecord>,
        path: &Path,
    ) -> Result<Row, RunError> {
        match record {
            Ok(values) => Ok(Row { id: identity::by_content(&values, 0), values, failure: None }),
            Err(broken) if reading.on_error == OnError::Skip => {
                let mut hasher = Hasher::new("tgp.broken.v1");
                hasher.text(&broken.excerpt);
                let failure = Failure {
                    reason: Reason::Unreadable,
                    message: format!("line {}: {}", broken.line, broken.message).into(),
                    attempts: 0,
                    excerpt: broken.excerpt.as_str().into(),
                };
                Ok(Row {
                    id: RowId::from_digest(&hasher.finish()),
                    values: vec![Value::Missing; reading.fields.len()],
                    failure: Some(Arc::new(failure)),
                })
            }
            Err(broken) => Err(RunError::BrokenRecord {
                path: path.display().to_string(),
                line: broken.line,
                problem: broken.message,
            }),
        }
    }
}

/// Gives equal rows identities of their own: content and number among equals.
pub(super) fn numbered(mut rows: Vec<Row>, seen: &mut HashMap<RowId, u64>) -> Vec<Row> {
    for row in &mut rows {
        let before = seen.entry(row.id).or_insert(0);
        if *before > 0 {
            row.id = row.id.derive("equal", &before.to_le_bytes());
        }
        *before += 1;
    }
    rows
}

fn unreadable(path: &Path, problem: &dyn std::fmt::Display) -> RunError {
    RunError::Source { path: path.display().to_string(), problem: problem.to_string() }
}
