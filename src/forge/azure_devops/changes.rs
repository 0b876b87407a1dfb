//! What a pull request changes: both sides of its files, compared here.
//!
//! The API names the blobs of both sides and shows no difference of them. They are read from the checkout,
//! which has them when its history is deep enough, else asked for one by one; so only of the files that
//! matter.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::Value as Json;

use super::AzureDevOps;
use crate::forge::changed::File;
use crate::forge::http::Ask;
use crate::forge::{Changed, ForgeError};
use crate::terraform::files::Blobs;

/// Entries of a page, the most there can be; and pages that are read at most.
const PAGE: usize = 2000;
const MAX_PAGES: usize = 100;

/// A state of the pull request: each push makes a new one.
#[derive(Clone, Debug)]
pub(super) struct Iteration {
    pub(super) id: u64,
    /// The commit of the source branch.
    pub(super) source: String,
    /// The commit that it has in common with the target branch.
    common: String,
}

/// A changed file.
#[derive(Clone, Debug)]
pub(super) struct Change {
    /// By what threads on it are followed through later pushes.
    pub(super) tracking: Option<u64>,
    old_path: Option<String>,
    added: bool,
    /// The blobs after and before, as far as they are named.
    new: Option<String>,
    old: Option<String>,
}

impl AzureDevOps {
    /// The latest state.
    pub(super) fn iteration(&self) -> Result<&Iteration, ForgeError> {
        let latest = self.iterations()?.last();
        latest.ok_or_else(|| self.client.protocol("a pull request without iterations"))
    }

    /// The latest state whose source branch is at a commit.
    pub(super) fn iteration_of(&self, commit: &str) -> Result<&Iteration, ForgeError> {
        let known = self.iterations()?.iter().rfind(|one| one.source == commit);
        known.ok_or_else(|| self.client.protocol("no iteration of the commit that was reviewed"))
    }

    /// All states, oldest first.
    fn iterations(&self) -> Result<&Vec<Iteration>, ForgeError> {
        if let Some(iterations) = self.iterations.get() {
            return Ok(iterations);
        }
        let list = self.get(&self.in_pull(&["iterations"]))?;
        let commit = |one: &Json, name: &str| {
            let id = one.get(name)?.get("commitId")?.as_str()?;
            Some(id.to_ascii_lowercase())
        };
        let read = |one: &Json| {
            Some(Iteration {
                id: one.get("id")?.as_u64()?,
                source: commit(one, "sourceRefCommit")?,
                common: commit(one, "commonRefCommit").unwrap_or_default(),
            })
        };
        let all = list.get("value").and_then(Json::as_array).into_iter().flatten();
        let mut all: Vec<Iteration> = all.filter_map(read).collect();
        all.sort_by_key(|one| one.id);
        Ok(self.iterations.get_or_init(|| all))
    }

    /// The files that are there after the change, by their path in the repository.
    pub(super) fn changes(&self) -> Result<&BTreeMap<String, Change>, ForgeError> {
        if let Some(changes) = self.changes.get() {
            return Ok(changes);
        }
        let id = self.iteration()?.id.to_string();
        let (top, mut skip) = (PAGE.to_string(), 0);
        let mut changes = BTreeMap::new();
        for _ in 0..MAX_PAGES {
            let mut url = self.in_pull(&["iterations", &id, "changes"]);
            let page = [("$top", top.as_str()), ("$skip", &skip.to_string()), ("$compareTo", "0")];
            url.query_pairs_mut().extend_pairs(page);
            let page = self.get(&url)?;
            let entries = page.get("changeEntries").and_then(Json::as_array);
            changes.extend(entries.into_iter().flatten().filter_map(change));
            match page.get("nextSkip").and_then(Json::as_u64) {
                Some(next) if next > skip => skip = next,
                _ => return Ok(self.changes.get_or_init(|| changes)),
            }
        }
        Err(self.client.protocol("a list without end"))
    }

    /// The lines that are changed in these files.
    pub(super) fn compare(&self, paths: &BTreeSet<&str>) -> Result<Changed, ForgeError> {
        for (path, change) in self.changes()?.iter().filter(|(path, _)| paths.contains(path.as_str())) {
            // A file that was moved as it is has no lines to comment.
            if self.compared.borrow().file(path).is_some() || change.new.is_some() && change.new == change.old
            {
                continue;
            }
            let iteration = self.iteration()?;
            let old_path = change.old_path.as_deref().unwrap_or(path);
            let Some(new) = self.content(change.new.as_deref(), path, &iteration.source)? else { continue };
            let old = match change.added {
                true => Some(String::new()),
                false => self.content(change.old.as_deref(), old_path, &iteration.common)?,
            };
            if let Some(file) = old.and_then(|old| File::between(&old, &new)) {
                let old_path = change.old_path.clone();
                self.compared.borrow_mut().add(path, File { old_path, ..file });
            }
        }
        Ok(self.compared.borrow().clone())
    }

    /// The text of a file: of its blob where that is named, else at a commit. `None` for what is no text or
    /// is not there.
    fn content(&self, blob: Option<&str>, path: &str, commit: &str) -> Result<Option<String>, ForgeError> {
        let local = || self.blobs.get_or_init(|| Blobs::open(self.checkout.as_ref()?).ok()).as_ref();
        if let Some(bytes) = blob.and_then(|id| local()?.read(id)) {
            return Ok(text(bytes));
        }
        let url = match blob {
            Some(id) => self.at(&["blobs", id]),
            None => {
                let mut url = self.at(&["items"]);
                let path = format!("/{path}");
                url.query_pairs_mut().extend_pairs([
                    ("path", path.as_str()),
                    ("versionDescriptor.version", commit),
                    ("versionDescriptor.versionType", "commit"),
                ]);
                url
            }
        };
        let raw = |url| Ask::new(Method::GET, url).header("accept", "application/octet-stream");
        match self.send(&url, "", raw) {
            Ok(reply) => Ok(text(reply.body)),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// An entry of a list of changes: a file that is there after the change, with its path.
fn change(entry: &Json) -> Option<(String, Change)> {
    let item = entry.get("item")?;
    let text = |json: &Json, name: &str| {
        json.get(name).and_then(Json::as_str).filter(|t| !t.is_empty()).map(str::to_owned)
    };
    let path = |json: &Json, name: &str| text(json, name).map(|p| p.trim_start_matches('/').to_owned());
    // `edit, rename`
    let kinds = text(entry, "changeType")?.to_ascii_lowercase();
    let is = |kind: &str| kinds.split(',').any(|k| k.trim() == kind);
    let is_file = text(item, "gitObjectType").is_none_or(|kind| kind == "blob")
        && item.get("isFolder").and_then(Json::as_bool) != Some(true);
    if is("delete") || !is_file || !["add", "edit", "rename", "undelete"].into_iter().any(is) {
        return None;
    }
    let new_path = path(item, "path")?;
    let old_path = path(entry, "originalPath").or_else(|| path(entry, "sourceServerItem"));
    let change = Change {
        tracking: entry.get("changeTrackingId").and_then(Json::as_u64),
        old_path: old_path.filter(|old| is("rename") && *old != new_path),
        added: is("add") || is("undelete"),
        new: text(item, "objectId"),
        old: text(item, "originalObjectId"),
    };
    Some((new_path, change))
}

/// Bytes as text, unless they are none.
fn text(bytes: Vec<u8>) -> Option<String> {
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}
