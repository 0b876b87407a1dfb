//! Packages from git, through the user's own git: its configuration, keys and credential helpers hold.
//!
//! Nothing of the repository runs: no hooks, no filters, no submodules, no work tree. The files are read
//! from the objects of the commit.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use camino::Utf8Path;

use super::FetchError;
use super::store::Draft;
use crate::terraform::files::{FileSource, GitTree};

/// The largest download of a repository.
const MAX_DOWNLOAD: u64 = 1 << 30;

/// How git is called.
pub(super) struct Git<'a> {
    pub(super) deadline: Instant,
    /// Repositories on this machine (`file://`) are allowed.
    pub(super) allow_file: bool,
    pub(super) environment: &'a BTreeMap<String, String>,
}

/// What came out of a repository.
pub(super) struct Checkout {
    /// The commit.
    pub(super) commit: String,
    /// Links, which are left out.
    pub(super) links: usize,
}

impl Git<'_> {
    /// Puts the files of a revision (`HEAD` for none) into a draft. `pinned` is a commit that is wanted in
    /// the place of what the revision is today.
    pub(super) fn get(
        &self,
        url: &str,
        reference: Option<&str>,
        pinned: Option<&str>,
        scratch: &Utf8Path,
        draft: &mut Draft,
    ) -> Result<Checkout, FetchError> {
        let allowed = url.starts_with("https://")
            || url.starts_with("ssh://")
            || (url.starts_with("file://") && self.allow_file);
        if !allowed {
            let hint = if url.starts_with("file://") {
                "; --allow-file allows repositories on this machine"
            } else {
                ""
            };
            return Err(FetchError::Unsupported(format!("{url} is neither https nor ssh{hint}")));
        }
        fs::create_dir_all(scratch).map_err(FetchError::io(scratch))?;
        self.run(scratch, &["init", "--quiet", "--bare", "--template=", "."])?;
        let commit = match pinned {
            Some(commit) if is_hex(commit, 40) => self.commit(url, commit, scratch)?,
            _ => self.commit(url, reference.unwrap_or("HEAD"), scratch)?,
        };
        let links = copy(scratch, &commit, draft)?;
        Ok(Checkout { commit, links })
    }

    /// Downloads a revision and gives its commit.
    fn commit(&self, url: &str, reference: &str, scratch: &Utf8Path) -> Result<String, FetchError> {
        const FETCH: &[&str] =
            &["fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-commit-graph"];
        // A short commit is no name that a server knows.
        let short = (4..40).any(|n| is_hex(reference, n));
        let one = [FETCH, &["--depth=1", "--", url, reference]].concat();
        let first = if short { None } else { Some(self.run(scratch, &one)) };
        let error = match first {
            Some(Ok(_)) => return self.parse(scratch, "FETCH_HEAD"),
            Some(Err(error)) if !is_hex(reference, 40) => return Err(error),
            other => other,
        };
        let all = [FETCH, &["--", url, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]].concat();
        self.run(scratch, &all)?;
        match (self.parse(scratch, reference), error) {
            (Ok(commit), _) => Ok(commit),
            // A branch or tag that looks like a commit.
            (Err(_), None) => {
                self.run(scratch, &one)?;
                self.parse(scratch, "FETCH_HEAD")
            }
            (Err(_), Some(Err(error))) | (Err(error), Some(Ok(_))) => Err(error),
        }
    }

    fn parse(&self, scratch: &Utf8Path, name: &str) -> Result<String, FetchError> {
        let commit = format!("{name}^{{commit}}");
        let out = self.run(scratch, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])?;
        let commit = out.trim();
        if is_hex(commit, 40) || is_hex(commit, 64) {
            Ok(commit.to_owned())
        } else {
            Err(FetchError::Git(format!("{name} is no commit")))
        }
    }

    /// Runs git in the scratch repository and gives what it prints.
    fn run(&self, scratch: &Utf8Path, arguments: &[&str]) -> Result<String, FetchError> {
        let mut command = Command::new("git");
        command
            .args(["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "gc.auto=0"])
            .args([
                "-c",
                "maintenance.auto=false",
                "-c",
                "submodule.recurse=false",
                "-c",
                "advice.detachedHead=false",
            ])
            .args(["--no-pager", "-C"])
            .arg(scratch)
            .args(arguments)
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ASKPASS", "")
            .env("SSH_ASKPASS", "")
            .env("SSH_ASKPASS_REQUIRE", "never")
            .env("GCM_INTERACTIVE", "never")
            .env("GIT_ALLOW_PROTOCOL", if self.allow_file { "https:ssh:file" } else { "https:ssh" })
            .env("GIT_CEILING_DIRECTORIES", scratch.parent().unwrap_or(scratch))
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // A hook that runs trueup would say where its own repository is.
        for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"] {
            command.env_remove(name);
        }
        let own = ["GIT_SSH", "GIT_SSH_COMMAND"].iter().any(|n| self.environment.contains_key(*n));
        if !own {
            // No questions; a `core.sshCommand` of the user's stands in front.
            command.env("GIT_SSH_COMMAND", ssh_command());
        }
        let mut child = command.spawn().map_err(|e| FetchError::Git(format!("cannot be started: {e}")))?;
        let out = child.stdout.take().map(read);
        let err = child.stderr.take().map(read);
        let status = loop {
            match child.try_wait().map_err(|e| FetchError::Git(e.to_string()))? {
                Some(status) => break status,
                None => thread::sleep(Duration::from_millis(20)),
            }
            let late = Instant::now() >= self.deadline;
            if late || size(&scratch.join("objects")) > MAX_DOWNLOAD {
                let _ = child.kill();
                let _ = child.wait();
                return Err(FetchError::TooMuch(if late {
                    "git took too long (--fetch-timeout)".into()
                } else {
                    format!("the repository is larger than {} MiB", MAX_DOWNLOAD >> 20)
                }));
            }
        };
        let text = |reader: Option<thread::JoinHandle<Vec<u8>>>| {
            let bytes = reader.and_then(|r| r.join().ok()).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        let (out, err) = (text(out), text(err));
        if status.success() { Ok(out) } else { Err(FetchError::Git(brief(&err))) }
    }
}

/// ssh that asks nothing, unless the user's git has its own command.
fn ssh_command() -> String {
    let own = Command::new("git").args(["config", "--global", "--get", "core.sshCommand"]).output();
    let own = own.ok().filter(|o| o.status.success()).and_then(|o| String::from_utf8(o.stdout).ok());
    own.map(|o| o.trim().to_owned()).filter(|o| !o.is_empty()).unwrap_or_else(|| "ssh -oBatchMode=yes".into())
}

fn read(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = pipe.by_ref().take(1 << 20).read_to_end(&mut bytes);
        // The rest is read and dropped, so that git does not wait for a reader.
        let _ = std::io::copy(&mut pipe, &mut std::io::sink());
        bytes
    })
}

/// The lines of git's message that say something.
fn brief(message: &str) -> String {
    let lines: Vec<&str> = message.lines().map(str::trim).filter(|l| !l.is_empty()).take(4).collect();
    if lines.is_empty() { "it failed without a message".into() } else { lines.join("; ") }
}

/// Bytes below a directory that git downloads into: it is flat but for one level.
fn size(objects: &Utf8Path) -> u64 {
    let pack = fs::read_dir(objects.join("pack")).into_iter().flatten().flatten();
    pack.filter_map(|e| e.metadata().ok()).map(|m| m.len()).sum()
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Copies the regular files of a commit into a draft; how many links were left out.
fn copy(repository: &Utf8Path, commit: &str, draft: &mut Draft) -> Result<usize, FetchError> {
    let git = |e: crate::terraform::files::FileError| FetchError::Git(e.to_string());
    let tree = GitTree::open(repository, commit).map_err(git)?;
    let mut links = 0;
    for (path, size, link) in tree.files() {
        draft.count(if link { 0 } else { size })?;
        if link {
            links += 1;
            continue;
        }
        let bytes = tree.read(Utf8Path::new(path)).map_err(git)?;
        let target = draft.place(path)?;
        fs::write(&target, bytes).map_err(FetchError::io(&target))?;
    }
    Ok(links)
}
