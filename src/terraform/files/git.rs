//! A revision in git, read with the user's own git and without touching the work tree.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, OnceLock};

use camino::{Utf8Path, Utf8PathBuf};

use super::{DiskFiles, FileError, FileKind, FileSource, MAX_FILE, join};
use crate::terraform::modules::MANIFEST;

/// How many symbolic links one path may go through.
const MAX_LINKS: usize = 40;

/// The tree of one commit. What `terraform init` downloads (`.terraform/`) is never committed, so
/// that is read from the checkout on disk; and so is the manifest of fetched modules when it was not.
///
/// A submodule is read at the commit that the tree names, from the submodule's own repository.
pub struct GitTree {
    entries: BTreeMap<String, Entry>,
    submodules: BTreeMap<Utf8PathBuf, Submodule>,
    checkout: Utf8PathBuf,
    objects: Mutex<Objects>,
    downloaded: DiskFiles,
}

#[derive(Debug)]
struct Entry {
    link: bool,
    id: String,
    size: u64,
}

/// A repository inside of the repository.
struct Submodule {
    commit: String,
    tree: OnceLock<Result<Box<GitTree>, FileError>>,
}

/// A running `git cat-file --batch`.
struct Objects {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Drop for Objects {
    fn drop(&mut self) {
        self.input.take();
        // Its input is closed, so it ends by itself; waiting leaves no zombie.
        let _ = self.child.wait();
    }
}

/// git as a reader: no hooks, no prompts, no lazy download of missing objects.
pub(super) fn git(checkout: &Utf8Path) -> Command {
    let mut command = Command::new("git");
    command
        .args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "--no-pager", "-C"])
        .arg(checkout)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_NO_LAZY_FETCH", "1");
    command
}

impl GitTree {
    /// The tree of `revision` in the checkout at `checkout`.
    pub fn open(checkout: &Utf8Path, revision: &str) -> Result<GitTree, FileError> {
        let downloaded = DiskFiles::new(checkout)?;
        let commit = run(git(checkout)
            .args(["rev-parse", "--verify", "--quiet", "--end-of-options"])
            .arg(format!("{revision}^{{commit}}")))
        .map_err(|e| FileError::Other(format!("{revision} is not a commit of {checkout}. {e}")))?;
        let commit = String::from_utf8_lossy(&commit).trim().to_owned();
        let listing = run(git(checkout).args(["ls-tree", "-r", "-z", "-l", "--full-tree", &commit]))
            .map_err(FileError::Other)?;
        let entries = listing.split(|b| *b == 0).filter_map(entry).collect();
        let submodules = listing.split(|b| *b == 0).filter_map(submodule).collect();
        let objects = Mutex::new(Objects::open(checkout)?);
        Ok(GitTree { entries, submodules, checkout: checkout.to_owned(), objects, downloaded })
    }

    /// The path with its symbolic links followed.
    fn resolve(&self, path: &Utf8Path) -> Result<Utf8PathBuf, FileError> {
        let mut path = path.to_owned();
        for _ in 0..MAX_LINKS {
            let link = path
                .ancestors()
                .find_map(|p| self.entries.get(p.as_str()).filter(|e| e.link).map(|e| (p.to_owned(), e)));
            let Some((at, entry)) = link else { return Ok(path) };
            let target = String::from_utf8(self.blob(entry)?).map_err(|_| FileError::NotFound)?;
            let parent = at.parent().unwrap_or(Utf8Path::new(""));
            let rest = path.strip_prefix(&at).map(Utf8Path::as_str).unwrap_or("");
            path = join(parent, &target).and_then(|t| join(&t, rest)).ok_or(FileError::Outside)?;
        }
        Err(FileError::Other("too many symbolic links".into()))
    }

    /// The submodule that a path lies in, and the path in it.
    fn submodule<'p>(&self, path: &'p Utf8Path) -> Option<(Result<&GitTree, FileError>, &'p Utf8Path)> {
        let (at, submodule) = path.ancestors().find_map(|p| self.submodules.get_key_value(p))?;
        let tree = submodule.tree.get_or_init(|| {
            let folder = self.checkout.join(at);
            let commit = &submodule.commit;
            // Without a repository of its own git would answer from the one around it.
            if !folder.join(".git").exists() {
                let how = format!("the submodule {at} is not here. Get it with:\n  git submodule update --init {at}");
                return Err(FileError::Other(how));
            }
            GitTree::open(&folder, commit).map(Box::new).map_err(|_| {
                FileError::Other(format!(
                    "the commit of the submodule {at} is not here. Get it with:\n  git -C {at} fetch origin {commit}"
                ))
            })
        });
        let tree = tree.as_ref().map(Box::as_ref).map_err(FileError::clone);
        Some((tree, path.strip_prefix(at).unwrap_or(path)))
    }

    fn blob(&self, entry: &Entry) -> Result<Vec<u8>, FileError> {
        if entry.size > MAX_FILE {
            return Err(FileError::TooLarge(entry.size));
        }
        let mut objects = self.objects.lock().unwrap_or_else(|e| e.into_inner());
        objects.read(&entry.id).map_err(|e| FileError::Other(format!("git: {e}")))
    }

    /// Each file of the tree with its size in bytes, in order of paths; links are told apart (`true`).
    pub fn files(&self) -> impl Iterator<Item = (&str, u64, bool)> {
        self.entries.iter().map(|(path, entry)| (path.as_str(), entry.size, entry.link))
    }

    /// True when the path is part of what `terraform init` downloaded.
    fn is_downloaded(path: &Utf8Path) -> bool {
        path.components().any(|c| c.as_str() == ".terraform")
    }
}

/// The objects of a checkout by their ids, as far as they are there: nothing is downloaded.
pub struct Blobs(Mutex<Objects>);

impl Blobs {
    /// The objects of the checkout that a folder is in.
    pub fn open(checkout: &Utf8Path) -> Result<Blobs, FileError> {
        Objects::open(checkout).map(|objects| Blobs(Mutex::new(objects)))
    }

    /// The bytes of a blob; `None` when it is not there, is no blob, or has more than [`MAX_FILE`] bytes.
    pub fn read(&self, id: &str) -> Option<Vec<u8>> {
        let is_id = matches!(id.len(), 40 | 64) && id.bytes().all(|b| b.is_ascii_hexdigit());
        let mut objects = self.0.lock().unwrap_or_else(|e| e.into_inner());
        is_id.then(|| objects.read(id).ok()).flatten()
    }
}

impl std::fmt::Debug for Blobs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Blobs")
    }
}

impl Objects {
    fn open(checkout: &Utf8Path) -> Result<Objects, FileError> {
        let mut child = git(checkout)
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| FileError::Other(format!("git: {e}")))?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(FileError::Other("git has no pipes".into()));
        };
        Ok(Objects { child, input: Some(input), output: BufReader::new(output) })
    }

    /// The bytes of a blob.
    fn read(&mut self, id: &str) -> std::io::Result<Vec<u8>> {
        let input = self.input.as_mut().ok_or(std::io::ErrorKind::BrokenPipe)?;
        input.write_all(format!("{id}\n").as_bytes())?;
        input.flush()?;
        let mut header = String::new();
        self.output.read_line(&mut header)?;
        let mut words = header.split_whitespace().skip(1);
        let (kind, size) = (words.next(), words.next().and_then(|s| s.parse::<u64>().ok()));
        let unusable = || std::io::Error::other(format!("object {id} is not available: {}", header.trim()));
        let size = size.ok_or_else(unusable)?;
        if kind != Some("blob") || size > MAX_FILE {
            // What follows is passed over, so that the next object can be read.
            std::io::copy(&mut self.output.by_ref().take(size + 1), &mut std::io::sink())?;
            return Err(unusable());
        }
        let mut bytes = vec![0; size as usize + 1];
        self.output.read_exact(&mut bytes)?;
        bytes.pop();
        Ok(bytes)
    }
}

/// The address that a checkout was cloned from, when it says one.
pub fn origin(checkout: &Utf8Path) -> Option<String> {
    let address = run(git(checkout).args(["config", "--get", "remote.origin.url"])).ok()?;
    let address = String::from_utf8(address).ok()?.trim().to_owned();
    (!address.is_empty()).then_some(address)
}

/// The files that git has in a checkout, as its index says; `None` where there is no git or no repository.
pub(super) fn tracked(checkout: &Utf8Path) -> Option<BTreeSet<String>> {
    if !checkout.join(".git").exists() {
        return None;
    }
    let listing = run(git(checkout).args(["ls-files", "-z", "--full-name"])).ok()?;
    let names = listing.split(|b| *b == 0).filter_map(|name| std::str::from_utf8(name).ok());
    Some(names.filter(|name| !name.is_empty()).map(str::to_owned).collect())
}

/// The branch that others merge into: that of the remote `origin`, else the one that is checked out.
pub fn default_branch(checkout: &Utf8Path) -> Option<String> {
    let name = |reference: &str| {
        let bytes = run(git(checkout).args(["symbolic-ref", "--quiet", "--short", reference])).ok()?;
        Some(String::from_utf8(bytes).ok()?.trim().to_owned())
    };
    let remote = name("refs/remotes/origin/HEAD").and_then(|n| n.strip_prefix("origin/").map(str::to_owned));
    remote.or_else(|| name("HEAD")).filter(|name| !name.is_empty())
}

pub(super) fn run(command: &mut Command) -> Result<Vec<u8>, String> {
    let output = command.stdin(Stdio::null()).output().map_err(|e| format!("git: {e}"))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}

/// A line of `ls-tree -l` about a submodule.
fn submodule(line: &[u8]) -> Option<(Utf8PathBuf, Submodule)> {
    let (meta, path) = std::str::from_utf8(line).ok()?.split_once('\t')?;
    let mut meta = meta.split_whitespace().skip(1);
    let (kind, id) = (meta.next()?, meta.next()?);
    (kind == "commit").then(|| (path.into(), Submodule { commit: id.into(), tree: OnceLock::new() }))
}

/// One line of `ls-tree -l`: `mode type id size<TAB>path`, of a file.
fn entry(line: &[u8]) -> Option<(String, Entry)> {
    let line = std::str::from_utf8(line).ok()?;
    let (meta, path) = line.split_once('\t')?;
    let mut meta = meta.split_whitespace();
    let (mode, kind, id, size) = (meta.next()?, meta.next()?, meta.next()?, meta.next()?);
    (kind == "blob").then(|| {
        let entry = Entry { link: mode == "120000", id: id.into(), size: size.parse().unwrap_or(u64::MAX) };
        (path.to_owned(), entry)
    })
}

impl FileSource for GitTree {
    fn read(&self, path: &Utf8Path) -> Result<Vec<u8>, FileError> {
        if Self::is_downloaded(path) {
            return self.downloaded.read(path);
        }
        let path = self.resolve(path)?;
        if let Some((tree, inside)) = self.submodule(&path) {
            return tree?.read(inside);
        }
        match self.entries.get(path.as_str()) {
            Some(entry) => self.blob(entry),
            None if self.kind(&path).is_ok() => Err(FileError::NotRegular),
            None if path.as_str().ends_with(MANIFEST) => self.downloaded.read(&path),
            None => Err(FileError::NotFound),
        }
    }

    fn list(&self, dir: &Utf8Path) -> Result<Vec<(String, FileKind)>, FileError> {
        if Self::is_downloaded(dir) {
            return self.downloaded.list(dir);
        }
        let dir = self.resolve(dir)?;
        if let Some((tree, inside)) = self.submodule(&dir) {
            return tree?.list(inside);
        }
        let prefix = if dir.as_str().is_empty() { String::new() } else { format!("{dir}/") };
        let mut names = Vec::new();
        let mut from = prefix.clone();
        while let Some((path, _)) = self.entries.range(from.clone()..).next() {
            let Some(rest) = path.strip_prefix(&prefix) else { break };
            match rest.split_once('/') {
                // '0' follows '/', so this skips everything below the directory.
                Some((name, _)) => {
                    names.push((name.to_owned(), FileKind::Directory));
                    from = format!("{prefix}{name}0");
                }
                None => {
                    if let Ok(kind) = self.kind(path.as_str().into()) {
                        names.push((rest.to_owned(), kind));
                    }
                    from = format!("{path}\0");
                }
            }
        }
        let inside = self.submodules.keys().filter(|at| at.parent() == Some(&dir));
        names.extend(inside.filter_map(|at| Some((at.file_name()?.to_owned(), FileKind::Directory))));
        if names.is_empty() && !prefix.is_empty() {
            return Err(FileError::NotFound);
        }
        names.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(names)
    }

    fn is_tracked(&self, path: &Utf8Path) -> Option<bool> {
        Some(self.entries.contains_key(path.as_str()))
    }

    fn kind(&self, path: &Utf8Path) -> Result<FileKind, FileError> {
        if Self::is_downloaded(path) {
            return self.downloaded.kind(path);
        }
        let path = self.resolve(path)?;
        if path.as_str().is_empty() {
            return Ok(FileKind::Directory);
        }
        if let Some((tree, inside)) = self.submodule(&path) {
            return tree?.kind(inside);
        }
        if self.entries.contains_key(path.as_str()) {
            return Ok(FileKind::File);
        }
        let below = format!("{path}/");
        match self.entries.range(below.clone()..).next() {
            Some((first, _)) if first.starts_with(&below) => Ok(FileKind::Directory),
            _ => Err(FileError::NotFound),
        }
    }

    fn real(&self, path: &Utf8Path) -> Utf8PathBuf {
        self.resolve(path).unwrap_or_else(|_| path.to_owned())
    }
}
