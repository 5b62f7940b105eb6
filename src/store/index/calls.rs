//! Where each reply stands in the ledger.
//!
//! New entries gather in memory; the ledger has them, so nothing is lost with the process.
//! When there are many, and on closing, they go to sled as a [`Run`]. Small runs are merged,
//! so that a search looks into few.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use serde::{Deserialize, Serialize};

use crate::store::ledger::{Found, Ledger, split};
use crate::store::position::{Mark, Position};
use crate::store::record::peek;
use crate::store::warning::Warnings;
use crate::store::{CallKey, StoreError, StoreWarning};

use super::checked;
use super::guard::{self, Broken, guarded};
use super::run::{self, Prefix, Run};

/// Entries held in memory before they become a run: about 3 MB.
const SPILL: usize = 65_536;
/// Longest run that is merged into another one: merging holds it in memory.
const MERGE: u64 = 524_288;
/// As many runs are merged even if they differ in size.
const MOST_RUNS: usize = 12;
const STATE: &[u8] = b"state";

/// The index of calls.
#[derive(Debug)]
pub(crate) struct Calls {
    folder: PathBuf,
    state: RwLock<State>,
}

#[derive(Debug)]
struct State {
    /// None when sled cannot be used: then `recent` holds everything.
    db: Option<sled::Db>,
    recent: BTreeMap<Prefix, Position>,
    saved: Saved,
    /// Everything before this is in `recent` or in a run.
    indexed: Mark,
}

/// What the database says of itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Saved {
    /// The name of the ledger whose places these are.
    ledger: String,
    /// Everything before this segment and offset is in a run.
    indexed: (u32, u64),
    /// From the oldest to the newest.
    runs: Vec<Run>,
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
        let (db, saved) = match opened {
            Ok((db, saved)) => {
                if saved == Saved::default() && found.was_closed {
                    let reason = if is_there { "it was empty" } else { "it was missing" };
                    warning = Some((reason.to_owned(), None));
                }
                (Some(db), saved)
            }
            Err(Broken(reason)) => {
                let moved = guard::move_aside(folder);
                warning = Some((reason, moved));
                (load(folder, ledger, found.end).ok().map(|(db, _)| db), Saved::default())
            }
        };
        let (segment, offset) = saved.indexed;
        let indexed = Mark { segment, offset };
        let saved = Saved { ledger: ledger.name().to_owned(), ..saved };
        let state = State { db, recent: BTreeMap::new(), saved, indexed };
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
        match state.scan(ledger)? {
            Ok(added) => Ok(added),
            Err(_) => {
                guard::distrust(&self.folder);
                state.start_over();
                // Without a database nothing can break.
                Ok(state.scan(ledger)?.unwrap_or(0))
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
        let Some(db) = &state.db else { return Ok(None) };
        guarded(|| {
            for run in state.saved.runs.iter().rev() {
                if let Some(position) = run::find(db, *run, &prefix)? {
                    return Ok(Some(position));
                }
            }
            Ok(None)
        })
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
        state.spill_when_full()
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

    /// Puts everything on sled and that on disk.
    pub(crate) fn save(&self) -> Result<(), Broken> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let State { db: Some(db), recent, saved, indexed } = &mut *state else { return Ok(()) };
        let result = guarded(|| {
            if !recent.is_empty() {
                spill(db, recent, saved, *indexed)?;
            }
            db.flush()?;
            Ok(())
        });
        if result.is_err() {
            guard::distrust(&self.folder);
            guard::abandon(state.db.take());
        }
        result
    }
}

impl State {
    /// Indexes what the ledger has beyond the mark.
    fn scan(&mut self, ledger: &Ledger) -> Result<Result<u64, Broken>, StoreError> {
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
                broken = self.spill_when_full().err();
            }
            Ok(())
        })?;
        Ok(broken.map_or(Ok(added), Err))
    }

    fn start_over(&mut self) {
        guard::abandon(self.db.take());
        self.recent.clear();
        self.saved = Saved::default();
        self.indexed = Mark::default();
    }

    fn spill_when_full(&mut self) -> Result<(), Broken> {
        let State { db: Some(db), recent, saved, indexed } = self else { return Ok(()) };
        if recent.len() < SPILL {
            return Ok(());
        }
        guarded(|| spill(db, recent, saved, *indexed))
    }
}

/// Opens the database and checks that it is whole.
fn load(folder: &Path, ledger: &Ledger, end: Mark) -> Result<(sled::Db, Saved), Broken> {
    let db = guard::open(folder)?;
    let checked = guarded(|| {
        let saved = match db.get(STATE)? {
            None => Saved::default(),
            Some(sealed) => checked::open(STATE, &sealed)
                .and_then(|text| serde_json::from_slice(text).ok())
                .ok_or_else(|| Broken::new("its own description is damaged"))?,
        };
        if saved != Saved::default() && saved.ledger != ledger.name() {
            return Err(Broken::new("it belongs to another ledger"));
        }
        let (segment, offset) = saved.indexed;
        if (Mark { segment, offset }) > end {
            return Err(Broken::new("it knows of replies that the ledger does not have"));
        }
        check_blocks(&db, &saved)?;
        Ok(saved)
    });
    match checked {
        Ok(saved) => Ok((db, saved)),
        Err(broken) => {
            guard::abandon(db);
            Err(broken)
        }
    }
}

/// Counts the blocks of each run, and removes those of runs that were never finished.
fn check_blocks(db: &sled::Db, saved: &Saved) -> Result<(), Broken> {
    let mut found: BTreeMap<u32, (u32, u64)> = BTreeMap::new();
    for block in db.scan_prefix(b"b") {
        let (key, value) = block?;
        let number = run::run_of(&key).ok_or_else(|| Broken::new("a key is damaged"))?;
        let (blocks, entries) = found.entry(number).or_default();
        *blocks += 1;
        *entries += run::entries(&key, &value)?.len() as u64;
    }
    for run in &saved.runs {
        if found.remove(&run.number) != Some((run.blocks, run.entries)) {
            return Err(Broken::new("entries are missing"));
        }
    }
    found.into_keys().try_for_each(|unfinished| run::remove(db, unfinished))
}

/// Turns what is in memory into a run, merged with the small ones before it.
fn spill(
    db: &sled::Db,
    recent: &mut BTreeMap<Prefix, Position>,
    saved: &mut Saved,
    indexed: Mark,
) -> Result<(), Broken> {
    let mut next = saved.clone();
    let mut merged: Vec<(Prefix, Position)> = recent.iter().map(|(key, at)| (*key, *at)).collect();
    while let Some(last) = next.runs.last().copied() {
        let size = merged.len() as u64;
        let is_worth_it = last.entries <= size || next.runs.len() >= MOST_RUNS;
        if !is_worth_it || last.entries + size > MERGE {
            break;
        }
        // Stable, and the newer entries come first: of equals the newest stays.
        merged.extend(run::read(db, last)?);
        merged.sort_by_key(|(key, _)| *key);
        merged.dedup_by_key(|(key, _)| *key);
        next.runs.pop();
    }
    next.runs.push(run::write(db, next.next, &merged)?);
    next.next += 1;
    next.indexed = (indexed.segment, indexed.offset);
    let text = serde_json::to_vec(&next).map_err(|error| Broken(error.to_string()))?;
    db.insert(STATE, checked::seal(STATE, &text))?;
    for old in saved.runs.iter().filter(|run| !next.runs.contains(run)) {
        run::remove(db, old.number)?;
    }
    *saved = next;
    recent.clear();
    Ok(())
}
