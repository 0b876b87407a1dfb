//! Recordings, in their original form (a folder a case and drift, pretty JSON) and in the compact one
//! of the repository.

use std::fs;
use std::path::{Path, PathBuf};

use camino::Utf8PathBuf;
use serde_json::{Map, Value as Json};

use crate::harness::{Folder, repository};

/// A directory of recordings and the directories of other provider versions below it.
pub(super) struct Recordings {
    dir: PathBuf,
}

/// One configuration that was applied.
pub(super) struct Case {
    /// Folder name; of another provider version with that before it.
    pub(super) name: String,
    dir: PathBuf,
    /// Directory of the root module below the configuration.
    pub(super) root: String,
    pub(super) var_files: Vec<String>,
    pub(super) subscription: String,
    pub(super) tenant: String,
    /// Every ARM document after apply.
    pub(super) arm: Json,
}

/// Azure changed behind Terraform's back.
pub(super) struct Drifted {
    pub(super) name: String,
    pub(super) intent: String,
    pub(super) arm: Json,
    pub(super) expected: Json,
}

/// The code changed.
pub(super) struct Edited {
    pub(super) name: String,
    pub(super) config: Utf8PathBuf,
    pub(super) vars: Utf8PathBuf,
    pub(super) expected: Json,
    _folder: Folder,
}

impl Recordings {
    pub(super) fn open() -> Recordings {
        let dir = std::env::var_os("TRUEUP_RECORDINGS");
        Recordings { dir: dir.map_or_else(|| repository().join("tests/data/recordings"), PathBuf::from) }
    }

    pub(super) fn of_repository() -> Recordings {
        Recordings { dir: repository().join("tests/data/recordings") }
    }

    /// The list of known differences: beside the data, else the repository's.
    pub(super) fn known(&self) -> String {
        let own = fs::read_to_string(self.dir.join("known.txt"));
        own.unwrap_or_else(|_| {
            fs::read_to_string(repository().join("tests/data/recordings/known.txt")).unwrap_or_default()
        })
    }

    pub(super) fn cases(&self) -> Vec<Case> {
        let mut out = Vec::new();
        let mut trees = vec![(String::new(), self.dir.clone())];
        for folder in folders(&self.dir) {
            let name = file_name(&folder);
            if name.starts_with("provider-") {
                trees.push((format!("{name}/"), folder));
            }
        }
        for (prefix, tree) in trees {
            for dir in folders(&tree).into_iter().filter(|d| d.join("case.json").exists()) {
                out.push(Case::read(format!("{prefix}{}", file_name(&dir)), dir));
            }
        }
        out
    }
}

impl Case {
    fn read(name: String, dir: PathBuf) -> Case {
        let info = json(&dir.join("case.json"));
        let text = |key: &str| info[key].as_str().unwrap().to_owned();
        let var_files = info["var_files"].as_array().into_iter().flatten().filter_map(Json::as_str);
        Case {
            root: text("root"),
            var_files: var_files.map(str::to_owned).collect(),
            subscription: text("subscription_id"),
            tenant: text("tenant_id"),
            arm: json(&dir.join("arm.json")),
            name,
            dir,
        }
    }

    pub(super) fn config(&self) -> Utf8PathBuf {
        utf8(self.dir.join("config"))
    }

    pub(super) fn vars(&self) -> Utf8PathBuf {
        utf8(self.dir.join("vars.json"))
    }

    /// The state after a refresh, where it was kept.
    pub(super) fn state(&self) -> Option<Utf8PathBuf> {
        let path = self.dir.join("state.refreshed.json");
        path.exists().then(|| utf8(path))
    }

    /// Name of a drift or change of this case.
    fn named(&self, kind: &str, name: &str) -> String {
        format!("{}{kind}--{name}", self.name)
    }

    /// Folders `drift/CASE--NAME` beside the case, with the name.
    fn beside(&self, kind: &str) -> Vec<(String, PathBuf)> {
        let own = format!("{}--", file_name(&self.dir));
        let all = folders(&self.dir.parent().unwrap().join(kind));
        let all = all.into_iter().filter_map(|d| Some((file_name(&d).strip_prefix(&own)?.to_owned(), d)));
        all.collect()
    }

    pub(super) fn drifts(&self) -> Vec<Drifted> {
        let compact = self.dir.join("drift.json");
        if compact.exists() {
            let all = json(&compact);
            let drifted = |(name, drift): (&String, &Json)| Drifted {
                name: self.named("", name),
                intent: drift["intent"].as_str().unwrap().to_owned(),
                arm: patched(&self.arm, &drift["arm"]),
                expected: drift["expected"].clone(),
            };
            return all.as_object().unwrap().iter().map(drifted).collect();
        }
        let drifted = |(name, dir): (String, PathBuf)| Drifted {
            name: self.named("", &name),
            intent: json(&dir.join("mutate.json"))["intent"].as_str().unwrap().to_owned(),
            arm: json(&dir.join("arm.json")),
            expected: json(&dir.join("expected.json")),
        };
        self.beside("drift").into_iter().map(drifted).collect()
    }

    pub(super) fn changes(&self) -> Vec<Edited> {
        let compact = self.dir.join("change.json");
        if compact.exists() {
            let all = json(&compact);
            let edited = |(name, change): (&String, &Json)| {
                let files = change["files"].as_object().into_iter().flatten();
                let files = files.map(|(path, text)| (path.clone(), text.as_str().unwrap().to_owned()));
                self.edited(name, &change["vars"], files.collect(), change["expected"].clone())
            };
            return all.as_object().unwrap().iter().map(edited).collect();
        }
        let edited = |(name, dir): (String, PathBuf)| {
            let change = json(&dir.join("change.json"));
            let mut files = Vec::new();
            gather(&dir.join("config"), "", &mut files);
            self.edited(&name, &change["vars"], files, json(&dir.join("expected.json")))
        };
        self.beside("change").into_iter().map(edited).collect()
    }

    /// The configuration with files written over it.
    fn edited(&self, name: &str, vars: &Json, files: Vec<(String, String)>, expected: Json) -> Edited {
        let folder = Folder::new(&format!("change-{}-{name}", self.name.replace('/', "-")), &[]);
        let mut all = Vec::new();
        gather(&self.dir.join("config"), "", &mut all);
        for (path, text) in all.into_iter().chain(files) {
            folder.write(&format!("config/{path}"), text);
        }
        folder.write("vars.json", vars.to_string());
        let at = |part: &str| utf8(folder.path().join(part));
        let (config, vars) = (at("config"), at("vars.json"));
        Edited {
            name: self.named("/change/", name).replace("/--", "/"),
            config,
            vars,
            expected,
            _folder: folder,
        }
    }
}

/// Documents with merge patches by id applied: null deletes, an id that is not there adds.
fn patched(arm: &Json, patches: &Json) -> Json {
    let mut documents = Vec::new();
    let mut left: Map<String, Json> = patches.as_object().cloned().unwrap_or_default();
    for document in arm.as_array().unwrap() {
        match document["id"].as_str().and_then(|id| left.remove(id)) {
            Some(Json::Null) => {}
            Some(patch) => {
                let mut document = document.clone();
                merge(&mut document, &patch);
                documents.push(document);
            }
            None => documents.push(document.clone()),
        }
    }
    documents.extend(left.into_iter().map(|(_, document)| document));
    Json::Array(documents)
}

/// RFC 7386.
fn merge(target: &mut Json, patch: &Json) {
    let Some(members) = patch.as_object() else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Json::Object(Map::new());
    }
    let object = target.as_object_mut().unwrap();
    for (name, value) in members {
        if value.is_null() {
            object.remove(name);
        } else {
            merge(object.entry(name.clone()).or_insert(Json::Null), value);
        }
    }
}

fn json(path: &Path) -> Json {
    let text = fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn folders(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let mut all: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).filter(|p| p.is_dir()).collect();
    all.sort();
    all
}

fn gather(dir: &Path, prefix: &str, out: &mut Vec<(String, String)>) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for path in entries.map(|e| e.unwrap().path()) {
        let name = format!("{prefix}{}", file_name(&path));
        if path.is_dir() {
            gather(&path, &format!("{name}/"), out);
        } else {
            out.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

fn utf8(path: PathBuf) -> Utf8PathBuf {
    Utf8PathBuf::from_path_buf(path).unwrap()
}
