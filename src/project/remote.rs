//! Remote sources of a project: got once, kept in the cache, pinned by content in `tgp.lock`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use secrecy::SecretString;

use crate::data::address::{Address, Dataset};
use crate::digest::Digest;
use crate::engine::remote::{KeptFile, Remote, RemoteError};
use crate::models::download::{DownloadError, download};
use crate::world::World;

use super::cache;
use super::error::ProjectError;
use super::hub::{Hub, Listing};
use super::lock::{LOCK, Lock, LockedData};
use super::project::Project;

/// How long to wait before asking again; as often as there are entries.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];
/// A server that wants to be left alone for longer is not waited for.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Gets, keeps and pins the remote sources of a project.
pub struct RemoteSources {
    world: Arc<dyn World>,
    lock_file: PathBuf,
    /// Where content is kept, each file named by its hash.
    kept: PathBuf,
    hub: Hub,
    offline: bool,
    /// The pins, read when they are first needed. Holding it makes one download at a time.
    pins: Mutex<Option<Lock>>,
}

/// A file that was got.
struct Got {
    content: Digest,
    size: u64,
}

impl RemoteSources {
    /// The remote sources of a project. `offline` lets nothing be got.
    pub fn new(world: Arc<dyn World>, project: &Project, offline: bool) -> RemoteSources {
        RemoteSources {
            lock_file: project.root.join(LOCK),
            kept: cache::folder(&*world, &project.root).join("data"),
            hub: Hub::new(&*world, project.config.data.hugging_face.as_deref()),
            world,
            offline,
            pins: Mutex::default(),
        }
    }

    /// The pins of an address, made where there are none.
    fn pinned(&self, address: &Address) -> Result<Vec<LockedData>, RemoteError> {
        let mut lock = self.pins.lock().unwrap_or_else(PoisonError::into_inner);
        let lock = match &mut *lock {
            Some(lock) => lock,
            empty => {
                empty.insert(Lock::read(&*self.world, &self.lock_file).map_err(project)?.unwrap_or_default())
            }
        };
        let name = address.to_string();
        let known: Vec<LockedData> = lock.data.iter().filter(|pin| pin.address == name).cloned().collect();
        if !known.is_empty() {
            return Ok(known);
        }
        let made = self.got(address)?;
        // Read again: another run may have pinned something of its own meanwhile.
        let mut newest = Lock::read(&*self.world, &self.lock_file).map_err(project)?.unwrap_or_default();
        newest.pin(&name, made.clone());
        newest.write(&*self.world, &self.lock_file).map_err(project)?;
        *lock = newest;
        Ok(made)
    }

    /// Gets what lies at an address now.
    fn got(&self, address: &Address) -> Result<Vec<LockedData>, RemoteError> {
        let name = address.to_string();
        match address {
            Address::Path(_) => Ok(Vec::new()),
            Address::Web(url) => {
                let got = self.keep(&name, url, None)?;
                Ok(vec![LockedData::new(name, None, &got.content, got.size)])
            }
            Address::HuggingFace(dataset) => {
                let listing = self.listing(&name, dataset)?;
                let files = listing.files(dataset);
                if files.is_empty() {
                    return Err(RemoteError::NotThere { address: name, problem: nothing(&listing) });
                }
                let mut pins = Vec::with_capacity(files.len());
                for file in files {
                    let url = self.hub.file(dataset, &listing.sha, file);
                    let got = self.keep(&name, &url, self.hub.token.as_ref())?;
                    let place = Some((listing.sha.clone(), file.to_owned()));
                    pins.push(LockedData::new(name.clone(), place, &got.content, got.size));
                }
                Ok(pins)
            }
        }
    }

    /// Gets one pinned file again.
    fn again(&self, address: &Address, pin: &LockedData) -> Result<(), RemoteError> {
        let name = address.to_string();
        let got = match (address, &pin.commit, &pin.file) {
            (Address::HuggingFace(dataset), Some(commit), Some(file)) => {
                let url = self.hub.file(dataset, commit, file);
                self.keep(&name, &url, self.hub.token.as_ref())?
            }
            (Address::Web(url), _, _) => self.keep(&name, url, None)?,
            _ => {
                let problem = "tgp.lock does not say which file it was".to_owned();
                return Err(RemoteError::NotThere { address: name, problem });
            }
        };
        if got.content != pin.hash {
            let pinned = pin.hash.short();
            return Err(RemoteError::Changed { address: name, pinned, found: got.content });
        }
        Ok(())
    }

    fn listing(&self, name: &str, dataset: &Dataset) -> Result<Listing, RemoteError> {
        let mut body = Vec::new();
        let url = self.hub.listing(dataset);
        let told = self.patiently(name, || {
            body.clear();
            download(&url, self.hub.token.as_ref(), &mut body)
        });
        match told {
            Err(RemoteError::Download { problem: DownloadError::Refused { status: 404, .. }, .. }) => {
                let problem = match &dataset.revision {
                    Some(revision) => format!("there is no such dataset, or no revision `{revision}` of it"),
                    None => format!(
                        "there is no such dataset, or Hugging Face has not converted it to Parquet; its own \
                         files can be read with a revision, such as hf://{}@main/{}/{}",
                        dataset.name, dataset.config, dataset.split
                    ),
                };
                return Err(RemoteError::NotThere { address: name.to_owned(), problem });
            }
            told => told?,
        };
        serde_json::from_slice(&body).map_err(|error| {
            let problem = format!("the server's listing is not what Hugging Face's is ({error})");
            RemoteError::NotThere { address: name.to_owned(), problem }
        })
    }

    /// Gets what lies at a URL and keeps it under its hash.
    fn keep(&self, name: &str, url: &str, token: Option<&SecretString>) -> Result<Got, RemoteError> {
        let mut got = None;
        self.patiently(name, || {
            let mut problem = None;
            let written = self.world.write_from(&self.kept, &mut |file| {
                let mut hashing = Hashing { file, hasher: blake3::Hasher::new(), size: 0 };
                match download(url, token, &mut hashing) {
                    Ok(_) => {
                        let content = Digest(*hashing.hasher.finalize().as_bytes());
                        got = Some(Got { content, size: hashing.size });
                        Ok(content.hex())
                    }
                    Err(error) => {
                        problem = Some(error);
                        Err(std::io::Error::other("nothing came"))
                    }
                }
            });
            match (written, problem) {
                (_, Some(problem)) => Err(problem),
                (Err(error), None) => Err(DownloadError::Unwritable { reason: error.to_string() }),
                (Ok(_), None) => Ok(0),
            }
        })?;
        let address = name.to_owned();
        got.ok_or(RemoteError::NotThere { address, problem: "nothing came".to_owned() })
    }

    /// Tries again, a few times, what may pass.
    fn patiently(
        &self,
        name: &str,
        mut attempt: impl FnMut() -> Result<u64, DownloadError>,
    ) -> Result<u64, RemoteError> {
        if self.offline {
            return Err(RemoteError::Offline { address: name.to_owned() });
        }
        let mut pauses = PAUSES.into_iter();
        loop {
            let problem = match attempt() {
                Ok(done) => return Ok(done),
                Err(problem) => problem,
            };
            let asked = match &problem {
                DownloadError::Refused { wait, .. } => *wait,
                _ => None,
            };
            match pauses.next().map(|pause| asked.unwrap_or(pause).max(pause)) {
                Some(pause) if problem.may_pass() && pause <= LONGEST_PAUSE => std::thread::sleep(pause),
                _ => return Err(RemoteError::Download { address: name.to_owned(), problem }),
            }
        }
    }
}

impl Remote for RemoteSources {
    fn contents(&self, address: &Address) -> Result<Vec<Digest>, RemoteError> {
        Ok(self.pinned(address)?.iter().map(|pin| pin.hash).collect())
    }

    fn files(&self, address: &Address) -> Result<Vec<KeptFile>, RemoteError> {
        let pins = self.pinned(address)?;
        let _one_at_a_time = self.pins.lock().unwrap_or_else(PoisonError::into_inner);
        let mut files = Vec::with_capacity(pins.len());
        for pin in &pins {
            let path = self.kept.join(pin.hash.hex());
            if self.world.stamp(&path).is_err() {
                self.again(address, pin)?;
            }
            files.push(KeptFile { path, content: pin.hash });
        }
        Ok(files)
    }
}

/// Forgets what is pinned of an address, so that the next run takes what is there now. Gives how
/// many files were pinned.
pub fn accept(world: &dyn World, root: &Path, address: &str) -> Result<usize, ProjectError> {
    let path = root.join(LOCK);
    let mut lock = Lock::read(world, &path)?.unwrap_or_default();
    let before = lock.data.len();
    lock.data.retain(|pin| pin.address != address);
    let forgotten = before - lock.data.len();
    if forgotten > 0 {
        lock.write(world, &path)?;
    }
    Ok(forgotten)
}

/// Why a listing has no file of a split.
fn nothing(listing: &Listing) -> String {
    const MOST: usize = 8;
    let mut splits = listing.splits();
    if splits.is_empty() {
        return "it holds no Parquet files".to_owned();
    }
    let more = splits.len().saturating_sub(MOST);
    splits.truncate(MOST);
    let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("no such configuration and split; it has {}{tail}", splits.join(", "))
}

fn project(error: ProjectError) -> RemoteError {
    RemoteError::Project { problem: error.to_string() }
}

/// Passes bytes on and hashes them.
struct Hashing<'a> {
    file: &'a mut (dyn Write + Send),
    hasher: blake3::Hasher,
    size: u64,
}

impl Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.file.write_all(bytes)?;
        self.hasher.update(bytes);
        self.size += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}
