//! Making room: what lives is copied, the copy takes the old one's place, the rest is gone.
//!
//! The steps leave a whole ledger at every moment, and [`settle`] tells from the folders which
//! step a killed collection had reached:
//!
//! | `ledger` | `ledger.new` | `ledger.old` | it was |
//! |---|---|---|---|
//! | yes | yes | | copying: the copy goes |
//! | | yes | yes | swapping: the old one comes back |
//! | yes | | yes | done: the old one goes |

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::digest::Digest;

use super::frame::{FULL, Packer};
use super::index::facts::Facts;
use super::ledger::{Ledger, split};
use super::lock::Lock;
use super::position::Mark;
use super::record::{Peek, peek};
use super::replace::{folder_bytes, free_name};
use super::segment;
use super::tail::Tail;
use super::warning::Warnings;
use super::{CallKey, DiskStore, Space, Store, StoreError, StoreWarning};

/// The folders that are copied, in the order in which the copies take their places.
const PARTS: [&str; 3] = ["ledger", "objects", "index/facts"];

/// What a collection keeps.
pub struct Keep<'a> {
    /// Calls whose replies and events stay, whatever their age.
    pub call: &'a dyn Fn(&CallKey) -> bool,
    /// Which replies and events of other calls stay.
    pub others: Others,
    /// Objects that stay. The objects of long facts that stay need not be named.
    pub object: &'a dyn Fn(&Digest) -> bool,
    /// Facts that stay.
    pub fact: &'a dyn Fn(Space, &[u8]) -> bool,
}

/// Which replies and events stay of calls that nothing names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// None.
    None,
    /// Those that arrived at this time since the epoch or later.
    Since(Duration),
    /// The latest, as long as the ledger has no more than this many bytes.
    Within(u64),
}

/// What a collection did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Collected {
    /// Replies and events that stayed.
    pub kept: u64,
    /// Replies and events that went.
    pub removed: u64,
    pub removed_objects: u64,
    pub removed_facts: u64,
    /// Bytes on disk, before and after.
    pub before: u64,
    pub after: u64,
}

impl DiskStore {
    /// Removes what is not to be kept, and gives the store back, opened anew. A segment with
    /// damage in it is kept aside whole, as `torn-<n>`.
    pub fn collect(self, keep: &Keep<'_>) -> Result<(DiskStore, Collected), StoreError> {
        self.flush()?;
        let folder = self.folder().to_path_buf();
        let mut collected = Collected { before: folder_bytes(&folder), ..Collected::default() };
        copy_ledger(&self.shared.ledger, &folder, keep, &mut collected)?;
        copy_facts(&self, &folder, keep, &mut collected)?;
        copy_objects(&self, &folder, keep, &mut collected)?;
        drop(self);
        let lock = Lock::take(&folder)?;
        swap(&folder)?;
        drop(lock);
        // The index of calls is made again by this opening, as the only thing it has to say.
        let (store, _) = DiskStore::open(&folder)?;
        collected.after = folder_bytes(&folder);
        Ok((store, collected))
    }

    /// How many replies and events would stay in a collection, and how many would go.
    pub fn sorted_out(&self, keep: &Keep<'_>) -> Result<(u64, u64), StoreError> {
        self.flush()?;
        let ledger = &self.shared.ledger;
        let since = since(ledger, keep)?;
        let (mut kept, mut removed) = (0, 0);
        ledger.lines(Mark::default(), |_, line| {
            *(if keep.keeps(peek(line).as_ref(), since) { &mut kept } else { &mut removed }) += 1;
            Ok(())
        })?;
        Ok((kept, removed))
    }
}

impl Keep<'_> {
    /// Whether a line of the ledger stays. What cannot be understood, as from a later version, is not
    /// ours to remove.
    fn keeps(&self, peek: Option<&Peek>, since: Duration) -> bool {
        peek.is_none_or(|peek| (self.call)(&peek.key) || (since < Duration::MAX && peek.at >= since))
    }
}

/// The time from which on replies stay that nothing names; the longest there is for none.
fn since(ledger: &Ledger, keep: &Keep<'_>) -> Result<Duration, StoreError> {
    Ok(match keep.others {
        Others::None => Duration::MAX,
        Others::Since(since) => since,
        Others::Within(bytes) => oldest_within(ledger, bytes, keep)?,
    })
}

/// Brings a collection that was killed to an end, or undoes it.
pub(super) fn settle(folder: &Path) -> Result<(), StoreError> {
    for part in PARTS {
        let [now, new, old] = stages(folder, part);
        if !now.exists() && old.exists() {
            rename(&old, &now)?;
        }
        remove(&old)?;
        remove(&new)?;
    }
    Ok(())
}

fn copy_ledger(
    ledger: &Ledger,
    folder: &Path,
    keep: &Keep<'_>,
    collected: &mut Collected,
) -> Result<(), StoreError> {
    let from = folder.join("ledger");
    let to = folder.join("ledger.new");
    remove(&to)?;
    std::fs::create_dir_all(&to).map_err(StoreError::io(&to))?;
    let since = since(ledger, keep)?;
    let mut packer = Packer::new()?;
    let mut tail = Tail::new(&to, Mark { segment: 1, offset: 0 });
    let mut frame = Vec::new();
    let mut write = |packer: &mut Packer| {
        packer.finish(&mut frame)?;
        tail.begin()?;
        tail.append(&frame)?;
        frame.clear();
        Ok(())
    };
    let damage = ledger.lines(Mark::default(), |_, line| {
        let peek = peek(line);
        if !keep.keeps(peek.as_ref(), since) {
            collected.removed += 1;
            return Ok(());
        }
        collected.kept += 1;
        packer.add(&[line, b"\n"].concat(), peek.is_some_and(|peek| peek.is_reply));
        if packer.is_full(FULL) { write(&mut packer) } else { Ok(()) }
    })?;
    if !packer.is_empty() {
        write(&mut packer)?;
    }
    tail.sync()?;
    keep_aside(&from, &to, &damage)?;
    Ledger::open(&to, &Warnings::default())?.0.save_lengths()?;
    sync_folder(&to)
}

/// The time from which on everything fits into so many bytes together with what stays anyway.
fn oldest_within(ledger: &Ledger, bytes: u64, keep: &Keep<'_>) -> Result<Duration, StoreError> {
    let mut left = bytes;
    let mut others: Vec<(Duration, u64)> = Vec::new();
    ledger.frames(Mark::default(), |_, _, head, packed| {
        let lines = head.unpack(packed).unwrap_or_default();
        for line in split(&lines) {
            let share = (line.len() as u64 + 1) * head.length() / u64::from(head.plain).max(1);
            match peek(line) {
                Some(peek) if !(keep.call)(&peek.key) => others.push((peek.at, share)),
                _ => left = left.saturating_sub(share),
            }
        }
        Ok(())
    })?;
    others.sort_unstable();
    let mut since = Duration::MAX;
    for (at, share) in others.into_iter().rev() {
        if share > left {
            break;
        }
        left -= share;
        since = at;
    }
    Ok(since)
}

/// Links torn tails and segments with damage into the new folder.
fn keep_aside(from: &Path, to: &Path, damage: &[StoreWarning]) -> Result<(), StoreError> {
    let entries = std::fs::read_dir(from).map_err(StoreError::io(from))?;
    let mut aside = Vec::new();
    for entry in entries {
        let path = entry.map_err(StoreError::io(from))?.path();
        let is_damaged = |warning: &StoreWarning| matches!(warning, StoreWarning::DamagedLedger { segment, .. } if *segment == path);
        if damage.iter().any(is_damaged) || (segment::number(&path).is_none() && path.extension().is_none()) {
            aside.push(path);
        }
    }
    aside.sort_unstable();
    for path in aside {
        let kept = free_name(&to.join("torn"));
        std::fs::hard_link(&path, &kept)
            .or_else(|_| std::fs::copy(&path, &kept).map(drop))
            .map_err(StoreError::io(&kept))?;
    }
    Ok(())
}

fn copy_facts(
    store: &DiskStore,
    folder: &Path,
    keep: &Keep<'_>,
    collected: &mut Collected,
) -> Result<(), StoreError> {
    let to = folder.join("index").join("facts.new");
    remove(&to)?;
    let facts = Facts::open(&to, Arc::clone(&store.shared.objects), false, false, &store.shared.warnings);
    for space in Space::ALL {
        for (key, value) in store.shared.facts.all(space)? {
            if (keep.fact)(space, &key) {
                facts.put(space, &key, &value)?;
            } else {
                collected.removed_facts += 1;
            }
        }
    }
    facts.flush();
    Ok(())
}

fn copy_objects(
    store: &DiskStore,
    folder: &Path,
    keep: &Keep<'_>,
    collected: &mut Collected,
) -> Result<(), StoreError> {
    let to = folder.join("objects.new");
    remove(&to)?;
    let mut pointed: Vec<Digest> = store
        .shared
        .facts
        .pointers()
        .into_iter()
        .filter(|(space, key, _)| (keep.fact)(*space, key))
        .map(|(_, _, digest)| digest)
        .collect();
    pointed.sort_unstable();
    let all = store.shared.objects.list();
    let is_wanted = |digest: &Digest| (keep.object)(digest) || pointed.binary_search(digest).is_ok();
    let wanted: Vec<Digest> = all.iter().copied().filter(is_wanted).collect();
    collected.removed_objects = (all.len() - wanted.len()) as u64;
    store.shared.objects.copy(&wanted, &to)
}

fn swap(folder: &Path) -> Result<(), StoreError> {
    // Its places are those of the old ledger.
    remove(&folder.join("index").join("calls"))?;
    for part in PARTS {
        let [now, new, old] = stages(folder, part);
        rename(&now, &old)?;
        rename(&new, &now)?;
        sync_folder(folder)?;
        remove(&old)?;
    }
    for entry in std::fs::read_dir(folder).map_err(StoreError::io(folder))? {
        let path = entry.map_err(StoreError::io(folder))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with("index.broken-") {
            remove(&path)?;
        }
    }
    Ok(())
}

/// Where a part is, its copy, and where it goes when the copy takes its place.
fn stages(folder: &Path, part: &str) -> [PathBuf; 3] {
    ["", ".new", ".old"].map(|stage| folder.join(format!("{part}{stage}")))
}

fn rename(from: &Path, to: &Path) -> Result<(), StoreError> {
    std::fs::rename(from, to).map_err(StoreError::io(from))
}

fn remove(folder: &Path) -> Result<(), StoreError> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(StoreError::io(folder)(error)),
        _ => Ok(()),
    }
}

fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(StoreError::io(folder))
}
