//! The module calls of one directory, for those who fetch modules before anything is evaluated.

use camino::Utf8Path;

use super::loader::Loader;
use super::sources::Sources;
use crate::terraform::files::{FileError, FileSource};

/// A `module` block whose source is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModuleCall {
    /// Name of the block.
    pub name: String,
    /// The `source` text.
    pub source: String,
    /// The `version` text.
    pub version: Option<String>,
}

/// The module calls of a directory (relative to the checkout), in the order written. What is wrong with
/// its files is left for the evaluation to say; `None` when it holds no configuration files.
pub fn module_calls(files: &dyn FileSource, dir: &Utf8Path) -> Result<Option<Vec<ModuleCall>>, FileError> {
    let mut loader =
        Loader { files, root: dir, shown: dir, sources: Sources::default(), diagnostics: Vec::new() };
    let Some(module) = loader.module(dir)? else { return Ok(None) };
    let calls = module.calls.values().filter_map(|call| {
        let (source, _) = call.source.as_ref()?;
        Some(ModuleCall {
            name: call.name.to_string(),
            source: source.clone(),
            version: call.version.clone(),
        })
    });
    Ok(Some(calls.collect()))
}
