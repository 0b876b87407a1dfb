//! What is fuzzed: every way in which other people's text enters. Each target takes any bytes, and
//! whatever they are, it ends without a panic, within the bounds, and with true places. `cargo fuzz` runs
//! them with coverage (`fuzz_targets/`); `tests/it/fuzz.rs` runs them on stable.

#![allow(dead_code, unreachable_pub, missing_docs)]

use std::collections::BTreeMap;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use trueup::analysis::cost::{self, usage::Usage};
use trueup::analysis::network::sizing;
use trueup::app::config::Config;
use trueup::app::data::Overrides;
use trueup::azure::translate::{Account, translate};
use trueup::fetch::registry_answer;
use trueup::live::parse_snapshot;
use trueup::review::{Adoption, Request, Subject, review};
use trueup::terraform::configuration::{Limits, Options, evaluate_then};
use trueup::terraform::diagnostic::Diagnostic;
use trueup::terraform::evaluation::Evaluation;
use trueup::terraform::expression::console;
use trueup::terraform::files::{FileError, FileKind, FileSource, Naming};
use trueup::terraform::input::{self, Form};
use trueup::terraform::plan::{Secrets, to_json};
use trueup::terraform::source::{SourceMap, Span};
use trueup::terraform::syntax;

/// A target by its name, which is that of its corpus as well.
pub type Target = fn(&[u8]);

/// All targets.
pub const TARGETS: &[(&str, Target)] = &[
    ("parse", parse),
    ("evaluate", evaluate),
    ("json", json),
    ("tfvars", tfvars),
    ("plan", plan),
    ("state", state),
    ("snapshot", snapshot),
    ("sizing", sizing),
    ("settings", settings),
    ("usage", usage),
    ("modules", modules),
];

/// The syntax of files, expressions and templates.
pub fn parse(data: &[u8]) {
    let mut sources = SourceMap::default();
    let (_, parsed) = syntax::parse_bytes(&mut sources, "main.tf", data.to_vec());
    places(&sources, &parsed.diagnostics);
    let Ok(text) = std::str::from_utf8(data) else { return };
    let file = sources.add("expression", text.to_owned());
    for result in
        [syntax::parse_expression(file, text).map(drop), syntax::parse_template(file, text).map(drop)]
    {
        places(&sources, &result.err().unwrap_or_default());
    }
}

/// A whole review: files, evaluation, plan, translation, every analysis, every value's text.
///
/// The bytes are files, each behind a line `# file: PATH`; what stands before the first is `main.tf`.
pub fn evaluate(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (evaluation, ()) = evaluate_then(&options(Memory::of(&text)), |root| {
        for line in text.lines().filter_map(|l| l.strip_prefix("# console: ")) {
            let (value, diagnostics) = root.evaluate(line);
            console::result(&value, &diagnostics);
        }
    });
    whole(evaluation);
}

/// A configuration in JSON syntax.
pub fn json(data: &[u8]) {
    whole(evaluated(Memory::default().with("main.tf.json", data)));
}

/// Values of variables; the first line `# json` makes them JSON.
pub fn tfvars(data: &[u8]) {
    let (name, data) = match data.strip_prefix(b"# json\n") {
        Some(rest) => ("terraform.tfvars.json", rest),
        None => ("terraform.tfvars", data),
    };
    whole(evaluated(Memory::default().with("main.tf", VARIABLES.as_bytes()).with(name, data)));
}

const VARIABLES: &str = r#"
variable "any" {}
variable "text" { type = string }
variable "networks" {
  type = map(object({
    range   = string
    subnets = optional(map(list(string)), {})
    size    = optional(number, 4)
  }))
  default = {}
}
variable "set" {
  type      = set(object({ a = optional(bool, true), b = any }))
  sensitive = true
}
variable "tuple" { type = tuple([string, list(number)]) }
resource "azurerm_virtual_network" "n" {
  for_each            = var.networks
  name                = "${each.key}-${var.text}"
  location            = "westeurope"
  resource_group_name = "rg"
  address_space       = [each.value.range]
}
output "all" {
  value     = [var.any, var.set, try(var.tuple[1][0] + var.networks["a"].size, null)]
  sensitive = true
}
"#;

/// A plan as `terraform show -json` prints it.
pub fn plan(data: &[u8]) {
    if let Ok(evaluation) = input::read(Utf8Path::new("plan.json"), data, Form::Plan) {
        whole(evaluation);
    }
}

/// A state file, or a state as `terraform show -json` prints it.
pub fn state(data: &[u8]) {
    drop(input::state::outputs(data));
    if let Ok(evaluation) = input::read(Utf8Path::new("state.json"), data, Form::State) {
        whole(evaluation);
    }
}

/// `trueup.toml`, and its rules as answers of data sources.
pub fn settings(data: &[u8]) {
    let files = Memory::default().with("trueup.toml", data);
    let Ok(config) = Config::in_tree(&files, Utf8Path::new("")) else { return };
    // State files would be read from the disk.
    let rules: Vec<_> = config.data.into_iter().filter(|rule| rule.state.is_none()).collect();
    let Ok(overrides) = Overrides::new(&rules) else { return };
    let mut options = options(Memory::of(DATA));
    options.data = Some(Arc::new(overrides));
    whole(evaluate_then(&options, |_| ()).0);
}

const DATA: &str = r#"
data "azurerm_subnet" "s" {
  name                 = "aks"
  virtual_network_name = "vnet"
  resource_group_name  = "rg"
}
data "azurerm_client_config" "me" {}
output "x" {
  value = [data.azurerm_subnet.s.address_prefixes, data.azurerm_client_config.me.tenant_id]
}
"#;

/// A usage file, and an estimate with it.
pub fn usage(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(usage) = Usage::read(text, "usage.toml") else { return };
    let account = Account::default();
    let subject = Subject::new(evaluated(Memory::of(PRICED)), &account, Naming::default());
    review(subject, Request { cost: cost::Options { usage, ..Default::default() }, ..request() });
}

const PRICED: &str = r#"
provider "azurerm" {
  features {}
}
resource "azurerm_storage_account" "s" {
  name                     = "st"
  resource_group_name      = "rg"
  location                 = "westeurope"
  account_tier             = "Standard"
  account_replication_type = "LRS"
}
resource "azurerm_nat_gateway" "n" {
  name                = "n"
  resource_group_name = "rg"
  location            = "westeurope"
}
"#;

/// What a module registry answers, and a manifest of fetched modules. Parts stand behind lines `# ---`: the
/// listing of versions, a constraint, what `X-Terraform-Get` says, the manifest.
pub fn modules(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let mut parts = text.split("\n# ---\n");
    let mut part = || parts.next().unwrap_or_default();
    let (listing, constraint, source) = (part(), part(), part());
    drop(registry_answer(listing, constraint, source.trim()));
    let call = format!("module \"m\" {{\n  source = \"a/b/c\"\n  version = {constraint:?}\n}}\n");
    let manifest = part().as_bytes();
    let files = Memory::default().with("main.tf", call.as_bytes());
    whole(evaluated(
        files.with(".trueup/modules.json", manifest).with(".terraform/modules/modules.json", manifest),
    ));
}

fn options(files: Memory) -> Options {
    let mut options = Options::new(Arc::new(files), "/checkout".into(), "".into());
    options.limits = Limits { steps: 200_000, bytes: 4 << 20, instances: 2_000 };
    options
}

fn evaluated(files: Memory) -> Evaluation {
    evaluate_then(&options(files), |_| ()).0
}

/// All that is done with a configuration.
fn whole(evaluation: Evaluation) {
    places(&evaluation.sources, &evaluation.diagnostics);
    let plan = serde_json::to_string(&to_json(&evaluation, Secrets::Hidden));
    assert!(plan.is_ok(), "a plan that is no JSON: {plan:?}");
    translate(&evaluation, &Account::default());
    let subject = Subject::new(evaluation, &Account::default(), Naming::default());
    review(subject, request());
}

fn request() -> Request {
    Request {
        root: "root".into(),
        base: None,
        state: None,
        live: None,
        history: Vec::new(),
        profile: trueup::analysis::rules::Profile::Strict,
        gate: Default::default(),
        cost: Default::default(),
        today: "2026-11-20".to_owned(),
        show_subscriptions: false,
        adoption: Adoption::default(),
        settings: Vec::new(),
        policing: trueup::review::Policing::default(),
    }
}

/// A snapshot of a live estate, compared with a small configuration.
pub fn snapshot(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(live) = parse_snapshot(Utf8Path::new("live.json"), text) else { return };
    let declared =
        "resource \"azurerm_resource_group\" \"a\" {\n  name = \"rg\"\n  location = \"westeurope\"\n}\n";
    let account = Account { subscription: Some("s".to_owned()), tenant: None };
    let subject = Subject::new(evaluated(Memory::of(declared)), &account, Naming::default());
    review(subject, Request { live: Some(("live.json".to_owned(), live)), ..request() });
}

/// A sizing file; its first line may say `# toml` or `# json`.
pub fn sizing(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (format, text) = match text.split_once('\n') {
        Some(("# toml", rest)) => (sizing::Format::Toml, rest),
        Some(("# json", rest)) => (sizing::Format::Json, rest),
        _ => (sizing::Format::Yaml, text),
    };
    if let Ok(document) = sizing::parse(text, format)
        && let Ok(answer) = sizing::size(&document)
    {
        assert!(serde_json::to_string(&answer.outcome).is_ok());
    }
}

/// Every place lies in its text, at whole characters, and excerpts of it can be made.
fn places(sources: &SourceMap, diagnostics: &[Diagnostic]) {
    let mut place = |span: Span| {
        let text = &sources.file(span.file).text;
        let (start, end) = (span.start as usize, span.end as usize);
        assert!(start <= end && end <= text.len() + 3, "a place outside of the text: {span:?}");
        sources.place(span);
        sources.text(span);
    };
    diagnostics.iter().filter_map(|d| d.span).for_each(&mut place);
}

/// A checkout in memory.
#[derive(Default)]
pub struct Memory(BTreeMap<Utf8PathBuf, Vec<u8>>);

impl Memory {
    /// These files.
    pub fn new(files: &[(String, String)]) -> Memory {
        Memory(files.iter().map(|(path, text)| (path.into(), text.clone().into_bytes())).collect())
    }

    /// With one more file.
    pub fn with(mut self, path: &str, bytes: &[u8]) -> Memory {
        self.0.insert(path.into(), bytes.to_vec());
        self
    }

    /// Files behind lines `# file: PATH`.
    pub fn of(text: &str) -> Memory {
        let mut files: BTreeMap<Utf8PathBuf, Vec<u8>> = BTreeMap::new();
        let mut path = Utf8PathBuf::from("main.tf");
        for line in text.split_inclusive('\n') {
            match line.strip_prefix("# file: ") {
                Some(name) => path = name.trim().into(),
                None => files.entry(path.clone()).or_default().extend(line.as_bytes()),
            }
        }
        Memory(files)
    }
}

impl FileSource for Memory {
    fn read(&self, path: &Utf8Path) -> Result<Vec<u8>, FileError> {
        self.0.get(path).cloned().ok_or(FileError::NotFound)
    }
    fn list(&self, dir: &Utf8Path) -> Result<Vec<(String, FileKind)>, FileError> {
        let below = self.0.keys().filter_map(|p| p.strip_prefix(dir).ok());
        let names: BTreeMap<String, FileKind> = below
            .filter(|rest| !rest.as_str().is_empty())
            .map(|rest| match rest.as_str().split_once('/') {
                Some((dir, _)) => (dir.to_owned(), FileKind::Directory),
                None => (rest.to_string(), FileKind::File),
            })
            .collect();
        if names.is_empty() { Err(FileError::NotFound) } else { Ok(names.into_iter().collect()) }
    }
    fn kind(&self, path: &Utf8Path) -> Result<FileKind, FileError> {
        if self.0.contains_key(path) {
            Ok(FileKind::File)
        } else {
            self.list(path).map(|_| FileKind::Directory)
        }
    }
}
