//! Files that are watched.
//!
//! An editor that saves by replacing the file leaves a watch on the file itself dead. So folders
//! are watched, each on its own, and events of other files in them are passed over.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::settling::Settling;

/// The files and folders that matter.
#[derive(Debug, Default)]
struct Wanted {
    paths: BTreeSet<PathBuf>,
}

impl Wanted {
    /// The path of ours that a change belongs to: the file itself, or the folder it lies in.
    fn of(&self, changed: &Path) -> Option<PathBuf> {
        if self.paths.contains(changed) {
            return Some(changed.to_owned());
        }
        changed.parent().filter(|folder| self.paths.contains(*folder)).map(Path::to_owned)
    }
}

/// Watches files, those that do not exist yet among them.
pub struct Files {
    watcher: RecommendedWatcher,
    folders: BTreeSet<PathBuf>,
    wanted: Arc<Mutex<Wanted>>,
    changed: UnboundedReceiver<PathBuf>,
    /// The burst that goes on.
    gathered: BTreeSet<PathBuf>,
    settling: Option<Settling>,
}

/// One save, or several at once.
#[derive(Clone, Debug)]
pub struct Saved {
    pub paths: BTreeSet<PathBuf>,
    /// When the first sign of it came.
    pub at: Instant,
}

impl Files {
    pub fn new() -> Result<Files, notify::Error> {
        let wanted = Arc::new(Mutex::new(Wanted::default()));
        let (sender, changed) = unbounded_channel();
        let seen = wanted.clone();
        let watcher = notify::recommended_watcher(move |event: Result<Event, notify::Error>| {
            let wanted = seen.lock().unwrap_or_else(PoisonError::into_inner);
            let paths: Vec<PathBuf> = match event {
                // Events were lost: anything may have changed.
                Ok(event) if event.need_rescan() => wanted.paths.iter().cloned().collect(),
                Ok(Event { kind: EventKind::Access(_), .. }) | Err(_) => Vec::new(),
                Ok(event) => event.paths.iter().filter_map(|path| wanted.of(path)).collect(),
            };
            for path in paths {
                let _ = sender.send(path);
            }
        })?;
        Ok(Files {
            watcher,
            folders: BTreeSet::new(),
            wanted,
            changed,
            gathered: BTreeSet::new(),
            settling: None,
        })
    }

    /// Watches these files and folders, all absolute, and no others.
    pub fn watch(&mut self, paths: BTreeSet<PathBuf>) {
        let mut folders: BTreeSet<PathBuf> = BTreeSet::new();
        for path in &paths {
            if path.is_dir() {
                folders.insert(path.clone());
            }
            // A folder that is not there yet shows in the nearest one that is.
            folders.extend(path.ancestors().skip(1).find(|folder| folder.is_dir()).map(Path::to_owned));
        }
        for folder in self.folders.difference(&folders) {
            let _ = self.watcher.unwatch(folder);
        }
        for folder in folders.difference(&self.folders) {
            // What can't be watched is read anew at the next save of another file.
            let _ = self.watcher.watch(folder, RecursiveMode::NonRecursive);
        }
        self.folders = folders;
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner).paths = paths;
    }

    /// Waits for a save and for the end of its burst. A wait that is given up loses nothing.
    pub async fn changed(&mut self) -> Saved {
        loop {
            let now = Instant::now();
            let wait = match &self.settling {
                None => None,
                Some(settling) => match settling.wait(now) {
                    Some(wait) => Some(wait),
                    None => {
                        let at = settling.began();
                        self.settling = None;
                        return Saved { paths: std::mem::take(&mut self.gathered), at };
                    }
                },
            };
            let next = self.changed.recv();
            let path = match wait {
                Some(wait) => tokio::time::timeout(wait, next).await.ok().flatten(),
                None => next.await,
            };
            let Some(path) = path else {
                if self.settling.is_none() {
                    return std::future::pending().await;
                }
                continue;
            };
            self.gathered.insert(path);
            let now = Instant::now();
            self.settling.get_or_insert_with(|| Settling::begin(now)).again(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_wanted_counts() {
        let paths = ["/p/a.tgp", "/p/pictures"].map(PathBuf::from).into();
        let wanted = Wanted { paths };
        assert_eq!(wanted.of(Path::new("/p/a.tgp")), Some(PathBuf::from("/p/a.tgp")));
        assert_eq!(wanted.of(Path::new("/p/pictures/new.png")), Some(PathBuf::from("/p/pictures")));
        assert_eq!(wanted.of(Path::new("/p/.a.tgp.swp")), None);
        assert_eq!(wanted.of(Path::new("/p/b.tgp")), None);
    }
}
