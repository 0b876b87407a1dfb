//! What Azure says: sign-in, the client of ARM, what to read, and snapshots.

pub mod arm;
pub mod cloud;
mod connect;
pub mod sign_in;
mod snapshot;

pub use connect::{ConnectError, Connection, Settings};
pub use snapshot::{SnapshotError, parse_snapshot, read_snapshot};
