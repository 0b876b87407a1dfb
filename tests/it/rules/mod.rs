//! Rules through the whole pipeline: HCL text, evaluation, translation, rule.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use trueup::analysis::changes::{Side, delta, drift};
use trueup::analysis::rules::{
    self, Checkout, Context, Live, Outcome, Parameters, Prior, Profile, SecurityReport, Sibling,
};
use trueup::azure::estate::Estate;
use trueup::azure::translate::{Account, translate};
use trueup::terraform::configuration::{Options, evaluate};
use trueup::terraform::diagnostic::Diagnostic;
use trueup::terraform::evaluation::Evaluation;
use trueup::terraform::files::{FileError, FileKind, FileSource};

/// The day on which the tests run.
const TODAY: &str = "2026-11-20";

/// azurerm by its majors; the examples of pages are for the middle one.
const V3: &str = "~> 3.117";
const V4: &str = "~> 4.81";
const V5: &str = "~> 5.2";

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

    fn is_tracked(&self, path: &Utf8Path) -> Option<bool> {
        Some(self.0.contains_key(path))
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

/// A root module, evaluated and translated, and what it is compared with.
pub(crate) struct Root {
    pub(crate) evaluation: Arc<Evaluation>,
    pub(crate) estate: Arc<Estate>,
    before: Option<Box<Root>>,
    live: Option<Estate>,
    parameters: Parameters,
    checkout: Option<Checkout>,
    siblings: Vec<Sibling>,
    today: String,
}

fn root_of(files: &[(&str, &str)], version: &str) -> Root {
    let mut all: BTreeMap<Utf8PathBuf, String> =
        files.iter().map(|(name, text)| ((*name).into(), (*text).to_owned())).collect();
    // An example about versions says them itself.
    if !all.values().any(|text| text.contains("required_providers")) {
        all.insert("providers.tf".into(), provider(version));
    }
    let options = Options::new(Arc::new(Files(all)), "/checkout".into(), "".into());
    evaluated(&options)
}

fn read(options: &Options) -> (Evaluation, Estate) {
    let evaluation = evaluate(options);
    let estate = translate(&evaluation, &Account::default());
    (evaluation, estate)
}

fn evaluated(options: &Options) -> Root {
    let (evaluation, estate) = read(options);
    Root::new(Arc::new(evaluation), Arc::new(estate))
}

/// A checkout of several files: each after a line `# file PATH`. The root module is the folder of the first
/// file of code; `trueup.toml` has what the team sets, and folders of other environments stand beside it.
fn checkout_root(text: &str) -> Root {
    let mut files: BTreeMap<Utf8PathBuf, String> = BTreeMap::new();
    let mut first = None;
    for part in text.split("# file ").filter(|p| !p.trim().is_empty()) {
        let (path, body) = part.split_once('\n').unwrap();
        if path.ends_with(".tf") {
            first.get_or_insert(Utf8PathBuf::from(path));
        }
        files.insert(path.into(), body.to_owned());
    }
    let dir = first.unwrap().parent().unwrap().to_owned();
    let settings = files.get(Utf8Path::new("trueup.toml")).map(|t| Config::of_text(t).unwrap());
    let named = files.values().any(|text| text.contains("required_providers"));
    let tree =
        files.keys().filter_map(|p| Some(p.parent()?.to_owned())).collect::<std::collections::BTreeSet<_>>();
    for folder in tree.iter().filter(|_| !named) {
        files.insert(folder.join("providers.tf"), provider("~> 4.81"));
    }
    let files = Arc::new(Files(files));
    let root = |dir: &Utf8Path| evaluated(&Options::new(files.clone(), "/checkout".into(), dir.to_owned()));
    let own = root(&dir);
    let folders = own.evaluation.code.as_ref().unwrap().module_folders();
    let checkout = Checkout::read(files.as_ref(), &dir, &folders, |path| files.is_tracked(path));
    let others = checkout.environments(files.as_ref()).into_iter();
    let siblings = others.map(|dir| {
        let options = Options::new(files.clone(), "/checkout".into(), dir.clone());
        Sibling { dir, read: Arc::new(move || Some(read(&options))) }
    });
    let siblings = siblings.collect();
    Root { checkout: Some(checkout), siblings, parameters: settings.unwrap_or_default(), ..own }
}

/// `trueup.toml` as far as rules read it.
#[derive(serde::Deserialize, Default)]
struct Config {
    rules: trueup::review::suppress::RuleSettings,
}

impl Config {
    fn of_text(text: &str) -> Result<Parameters, String> {
        let config: Config = toml::from_str(text).map_err(|e| e.to_string())?;
        config.rules.check()?;
        Ok(config.rules.parameters)
    }
}

impl Root {
    /// Compared with nothing.
    fn new(evaluation: Arc<Evaluation>, estate: Arc<Estate>) -> Root {
        Root {
            evaluation,
            estate,
            before: None,
            live: None,
            parameters: Parameters::default(),
            checkout: None,
            siblings: Vec::new(),
            today: TODAY.to_owned(),
        }
    }

    fn report(&self, profile: Profile) -> SecurityReport {
        self.with(|cx| rules::run(cx, profile))
    }

    /// With what rules see of it. Without code, what is live stands alone.
    fn with<T>(&self, ask: impl FnOnce(&Context<'_>) -> T) -> T {
        if let (Some(live), true) = (&self.live, self.estate.is_empty()) {
            return ask(&Context { every: true, ..Context::new(live, None, &self.today) });
        }
        let changes = self.before.as_ref().map(|before| {
            let [old, new] =
                [before.as_ref(), self].map(|r: &Root| Side { evaluation: &r.evaluation, estate: &r.estate });
            delta(old, new)
        });
        let prior = self.before.as_ref().zip(changes.as_ref()).map(|(before, changes)| Prior {
            changes,
            estate: &before.estate,
            evaluation: Some(&*before.evaluation),
        });
        let drift = self.live.as_ref().map(|live| drift(&self.evaluation, &self.estate, live));
        let live = self.live.as_ref().zip(drift.as_ref()).map(|(estate, drift)| Live { estate, drift });
        let plain = Context::new(&self.estate, Some(&*self.evaluation), &self.today);
        let (parameters, checkout, siblings) = (&self.parameters, self.checkout.as_ref(), &*self.siblings);
        ask(&Context { prior, live, parameters, checkout, siblings, every: true, ..plain })
    }

    /// The outcomes of one rule: address, verdict.
    fn outcomes(&self, rule: &str) -> Vec<Outcome> {
        let id = rules::find(rule).unwrap_or_else(|| panic!("no rule {rule}")).meta().id;
        self.report(Profile::Strict).outcomes.into_iter().filter(|o| o.rule == id).collect()
    }
}

/// A root of one file. A comment `# NAME: TEXT` at the top stands for a file beside it; what follows a
/// line `# before` was there before what follows `# after`, and the documents after `# live` are live.
/// A line `# today DATE` before all of it sets the day.
fn root(text: &str) -> Root {
    root_in(text, V4)
}

/// The same with another version of azurerm, unless the text says one.
fn root_in(text: &str, version: &str) -> Root {
    if let Some((today, rest)) = text.strip_prefix("# today ").and_then(|t| t.split_once('\n')) {
        return Root { today: today.to_owned(), ..root_in(rest, version) };
    }
    if text.starts_with("# file ") {
        return checkout_root(text);
    }
    let (code, live) = text.split_once("# live\n").map_or((text, None), |(c, l)| (c, Some(l)));
    let live = live.map(|l| {
        let json: serde_json::Value = serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}"));
        Estate::from_documents(json.as_array().unwrap())
    });
    let changed = code.strip_prefix("# before\n").and_then(|c| c.split_once("# after\n"));
    let (before, code) = changed.map_or((None, code), |(b, a)| (Some(Box::new(plain_root(b, version))), a));
    Root { before, live, ..plain_root(code, version) }
}

fn plain_root(text: &str, version: &str) -> Root {
    let mut files = vec![("main.tf", text)];
    let beside = text.lines().next().and_then(|l| l.strip_prefix("# ")?.split_once(": "));
    files.extend(beside.filter(|(name, _)| name.ends_with(".tfvars")));
    root_of(&files, version)
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
            // What an example calls is not there, and need not be.
            let wrong_in_it = |d: &&Diagnostic| d.is_error() && d.summary != "Module not installed";
            let errors: Vec<_> = root.evaluation.diagnostics.iter().filter(wrong_in_it).collect();
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
            if meta.is_property() {
                let told = outcomes.iter().any(|o| matches!(o.verdict.word(), "pass" | "indeterminate"));
                if fails || told != (kind == "bad") {
                    wrong.push(format!("{} {kind}: {words:?}", meta.id));
                }
                continue;
            }
            if fails != (kind == "bad") || (kind == "good" && !passes) {
                wrong.push(format!("{} {kind}: {words:?}", meta.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{} disagree\n{}", wrong.len(), wrong.join("\n"));
}

/// The mutation check: a rule that wants the opposite must disagree with the rule's own examples. A property of the review fails on neither.
#[test]
fn a_negated_rule_disagrees_with_its_examples() {
    let mut blind = Vec::new();
    for rule in rules::all() {
        let meta = rule.meta();
        let negated = rule.row().map(rules::Attribute::negated);
        let has = |found: &[Outcome], word: &str| found.iter().any(|o| o.verdict.word() == word);
        // Whether the rule fires on an example, and its opposite: of a rule with logic the verdicts are exchanged.
        let both = |text: &str| {
            root(text).with(|cx| {
                let found = rules::judge(cx, *rule);
                let opposite = match &negated {
                    Some(negated) => has(&rules::judge(cx, negated), "fail"),
                    None => has(&found, "pass"),
                };
                (has(&found, "fail"), opposite)
            })
        };
        let (bad, good) = (both(meta.bad), both(meta.good));
        // What fires on the bad example and not on the good one agrees with them.
        let agrees = |bad: bool, good: bool| bad && !good;
        let noticed = match meta.is_property() {
            true => !bad.0 && !good.0,
            false => agrees(bad.0, good.0) && !agrees(bad.1, good.1),
        };
        if !noticed {
            blind.push(meta.id);
        }
    }
    assert!(blind.is_empty(), "{blind:?}");
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

/// The findings of a root module on disk, as `severity rule address`, gravest first.
fn findings(dir: &str) -> Vec<String> {
    let top = Utf8Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = evaluated(&Options::within(top, &top.join(dir)).unwrap());
    let errors: Vec<_> = root.evaluation.diagnostics.iter().filter(|d| d.is_error()).collect();
    assert!(errors.is_empty(), "{dir}: {errors:?}");
    let mut found = root.report(Profile::Default).findings;
    found.sort_by(|a, b| (b.severity, &a.code, &a.address).cmp(&(a.severity, &b.code, &b.address)));
    found.iter().map(|f| format!("{} {} {} | {}", f.severity.word(), f.code, f.address, f.title)).collect()
}

#[test]
fn environments_have_the_planted_mistakes_and_no_others() {
    insta::assert_snapshot!(findings("environments/dev").join("\n"), @r#"
    low TU-ACR-003 module.container_registry.azurerm_container_registry.this | the registry answers every network, and its SKU cannot be closed: only Premium can
    low TU-AKS-052 module.aks.azurerm_kubernetes_cluster.this | the control plane is on the free tier: no uptime commitment, and few resources
    info TU-AKS-055 module.aks.azurerm_kubernetes_cluster.this | the system pools may run with 2 nodes; three keep add-ons up during upgrades
    "#);
    insta::assert_snapshot!(findings("environments/staging").join("\n"), @"");
    // The sixth mistake, the small node subnet, is the network analysis's.
    insta::assert_snapshot!(findings("environments/production").join("\n"), @r#"
    critical TU-IAM-004 azurerm_role_assignment.cluster_deployments | Contributor of a whole subscription, given to the cluster aks-ledger-prod-weu
    critical TU-NSG-002 module.networking.azurerm_network_security_rule.this["management/tmp-debug-ssh"] | tmp-debug-ssh opens SSH (port 22) to the Internet
    high TU-ACR-001 module.container_registry.azurerm_container_registry.this | the registry's shared admin password works
    high TU-KV-001 module.key_vault.azurerm_key_vault.this | the vault answers every network
    high TU-X-004 module.aks.azurerm_kubernetes_cluster.this | the Secrets Store CSI driver is on, but no identity of the cluster may read secrets of kv-hbl-ledger-prod-weu
    "#);
}

/// A directory of cases: each is a root module with a `case.json` that names rules and the addresses
/// on which they have to pass (or not apply) and to fail. Another scanner's suite can stand in:
/// `TRUEUP_RULE_CASES=DIR`. What differs on purpose is listed in `differs.txt` beside the cases.
mod cases {
    use super::*;

    fn version(case: &serde_json::Value) -> &str {
        case["version"].as_str().unwrap_or("~> 4.81")
    }

    /// One line per disagreement.
    fn judge(dir: &Path, case: &serde_json::Value) -> Vec<String> {
        let mut files = BTreeMap::new();
        for entry in std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()) {
            if let (Some(name), Ok(text)) = (entry.file_name(), std::fs::read_to_string(&entry)) {
                files.insert(Utf8PathBuf::from(name.to_str().unwrap()), text);
            }
        }
        let named = files.values().any(|t| t.contains("required_providers"));
        if !named {
            files.insert("trueup_providers.tf".into(), provider(version(case)));
        }
        let root = evaluated(&Options::new(Arc::new(Files(files)), "/checkout".into(), "".into()));
        let report = root.report(Profile::Strict);
        let mut lines = Vec::new();
        let list = |key: &str| case[key].as_array().cloned().unwrap_or_default();
        let rules: Vec<_> = list("rules").iter().filter_map(|r| r.as_str().map(str::to_owned)).collect();
        for (want, key) in [("pass", "pass"), ("fail", "fail"), ("indeterminate", "indeterminate")] {
            for address in list(key).iter().filter_map(|a| a.as_str()) {
                let of = |o: &&Outcome| *o.address == *address && rules.iter().any(|r| r == o.rule);
                let words: Vec<_> = report.outcomes.iter().filter(of).map(|o| o.verdict.word()).collect();
                let got = ["fail", "indeterminate", "pass"].into_iter().find(|w| words.contains(w));
                if got.unwrap_or("pass") != want {
                    let texts: Vec<_> = report.outcomes.iter().filter(of).map(|o| o.verdict.text()).collect();
                    lines.push(format!("{address} {rules:?}: {want} expected, {got:?}: {texts:?}"));
                }
            }
        }
        lines
    }

    #[test]
    fn agree() {
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/rules");
        let folder = std::env::var_os("TRUEUP_RULE_CASES").map_or(own, Into::into);
        let differs = std::fs::read_to_string(folder.join("differs.txt")).unwrap_or_default();
        let mut names: Vec<_> =
            std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()).collect();
        names.sort();
        let (mut agree, mut count, mut wrong) = (0, 0, Vec::new());
        for dir in &names {
            let Ok(text) = std::fs::read_to_string(dir.join("case.json")) else { continue };
            let case: serde_json::Value = serde_json::from_str(&text).unwrap();
            let known = case["rules"].as_array().unwrap().iter().filter_map(|r| r.as_str());
            if known.clone().any(|r| rules::find(r).is_none()) {
                println!("not yet: {} {:?}", dir.display(), known.collect::<Vec<_>>());
                continue;
            }
            count += 1;
            let name = dir.file_name().unwrap().to_str().unwrap();
            let lines = judge(dir, &case);
            agree += usize::from(lines.is_empty());
            let listed = |line: &&String| {
                differs.lines().any(|d| {
                    let mut words = d.split(' ');
                    words.next() == Some(name) && words.next() == line.split(' ').next()
                })
            };
            wrong.extend(lines.iter().filter(|l| !listed(l)).map(|l| format!("{name}: {l}")));
        }
        say!("rule cases: {agree} of {count} agree");
        assert!(count > 0 && wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
mod access;
mod cluster_forms;
mod clusters;
mod context;
mod edge;
mod fixes;
mod forms;
mod gateways;
mod layout;
mod live;
mod logs;
mod majors;
mod networks;
mod outcomes;
mod registries;
mod services;
mod split;
mod vaults;
