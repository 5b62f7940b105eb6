//! What must survive: replies that were paid for, tables, and what was computed from what.
//!
//! The only room that names `sled`. It knows bytes and digests, not rows or models.
//!
//! ```text
//! .tgp/
//!   ledger/000001.seg   paid replies, append-only: the truth (`zstd -dc` prints JSON lines)
//!   ledger/journal.seg  replies that wait for others to be packed with
//!   objects/000001.pack blobs named by content, each a zstd frame
//!   objects/contents    where each of them stands; made again from the packs when lost
//!   index/calls         sorted runs: call key to place in the ledger; rebuilt from it when lost
//!   index/facts         sled: memos, stamps, runs; recomputed when lost
//!   pending/            what was handed to others and is awaited, such as a batch
//!   lock                the process that has the store open
//! ```
//!
//! A reply goes to the ledger, the ledger to the disk, then into the index, then to whoever
//! waits: any prefix of that is a valid state. Nothing that is read is believed before its
//! checksum and its key are compared, so damage costs time or money, never a wrong number.

mod afresh;
mod disk;
mod error;
mod exchange;
mod frame;
mod frame_cache;
mod gathering;
mod gc;
mod index;
mod journal;
mod key;
mod ledger;
mod lock;
mod memory;
mod nanoseconds;
mod objects;
mod pending;
mod position;
mod raw_reply;
mod record;
mod replace;
mod segment;
mod shared;
mod space;
mod stats;
mod tail;
mod verify;
mod warning;
mod writer;

use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::digest::Digest;

pub use afresh::Afresh;
pub use disk::DiskStore;
pub use error::StoreError;
pub use exchange::{Exported, Imported};
pub use gc::{Collected, Keep, Others};
pub use index::guard::is_guarded;
pub use key::CallKey;
pub use memory::MemoryStore;
pub use record::{Event, Record};
pub use space::Space;
pub use stats::StoreStats;
pub use verify::{Finding, Verification};
pub use warning::StoreWarning;

/// A fact's key and value.
pub type Fact = (Vec<u8>, Vec<u8>);

/// What the engine asks of a store. All methods may be called from many threads at once.
pub trait Store: Send + Sync {
    /// The recorded reply, if it was ever paid for; the latest where there are several,
    /// as after `--refresh`. A damaged record counts as none.
    fn reply(&self, key: CallKey) -> Result<Option<Record>, StoreError>;

    /// Records a paid reply. The record is handed over at the call, whether or not the future
    /// is then awaited; the future is ready when the record is on disk.
    fn append(&self, record: Record) -> BoxFuture<'_, Result<(), StoreError>>;

    /// A failed attempt, kept for the record: never served as a reply, and on disk at the
    /// latest at [`Store::flush`].
    fn event(&self, event: Event) -> Result<(), StoreError>;

    /// The blob of this digest; none where it is missing or damaged.
    fn object(&self, digest: &Digest) -> Result<Option<Bytes>, StoreError>;

    /// Stores a blob under its digest, once.
    fn put_object(&self, bytes: &[u8]) -> Result<Digest, StoreError>;

    /// Whether the blob is there. It may yet turn out damaged when it is read.
    fn has_object(&self, digest: &Digest) -> bool;

    /// A small fact; none where it was never stored or was lost.
    fn fact(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Stores a fact, replacing the one before. On disk at the latest at [`Store::flush`].
    fn put_fact(&self, space: Space, key: &[u8], value: &[u8]) -> Result<(), StoreError>;

    /// All facts of a space, in the order of their keys.
    fn facts(&self, space: Space) -> Result<Vec<Fact>, StoreError>;

    /// Notes something that was handed to others and is awaited; returns when it is on disk.
    fn put_pending(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError>;

    /// All that is awaited, in the order of the names.
    fn pending(&self) -> Result<Vec<(String, Vec<u8>)>, StoreError>;

    /// Forgets what has come back.
    fn remove_pending(&self, name: &str) -> Result<(), StoreError>;

    /// Returns when everything is on disk.
    fn flush(&self) -> Result<(), StoreError>;
}
