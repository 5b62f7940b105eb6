//! What waits for models, files and clocks at the same time.

use std::io;

use tokio::runtime::{Builder, Runtime};

/// So much is done between two looks at what came in from outside. Where a server answers at once,
/// more comes in with each look then, and it takes fewer of them.
const BETWEEN_LOOKS: u32 = 250;

/// A runtime with a thread for each processor.
pub(super) fn runtime() -> io::Result<Runtime> {
    Builder::new_multi_thread().enable_all().event_interval(BETWEEN_LOOKS).build()
}
