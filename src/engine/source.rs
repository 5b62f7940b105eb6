//! Rows from files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::check::program::{Node, Read, StepKind};
use crate::data::identity;
use crate::data::read;
use crate::data::row::{Failure, Reason, Row};
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
        let unreadable = |problem: std::io::Error| RunError::Source {
            path: path.display().to_string(),
            problem: problem.to_string(),
        };
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
        let unreadable = |problem: std::io::Error| RunError::Source {
            path: folder.display().to_string(),
            problem: problem.to_string(),
        };
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
        let mut seen = std::collections::HashMap::new();
        let source = read::Source::open(&*self.world, &path, reading.format).map_err(|error| at(&path, &error))?;
        let header = source.header().cloned();
        for run in source {
            let run = run.map_err(|error| at(&path, &error))?;
            let mut hasher = Hasher::new("tgp.records.v1");
            hasher.bytes(&run.bytes);
            if let Some(header) = &header {
                header.write_to(&mut hasher);
            }
            let key = memo.chunk_key(unit, None, &hasher.finish());
            let known = memo.chunk(&key)?.and_then(|made| made.chunks.first().copied());
            let known = match known {
                // The rows are needed all the same where equal ones must be counted.
                Some(chunk) if keyed && self.shelf.store().has_object(&chunk.digest) => {
                    emit(chunk);
                    continue;
                }
                Some(chunk) => self.shelf.find(&chunk)?,
                None => None,
            };
            let rows = match known {
                Some(rows) => rows.to_vec(),
                None => {
                    let rows = self.parse(reading, header.as_ref(), &run, &path)?;
                    let chunk = self.shelf.put(rows.clone())?;
                    memo.put_chunk(&key, &Table { chunks: vec![chunk] })?;
                    rows
                }
            };
            let rows = if keyed { rows } else { numbered(rows, &mut seen) };
            emit(self.shelf.put(rows)?);
        }
        Ok(())
    }

    fn parse(
        &self,
        reading: &Read,
        header: Option<&read::Header>,
        run: &read::RawChunk,
        path: &Path,
    ) -> Result<Vec<Row>, RunError> {
        let mut rows = Vec::new();
        for record in read::parse(reading.format, &reading.fields, header, run) {
            match record {
                Ok(record) => {
                    for (digest, bytes) in &record.pictures {
                        debug_assert_eq!(*digest, Digest::of(bytes));
                        self.shelf.store().put_object(bytes)?;
                    }
                    let id = identity::by_content(&record.values, 0);
                    rows.push(Row { id, values: record.values, failure: None });
                }
                Err(broken) if reading.on_error == OnError::Skip => {
                    let failure = Failure {
                        reason: Reason::Unreadable,
                        message: format!("line {}: {}", broken.line, broken.message).into(),
                        attempts: 0,
                        excerpt: broken.excerpt.as_str().into(),
                    };
                    let mut hasher = Hasher::new("tgp.broken.v1");
                    hasher.text(&broken.excerpt);
                    let id = crate::data::row::RowId::from_digest(&hasher.finish());
                    let values = vec![crate::data::value::Value::Missing; reading.fields.len()];
                    rows.push(Row { id, values, failure: Some(Arc::new(failure)) });
                }
                Err(broken) => {
                    return Err(RunError::BrokenRecord {
                        path: path.display().to_string(),
                        line: broken.line,
                        problem: broken.message,
                    });
                }
            }
        }
        Ok(rows)
    }
}

/// Gives equal rows identities of their own: content and number among equals.
fn numbered(mut rows: Vec<Row>, seen: &mut std::collections::HashMap<crate::data::row::RowId, u64>) -> Vec<Row> {
    for row in &mut rows {
        let before = seen.entry(row.id).or_insert(0);
        if *before > 0 {
            row.id = row.id.derive("equal", &before.to_le_bytes());
        }
        *before += 1;
    }
    rows
}

fn at(path: &Path, error: &read::ReadError) -> RunError {
    RunError::Source { path: path.display().to_string(), problem: error.to_string() }
}
