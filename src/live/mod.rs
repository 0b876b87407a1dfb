//! What Azure says: snapshots of a live estate.
