//! What the seals of a project keep from being collected.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::digest::Digest;
use crate::store::{CallKey, Store};
use crate::world::World;

use super::open::SessionError;
use super::seal::{BadSeal, Seal};

/// How many folders deep seals are looked for.
const DEEPEST: u32 = 12;

/// Replies and objects that must stay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pins {
    pub calls: BTreeSet<CallKey>,
    pub objects: BTreeSet<Digest>,
    /// The seals that pin them.
    pub seals: Vec<PathBuf>,
}

impl Pins {
    /// What the seals below a folder pin. A seal whose list of replies is no longer kept is an
    /// error: nothing may be removed before it is made again.
    pub fn below(root: &Path, store: &dyn Store, world: &dyn World) -> Result<Pins, SessionError> {
        let mut pins = Pins::default();
        for path in seals(root, world, 0) {
            let seal = Seal::read(world, &path)?;
            let list = store.object(&seal.replies.list)?;
            let Some(list) =
                list.filter(|list| list.len() as u64 == seal.replies.count * CallKey::BYTES as u64)
            else {
                let command = format!("tgp verify {}", path.display());
                let problem =
                    format!("the list of its replies is no longer in the store; `{command}` makes it again");
                return Err(BadSeal { path, problem }.into());
            };
            let (keys, _) = list.as_chunks::<{ CallKey::BYTES }>();
            pins.calls.extend(keys.iter().map(|key| CallKey::from_bytes(*key)));
            pins.objects.insert(seal.replies.list);
            pins.seals.push(path);
        }
        Ok(pins)
    }
}

/// The seals below a folder, in the order of their paths. Hidden folders and those of built
/// programs are passed over.
fn seals(folder: &Path, world: &dyn World, depth: u32) -> Vec<PathBuf> {
    let Ok(entries) = world.list(folder) else { return Vec::new() };
    let mut found = Vec::new();
    for path in entries {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if name.starts_with('.') || name == "target" || name == "node_modules" {
            continue;
        }
        if Seal::is_named(&path) && !world.is_folder(&path) {
            found.push(path);
        } else if depth < DEEPEST && world.is_folder(&path) {
            found.extend(seals(&path, world, depth + 1));
        }
    }
    found
}
