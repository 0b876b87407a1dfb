//! Rules through the whole pipeline: HCL text, evaluation, translation, rule.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use trueup::analysis::rules::{self, Context, Outcome, Profile, SecurityReport};
use trueup::azure::estate::Estate;
use trueup::azure::translate::{Account, translate};
use trueup::terraform::configuration::{Options, evaluate};
use trueup::terraform::evaluation::Evaluation;
use trueup::terraform::files::{FileError, FileKind, FileSource};

/// The day on which the tests run.
const TODAY: &str = "2026-11-20";

/// Files in memory, all in one directory or below it.
struct Files(BTreeMap<Utf8PathBuf, String>);

impl FileSource for Files {
    fn read(&self, path: &Utf8Path) -> Result<Vec<u8>, FileError> {
        self.0.get(path).map(|t| t.clone().into_bytes()).ok_or(FileError::NotFound)
    }

    fn list(&self, dir: &Utf8Path) -> Result<Vec<(String, FileKind)>, FileError> {
        let mut found = BTreeMap::new();
        for path in self.0.keys() {
            let Ok(rest) = path.strip_prefix(dir) else { continue };
            let mut parts = rest.components().map(|c| c.as_str().to_owned());
            let (Some(name), deeper) = (parts.next(), parts.next().is_some()) else { continue };
            found.insert(name, if deeper { FileKind::Directory } else { FileKind::File });
        }
        Ok(found.into_iter().collect())
    }

    fn kind(&self, path: &Utf8Path) -> Result<FileKind, FileError> {
        if self.0.contains_key(path) {
            return Ok(FileKind::File);
        }
        let below = self.0.keys().any(|p| p.starts_with(path));
        if below { Ok(FileKind::Directory) } else { Err(FileError::NotFound) }
    }
}

fn provider(version: &str) -> String {
    format!(
        "terraform {{\n  required_providers {{\n    azurerm = {{\n      source  = \"hashicorp/azurerm\"\n      \
         version = \"{version}\"\n    }}\n    azapi = {{\n      source = \"azure/azapi\"\n    }}\n  }}\n}}\n"
    )
}

/// A root module, evaluated and translated.
pub(crate) struct Root {
    pub(crate) evaluation: Evaluation,
    pub(crate) estate: Estate,
}

fn root_of(files: &[(&str, &str)], version: &str) -> Root {
    let mut all: BTreeMap<Utf8PathBuf, String> =
        files.iter().map(|(name, text)| ((*name).into(), (*text).to_owned())).collect();
    all.insert("providers.tf".into(), provider(version));
    let options = Options::new(Arc::new(Files(all)), "/checkout".into(), "".into());
    evaluated(&options)
}

fn evaluated(options: &Options) -> Root {
    let evaluation = evaluate(options);
    let estate = translate(&evaluation, &Account::default());
    Root { evaluation, estate }
}

impl Root {
    fn report(&self, profile: Profile) -> SecurityReport {
        let cx = Context { estate: &self.estate, evaluation: Some(&self.evaluation), today: TODAY };
        rules::run(&cx, profile)
    }

    /// The outcomes of one rule: address, verdict.
    fn outcomes(&self, rule: &str) -> Vec<Outcome> {
        let id = rules::find(rule).unwrap_or_else(|| panic!("no rule {rule}")).meta().id;
        self.report(Profile::Strict).outcomes.into_iter().filter(|o| o.rule == id).collect()
    }
}

fn root(text: &str) -> Root {
    root_of(&[("main.tf", text)], "~> 4.81")
}

/// `address verdict` of one rule, one a line.
fn told(rule: &str, root: &Root) -> String {
    let line = |o: &Outcome| format!("{} {}", o.address, o.verdict.word());
    root.outcomes(rule).iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn examples_fire_and_do_not_fire() {
    let mut wrong = Vec::new();
    for rule in rules::all() {
        let meta = rule.meta();
        for (kind, text) in [("bad", meta.bad), ("good", meta.good)] {
            let root = root(text);
            let errors: Vec<_> = root.evaluation.diagnostics.iter().filter(|d| d.is_error()).collect();
            if !errors.is_empty() {
                wrong.push(format!("{} {kind}: {errors:?}", meta.id));
                continue;
            }
            let outcomes = root.outcomes(meta.id);
            let words: Vec<_> = outcomes
                .iter()
                .map(|o| format!("{} {} {}", o.address, o.verdict.word(), o.verdict.text()))
                .collect();
            let fails = outcomes.iter().any(|o| o.verdict.word() == "fail");
            let passes = outcomes.iter().any(|o| o.verdict.word() == "pass");
            if fails != (kind == "bad") || (kind == "good" && !passes) {
                wrong.push(format!("{} {kind}: {words:?}", meta.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{} disagree\n{}", wrong.len(), wrong.join("\n"));
}

/// Every file below the folders of rules is a module of the build: a forgotten one would be silent.
#[test]
fn every_file_of_the_rules_is_part_of_the_build() {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/analysis/rules");
    let mut missing = Vec::new();
    let mut seen = 0;
    let mut folders = vec![rules];
    while let Some(folder) = folders.pop() {
        let declared = std::fs::read_to_string(folder.join("mod.rs")).unwrap_or_default();
        for entry in std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()) {
            let name = entry.file_stem().unwrap().to_str().unwrap().to_owned();
            if entry.is_dir() && name == "data" || name == "mod" {
                continue;
            }
            if entry.is_dir() {
                folders.push(entry.clone());
            }
            seen += 1;
            if !declared.lines().any(|l| l.trim_end().ends_with(&format!("mod {name};"))) {
                missing.push(entry.display().to_string());
            }
        }
    }
    assert!(seen > 20, "the test reads the sources: {seen} files");
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

mod pages {
    use super::*;

    fn folder() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules")
    }

    #[test]
    fn are_current() {
        let command = "cargo test --test it rules::pages -- --ignored";
        let wanted = rules::pages();
        for (name, text) in &wanted {
            let found = std::fs::read_to_string(folder().join(name)).unwrap_or_default();
            assert!(found == *text, "docs/rules/{name} is not what the rules say; run: {command}");
        }
        let count = std::fs::read_dir(folder()).unwrap().count();
        assert_eq!(count, wanted.len(), "a page without a rule in docs/rules; run: {command}");
    }

    #[test]
    #[ignore = "writes docs/rules"]
    fn write() {
        let _ = std::fs::remove_dir_all(folder());
        std::fs::create_dir_all(folder()).unwrap();
        for (name, text) in rules::pages() {
            std::fs::write(folder().join(name), text).unwrap();
        }
    }
}
