//! What must survive: replies that were paid for, tables, and what was computed from what.
//!
//! The only room that names `sled`. It knows bytes and digests, not rows or models.
