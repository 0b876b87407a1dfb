//! Threads on lines: discussions with a position in a version of the merge request's diff.

use reqwest::Method;
use serde_json::{Value as Json, json};
use sha1::{Digest, Sha1};

use super::{GitLab, body, id, is_system, text};
use crate::forge::changed::{File, Line};
use crate::forge::http::Ask;
use crate::forge::{Changed, ForgeError, Host as _, Inline, Thread};

/// How often a diff is asked for that GitLab still makes.
const LOOKS: u32 = 5;

/// The three commits that name one version of a diff.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Version {
    base: String,
    start: String,
    head: String,
}

impl Version {
    /// The commits by the names that `diff_refs` and positions (`base_sha`) or versions (`base_commit_sha`)
    /// have for them.
    fn read(json: &Json, ending: &str) -> Option<Version> {
        let commit = |name: &str| {
            let sha = json.get(format!("{name}{ending}")).and_then(Json::as_str);
            sha.map(str::to_ascii_lowercase).filter(|sha| !sha.is_empty())
        };
        Some(Version { base: commit("base")?, start: commit("start")?, head: commit("head")? })
    }

    fn position(&self, kind: &str, path: &str, old_path: &str) -> Json {
        json!({ "position_type": kind, "base_sha": self.base, "start_sha": self.start, "head_sha": self.head,
            "old_path": old_path, "new_path": path })
    }
}

/// True for a note on lines or on a file.
pub(super) fn is_on_lines(note: &Json) -> bool {
    note.get("type").and_then(Json::as_str) == Some("DiffNote")
}

impl GitLab {
    /// The lines that the merge request changes, read once.
    pub(super) fn diff(&self) -> Result<&Changed, ForgeError> {
        if let Some(changed) = self.changed.get() {
            return Ok(changed);
        }
        let mut changed = Changed::default();
        for file in self.list(&["diffs"], &[])? {
            let patch = text(&file, "diff");
            let deleted = file.get("deleted_file").and_then(Json::as_bool) == Some(true);
            // Binary and large files, and those that are collapsed, have no hunks.
            if !deleted && !patch.is_empty() {
                changed.add_patch(&text(&file, "new_path"), Some(&text(&file, "old_path")), &patch);
            }
        }
        Ok(self.changed.get_or_init(|| changed))
    }

    /// The version of the diff at a commit. It appears a while after the push.
    pub(super) fn version(&self, head: &str) -> Result<Version, ForgeError> {
        for look in 1..=LOOKS {
            let versions = self.client.json(&Ask::new(Method::GET, self.at(&["versions"])))?;
            let made = |v: &&Json| v.get("state").and_then(Json::as_str) != Some("empty");
            let versions = versions.as_array().map(Vec::as_slice).unwrap_or_default().iter();
            let found = versions.filter(made).filter_map(|v| Version::read(v, "_commit_sha"));
            if let Some(version) = found.into_iter().find(|v| v.head == head) {
                return Ok(version);
            }
            let request = self.request()?;
            if request.get("sha").and_then(Json::as_str).is_some_and(|sha| !sha.eq_ignore_ascii_case(head)) {
                return Err(self.client.protocol("a merge request that has moved on to another commit"));
            }
            let current = request.get("diff_refs").and_then(|refs| Version::read(refs, "_sha"));
            if let Some(version) = current.filter(|v| v.head == head) {
                return Ok(version);
            }
            if !self.client.wait(self.client.patience().backoff(look)) {
                break;
            }
        }
        Err(self.client.protocol("a merge request whose diff is not made yet"))
    }

    /// Begins a thread: on its lines, else on the last of them, else on the file; false when GitLab takes none
    /// of these.
    pub(super) fn discuss(
        &self,
        version: &Version,
        changed: &Changed,
        note: &Inline,
    ) -> Result<bool, ForgeError> {
        let file = changed.file(&note.path);
        let old_path = file.and_then(|f| f.old_path.as_deref()).unwrap_or(&note.path);
        let mut line = version.position("text", &note.path, old_path);
        line["new_line"] = note.lines.1.into();
        if let Some(old) = file.and_then(|f| end(f, note.lines.1)).and_then(|(line, _)| line.old) {
            // A line that is not changed needs both numbers.
            line["old_line"] = old.into();
        }
        let range = file.filter(|_| note.lines.0 < note.lines.1).and_then(|file| {
            let mut range = line.clone();
            range["line_range"] = json!({ "start": code(&note.path, file, note.lines.0)?,
                "end": code(&note.path, file, note.lines.1)? });
            Some(range)
        });
        let whole = version.position("file", &note.path, old_path);
        for position in [range, Some(line), Some(whole)].into_iter().flatten() {
            let thread = json!({ "body": body(&note.body), "position": position });
            match self.client.json(&Ask::new(Method::POST, self.at(&["discussions"])).json(thread)) {
                Ok(begun) => {
                    if !self.leaves_open(note.blocks) {
                        // One that stays open is no reason to begin it again.
                        let _ = self.set_resolved(&text(&begun, "id"), true);
                    }
                    return Ok(true);
                }
                Err(ForgeError::Refused { status: 400 | 422, .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(false)
    }

    pub(super) fn set_resolved(&self, discussion: &str, resolved: bool) -> Result<(), ForgeError> {
        let ask = Ask::new(Method::PUT, self.at(&["discussions", discussion]));
        self.client.send(&ask.json(json!({ "resolved": resolved }))).map(drop)
    }

    /// Threads on lines of everybody.
    pub(super) fn threads_on_lines(&self) -> Result<Vec<Thread>, ForgeError> {
        let all = self.list(&["discussions"], &[])?;
        let first = |discussion: &Json| {
            let first = discussion.pointer("/notes/0").filter(|n| is_on_lines(n) && !is_system(n));
            first.map(|first| (text(discussion, "id"), first.clone()))
        };
        let all: Vec<(String, Json)> = all.iter().filter_map(first).collect();
        if all.is_empty() {
            return Ok(Vec::new());
        }
        let current = self.request()?;
        let current = current.get("diff_refs").and_then(|refs| Version::read(refs, "_sha"));
        all.into_iter()
            .map(|(discussion, note)| {
                let comment = id(&note).ok_or_else(|| self.client.protocol("a note without id"))?;
                let position = note.get("position").and_then(|p| Version::read(p, "_sha"));
                Ok(Thread {
                    id: discussion,
                    comment,
                    body: text(&note, "body"),
                    own: self.is_own(&note)?,
                    resolved: note.get("resolved").and_then(Json::as_bool) == Some(true),
                    // GitLab moves positions along with each push, but for lines that are gone.
                    outdated: current.is_some() && position.is_some() && position != current,
                })
            })
            .collect()
    }
}

/// A line by its number after the change, and the lines of its hunk that follow.
fn end(file: &File, new: u32) -> Option<(&Line, &[Line])> {
    file.hunks.iter().find_map(|hunk| {
        let at = hunk.lines.iter().position(|line| line.new == new)?;
        Some((hunk.lines.get(at)?, hunk.lines.get(at + 1..).unwrap_or_default()))
    })
}

/// An end of a range: digest of the path, number before and after. An added line counts as before the next
/// one that was there; without such the number is not known.
fn code(path: &str, file: &File, new: u32) -> Option<Json> {
    let (line, following) = end(file, new)?;
    let old = line.old.or_else(|| following.iter().find_map(|line| line.old))?;
    let digest: String = Sha1::digest(path).iter().map(|b| format!("{b:02x}")).collect();
    let kind = if line.old.is_some() { "old" } else { "new" };
    Some(json!({ "line_code": format!("{digest}_{old}_{new}"), "type": kind }))
}
