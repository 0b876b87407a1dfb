//! Modules that are no folder of the checkout and that `trueup modules fetch` got.
//!
//! Three parts meet here. The *manifest* (`.trueup/modules.json` in the root module, made to be committed
//! like a lock file) says which package stands for a source and a version constraint, by the checksum of
//! its files. The *cache* holds packages under their checksum, outside the checkout. [`WithCache`] lays the
//! cache under the checkout: `.trueup/modules/CHECKSUM/` of the root module is the package of that checksum.
//!
//! Code under review may edit the manifest, so nothing in it is trusted: a package is named by its
//! checksum and by nothing else, which is no path, and before a file of it is read all its files are held
//! against that checksum. So the manifest leads to what trueup once put there, unchanged, or to nothing.

mod cache;
mod digest;
mod manifest;
mod source;

pub use cache::WithCache;
pub use digest::{MAX_BYTES, MAX_FILES, TreeError, tree_digest};
pub use manifest::{Entry, FORMAT, MANIFEST, Manifest, mount};
pub use source::{is_local, split};
