//! Small facts on sled. What is lost here is computed again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use crate::digest::Digest;
use crate::store::objects::Objects;
use crate::store::warning::Warnings;
use crate::store::{Fact, Space, StoreError, StoreWarning};

use super::checked;
use super::guard::{self, Broken, guarded};

/// Values up to this length stand on sled; longer ones are objects.
const MOST: usize = 2048;
const INLINE: u8 = 0;
const POINTER: u8 = 1;

/// The facts of a store.
#[derive(Debug)]
pub(crate) struct Facts {
    folder: PathBuf,
    backing: RwLock<Backing>,
    objects: Arc<Objects>,
    warnings: Warnings,
}

#[derive(Debug)]
enum Backing {
    Sled {
        db: sled::Db,
        trees: BTreeMap<Space, sled::Tree>,
    },
    /// After sled failed: what was stored since.
    Memory(BTreeMap<(Space, Vec<u8>), Vec<u8>>),
}

impl Facts {
    /// Opens the facts; an empty set where they are damaged. `is_expected` says that there
    /// should be some, `is_suspect` that every one is to be checked.
    pub(crate) fn open(
        folder: &Path,
        objects: Arc<Objects>,
        is_expected: bool,
        is_suspect: bool,
        warnings: &Warnings,
    ) -> Facts {
        let is_distrusted = guard::take_distrust(folder);
        if is_expected && !folder.exists() {
            let reason = "the index was missing".to_owned();
            warnings.add(StoreWarning::FactsLost { reason, moved: None });
        }
        let opened =
            if is_distrusted { Err(Broken::new("some were damaged")) } else { load(folder, is_suspect) };
        let backing = opened.or_else(|Broken(reason)| {
            let moved = guard::move_aside(folder);
            warnings.add(StoreWarning::FactsLost { reason, moved });
            load(folder, false)
        });
        Facts {
            folder: folder.to_path_buf(),
            backing: RwLock::new(backing.unwrap_or_else(|_| Backing::Memory(BTreeMap::new()))),
            objects,
            warnings: warnings.clone(),
        }
    }

    /// The fact of a key; none where it is missing or damaged.
    pub(crate) fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let stored = self.with_sled(|trees| match trees.get(&space) {
            Some(tree) => Ok(tree.get(key)?.map(|value| value.to_vec())),
            None => Ok(None),
        });
        let value = match stored {
            Some(None) => return Ok(None),
            Some(Some(sealed)) => match checked::open(key, &sealed) {
                Some(value) => value.to_vec(),
                None => {
                    self.note_damage(space);
                    return Ok(None);
                }
            },
            None => match &*self.backing.read().unwrap_or_else(PoisonError::into_inner) {
                Backing::Memory(facts) => match facts.get(&(space, key.to_vec())) {
                    Some(value) => value.clone(),
                    None => return Ok(None),
                },
                Backing::Sled { .. } => return Ok(None),
            },
        };
        self.content(&value)
    }

    /// Stores a fact.
    pub(crate) fn put(&self, space: Space, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        let mut tagged = Vec::with_capacity(value.len().min(MOST) + 1);
        if key.len() + value.len() <= MOST {
            tagged.push(INLINE);
            tagged.extend_from_slice(value);
        } else {
            tagged.push(POINTER);
            tagged.extend_from_slice(&self.objects.put(value)?.0);
        }
        let stored = self.with_sled(|trees| {
            if let Some(tree) = trees.get(&space) {
                tree.insert(key, checked::seal(key, &tagged))?;
            }
            Ok(())
        });
        if stored.is_none()
            && let Backing::Memory(facts) = &mut *self.backing.write().unwrap_or_else(PoisonError::into_inner)
        {
            facts.insert((space, key.to_vec()), tagged);
        }
        Ok(())
    }

    /// All facts of a space, in key order, without those that are damaged.
    pub(crate) fn all(&self, space: Space) -> Result<Vec<Fact>, StoreError> {
        let mut all = Vec::new();
        for (key, tagged) in self.stored(space) {
            if let Some(value) = self.content(&tagged)? {
                all.push((key, value));
            }
        }
        Ok(all)
    }

    /// The objects that long facts are kept in.
    pub(crate) fn pointers(&self) -> Vec<(Space, Vec<u8>, Digest)> {
        let each = |space| self.stored(space).into_iter().map(move |(key, tagged)| (space, key, tagged));
        let all = Space::ALL.into_iter().flat_map(each);
        all.filter_map(|(space, key, tagged)| pointer(&tagged).map(|digest| (space, key, digest))).collect()
    }

    /// Number of facts of a space.
    pub(crate) fn len(&self, space: Space) -> u64 {
        self.stored(space).len() as u64
    }

    /// Returns when all facts are on disk.
    pub(crate) fn flush(&self) {
        let backing = self.backing.read().unwrap_or_else(PoisonError::into_inner);
        let Backing::Sled { db, .. } = &*backing else { return };
        let result = guarded(|| Ok(db.flush().map(drop)?));
        drop(backing);
        if let Err(broken) = result {
            self.give_up(broken);
        }
    }

    /// Keys and tagged values, in key order, without those that are damaged.
    fn stored(&self, space: Space) -> Vec<Fact> {
        let sealed = self.with_sled(|trees| {
            let Some(tree) = trees.get(&space) else { return Ok(Vec::new()) };
            let pairs = tree.iter().map(|pair| Ok(pair.map(|(key, value)| (key.to_vec(), value.to_vec()))?));
            pairs.collect::<Result<Vec<_>, Broken>>()
        });
        let Some(sealed) = sealed else {
            return match &*self.backing.read().unwrap_or_else(PoisonError::into_inner) {
                Backing::Memory(facts) => facts
                    .iter()
                    .filter(|((held, _), _)| *held == space)
                    .map(|((_, key), value)| (key.clone(), value.clone()))
                    .collect(),
                Backing::Sled { .. } => Vec::new(),
            };
        };
        let mut facts = Vec::with_capacity(sealed.len());
        for (key, value) in sealed {
            match checked::open(&key, &value) {
                Some(tagged) => facts.push((key, tagged.to_vec())),
                None => self.note_damage(space),
            }
        }
        facts
    }

    fn content(&self, tagged: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match (pointer(tagged), tagged.split_first()) {
            (Some(digest), _) => Ok(self.objects.get(&digest)?.map(|bytes| bytes.to_vec())),
            (None, Some((&INLINE, value))) => Ok(Some(value.to_vec())),
            (None, _) => Ok(None),
        }
    }

    /// Does something with sled; none where sled cannot be used, now or any more.
    fn with_sled<T>(
        &self,
        action: impl FnOnce(&BTreeMap<Space, sled::Tree>) -> Result<T, Broken>,
    ) -> Option<T> {
        let backing = self.backing.read().unwrap_or_else(PoisonError::into_inner);
        let Backing::Sled { trees, .. } = &*backing else { return None };
        let result = guarded(|| action(trees));
        drop(backing);
        result.map_err(|broken| self.give_up(broken)).ok()
    }

    fn give_up(&self, Broken(reason): Broken) {
        guard::distrust(&self.folder);
        let mut backing = self.backing.write().unwrap_or_else(PoisonError::into_inner);
        if let Backing::Sled { .. } = &*backing {
            guard::abandon(std::mem::replace(&mut *backing, Backing::Memory(BTreeMap::new())));
            self.warnings.add(StoreWarning::FactsLost { reason, moved: None });
        }
    }

    fn note_damage(&self, space: Space) {
        guard::distrust(&self.folder);
        self.warnings.add(StoreWarning::DamagedFact { space });
    }
}

fn pointer(tagged: &[u8]) -> Option<Digest> {
    match tagged.split_first()? {
        (&POINTER, digest) => digest.try_into().ok().map(Digest),
        _ => None,
    }
}

fn load(folder: &Path, is_suspect: bool) -> Result<Backing, Broken> {
    let db = guard::open(folder)?;
    let opened = guarded(|| {
        let mut trees = BTreeMap::new();
        for space in Space::ALL {
            let tree = db.open_tree(space.name())?;
            if is_suspect {
                for pair in &tree {
                    let (key, value) = pair?;
                    checked::open(&key, &value).ok_or_else(|| Broken::new("some are damaged"))?;
                }
            }
            trees.insert(space, tree);
        }
        Ok(trees)
    });
    match opened {
        Ok(trees) => Ok(Backing::Sled { db, trees }),
        Err(broken) => {
            guard::abandon(db);
            Err(broken)
        }
    }
}
