//! What Azure says: sign-in, the client of ARM, what to read, and snapshots.

mod aks;
pub mod arm;
pub mod cloud;
mod connect;
mod gap;
pub mod history;
pub mod read;
mod session;
pub mod sign_in;
mod snapshot;
pub mod state;
mod survey;

pub use connect::{ConnectError, Connection, Settings};
pub use gap::Gap;
pub use session::{ReadError, Session};
pub use snapshot::{Snapshot, SnapshotError, parse_snapshot, read_snapshot};
pub use survey::Survey;
