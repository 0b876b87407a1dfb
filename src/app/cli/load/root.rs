//! Where a root module is, and the files that arguments name.

use camino::{Utf8Path, Utf8PathBuf};

use super::LoadError;
use crate::app::cli::args::RootArgs;
use crate::terraform::configuration::{Input, Options};
use crate::terraform::files::{FileError, Naming, checkout_of};

/// A plan or state file that the user names.
pub(in crate::app::cli) fn read(path: &Utf8Path) -> Result<Vec<u8>, LoadError> {
    std::fs::read(path).map_err(|source| LoadError::Input { path: path.to_owned(), source })
}

/// A root module in its checkout, with the cache of fetched modules.
pub(in crate::app::cli) fn root(dir: &Utf8Path, given: Option<&Utf8Path>) -> Result<Options, LoadError> {
    let failed = |source| LoadError::Root { dir: dir.to_owned(), source };
    let checkout = match given {
        Some(checkout) => checkout.to_owned(),
        None => checkout(dir).map_err(failed)?,
    };
    let options = Options::within(&checkout, dir).map_err(failed)?;
    let options = Options { shown: dir.to_owned(), ..options };
    Ok(match cache("modules") {
        Some(cache) => options.with_module_cache(&cache),
        None => options,
    })
}

/// Which files of the checkout the names of reports mean.
pub(super) fn naming(options: &Options) -> Naming {
    Naming::new(&options.checkout, &options.root, &options.shown)
}

/// Where something fetched is kept: `trueup/modules`, `trueup/prices` in the user's cache directory.
pub(in crate::app::cli) fn cache(what: &str) -> Option<Utf8PathBuf> {
    let directory = |name: &str| {
        let path = Utf8PathBuf::from(std::env::var(name).ok()?);
        path.is_absolute().then_some(path)
    };
    let cache = directory("XDG_CACHE_HOME").or_else(|| Some(directory("HOME")?.join(".cache")))?;
    Some(cache.join("trueup").join(what))
}

/// How far above a root module its repository's top is looked for when it is no git checkout.
const LEVELS: usize = 4;

/// The folder outside of which nothing is read: the git checkout; without one the nearest folder above
/// that holds `modules`, then the working directory, then the root module itself.
pub(in crate::app::cli) fn checkout(dir: &Utf8Path) -> Result<Utf8PathBuf, FileError> {
    let found = checkout_of(dir)?;
    if found.join(".git").exists() {
        return Ok(found);
    }
    let mut above = found.ancestors().take(LEVELS);
    if let Some(top) = above.find(|d| d.parent().is_some() && d.join("modules").is_dir()) {
        return Ok(top.to_owned());
    }
    let here = std::env::current_dir().ok().and_then(|d| d.canonicalize().ok());
    let here = here.and_then(|d| Utf8PathBuf::from_path_buf(d).ok());
    Ok(here.filter(|h| h.parent().is_some() && found.starts_with(h)).unwrap_or(found))
}

/// `-var` and `-var-file` in the order given: variables after files, as the command line groups them.
pub(super) fn inputs(args: &RootArgs) -> Vec<Input> {
    let file = |f: &Utf8PathBuf| {
        // As Terraform: relative to the working directory; a file of the root module is found as well.
        let beside = args.dir().join(f);
        Input::File(if !f.exists() && beside.exists() { absolute(&beside) } else { absolute(f) })
    };
    let files = args.var_files.iter().map(file);
    files.chain(args.vars.iter().cloned().map(Input::Var)).collect()
}

pub(super) fn absolute(path: &Utf8Path) -> Utf8PathBuf {
    camino::absolute_utf8(path).unwrap_or_else(|_| path.to_owned())
}
