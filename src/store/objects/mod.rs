//! Blobs named by their content: tables' chunks, pictures, long facts.
//!
//! They stand one after the other in packs, each a zstd frame, and a list says where: a table of a
//! million rows has thousands of chunks, and a file for each would cost more than what is in it.
//! There is no flush for each: an object that is lost is made again. What is no longer wanted goes
//! with a collection, which copies the rest.

#![allow(clippy::disallowed_methods, reason = "the store's own files are not part of the World")]

mod contents;
mod loose;
mod pack;
mod place;
mod zstandard;

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, RwLock};

use bytes::Bytes;

use crate::digest::Digest;

use super::warning::Warnings;
use super::{StoreError, StoreWarning};
use contents::Contents;
use pack::{End, Packs};
use place::Place;
use zstandard::Zstandard;

/// The objects of a store.
#[derive(Debug)]
pub(super) struct Objects {
    folder: PathBuf,
    places: RwLock<HashMap<Digest, Place>>,
    packs: Packs,
    ends: Mutex<Ends>,
    zstandard: Zstandard,
    warnings: Warnings,
}

/// Where objects are added.
#[derive(Debug)]
struct Ends {
    pack: End,
    contents: Contents,
}

impl Objects {
    pub(super) fn open(folder: &Path, warnings: &Warnings) -> Result<Objects, StoreError> {
        std::fs::create_dir_all(folder).map_err(StoreError::io(folder))?;
        let (mut contents, listed) =
            Contents::open(&folder.join("contents")).map_err(StoreError::io(folder))?;
        let known = listed.iter().map(|(_, place)| place.end()).fold((1, 0), Ord::max);
        let (pack, unlisted) = End::find(folder, known).map_err(StoreError::io(folder))?;
        for (digest, place) in &unlisted {
            contents.add(digest, *place).map_err(StoreError::io(folder))?;
        }
        let mut places = HashMap::with_capacity(listed.len());
        for (digest, place) in listed.into_iter().chain(unlisted) {
            match place {
                Place::NOWHERE => places.remove(&digest),
                _ => places.insert(digest, place),
            };
        }
        let objects = Objects {
            folder: folder.to_path_buf(),
            places: RwLock::new(places),
            packs: Packs::in_folder(folder),
            ends: Mutex::new(Ends { pack, contents }),
            zstandard: Zstandard::default(),
            warnings: warnings.clone(),
        };
        loose::take_in(folder, &objects)?;
        Ok(objects)
    }

    /// The object of a digest; none where it is missing. One that is damaged is forgotten, so that it
    /// can be stored again, and with it all others of its pack that are: damage seldom comes alone, and
    /// a run that finds it piece by piece would stop at each.
    pub(super) fn get(&self, digest: &Digest) -> Result<Option<Bytes>, StoreError> {
        let Some(place) = self.place(digest) else { return Ok(None) };
        if let Some(bytes) = self.read(digest, place)? {
            return Ok(Some(Bytes::from(bytes)));
        }
        let mut count = 0;
        for (other, other_place) in self.in_pack(place.pack) {
            if self.read(&other, other_place)?.is_none() {
                count += usize::from(self.forget(&other, other_place)?);
            }
        }
        if count > 0 {
            self.warnings.add(StoreWarning::DamagedObjects { digest: *digest, count });
        }
        Ok(None)
    }

    pub(super) fn has(&self, digest: &Digest) -> bool {
        self.place(digest).is_some()
    }

    pub(super) fn put(&self, bytes: &[u8]) -> Result<Digest, StoreError> {
        let digest = Digest::of(bytes);
        if !self.has(&digest) {
            let packed = self.zstandard.pack(bytes).map_err(StoreError::io(&self.folder))?;
            self.add(&digest, &packed)?;
        }
        Ok(digest)
    }

    /// Whether an object is there and is what its name states. Changes nothing.
    pub(super) fn is_sound(&self, digest: &Digest) -> Result<bool, StoreError> {
        let Some(place) = self.place(digest) else { return Ok(false) };
        Ok(self.read(digest, place)?.is_some())
    }

    /// All objects, in the order of their names.
    pub(super) fn list(&self) -> Vec<Digest> {
        let places = self.places.read().unwrap_or_else(PoisonError::into_inner);
        let mut objects: Vec<Digest> = places.keys().copied().collect();
        drop(places);
        objects.sort_unstable();
        objects
    }

    /// Copies these objects to another folder as they are: damage is told when they are read. Returns
    /// when the copies are on disk.
    pub(super) fn copy(&self, wanted: &[Digest], folder: &Path) -> Result<(), StoreError> {
        let copied = Objects::open(folder, &self.warnings)?;
        for digest in wanted {
            let Some(place) = self.place(digest) else { continue };
            if let Some(packed) = self.packs.read(place).map_err(StoreError::io(&self.folder))? {
                copied.add(digest, &packed)?;
            }
        }
        for path in loose::entries(folder)? {
            File::open(&path).and_then(|file| file.sync_all()).map_err(StoreError::io(&path))?;
        }
        Ok(())
    }

    fn place(&self, digest: &Digest) -> Option<Place> {
        self.places.read().unwrap_or_else(PoisonError::into_inner).get(digest).copied()
    }

    fn in_pack(&self, pack: u32) -> Vec<(Digest, Place)> {
        let places = self.places.read().unwrap_or_else(PoisonError::into_inner);
        places
            .iter()
            .filter(|(_, place)| place.pack == pack)
            .map(|(digest, place)| (*digest, *place))
            .collect()
    }

    /// The content, if it is there and is what the digest names.
    fn read(&self, digest: &Digest, place: Place) -> Result<Option<Vec<u8>>, StoreError> {
        let packed = self.packs.read(place).map_err(StoreError::io(&self.folder))?;
        Ok(packed.and_then(|packed| self.unpack(&packed, digest)))
    }

    /// The same of a zstd frame.
    fn unpack(&self, packed: &[u8], digest: &Digest) -> Option<Vec<u8>> {
        let bytes = self.zstandard.unpack(packed).ok()?;
        (Digest::of(&bytes) == *digest).then_some(bytes)
    }

    /// Adds a zstd frame, unless another thread did meanwhile.
    fn add(&self, digest: &Digest, packed: &[u8]) -> Result<(), StoreError> {
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        if self.has(digest) {
            return Ok(());
        }
        let place = ends.pack.add(digest, packed).map_err(StoreError::io(&self.folder))?;
        ends.contents.add(digest, place).map_err(StoreError::io(&self.folder))?;
        self.places.write().unwrap_or_else(PoisonError::into_inner).insert(*digest, place);
        Ok(())
    }

    /// Forgets an object, unless another thread did so or stored it again meanwhile.
    fn forget(&self, digest: &Digest, place: Place) -> Result<bool, StoreError> {
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        if self.place(digest) != Some(place) {
            return Ok(false);
        }
        self.places.write().unwrap_or_else(PoisonError::into_inner).remove(digest);
        ends.contents.add(digest, Place::NOWHERE).map_err(StoreError::io(&self.folder))?;
        Ok(true)
    }
}
