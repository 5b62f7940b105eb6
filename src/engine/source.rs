//! Rows from files, of this machine or got from elsewhere.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use crate::check::program::{Format, Node, Program, Read, StepKind};
use crate::data::address::Address;
use crate::data::identity;
use crate::data::read;
use crate::data::row::{Failure, Reason, Row, RowId};
use crate::data::types::Field;
use crate::data::value::Value;
use crate::digest::{Digest, Hasher};
use crate::plan::unit::Unit;
use crate::syntax::tree::OnError;
use crate::world::World;

use super::error::RunError;
use super::identities::{are_distinct, is_known, remember};
use super::memo::{Made, Memo};
use super::remote::{KeptFile, Remote, RemoteError};
use super::shelf::Shelf;
use super::table::{ChunkRef, Table};

/// Runs that are found ahead of the one that is looked up.
const RUNS_AHEAD: usize = 4;

/// Reads the sources of a program whose file stands in `folder`.
pub struct Sources {
    pub world: Arc<dyn World>,
    pub folder: PathBuf,
    pub shelf: Shelf,
    pub remote: Arc<dyn Remote>,
}

/// One of the files that hold a source.
struct Place {
    /// What people know it by.
    name: String,
    path: PathBuf,
}

impl Sources {
    /// Pins the remote sources of a program, so that what is wrong with one is told before
    /// anything is paid for.
    pub fn pin(&self, program: &Program) -> Result<(), RunError> {
        let steps = program.nodes.iter().flat_map(|node| &node.steps);
        for step in steps {
            if let StepKind::Read(read) | StepKind::Labels { read, .. } = &step.kind
                && let Some(address) = remote(&read.path)
            {
                self.remote.contents(&address)?;
            }
        }
        Ok(())
    }

    /// The files that hold a source, in order.
    fn places(&self, source: &str) -> Result<Vec<Place>, RunError> {
        let Some(address) = remote(source) else {
            let path = self.folder.join(source);
            return Ok(vec![Place { name: path.display().to_string(), path }]);
        };
        let files = self.remote.files(&address)?;
        let several = files.len() > 1;
        let place = |(KeptFile { path, content }, number): (KeptFile, u64)| {
            if self.file_hash(&path)? != content {
                return Err(RemoteError::Damaged { address: address.to_string(), path }.into());
            }
            let name = if several { format!("{address}, file {number}") } else { address.to_string() };
            Ok(Place { name, path })
        };
        files.into_iter().zip(1..).map(place).collect()
    }

    /// The records of a source, cut into runs, file by file.
    pub(super) fn runs(
        &self,
        source: &str,
        format: Format,
        fields: &[Field],
        mut each: impl FnMut(&str, Option<&read::Header>, read::RawChunk) -> Result<(), RunError>,
    ) -> Result<(), RunError> {
        for Place { name, path } in self.places(source)? {
            let unreadable = |problem: &dyn std::fmt::Display| unreadable(&name, problem);
            if self.world.is_folder(&path) {
                return Err(unreadable(&"is a folder, and a file is wanted"));
            }
            let file = self.world.open(&path).map_err(|error| unreadable(&told(&error)))?;
            let store = Arc::clone(self.shelf.store());
            let keep =
                Box::new(move |picture: &[u8]| store.put_object(picture).map_err(std::io::Error::other));
            let cut = read::cut_file(format, file, fields, keep).map_err(|error| misread(&name, &error))?;
            let header = cut.header().cloned();
            if let Some(header) = &header {
                header.check(fields).map_err(|error| misread(&name, &error))?;
            }
            std::thread::scope(|scope| {
                // One thread finds the runs, the other what was made of them.
                let (sender, runs) = sync_channel(RUNS_AHEAD);
                scope.spawn(move || cut.into_iter().try_for_each(|run| sender.send(run)));
                runs.into_iter().try_for_each(|run| {
                    each(&name, header.as_ref(), run.map_err(|error| misread(&name, &error))?)
                })
            })?;
        }
        Ok(())
    }

    /// Reads a source, chunk by chunk, and gives the hash of what it held. A run of records that was
    /// read before is taken as it was.
    pub(super) fn read(
        &self,
        unit: &Unit,
        node: &Node,
        memo: &Memo,
        mut emit: impl FnMut(ChunkRef),
    ) -> Result<Option<Digest>, RunError> {
        let Some(StepKind::Read(reading)) = node.steps.get(unit.steps.start).map(|step| &step.kind) else {
            return Ok(None);
        };
        // Where a key follows, identity is the key's; else it is content, and equal rows count.
        let keyed = matches!(node.steps.get(unit.steps.end).map(|step| &step.kind), Some(StepKind::Key(_)));
        if matches!(reading.format, Format::Texts | Format::Images) {
            let content = self.content(&reading.path, reading.format)?;
            let folder = self.folder.join(&*reading.path);
            let rows = self.folder_rows(reading, &folder)?;
            if rows.is_empty() {
                return Err(RunError::NoRecords { path: folder.display().to_string() });
            }
            emit(self.shelf.put(Numbering::default().number(rows).0)?);
            return Ok(Some(content));
        }
        let identities = memo.identities_key(unit);
        // Where it is known which identities were there last, what changed is enough to tell
        // whether two rows are equal now; else all rows are looked at.
        let compares = !keyed && is_known(&self.shelf, &identities)?;
        let mut numbering = Numbering::default();
        let mut read = Table::default();
        let mut rows = 0;
        let content = self.chunks(memo, unit, reading, |chunk| {
            rows += u64::from(chunk.rows);
            if keyed {
                emit(chunk);
                return Ok(());
            }
            read.chunks.push(chunk);
            if !compares {
                emit(self.numbered(&mut numbering, chunk)?);
            }
            Ok(())
        })?;
        if rows == 0 {
            return Err(RunError::NoRecords { path: reading.path.to_string() });
        }
        if keyed {
            return Ok(Some(content));
        }
        // Records that could not be read are numbered too, and have no part in what is known.
        let is_whole = read.failed() == 0;
        if !compares {
            if is_whole && !numbering.has_equals {
                remember(&self.shelf, &identities, &read, numbering.seen.into_keys())?;
            }
        } else if is_whole && are_distinct(&self.shelf, &identities, &read)? {
            read.chunks.into_iter().for_each(emit);
        } else {
            for chunk in read.chunks {
                emit(self.numbered(&mut numbering, chunk)?);
            }
        }
        Ok(Some(content))
    }

    /// The runs of a source as chunks, and the hash of what it held. Of a file that can be outlined
    /// only the runs that are new are read.
    fn chunks(
        &self,
        memo: &Memo,
        unit: &Unit,
        reading: &Read,
        mut each: impl FnMut(ChunkRef) -> Result<(), RunError>,
    ) -> Result<Digest, RunError> {
        let path = self.folder.join(&*reading.path);
        let name = path.display().to_string();
        let mut file = None;
        let content = self.follow(&reading.path, reading.format, &reading.fields, &mut |run, header| {
            let known_by = read::known_by(&run.digest, header);
            let rows = || {
                let file = match &mut file {
                    Some(file) => file,
                    none => {
                        let opened = self.world.open(&path);
                        none.insert(opened.map_err(|error| unreadable(&name, &told(&error)))?)
                    }
                };
                let run = run.read(&mut **file).map_err(|error| misread(&name, &error))?;
                let run = run.ok_or_else(|| unreadable(&name, &"was changed while it was read"))?;
                parsed(reading, header, &run, &name)
            };
            each(self.chunk(memo, unit, &known_by, rows)?)
        })?;
        if let Some(content) = content {
            return Ok(content);
        }
        let content = self.content(&reading.path, reading.format)?;
        self.runs(&reading.path, reading.format, &reading.fields, |name, header, run| {
            let known_by = read::known_by(&Digest::of(&run.bytes), header);
            each(self.chunk(memo, unit, &known_by, || parsed(reading, header, &run, name))?)
        })?;
        Ok(content)
    }

    /// The rows of a run as they stand, equal ones with one identity.
    fn chunk(
        &self,
        memo: &Memo,
        unit: &Unit,
        known_by: &Digest,
        rows: impl FnOnce() -> Result<Vec<Row>, RunError>,
    ) -> Result<ChunkRef, RunError> {
        let key = memo.chunk_key(unit, None, known_by);
        if let Some(Made { chunk: Some(chunk), .. }) = memo.made(unit, &key)? {
            return Ok(chunk);
        }
        let chunk = self.shelf.put(rows()?)?;
        // A broken record's line moves when the file grows before it.
        if chunk.failed == 0 {
            memo.put_made(unit, &key, &Made { chunk: Some(chunk), ..Made::default() })?;
        }
        Ok(chunk)
    }

    /// The chunk with an identity for each of its rows.
    fn numbered(&self, numbering: &mut Numbering, chunk: ChunkRef) -> Result<ChunkRef, RunError> {
        let rows = self.shelf.get(&chunk)?;
        match numbering.number(rows.to_vec()) {
            (_, false) => Ok(chunk),
            (rows, true) => self.shelf.put(rows),
        }
    }

    /// All rows of a small source at once, as they stand.
    pub fn all(&self, reading: &Read) -> Result<Vec<Row>, RunError> {
        if matches!(reading.format, Format::Texts | Format::Images) {
            return self.folder_rows(reading, &self.folder.join(&*reading.path));
        }
        let mut rows = Vec::new();
        self.runs(&reading.path, reading.format, &reading.fields, |name, header, run| {
            rows.extend(parsed(reading, header, &run, name)?);
            Ok(())
        })?;
        Ok(rows)
    }

    fn folder_rows(&self, reading: &Read, path: &Path) -> Result<Vec<Row>, RunError> {
        let world = &*self.world;
        let name = path.display().to_string();
        if !world.is_folder(path) {
            world.stamp(path).map_err(|error| unreadable(&name, &told(&error)))?;
            return Err(unreadable(&name, &"is a file, and a folder is wanted"));
        }
        if reading.format == Format::Texts {
            let texts = read::texts(world, path, &reading.fields).map_err(|error| misread(&name, &error))?;
            return texts.map(|record| row(reading, record, &name)).collect();
        }
        let pictures = read::images(world, path, &reading.fields).map_err(|error| misread(&name, &error))?;
        pictures
            .map(|picture| match picture {
                Ok(picture) => {
                    self.shelf.store().put_object(&picture.object.1)?;
                    row(reading, Ok(picture.values), &name)
                }
                Err(broken) => row(reading, Err(broken), &name),
            })
            .collect()
    }
}

/// The records of a run as rows.
fn parsed(
    reading: &Read,
    header: Option<&read::Header>,
    run: &read::RawChunk,
    name: &str,
) -> Result<Vec<Row>, RunError> {
    let records = read::parse(reading.format, &reading.fields, header, run);
    records.into_iter().map(|record| row(reading, record, name)).collect()
}

/// A record as a row; one that is broken ends the run or stays as a failure, as the source says.
fn row(reading: &Read, record: Result<Vec<Value>, read::BrokenRecord>, name: &str) -> Result<Row, RunError> {
    match record {
        Ok(values) => Ok(Row { id: identity::by_content(&values, 0), values, failure: None }),
        Err(broken) if reading.on_error == OnError::Skip => {
            let mut hasher = Hasher::new("tgp.broken.v1");
            hasher.text(&broken.excerpt);
            let failure = Failure {
                reason: Reason::Unreadable,
                message: format!("{}: {}", place(reading.format, &broken), broken.message).into(),
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
            path: name.to_owned(),
            place: place(reading.format, &broken),
            help: help(reading.format, &broken),
            problem: broken.message,
            excerpt: broken.excerpt,
        }),
    }
}

/// Gives equal rows identities of their own: content and number among equals.
#[derive(Default)]
pub(super) struct Numbering {
    seen: HashMap<RowId, u32>,
    has_equals: bool,
}

impl Numbering {
    /// The rows, and whether the identity of one of them was changed.
    pub(super) fn number(&mut self, mut rows: Vec<Row>) -> (Vec<Row>, bool) {
        let mut changed = false;
        for row in &mut rows {
            let before = self.seen.entry(row.id).or_insert(0);
            if *before > 0 {
                row.id = row.id.derive("equal", &u64::from(*before).to_le_bytes());
                changed = true;
            }
            *before += 1;
        }
        self.has_equals |= changed;
        (rows, changed)
    }
}

/// Where a broken record stands, as people count.
pub(super) fn place(format: Format, broken: &read::BrokenRecord) -> String {
    match format {
        Format::Csv | Format::Tsv | Format::Jsonl => format!("line {}", broken.line),
        Format::Json | Format::Yaml | Format::Parquet => format!("record {}", broken.line),
        Format::Texts | Format::Images => format!("file {}", broken.line),
    }
}

/// What may be meant by a file whose records are not of its format.
fn help(format: Format, broken: &read::BrokenRecord) -> Option<&'static str> {
    let first = broken.line == 1 && format == Format::Jsonl && broken.message.starts_with("not JSON");
    match broken.excerpt.as_bytes().first() {
        Some(b'[') if first => Some("an array of records is read with `read json`"),
        Some(b'{' | b'"') | None => None,
        Some(_) if first && broken.excerpt.contains([',', '\t']) => {
            Some("a table of cells is read with `read csv` or `read tsv`")
        }
        Some(_) => None,
    }
}

/// The address of a source that lies elsewhere. What is no address was refused by the checker.
pub(super) fn remote(source: &str) -> Option<Address> {
    Address::parse(source).ok().filter(Address::is_remote)
}

/// What went wrong with a file, in words.
pub(super) fn told(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "is not there".to_owned(),
        std::io::ErrorKind::PermissionDenied => "can't be read: it is not permitted".to_owned(),
        _ => format!("can't be read: {error}"),
    }
}

pub(super) fn misread(name: &str, error: &read::ReadError) -> RunError {
    RunError::Source { path: name.to_owned(), problem: error.to_string(), help: error.help() }
}

pub(super) fn unreadable(name: &str, problem: &dyn std::fmt::Display) -> RunError {
    RunError::Source { path: name.to_owned(), problem: problem.to_string(), help: None }
}
