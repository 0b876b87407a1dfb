//! What Azure says: snapshots of a live estate.

mod snapshot;

pub use snapshot::{SnapshotError, read_snapshot};
