//! The only door to files, the clock, the environment and true randomness.
//!
//! Everything outside `store` that wants to know something about the machine asks a
//! [`World`]. The program gives the real one, [`Machine`]; tests and editors give their own.

use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What tells cheaply that a file is the one seen before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Stamp {
    /// Size in bytes.
    pub size: u64,
    /// Time of the last change, in nanoseconds since the epoch.
    pub modified: u128,
    /// The file's number within its file system; 0 where there is none.
    pub inode: u64,
}

/// An open file: read from its start, or from any place of it.
pub trait File: Read + Seek + Send {}

impl<T: Read + Seek + Send> File for T {}

/// Fills a file that is being written, and says what it is to be called.
pub type Fill<'a> = &'a mut dyn FnMut(&mut (dyn Write + Send)) -> io::Result<String>;

/// The machine as the library may see it.
pub trait World: Send + Sync {
    /// Opens a file for reading from its start.
    fn open(&self, path: &Path) -> io::Result<Box<dyn File>>;

    /// The file's stamp.
    fn stamp(&self, path: &Path) -> io::Result<Stamp>;

    /// Whether the path leads to a folder.
    fn is_folder(&self, path: &Path) -> bool;

    /// The entries of a folder, sorted by name.
    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>>;

    /// Writes a whole file, replacing it at once; the folders above it are made.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Writes a file of a folder piece by piece, of any size. It gets its name, and replaces what
    /// had that name, when it is whole; where `fill` fails there is no file.
    fn write_from(&self, folder: &Path, fill: Fill<'_>) -> io::Result<PathBuf> {
        let mut bytes = Vec::new();
        let path = folder.join(fill(&mut bytes)?);
        self.write(&path, &bytes)?;
        Ok(path)
    }

    /// The path from the root, where a relative one begins at the folder that the program was
    /// started in.
    fn absolute(&self, path: &Path) -> PathBuf;

    /// An environment variable, where it is set and valid text.
    fn variable(&self, name: &str) -> Option<String>;

    /// Time since the epoch.
    fn now(&self) -> Duration;

    /// A number that differs at each call, for delays between retries and nothing else:
    /// no result may depend on it.
    fn jitter(&self) -> u64;

    /// A whole file.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.open(path)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// The machine the program runs on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Machine;

#[allow(clippy::disallowed_methods, reason = "this is the door that the ban points to")]
impl World for Machine {
    fn open(&self, path: &Path) -> io::Result<Box<dyn File>> {
        Ok(Box::new(std::fs::File::open(path)?))
    }

    fn stamp(&self, path: &Path) -> io::Result<Stamp> {
        let meta = std::fs::metadata(path)?;
        let modified = meta.modified()?.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos());
        Ok(Stamp { size: meta.len(), modified, inode: inode(&meta) })
    }

    fn is_folder(&self, path: &Path) -> bool {
        path.is_dir()
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(folder)?.map(|entry| entry.map(|e| e.path())).collect::<io::Result<_>>()?;
        entries.sort();
        Ok(entries)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        let mut name = path.file_name().unwrap_or_default().to_os_string();
        name.push(format!(".{}.part", std::process::id()));
        let partial = path.with_file_name(name);
        std::fs::write(&partial, bytes)?;
        std::fs::rename(&partial, path)
    }

    fn write_from(&self, folder: &Path, fill: Fill<'_>) -> io::Result<PathBuf> {
        std::fs::create_dir_all(folder)?;
        let partial = folder.join(format!(".{}-{:x}.part", std::process::id(), self.jitter()));
        let written = (|| {
            let mut file = io::BufWriter::with_capacity(1 << 18, std::fs::File::create(&partial)?);
            let name = fill(&mut file)?;
            file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
            let path = folder.join(name);
            std::fs::rename(&partial, &path)?;
            Ok(path)
        })();
        if written.is_err() {
            let _ = std::fs::remove_file(&partial);
        }
        written
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
    }

    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn now(&self) -> Duration {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }

    fn jitter(&self) -> u64 {
        use std::hash::{BuildHasher, Hasher, RandomState};
        RandomState::new().build_hasher().finish()
    }
}

#[cfg(unix)]
fn inode(meta: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(meta)
}

#[cfg(not(unix))]
fn inode(_: &std::fs::Metadata) -> u64 {
    0
}
