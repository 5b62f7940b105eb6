//! sled panics where it meets damage; here a panic becomes an error.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::store::replace::{free_name, suffixed};

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic on this thread right now would be caught and reported as a
/// [`StoreWarning`](crate::store::StoreWarning): a panic hook need not print it.
pub fn is_guarded() -> bool {
    GUARDED.get()
}

/// A part of the index cannot be used any more.
#[derive(Clone, Debug)]
pub(crate) struct Broken(pub(crate) String);

impl Broken {
    pub(crate) fn new(reason: &str) -> Broken {
        Broken(reason.to_owned())
    }
}

/// Does something with sled.
pub(crate) fn guarded<T>(action: impl FnOnce() -> Result<T, Broken>) -> Result<T, Broken> {
    let before = GUARDED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(action));
    GUARDED.set(before);
    result.unwrap_or_else(|_| Err(Broken::new("it is damaged in a way that sled does not survive")))
}

impl From<std::io::Error> for Broken {
    fn from(error: std::io::Error) -> Broken {
        Broken(error.to_string())
    }
}

impl From<sled::Error> for Broken {
    fn from(error: sled::Error) -> Broken {
        Broken(error.to_string())
    }
}

/// Opens or makes a database. A few megabytes of cache are enough for an index of small values.
pub(crate) fn open(folder: &Path) -> Result<sled::Db, Broken> {
    guarded(|| {
        let config = sled::Config::new()
            .path(folder)
            .cache_capacity(8 << 20)
            .flush_every_ms(Some(500))
            .mode(sled::Mode::LowSpace);
        Ok(config.open()?)
    })
}

/// Lets go of a database without running sled's own closing, which a broken one does not survive.
pub(crate) fn abandon<T>(broken: T) {
    std::mem::forget(broken);
}

/// Moves a database to `index.broken-<n>` beside the index; none where there is nothing to move
/// or it cannot be moved.
pub(crate) fn move_aside(folder: &Path) -> Option<std::path::PathBuf> {
    let index = folder.parent()?;
    let aside = free_name(&index.with_file_name("index.broken"));
    std::fs::rename(folder, &aside).ok().map(|()| aside)
}

/// The file that asks the next opening to distrust a database.
pub(crate) fn distrust(folder: &Path) {
    // Where even this cannot be written, the next process finds the damage itself.
    let _ = std::fs::File::create(suffixed(folder, ".damaged"));
}

/// Whether a database is to be distrusted; asking clears it.
pub(crate) fn take_distrust(folder: &Path) -> bool {
    std::fs::remove_file(suffixed(folder, ".damaged")).is_ok()
}
