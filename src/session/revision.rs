//! A folder as it was at a git revision.

use std::io::{self, Cursor};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use crate::world::{File, Stamp, World};

/// Reads every file as it was at a revision; all else is the machine's.
pub struct Revision {
    pub name: String,
    pub world: Arc<dyn World>,
}

impl Revision {
    /// A file's bytes at the revision, or what git says.
    pub fn file(&self, path: &Path) -> io::Result<Vec<u8>> {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .map_or(PathBuf::from("."), Path::to_owned);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let shown = Command::new("git")
            .arg("-C")
            .arg(folder)
            .args(["show", &format!("{}:./{name}", self.name)])
            .env("LC_ALL", "C")
            .output()
            .map_err(|error| io::Error::other(format!("git can't be run: {error}")))?;
        if shown.status.success() {
            return Ok(shown.stdout);
        }
        let said = String::from_utf8_lossy(&shown.stderr).trim().to_owned();
        let kind = match &said {
            said if said.contains("does not exist") || said.contains("exists on disk") => {
                io::ErrorKind::NotFound
            }
            said if said.contains("not a git repository") => io::ErrorKind::Unsupported,
            _ => io::ErrorKind::Other,
        };
        Err(io::Error::new(kind, said))
    }
}

impl World for Revision {
    fn open(&self, path: &Path) -> io::Result<Box<dyn File>> {
        match self.file(path) {
            Ok(bytes) => Ok(Box::new(Cursor::new(bytes))),
            // What stands beside the repository has no past.
            Err(error) if error.kind() == io::ErrorKind::Unsupported => self.world.open(path),
            Err(error) => Err(error),
        }
    }

    fn stamp(&self, path: &Path) -> io::Result<Stamp> {
        let bytes = self.file(path)?;
        Ok(Stamp { size: bytes.len() as u64, modified: 0, inode: 0 })
    }

    fn is_folder(&self, path: &Path) -> bool {
        self.world.is_folder(path)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        self.world.list(folder)
    }

    fn write(&self, _: &Path, _: &[u8]) -> io::Result<()> {
        Err(io::Error::new(io::ErrorKind::ReadOnlyFilesystem, "the past is not written"))
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        self.world.absolute(path)
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.world.variable(name)
    }

    fn now(&self) -> Duration {
        self.world.now()
    }

    fn jitter(&self) -> u64 {
        self.world.jitter()
    }
}
