//! Where each reply stands in the ledger.
//!
//! New entries gather in memory; the ledger has them, so nothing is lost with the process.
//! When there are many, and on closing, they become a [`Run`], a file. Small runs are merged, so
//! that a search looks into few.

#![allow(clippy::disallowed_methods, reason = "the store's own files are not part of the World")]

use std::collections::{BTreeSet, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use serde::{Deserialize, Serialize};

use crate::store::ledger::{Found, Ledger, split};
use crate::store::position::{Mark, Position};
use crate::store::record::peek;
use crate::store::replace::replace;
use crate::store::warning::Warnings;
use crate::store::{CallKey, StoreError, StoreWarning};

use super::checked;
use super::guard::{self, Broken};
use super::run::{self, Described, Prefix, Run};

/// Entries held in memory before they become a run: about 3 MB.
const SPILL: usize = 65_536;
/// Longest run that is merged into another one: merging holds it in memory.
const MERGE: u64 = 524_288;
/// As many runs are merged even if they differ in size.
const MOST_RUNS: usize = 12;
/// The file that says what the index has.
const STATE: &str = "state";

/// The index of calls.
#[derive(Debug)]
pub(crate) struct Calls {
    folder: PathBuf,
    state: RwLock<State>,
}

#[derive(Debug)]
struct State {
    /// None when the files cannot be used: then `recent` holds everything.
    runs: Option<Vec<Run>>,
    recent: HashMap<Prefix, Position>,
    saved: Saved,
    /// Everything before this is in `recent` or in a run.
    indexed: Mark,
}

/// What the index says of itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Saved {
    /// The name of the ledger whose places these are.
    ledger: String,
    /// Everything before this segment and offset is in a run.
    indexed: (u32, u64),
    /// From the oldest to the newest.
    runs: Vec<Described>,
    next: u32,
}

impl Calls {
    /// Opens the index and brings it up to the ledger's end; makes it again where it is lost,
    /// damaged or knows of more than the ledger has.
    pub(crate) fn open(
        folder: &Path,
        ledger: &Ledger,
        found: Found,
        warnings: &Warnings,
    ) -> Result<Calls, StoreError> {
        let is_distrusted = guard::take_distrust(folder) || found.has_lost;
        let is_there = folder.exists();
        let opened = if is_distrusted && is_there {
            Err(Broken::new("it did not agree with the ledger"))
        } else {
            load(folder, ledger, found.end)
        };
        let mut warning = None;
        let (runs, saved) = match opened {
            Ok((runs, saved)) => {
                if saved == Saved::default() && found.was_closed {
                    let reason = if is_there { "it was empty" } else { "it was missing" };
                    warning = Some((reason.to_owned(), None));
                }
                (Some(runs), saved)
            }
            Err(Broken(reason)) => {
                let moved = guard::move_aside(folder);
                warning = Some((reason, moved));
                (load(folder, ledger, found.end).ok().map(|(runs, _)| runs), Saved::default())
            }
        };
        let (segment, offset) = saved.indexed;
        let indexed = Mark { segment, offset };
        let saved = Saved { ledger: ledger.name().to_owned(), ..saved };
        let state = State { runs, recent: HashMap::new(), saved, indexed };
        let calls = Calls { folder: folder.to_path_buf(), state: RwLock::new(state) };
        let added = calls.catch_up(ledger)?;
        if let Some((reason, moved)) = warning
            && (added > 0 || moved.is_some())
        {
            warnings.add(StoreWarning::CallsRebuilt { reason, moved });
        }
        Ok(calls)
    }

    /// Indexes what the ledger has beyond the mark; gives the number of replies there.
    fn catch_up(&self, ledger: &Ledger) -> Result<u64, StoreError> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        match state.scan(ledger, &self.folder)? {
            Ok(added) => Ok(added),
            Err(_) => {
                guard::distrust(&self.folder);
                state.start_over();
                // Without files nothing can break.
                Ok(state.scan(ledger, &self.folder)?.unwrap_or(0))
            }
        }
    }

    /// Where the reply of a key stands.
    pub(crate) fn find(&self, key: &CallKey) -> Result<Option<Position>, Broken> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let prefix = run::prefix(key);
        if let Some(position) = state.recent.get(&prefix) {
            return Ok(Some(*position));
        }
        for run in state.runs.iter().flatten().rev() {
            if let Some(position) = run.find(&prefix)? {
                return Ok(Some(position));
            }
        }
        Ok(None)
    }

    /// Adds replies that are on disk; `end` is the end of their last frame.
    pub(crate) fn add(
        &self,
        entries: impl Iterator<Item = (CallKey, Position)>,
        end: Mark,
    ) -> Result<(), Broken> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        state.recent.extend(entries.map(|(key, position)| (run::prefix(&key), position)));
        state.indexed = end;
        state.spill_when_full(&self.folder)
    }

    /// Makes the index again, in memory, after it was caught in an error; the next opening
    /// makes it on disk.
    pub(crate) fn rebuild(&self, ledger: &Ledger) -> Result<(), StoreError> {
        guard::distrust(&self.folder);
        {
            let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
            state.start_over();
        }
        self.catch_up(ledger).map(|_| ())
    }

    /// Puts everything on disk.
    pub(crate) fn save(&self) -> Result<(), Broken> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let result = if state.recent.is_empty() { Ok(()) } else { state.spill(&self.folder) };
        if result.is_err() {
            guard::distrust(&self.folder);
            state.runs = None;
        }
        result
    }
}

impl State {
    /// Indexes what the ledger has beyond the mark.
    fn scan(&mut self, ledger: &Ledger, folder: &Path) -> Result<Result<u64, Broken>, StoreError> {
        let mut added = 0;
        let mut broken = None;
        ledger.frames(self.indexed, |segment, offset, head, packed| {
            let lines = head.unpack(packed).unwrap_or_default();
            for (line, text) in (0_u16..).zip(split(&lines)) {
                if let Some(peek) = peek(text)
                    && peek.is_served
                {
                    self.recent.insert(run::prefix(&peek.key), Position { segment, offset, line });
                    added += 1;
                }
            }
            self.indexed = Mark { segment, offset: u64::from(offset) + head.length() };
            if broken.is_none() {
                broken = self.spill_when_full(folder).err();
            }
            Ok(())
        })?;
        Ok(broken.map_or(Ok(added), Err))
    }

    fn start_over(&mut self) {
        self.runs = None;
        self.recent.clear();
        self.saved = Saved::default();
        self.indexed = Mark::default();
    }

    fn spill_when_full(&mut self, folder: &Path) -> Result<(), Broken> {
        if self.recent.len() < SPILL { Ok(()) } else { self.spill(folder) }
    }

    /// Turns what is in memory into a run, merged with the small ones before it.
    fn spill(&mut self, folder: &Path) -> Result<(), Broken> {
        let State { runs: Some(runs), recent, saved, indexed } = self else { return Ok(()) };
        let mut next = saved.clone();
        let mut merged: Vec<(Prefix, Position)> = recent.iter().map(|(key, at)| (*key, *at)).collect();
        merged.sort_unstable_by_key(|(key, _)| *key);
        while let Some(last) = next.runs.last() {
            let size = merged.len() as u64;
            let is_worth_it = last.entries <= size || next.runs.len() >= MOST_RUNS;
            if !is_worth_it || last.entries + size > MERGE {
                break;
            }
            next.runs.pop();
            // Stable, and the newer entries come first: of equals the newest stays.
            merged.extend(runs.get(next.runs.len()).map_or(Ok(Vec::new()), Run::read)?);
            merged.sort_by_key(|(key, _)| *key);
            merged.dedup_by_key(|(key, _)| *key);
        }
        let run = Run::write(folder, next.next, &merged)?;
        let old = runs.split_off(next.runs.len());
        next.runs.push(run.described);
        runs.push(run);
        next.next += 1;
        next.indexed = (indexed.segment, indexed.offset);
        next.write(folder)?;
        for run in old {
            std::fs::remove_file(run.described.path(folder))?;
        }
        *saved = next;
        recent.clear();
        Ok(())
    }
}

impl Saved {
    /// Reads what [`Saved::write`] wrote; the default where there is nothing.
    fn read(folder: &Path) -> Result<Saved, Broken> {
        let sealed = match std::fs::read(folder.join(STATE)) {
            Ok(sealed) => sealed,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Saved::default()),
            Err(error) => return Err(error.into()),
        };
        let text = checked::open(STATE.as_bytes(), &sealed);
        text.and_then(|text| serde_json::from_slice(text).ok())
            .ok_or_else(|| Broken::new("its own description is damaged"))
    }

    fn write(&self, folder: &Path) -> Result<(), Broken> {
        let text = serde_json::to_vec(self).map_err(|error| Broken(error.to_string()))?;
        let sealed = checked::seal(STATE.as_bytes(), &text);
        replace(&folder.join(STATE), &sealed).map_err(|error| Broken(error.to_string()))
    }
}

/// Opens the runs, as far as the ledger and they belong together.
fn load(folder: &Path, ledger: &Ledger, end: Mark) -> Result<(Vec<Run>, Saved), Broken> {
    std::fs::create_dir_all(folder)?;
    let saved = Saved::read(folder)?;
    if saved != Saved::default() && saved.ledger != ledger.name() {
        return Err(Broken::new("it belongs to another ledger"));
    }
    let (segment, offset) = saved.indexed;
    if (Mark { segment, offset }) > end {
        return Err(Broken::new("it knows of replies that the ledger does not have"));
    }
    let runs = saved.runs.iter().map(|run| Run::open(folder, *run)).collect::<Result<_, _>>()?;
    sweep(folder, &saved)?;
    Ok((runs, saved))
}

/// Removes runs that were never finished, and those that were merged into others.
fn sweep(folder: &Path, saved: &Saved) -> Result<(), Broken> {
    let known: BTreeSet<PathBuf> = saved.runs.iter().map(|run| run.path(folder)).collect();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "run") && !known.contains(&path) {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}
