//! Where a branch left another, and what has changed since: asked of the user's own git.

use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use super::FileError;
use super::git::{git, run};

/// The commits that a change is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fork {
    /// Where the change left the base: the newest commit that both have.
    pub commit: String,
    /// The newest commit of the base.
    pub tip: String,
}

/// What happened to a file since a commit, in the work tree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Changed {
    /// Its path now, or before when it is gone; relative to the checkout.
    pub path: Utf8PathBuf,
    /// What happened.
    pub how: How,
}

/// What happened to a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// Its content or its mode is another.
    Modified,
    /// It is new, committed or not.
    Added,
    /// It is gone.
    Deleted,
    /// It had another name.
    Renamed {
        /// The path before.
        from: Utf8PathBuf,
    },
    /// It is a submodule whose commit is another.
    Submodule,
}

/// Where the change in a checkout left a revision, such as the branch it goes to.
///
/// In a clone that lacks what is needed the error says which command gets it.
pub fn fork(checkout: &Utf8Path, revision: &str) -> Result<Fork, FileError> {
    let commit = |name: &str| {
        let text = run(git(checkout)
            .args(["rev-parse", "--verify", "--quiet", "--end-of-options"])
            .arg(format!("{name}^{{commit}}")));
        text.ok().map(|bytes| text_of(&bytes)).filter(|id| !id.is_empty())
    };
    let is_shallow = || says(git(checkout).args(["rev-parse", "--is-shallow-repository"])) == "true";
    let Some(tip) = commit(revision) else {
        return Err(FileError::Other(missing(checkout, revision, is_shallow())));
    };
    let Some(head) = commit("HEAD") else {
        return Err(FileError::Other("HEAD is no commit yet, so nothing can be compared".to_owned()));
    };
    let base = says(git(checkout).args(["merge-base", &tip, &head]));
    if !base.is_empty() {
        return Ok(Fork { commit: base, tip });
    }
    if is_shallow() {
        return Err(FileError::Other(format!(
            "this clone is shallow, and the commit at which HEAD left {revision} is not in it. Get it with:\n  {}\n\
             or check out the whole history (fetch-depth: 0 on GitHub, fetchDepth: 0 on Azure Pipelines, GIT_DEPTH: \
             0 on GitLab, clone depth: full on Bitbucket)",
            fetch(checkout, revision, true)
        )));
    }
    // Histories that share nothing: all of it is the change.
    Ok(Fork { commit: tip.clone(), tip })
}

/// Every file that differs between a commit and the work tree, by path; files that git ignores are left out.
pub fn changed(checkout: &Utf8Path, commit: &str) -> Result<Vec<Changed>, FileError> {
    let diff = run(git(checkout)
        .args(["diff", "--raw", "-z", "-M", "--no-ext-diff", "--no-textconv", "--relative", "--abbrev=40"])
        .args(["--ignore-submodules=dirty", commit, "--"]))
    .map_err(FileError::Other)?;
    let untracked = run(git(checkout).args(["ls-files", "--others", "--exclude-standard", "-z"]))
        .map_err(FileError::Other)?;
    let mut all = raw(&diff);
    let added = untracked.split(|b| *b == 0).filter_map(|p| std::str::from_utf8(p).ok());
    let added = added.filter(|p| !p.is_empty());
    all.extend(added.map(|path| Changed { path: path.into(), how: How::Added }));
    all.sort();
    all.dedup();
    Ok(all)
}

/// `:MODE MODE ID ID STATUS NUL PATH NUL`, with two paths for what was renamed.
fn raw(text: &[u8]) -> Vec<Changed> {
    const SUBMODULE: &str = "160000";
    let mut all = Vec::new();
    let mut fields = text.split(|b| *b == 0).map(|f| String::from_utf8_lossy(f).into_owned());
    while let Some(meta) = fields.next().filter(|m| m.starts_with(':')) {
        let parts: Vec<&str> = meta.trim_start_matches(':').split(' ').collect();
        let (Some(path), [old, new, _, _, status]) = (fields.next(), parts.as_slice()) else { break };
        let mut changed = |path: &str, how| all.push(Changed { path: path.into(), how });
        match status.as_bytes().first() {
            Some(b'R' | b'C') => {
                let Some(to) = fields.next() else { break };
                let renamed = status.starts_with('R');
                changed(&to, if renamed { How::Renamed { from: path.into() } } else { How::Added });
            }
            _ if [*old, *new].contains(&SUBMODULE) => changed(&path, How::Submodule),
            Some(b'A') => changed(&path, How::Added),
            Some(b'D') => changed(&path, How::Deleted),
            _ => changed(&path, How::Modified),
        }
    }
    all
}

/// Why a revision is not there, and what gets it.
fn missing(checkout: &Utf8Path, revision: &str, shallow: bool) -> String {
    let remote = format!("origin/{revision}");
    let named =
        git(checkout).args(["rev-parse", "--verify", "--quiet", "--end-of-options", &remote]).output();
    if named.is_ok_and(|output| output.status.success()) {
        return format!("{revision} is not a commit of this checkout; {remote} is: say --base {remote}");
    }
    format!(
        "{revision} is not a commit of this checkout. Get it with:\n  {}",
        fetch(checkout, revision, shallow)
    )
}

/// The command that gets a revision.
fn fetch(checkout: &Utf8Path, revision: &str, shallow: bool) -> String {
    let deepen = if shallow { " --unshallow" } else { "" };
    let remotes = says(git(checkout).arg("remote"));
    let (remote, branch) = match revision.split_once('/') {
        Some((remote, branch)) if remotes.lines().any(|r| r == remote) => (remote, branch),
        Some(("refs", _)) | None if !is_hash(revision) => {
            ("origin", revision.trim_start_matches("refs/heads/"))
        }
        _ if is_hash(revision) => return format!("git fetch --no-tags{deepen} origin {}", quoted(revision)),
        _ => ("origin", revision),
    };
    format!(
        "git fetch --no-tags{deepen} {} {}",
        quoted(remote),
        quoted(&format!("+refs/heads/{branch}:refs/remotes/{remote}/{branch}"))
    )
}

fn is_hash(text: &str) -> bool {
    text.len() >= 7 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// A word of a command line that a person may copy.
fn quoted(word: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._/:+@".contains(&b);
    if word.bytes().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

/// What a command says, without the line end; nothing when it fails.
fn says(command: &mut Command) -> String {
    run(command).map(|bytes| text_of(&bytes)).unwrap_or_default()
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}
