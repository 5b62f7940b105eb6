//! What the files of a program hold. A file that was not touched since is not opened; one that was
//! touched is read once, and where it is as it was its bytes are hashed and no more.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::check::program::Format;
use crate::data::read::{self, Header, Outline, Outlining, Placed, ReadError};
use crate::data::types::Field;
use crate::digest::{Digest, Hasher};
use crate::store::Space;
use crate::world::Stamp;

use super::error::RunError;
use super::source::{Sources, misread, remote, told, unreadable};

/// Read at once.
const BLOCK: usize = 1 << 18;

/// What is known of a file from before.
#[derive(Serialize, Deserialize)]
struct Known {
    stamp: Stamp,
    content: Digest,
}

/// What is done with each run of a file: its place in it, and the columns' names.
pub(super) type EachRun<'a> = &'a mut dyn FnMut(&Placed, Option<&Header>) -> Result<(), RunError>;

impl Sources {
    /// What tells whether a source holds what it held before: of a remote one the hash that it is
    /// pinned by, of a file that is cut into runs the hash of these, of others that of their bytes.
    pub fn content(&self, source: &str, format: Format) -> Result<Digest, RunError> {
        if let Some(content) = self.untouched(source, format)? {
            return Ok(content);
        }
        match self.follow(source, format, &[], &mut |_, _| Ok(()))? {
            Some(content) => Ok(content),
            None => self.hash(source),
        }
    }

    /// The same, where that can be said without reading a file that is cut into runs: such a file
    /// is better read while what was made of its runs is found.
    pub(super) fn untouched(&self, source: &str, format: Format) -> Result<Option<Digest>, RunError> {
        if remote(source).is_some() || !read::is_outlined(format) {
            return self.hash(source).map(Some);
        }
        let path = self.folder.join(source);
        if let Some(known) = self.known(&outline_key(&path, format), &path)? {
            return Ok(Some(known.content));
        }
        // One that is packed is known by its bytes.
        Ok(self.known(path.to_string_lossy().as_bytes(), &path)?.map(|known| known.content))
    }

    /// The hash of a source's bytes: of a remote one as it is pinned.
    pub fn hash(&self, source: &str) -> Result<Digest, RunError> {
        let Some(address) = remote(source) else { return self.file_hash(&self.folder.join(source)) };
        let contents = self.remote.contents(&address)?;
        if let [only] = contents.as_slice() {
            return Ok(*only);
        }
        let mut hasher = Hasher::new("tgp.parts.v1");
        contents.iter().for_each(|content| {
            hasher.digest(content);
        });
        Ok(hasher.finish())
    }

    /// Goes through the runs of a file of this machine, which must have the columns of `fields`, and
    /// gives the hash of what it holds; nothing where it can't be cut into runs as it stands.
    pub(super) fn follow(
        &self,
        source: &str,
        format: Format,
        fields: &[Field],
        each: EachRun<'_>,
    ) -> Result<Option<Digest>, RunError> {
        let path = self.folder.join(source);
        if remote(source).is_some() || !read::is_outlined(format) || self.world.is_folder(&path) {
            return Ok(None);
        }
        let name = path.display().to_string();
        let misread = |error: ReadError| misread(&name, &error);
        let checked = |header: Option<Header>| match header {
            Some(header) => header.check(fields).map(|()| Some(header)),
            None => Ok(None),
        };
        let stamp = self.world.stamp(&path).map_err(|error| unreadable(&name, &told(&error)))?;
        let key = outline_key(&path, format);
        let runs_key = [key.as_slice(), b"\0runs"].concat();
        let bytes = self.shelf.store().fact(Space::Source, &runs_key)?;
        let before = bytes.and_then(|bytes| postcard::from_bytes::<Outline>(&bytes).ok());
        let known = self.fact(&key)?.filter(|known| known.stamp == stamp);
        if let Some(known) = known
            && let Some(outline) = &before
            && outline.content() == known.content
        {
            let header = outline.header().and_then(checked).map_err(misread)?;
            outline.runs().try_for_each(|run| each(&run, header.as_ref()))?;
            return Ok(Some(known.content));
        }
        let file = self.world.open(&path).map_err(|error| unreadable(&name, &told(&error)))?;
        let outlining = Outlining::begin(format, file, before.as_ref()).map_err(misread)?;
        let Some(mut outlining) = outlining else { return Ok(None) };
        let header = outlining.header().and_then(checked).map_err(misread)?;
        while let Some(run) = outlining.next_run().map_err(misread)? {
            each(&run, header.as_ref())?;
        }
        let outline = outlining.finish();
        let content = outline.content();
        if let Ok(bytes) = postcard::to_allocvec(&outline) {
            self.shelf.store().put_fact(Space::Source, &runs_key, &bytes)?;
            self.remember(&key, &Known { stamp, content })?;
        }
        Ok(Some(content))
    }

    /// The hash of a file's bytes, or of the files of a folder.
    pub(super) fn file_hash(&self, path: &Path) -> Result<Digest, RunError> {
        let unreadable = |problem: std::io::Error| unreadable(&path.display().to_string(), &told(&problem));
        if self.world.is_folder(path) {
            return self.folder_hash(path);
        }
        let key = path.to_string_lossy();
        let stamp = self.world.stamp(path).map_err(unreadable)?;
        if let Some(known) = self.known(key.as_bytes(), path)? {
            return Ok(known.content);
        }
        let mut reader = self.world.open(path).map_err(unreadable)?;
        let mut hasher = blake3::Hasher::new();
        let mut buffer = vec![0; BLOCK];
        loop {
            let count = reader.read(&mut buffer).map_err(unreadable)?;
            if count == 0 {
                break;
            }
            hasher.update(&buffer[..count]);
        }
        let content = Digest(*hasher.finalize().as_bytes());
        self.remember(key.as_bytes(), &Known { stamp, content })?;
        Ok(content)
    }

    fn folder_hash(&self, folder: &Path) -> Result<Digest, RunError> {
        let unreadable = |problem: std::io::Error| unreadable(&folder.display().to_string(), &told(&problem));
        let mut hasher = Hasher::new("tgp.folder.v1");
        for path in self.world.list(folder).map_err(unreadable)? {
            hasher.text(&path.file_name().unwrap_or_default().to_string_lossy());
            hasher.digest(&self.file_hash(&path)?);
        }
        Ok(hasher.finish())
    }

    /// What is known of a file, where it was not touched since.
    fn known(&self, key: &[u8], path: &Path) -> Result<Option<Known>, RunError> {
        let Some(known) = self.fact(key)? else { return Ok(None) };
        Ok(self.world.stamp(path).is_ok_and(|stamp| stamp == known.stamp).then_some(known))
    }

    fn fact(&self, key: &[u8]) -> Result<Option<Known>, RunError> {
        let fact = self.shelf.store().fact(Space::Source, key)?;
        Ok(fact.and_then(|fact| serde_json::from_slice(&fact).ok()))
    }

    fn remember(&self, key: &[u8], known: &Known) -> Result<(), RunError> {
        if let Ok(fact) = serde_json::to_vec(known) {
            self.shelf.store().put_fact(Space::Source, key, &fact)?;
        }
        Ok(())
    }
}

/// Where a file's outline is remembered: the same bytes are cut otherwise in another format.
fn outline_key(path: &Path, format: Format) -> Vec<u8> {
    let mut key = path.to_string_lossy().into_owned().into_bytes();
    key.extend_from_slice(match format {
        Format::Csv => b"\0csv",
        Format::Tsv => b"\0tsv",
        _ => b"\0lines",
    });
    key
}
