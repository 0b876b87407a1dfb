//! One package: from its source to its place in the cache.

use std::fs;
use std::io::Read;
use std::time::Instant;

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest, Sha256};

use super::git::Git;
use super::http::{Client, failed, header};
use super::location::{Location, parse, short_folder};
use super::registry::{Registries, absolute};
use super::store::{Draft, Store};
use super::url::Url;
use super::{FetchError, Request, archive};
use crate::terraform::files::join;
use crate::terraform::modules::{Entry, split};

/// How many addresses may point to the next before a package is found.
const MAX_HOPS: usize = 5;

/// The largest archive as it is downloaded.
const MAX_ARCHIVE: u64 = 128 << 20;

/// Downloads packages.
pub(super) struct Fetcher<'a> {
    store: Store,
    cache: Utf8PathBuf,
    client: Client,
    request: &'a Request,
    /// Registries are asked once for what they are.
    known: std::collections::BTreeMap<String, super::registry::Registry>,
}

/// What a download gave besides its files.
struct Got {
    resolved: Option<String>,
    /// The folder that the source means, with `*` for a name that is not known.
    folder: String,
    links: usize,
}

impl<'a> Fetcher<'a> {
    pub(super) fn new(
        cache: &Utf8Path,
        deadline: Instant,
        request: &'a Request,
    ) -> Result<Fetcher<'a>, FetchError> {
        let authorities = request.environment.get("SSL_CERT_FILE").map(String::as_str);
        let client = Client::new(deadline, !request.registries.is_empty(), authorities)?;
        let store = Store::open(cache)?;
        Ok(Fetcher { store, cache: cache.to_owned(), client, request, known: Default::default() })
    }

    /// Downloads the package of a source and puts it into the cache. With a locked entry it is the version
    /// and the checksum of that entry or an error.
    pub(super) fn get(
        &mut self,
        source: &str,
        version: Option<&str>,
        locked: Option<&Entry>,
    ) -> Result<(Entry, usize), FetchError> {
        self.client.left()?;
        let mut draft = self.store.draft()?;
        let pinned = locked.and_then(|e| e.resolved.as_deref());
        let got = self.download(source, version, pinned, &mut draft)?;
        let dir = resolve(&got.folder, draft.dir())?;
        let sha256 = self.store.keep(draft, self.request.update)?;
        if let Some(locked) = locked.filter(|l| l.sha256 != sha256) {
            return Err(FetchError::Checksum { expected: locked.sha256.clone(), found: sha256 });
        }
        let entry = Entry {
            source: source.to_owned(),
            version: version.map(str::to_owned),
            resolved: got.resolved,
            sha256,
            dir,
            fetched: self.request.now.clone(),
        };
        Ok((entry, got.links))
    }

    /// Follows a source to its files.
    fn download(
        &mut self,
        source: &str,
        version: Option<&str>,
        pinned: Option<&str>,
        draft: &mut Draft,
    ) -> Result<Got, FetchError> {
        let (mut source, mut folder) = short_folder(source);
        let mut resolved = None;
        for hop in 0..MAX_HOPS {
            let location = parse(&source)?;
            if version.is_some() && hop == 0 && !matches!(location, Location::Registry { .. }) {
                return Err(FetchError::Unsupported(
                    "a version constraint is for modules of a registry only".into(),
                ));
            }
            let next = match location {
                Location::Registry { host, path } if hop == 0 => {
                    let mut registries = Registries {
                        client: &self.client,
                        overrides: &self.request.registries,
                        environment: &self.request.environment,
                        found: &mut self.known,
                    };
                    let chosen = match pinned {
                        Some(pinned) => pinned.to_owned(),
                        None => registries.select(&host, &path, version)?,
                    };
                    let next = registries.download(&host, &path, &chosen)?;
                    resolved = Some(chosen);
                    next
                }
                Location::Registry { .. } => {
                    return Err(FetchError::Protocol(format!("{source:?} leads back to a registry")));
                }
                Location::Git { url, reference } => {
                    let git = Git {
                        deadline: self.client.deadline,
                        allow_file: self.request.allow_file,
                        environment: &self.request.environment,
                    };
                    // A registry's version names the commit already.
                    let pinned = pinned.filter(|_| resolved.is_none());
                    let scratch = Scratch(self.cache.join(format!(".git-{}", std::process::id())));
                    let checkout = git.get(&url, reference.as_deref(), pinned, &scratch.0, draft)?;
                    let resolved = resolved.or(Some(checkout.commit));
                    return Ok(Got { resolved, folder, links: checkout.links });
                }
                Location::Archive { url, checksum } => {
                    let links = self.archive(&url, checksum.as_deref(), draft)?;
                    return Ok(Got { resolved, folder, links });
                }
                Location::Indirect { url } => match self.indirect(&url, draft)? {
                    Ok(next) => next,
                    Err(links) => return Ok(Got { resolved, folder, links }),
                },
            };
            let (package, inner) = split(&next);
            let (package, short) = short_folder(&package);
            // The folder of the address comes first, then the one of the source that led to it.
            let parts = [short, inner, folder];
            folder = parts.iter().filter(|p| !p.is_empty()).cloned().collect::<Vec<_>>().join("/");
            source = package;
        }
        Err(FetchError::Protocol(format!("{source:?} is the end of too many addresses")))
    }

    /// Downloads and unpacks an archive; how many links were left out.
    fn archive(&self, url: &str, checksum: Option<&str>, draft: &mut Draft) -> Result<usize, FetchError> {
        let url = Url::parse(url)
            .ok_or_else(|| FetchError::Unsupported(format!("{url:?} is no address to download from")))?;
        let answer = self.client.get(&url, None)?;
        if answer.response.status().as_u16() == 404 {
            return Err(failed(&answer.url, 404));
        }
        let reader = answer.response;
        unpack(reader, checksum, draft)
    }

    /// An address that names the next one in `X-Terraform-Get` (`Ok`), or that is an archive itself (`Err`
    /// with the links that were left out).
    fn indirect(&self, url: &str, draft: &mut Draft) -> Result<Result<String, usize>, FetchError> {
        let mark = if url.contains('?') { '&' } else { '?' };
        let asked = Url::parse(&format!("{url}{mark}terraform-get=1"))
            .ok_or_else(|| FetchError::Unsupported(format!("{url:?} is no address to download from")))?;
        let answer = self.client.get(&asked, None)?;
        if let Some(next) = header(&answer.response, "x-terraform-get") {
            let next = next.to_owned();
            return absolute(&answer.url, &next).map(Ok);
        }
        if answer.response.status().as_u16() == 404 {
            return Err(failed(&answer.url, 404));
        }
        let kind = header(&answer.response, "content-type").unwrap_or_default();
        if !kind.contains("gzip") && !kind.contains("tar") {
            return Err(FetchError::Unsupported(format!(
                "{} is neither an archive nor does it say where the module is (X-Terraform-Get)",
                answer.url.shown()
            )));
        }
        unpack(answer.response, None, draft).map(Err)
    }
}

/// Unpacks an archive and holds it against the checksum that its source names (`sha256:...`).
fn unpack(reader: impl Read, checksum: Option<&str>, draft: &mut Draft) -> Result<usize, FetchError> {
    let Some(checksum) = checksum else {
        return archive::unpack(Bounded { reader, left: MAX_ARCHIVE }, draft).map(|l| l.links);
    };
    let expected = checksum.strip_prefix("sha256:").unwrap_or(checksum).to_ascii_lowercase();
    if expected.len() != 64 {
        let reason = format!("{checksum:?} is no SHA-256 checksum, the one kind that trueup checks");
        return Err(FetchError::Unsupported(reason));
    }
    let mut bytes = Vec::new();
    let mut bounded = Bounded { reader, left: MAX_ARCHIVE };
    bounded.read_to_end(&mut bytes).map_err(|e| FetchError::Archive(e.to_string()))?;
    let found: String = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
    if found != expected {
        return Err(FetchError::Archive(format!("its checksum is {found}, the source says {expected}")));
    }
    archive::unpack(bytes.as_slice(), draft).map(|l| l.links)
}

/// A reader that fails beyond a bound, where `take` would end.
struct Bounded<R> {
    reader: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or_else(|| std::io::Error::other(format!("it is larger than {} MiB", MAX_ARCHIVE >> 20)))?;
        Ok(read)
    }
}

/// A folder of a package; `*` in it stands for the one folder that is there, as in archives of GitHub.
fn resolve(folder: &str, package: &Utf8Path) -> Result<String, FetchError> {
    let mut at = String::new();
    for part in folder.split('/').filter(|p| !p.is_empty() && *p != ".") {
        let name = if part == "*" { only_folder(&package.join(&at))? } else { part.to_owned() };
        at = if at.is_empty() { name } else { format!("{at}/{name}") };
    }
    let inside = join(Utf8Path::new(""), &at);
    match inside {
        Some(inside) if package.join(&inside).is_dir() => Ok(inside.into_string()),
        _ => Err(FetchError::Archive(format!("it has no folder {folder:?}"))),
    }
}

fn only_folder(dir: &Utf8Path) -> Result<String, FetchError> {
    let entries = fs::read_dir(dir).map_err(FetchError::io(dir))?.flatten();
    let folders = entries.filter(|e| e.path().is_dir()).filter_map(|e| e.file_name().into_string().ok());
    let folders: Vec<String> = folders.collect();
    match folders.as_slice() {
        [one] => Ok(one.clone()),
        _ => Err(FetchError::Archive("it has not exactly one folder for `*`".into())),
    }
}

/// A repository that is needed for a moment.
struct Scratch(Utf8PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
