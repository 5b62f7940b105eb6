//! Where what was fetched is kept, for all projects of a person.

use std::path::{Path, PathBuf};

use crate::world::World;

/// The person's cache folder; the project's own where there is none.
pub(super) fn folder(world: &dyn World, root: &Path) -> PathBuf {
    let folder = |name: &str| world.variable(name).filter(|path| !path.is_empty()).map(PathBuf::from);
    folder("TGP_CACHE")
        .or_else(|| folder("XDG_CACHE_HOME").map(|cache| cache.join("tgp")))
        .or_else(|| folder("LOCALAPPDATA").map(|cache| cache.join("tgp")))
        .or_else(|| folder("HOME").map(|home| home.join(".cache/tgp")))
        .unwrap_or_else(|| root.join(".tgp/packages"))
}
