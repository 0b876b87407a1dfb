//! What Azure says: snapshots of a live estate.

mod snapshot;

pub use snapshot::{SnapshotError, parse_snapshot, read_snapshot};
