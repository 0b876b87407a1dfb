//! Gets the modules that a root module calls and that are no folders of the checkout.
//!
//! [`fetch`] walks the calls from the root module down, each directory once. A source that is not local
//! is looked up in the manifest; what is not there, or not in the cache, is downloaded (`location` says from
//! where, `registry`, `git` and `archive` do it), put into the cache under the checksum of its files
//! (`store`), and written into the manifest. Then its own calls are followed.
//!
//! It is the one place besides `live` that opens connections, and only a command that says so gets here.

mod archive;
mod error;
mod git;
mod http;
mod location;
mod package;
mod prices;
mod registry;
mod store;
mod url;

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::fs;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};

pub use error::FetchError;
pub use location::PUBLIC as PUBLIC_REGISTRY;
pub use prices::{LivePrices, PUBLIC_PRICES, PriceRequest, read_book};

use crate::terraform::configuration::{ModuleCall, Options, module_calls};
use crate::terraform::files::{FileError, join};
use crate::terraform::modules::{Entry, MANIFEST, Manifest, is_local, mount, split};
use package::Fetcher;

/// How many packages one root module may need, how many directories they may have, and how deep they call.
const MAX_PACKAGES: usize = 500;
const MAX_DIRECTORIES: usize = 20_000;
const MAX_DEPTH: usize = 64;

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Request {
    /// Choose versions anew and accept what is published now.
    pub update: bool,
    /// Write the manifest; else it is only given back.
    pub write: bool,
    /// Allow git repositories on this machine.
    pub allow_file: bool,
    /// How long all of it may take.
    pub timeout: Duration,
    /// Registries of hosts that stand elsewhere: `http` addresses of this machine only.
    pub registries: BTreeMap<String, String>,
    /// Environment variables: `TF_TOKEN_*`, `SSL_CERT_FILE`, `GIT_SSH*`.
    pub environment: BTreeMap<String, String>,
    /// The time to write into the manifest (RFC 3339).
    pub now: String,
}

/// How one package came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It was in the cache.
    Present,
    /// It was downloaded.
    Fetched,
    /// It could not be had.
    Failed,
}

/// One package and how it came.
#[derive(Clone, Debug, serde::Serialize, schemars::JsonSchema)]
pub struct Outcome {
    /// The source without the folder in it.
    pub source: String,
    /// The version constraint.
    pub version: Option<String>,
    /// What was chosen: a version or a commit.
    pub resolved: Option<String>,
    /// The checksum of its files.
    pub sha256: Option<String>,
    /// How it came.
    pub status: Status,
    /// The first call that wants it, by names of calls: `network.naming`.
    pub call: String,
    /// Links that were left out of it.
    pub links_left_out: usize,
    /// Why it could not be had.
    pub error: Option<String>,
}

/// What fetching gave.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The packages that are there.
    pub manifest: Manifest,
    /// How each came, in the order they were reached.
    pub outcomes: Vec<Outcome>,
}

/// Fetches all packages that the root module of `options` needs, and writes its manifest when that is wanted and new. The cache is
/// `options.module_cache`. `progress` hears of each download before
/// it begins: the call and the source.
pub fn fetch(
    options: &Options,
    request: &Request,
    progress: &mut dyn FnMut(&str, &str),
) -> Result<Fetched, FetchError> {
    let no_cache = || FetchError::Unsupported("there is no directory for the cache (--cache)".into());
    let cache = options.module_cache.clone().ok_or_else(no_cache)?;
    let options = options.clone().with_module_cache(&cache);
    let deadline = Instant::now() + request.timeout;
    let mut walk = Walk {
        old: Manifest::read(options.files.as_ref(), &options.root),
        fetcher: Fetcher::new(&cache, deadline, request)?,
        options: &options,
        request,
        done: BTreeMap::new(),
        outcomes: Vec::new(),
        progress,
    };
    walk.all()?;
    let manifest = walk.manifest();
    if request.write && manifest != walk.old {
        walk.write(&manifest)?;
    }
    Ok(Fetched { manifest, outcomes: walk.outcomes })
}

/// A source and a version constraint: what stands for one package.
type Key = (String, Option<String>);

struct Walk<'a> {
    options: &'a Options,
    request: &'a Request,
    old: Manifest,
    fetcher: Fetcher<'a>,
    /// By key: the package, or nothing when it could not be had.
    done: BTreeMap<Key, Option<Entry>>,
    outcomes: Vec<Outcome>,
    progress: &'a mut dyn FnMut(&str, &str),
}

impl Walk<'_> {
    fn all(&mut self) -> Result<(), FetchError> {
        let mut seen = HashSet::new();
        let mut queue = VecDeque::from([(self.options.root.clone(), String::new(), 0)]);
        while let Some((dir, path, depth)) = queue.pop_front() {
            if !seen.insert(dir.clone()) {
                continue;
            }
            if seen.len() > MAX_DIRECTORIES || depth > MAX_DEPTH {
                return Err(FetchError::TooMuch(format!(
                    "the modules call each other more than {MAX_DEPTH} levels deep or have more than \
                     {MAX_DIRECTORIES} directories"
                )));
            }
            let calls = match module_calls(self.options.files.as_ref(), &dir) {
                Ok(Some(calls)) => calls,
                Ok(None) if path.is_empty() => return Err(no_root("it contains no configuration files")),
                Err(error) if path.is_empty() => return Err(no_root(&error.to_string())),
                // Evaluation says so at the call.
                _ => continue,
            };
            for call in calls {
                let name = if path.is_empty() { call.name.clone() } else { format!("{path}.{}", call.name) };
                if let Some(next) = self.directory(&dir, &call, &name)? {
                    queue.push_back((next, name, depth + 1));
                }
            }
        }
        Ok(())
    }

    /// The directory that a call leads to, when there is one.
    fn directory(
        &mut self,
        dir: &Utf8Path,
        call: &ModuleCall,
        path: &str,
    ) -> Result<Option<Utf8PathBuf>, FetchError> {
        if is_local(&call.source) {
            return Ok(join(dir, &call.source));
        }
        if call.source.starts_with('/') {
            return Ok(None);
        }
        let (package, folder) = split(&call.source);
        let key = (package, call.version.clone());
        if !self.done.contains_key(&key) {
            if self.done.len() >= MAX_PACKAGES {
                return Err(FetchError::TooMuch(format!("more than {MAX_PACKAGES} packages are called")));
            }
            let entry = self.package(&key, path);
            self.done.insert(key.clone(), entry);
        }
        let entry = self.done.get(&key).and_then(Option::as_ref);
        Ok(entry.and_then(|e| e.directory(&self.options.root, &folder)))
    }

    /// The package of a key: from the cache, or downloaded.
    fn package(&mut self, key: &Key, path: &str) -> Option<Entry> {
        let old = self.old.find(&key.0, key.1.as_deref()).cloned();
        let (result, status) = match self.present(old.as_ref()) {
            Ok(true) => (Ok((old.clone(), 0)), Status::Present),
            Ok(false) => {
                let locked = old.as_ref().filter(|_| !self.request.update);
                (self.progress)(path, &conceal(&key.0, &key.0));
                let fetched = self.fetcher.get(&key.0, key.1.as_deref(), locked);
                (fetched.map(|(entry, links)| (Some(entry), links)), Status::Fetched)
            }
            Err(error) => (Err(error), Status::Failed),
        };
        let (entry, links_left_out, error) = match result {
            Ok((entry, links)) => (entry, links, None),
            Err(error) => (None, 0, Some(conceal(&error.to_string(), &key.0))),
        };
        // A renewed package that is the same as before keeps its entry, time and all.
        let entry = entry.map(|new| match old {
            Some(old) if (Entry { fetched: old.fetched.clone(), ..new.clone() }) == old => old,
            _ => new,
        });
        let outcome = Outcome {
            source: conceal(&key.0, &key.0),
            version: key.1.clone(),
            resolved: entry.as_ref().and_then(|e| e.resolved.clone()),
            sha256: entry.as_ref().map(|e| e.sha256.clone()),
            status: if error.is_some() { Status::Failed } else { status },
            call: path.to_owned(),
            links_left_out,
            error,
        };
        self.outcomes.push(outcome);
        entry
    }

    /// True when the package that the manifest names is in the cache, unchanged.
    fn present(&self, old: Option<&Entry>) -> Result<bool, FetchError> {
        let Some(dir) =
            old.filter(|_| !self.request.update).and_then(|e| mount(&self.options.root, &e.sha256))
        else {
            return Ok(false);
        };
        match self.options.files.kind(&dir) {
            Ok(_) => Ok(true),
            Err(FileError::Checksum) => Err(FetchError::Unsupported(
                "the checksum does not fit: the files in the cache are not those that were fetched; --update \
                 downloads them again"
                    .into(),
            )),
            Err(_) => Ok(false),
        }
    }

    /// The packages that are used. What could not be had keeps what was known of it.
    fn manifest(&self) -> Manifest {
        let kept = |key: &Key| self.old.find(&key.0, key.1.as_deref()).cloned();
        let modules = self.done.iter().filter_map(|(key, entry)| entry.clone().or_else(|| kept(key)));
        Manifest { modules: modules.collect(), ..Manifest::default() }
    }

    fn write(&self, manifest: &Manifest) -> Result<(), FetchError> {
        let root = self.options.checkout.join(&self.options.root);
        let path = root.join(MANIFEST);
        let parent = path.parent().unwrap_or(&root);
        // A link could lead the manifest out of the checkout.
        for part in [parent, &path] {
            if part.is_symlink() {
                return Err(FetchError::Unsupported(format!(
                    "{part} is a link; nothing is written through it"
                )));
            }
        }
        fs::create_dir_all(parent).map_err(FetchError::io(parent))?;
        let mut text = serde_json::to_string_pretty(manifest).unwrap_or_default();
        text.push('\n');
        let draft = parent.join(format!(".modules.json.{}", std::process::id()));
        fs::write(&draft, text).map_err(FetchError::io(&draft))?;
        fs::rename(&draft, &path).map_err(FetchError::io(&path))
    }
}

/// A text without the password that a source holds (`https://user:password@host`).
fn conceal(text: &str, source: &str) -> String {
    let authority = source.split_once("://").and_then(|(_, rest)| rest.split(['/', '?']).next());
    let password = authority.and_then(|a| a.rsplit_once('@')?.0.split_once(':'));
    match password {
        Some((_, password)) if !password.is_empty() => text.replace(&format!(":{password}@"), ":***@"),
        _ => text.to_owned(),
    }
}

fn no_root(reason: &str) -> FetchError {
    FetchError::Unsupported(format!("the root module cannot be read: {reason}"))
}

/// What a registry's answers come to: the version of its listing that a constraint admits, and where the
/// source lies that it names for the download.
pub fn registry_answer(
    listing: &str,
    constraint: &str,
    source: &str,
) -> Result<(String, String), FetchError> {
    let listing = serde_json::from_str(listing).unwrap_or_default();
    let version = registry::newest(&listing, "namespace/name/provider", constraint)?;
    let at = url::Url::parse("https://registry.example/v1/modules/namespace/name/provider/1.0.0/download");
    let at = at.ok_or_else(|| FetchError::Protocol("no address".to_owned()))?;
    let (package, _) = location::short_folder(&registry::absolute(&at, source)?);
    let found = location::parse(&package)?;
    Ok((version, format!("{found:?}")))
}

/// How many packages could not be had.
pub fn failures(outcomes: &[Outcome]) -> usize {
    outcomes.iter().filter(|o| o.status == Status::Failed).count()
}

/// True for an `http` address of this machine: what may stand in for a registry.
pub fn is_loopback(address: &str) -> bool {
    url::Url::parse(address).is_some_and(|url| url.scheme == "http" && url.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn passwords_are_not_shown() {
        for (source, want) in [
            ("git::https://u:s3cret@h/r.git?ref=a", "git::https://u:***@h/r.git?ref=a"),
            ("git::ssh://git@h:22/r.git", "git::ssh://git@h:22/r.git"),
            ("https://h/a@b:c", "https://h/a@b:c"),
        ] {
            assert_eq!(conceal(source, source), want);
        }
    }

    proptest! {
        /// Sources, references and archives come from strangers.
        #[test]
        fn no_source_is_too_odd(source in "[a-z:/.?=&%@#+*\\\\\\-é ]{0,40}", reference in ".{0,30}") {
            let (package, folder) = split(&source);
            let _ = location::parse(&package);
            let _ = location::short_folder(&package);
            let _ = conceal(&source, &reference);
            if let Some(url) = url::Url::parse(&format!("https://h/{folder}")) {
                let joined = url.join(&reference);
                prop_assert!(joined.is_none_or(|u| url::Url::parse(&u.to_string()).is_some()));
            }
        }

        #[test]
        fn a_package_never_leads_out(folder in "[a./*]{0,12}", dir in "[a./]{0,8}") {
            let sha256 = "0".repeat(64);
            let entry = Entry {
                source: String::new(), version: None, resolved: None, sha256: sha256.clone(), dir, fetched: String::new(),
            };
            if let Some(path) = entry.directory(Utf8Path::new("env"), &folder) {
                let package = format!("env/.trueup/modules/{sha256}");
                prop_assert!(path.starts_with(&package) && !path.components().any(|c| c.as_str() == ".."));
            }
        }
    }
}
