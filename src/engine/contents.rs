//! What the files of a program hold. A file that was not touched since is not opened; one that was
//! touched is read once, and where it is as it was its bytes are hashed and no more.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::check::program::Format;
use crate::data::read::{self, Outline};
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

/// A file of this machine with the runs in it.
pub(super) struct Outlined {
    pub(super) content: Digest,
    pub(super) outline: Outline,
    pub(super) path: PathBuf,
}

impl Sources {
    /// What tells whether a source holds what it held before: of a remote one the hash that it is
    /// pinned by, of a file that is cut into runs the hash of these, of others that of their bytes.
    pub fn content(&self, source: &str, format: Format) -> Result<Digest, RunError> {
        if remote(source).is_none() && read::is_outlined(format) {
            let path = self.folder.join(source);
            if let Some(known) = self.known(&outline_key(&path, format), &path)? {
                return Ok(known.content);
            }
            if let Some(outlined) = self.outlined(source, format)? {
                return Ok(outlined.content);
            }
        }
        self.hash(source)
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

    /// A file of this machine as it is now, where it can be cut into runs as it stands.
    pub(super) fn outlined(&self, source: &str, format: Format) -> Result<Option<Outlined>, RunError> {
        let path = self.folder.join(source);
        if remote(source).is_some() || !read::is_outlined(format) || self.world.is_folder(&path) {
            return Ok(None);
        }
        let name = path.display().to_string();
        let stamp = self.world.stamp(&path).map_err(|error| unreadable(&name, &told(&error)))?;
        let key = outline_key(&path, format);
        let runs_key = [key.as_slice(), b"\0runs"].concat();
        let bytes = self.shelf.store().fact(Space::Source, &runs_key)?;
        let mut before = bytes.and_then(|bytes| postcard::from_bytes::<Outline>(&bytes).ok());
        let known = self.fact(&key)?.filter(|known| known.stamp == stamp);
        if let Some(known) = known
            && let Some(outline) = before.take_if(|outline| outline.content() == known.content)
        {
            return Ok(Some(Outlined { content: known.content, outline, path }));
        }
        let file = self.world.open(&path).map_err(|error| unreadable(&name, &told(&error)))?;
        let outline = read::outline(format, file, before.as_ref()).map_err(|error| misread(&name, &error))?;
        let Some(outline) = outline else { return Ok(None) };
        let content = outline.content();
        if let Ok(bytes) = postcard::to_allocvec(&outline) {
            self.shelf.store().put_fact(Space::Source, &runs_key, &bytes)?;
            self.remember(&key, &Known { stamp, content })?;
        }
        Ok(Some(Outlined { content, outline, path }))
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
