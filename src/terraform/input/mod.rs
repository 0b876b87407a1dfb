//! Plans and states in place of an evaluation: what Terraform itself found out about a root module.
//!
//! [`plan`] reads what `terraform show -json` prints of a plan or of a state, [`state`] reads state
//! files; both make [`Record`]s, and [`assemble`] makes an [`Evaluation`] of them. What a plan knows
//! only after apply keeps its reference where the plan's configuration tells it ([`references`]).
//!
//! There is no code here: every place is the line of the file on which the resource stands, and its
//! text is the address ([`listing`]), for the file holds secrets. `lifecycle` is in neither file.

mod listing;
mod plan;
mod prior;
mod references;
pub mod state;
mod values;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value as Json;

use super::address::{Address, Mode};
use super::diagnostic::Diagnostic;
use super::evaluation::{CheckStatus, Evaluation, Instance, Output, Provider};
use super::schema::{self, Block};
use super::value::{Marks, Origin, Str, Value};
use listing::Listing;
pub use prior::{Correction, PriorObject, PriorState};
use references::Configuration;

/// What a file is said to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `terraform show -json PLANFILE`
    Plan,
    /// A state file, or `terraform show -json` of a state.
    State,
}

/// A file that cannot stand for an evaluation.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {message}")]
pub struct InputError {
    /// The file.
    pub path: Utf8PathBuf,
    /// What is wrong, and what to do.
    pub message: String,
}

/// One resource instance as a file has it.
#[derive(Debug)]
struct Record {
    address: Address,
    /// Source address of the provider, with its host.
    source: String,
    /// Name and alias of the provider configuration, when the file tells.
    provider: Option<Str>,
    /// Attributes by name.
    values: Json,
    /// The tree of what is known only after apply.
    unknown: Json,
    /// The tree of what is sensitive.
    sensitive: Json,
    /// Where the resource stands in the file.
    offset: usize,
    /// What a state says of the object besides its values.
    standing: Standing,
}

/// How an object of a state stands.
#[derive(Clone, Debug, Default)]
struct Standing {
    /// The key of an object that was replaced but not yet deleted.
    deposed: Option<Str>,
    /// Its creation did not end well: it is to be made anew.
    tainted: bool,
    /// It was made with `create_before_destroy`.
    create_before_destroy: bool,
}

/// An output as a file has it.
#[derive(Clone, Debug)]
pub struct RecordedOutput {
    /// Its value.
    pub value: Value,
    /// `sensitive = true`
    pub sensitive: bool,
}

impl RecordedOutput {
    /// The value, marked.
    pub fn marked(self) -> Value {
        self.value.with_marks(Marks { sensitive: self.sensitive, ..Marks::NONE })
    }
}

/// All that a file tells.
#[derive(Default)]
struct File {
    records: Vec<Record>,
    outputs: BTreeMap<Str, RecordedOutput>,
    variables: BTreeMap<Str, Value>,
    checks: BTreeMap<String, CheckStatus>,
    imports: BTreeMap<String, Value>,
    configuration: Configuration,
    /// A state: what the provider left empty was not set.
    applied: bool,
    /// A state file: a value of any type stands in it with its type.
    wrapped: bool,
    /// What keeps it from being whole.
    gaps: Vec<String>,
}

/// Reads a plan or state.
pub fn read(path: &Utf8Path, bytes: &[u8], form: Form) -> Result<Evaluation, InputError> {
    let (text, mut file) = read_file(path, bytes, form)?;
    file.records.retain(|r| r.standing.deposed.is_none());
    Ok(assemble(path, text, file))
}

/// The text of a plan or state, and what it tells.
fn read_file<'t>(path: &Utf8Path, bytes: &'t [u8], form: Form) -> Result<(&'t str, File), InputError> {
    let failed = |message: String| InputError { path: path.to_owned(), message };
    if bytes.starts_with(b"PK\x03\x04") {
        let message =
            "this is a saved plan in Terraform's own form; give what `terraform show -json` prints of it";
        return Err(failed(message.to_owned()));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| failed("this is no UTF-8 text".to_owned()))?;
    let text = text.trim_start_matches('\u{feff}');
    let found = plan::kind(text).map_err(failed)?;
    let file = match (form, found) {
        (Form::Plan, plan::Kind::Plan) => plan::read(text),
        (Form::Plan, _) => Err("this is a state, not a plan; give it with --state".to_owned()),
        (Form::State, plan::Kind::StateFile) => state::read(text),
        (Form::State, plan::Kind::ShownState) => plan::read_state(text),
        (Form::State, plan::Kind::Plan) => Err("this is a plan, not a state; give it with --plan".to_owned()),
    };
    Ok((text, file.map_err(failed)?))
}

/// Majors of a provider that trueup has schemas of, the usual one first.
fn majors(source: &str) -> Vec<u32> {
    let usual = schema::usual_major(source);
    let all = (1..=9).filter(|major| schema::has_major(source, *major));
    usual.into_iter().chain(all.filter(|m| Some(*m) != usual)).collect()
}

/// The schema of a record's type.
fn schema_of(record: &Record, major: Option<u32>) -> Option<Arc<Block>> {
    if record.source == schema::builtin::SOURCE {
        return schema::builtin::schema(record.address.mode, &record.address.type_name);
    }
    let find = match record.address.mode {
        Mode::Managed => schema::resource,
        Mode::Data => schema::data_source,
        Mode::Ephemeral => schema::ephemeral,
    };
    find(&record.source, major, &record.address.type_name)
}

/// How many attributes an object has that the schema of a major has not, and the other way round.
fn misfits(block: &Block, values: &Json, unknown: &Json, depth: usize) -> usize {
    let members = |json: &'_ Json| json.as_object().map(|m| m.keys().cloned().collect::<Vec<_>>());
    let mut present: Vec<String> = members(values).into_iter().chain(members(unknown)).flatten().collect();
    present.sort_unstable();
    present.dedup();
    let known = |name: &String| block.attribute(name).is_some() || block.nested(name).is_some();
    let has = |name: &str| present.binary_search_by(|p| p.as_str().cmp(name)).is_ok();
    let strange = present.iter().filter(|n| !known(n)).count();
    let missing = block.attributes.iter().filter(|a| !a.write_only && !has(&a.name)).count()
        + block.blocks.iter().filter(|b| !has(&b.name)).count();
    let inside = block.blocks.iter().filter(|_| depth > 0).map(|nested| {
        let unknown = unknown.get(&*nested.name).unwrap_or(&Json::Null);
        let items = values.get(&*nested.name).and_then(Json::as_array).into_iter().flatten().enumerate();
        let of = |(i, item)| misfits(&nested.block, item, unknown.get(i).unwrap_or(&Json::Null), depth - 1);
        items.map(of).sum::<usize>()
    });
    strange + missing + inside.sum::<usize>()
}

/// How deep blocks are looked into to find the major.
const DEPTH: usize = 8;

/// Records of one provider that are looked at to find its major.
const SAMPLE: usize = 200;

/// The major whose schemas have what the records have: a plan or state lists every attribute.
fn major(source: &str, records: &[Record], configuration: &Configuration) -> Option<u32> {
    let candidates = majors(source);
    let own = records.iter().filter(|r| r.source == source).take(SAMPLE);
    let own: Vec<&Record> = own.collect();
    let admitted = |major: &u32| configuration.admits(source, *major);
    let score = |major: &u32| {
        let one = |r: &&Record| {
            schema_of(r, Some(*major)).map_or(1000, |block| misfits(&block, &r.values, &r.unknown, DEPTH))
        };
        let misfits: usize = own.iter().map(one).sum();
        (misfits, !admitted(major))
    };
    candidates.into_iter().min_by_key(score)
}

/// A provider's source address as evaluation has it: without the public registry.
fn short_source(full: &str) -> &str {
    let full = full.strip_prefix("registry.terraform.io/").unwrap_or(full);
    full.strip_prefix("registry.opentofu.org/").unwrap_or(full)
}

fn assemble(path: &Utf8Path, text: &str, mut file: File) -> Evaluation {
    file.records.sort_by(|a, b| a.address.cmp(&b.address));
    let mut listing =
        Listing::new(path, text, file.records.iter().map(|r| (r.offset, r.address.to_string())));
    let mut evaluation = Evaluation {
        variables: file.variables,
        checks: file.checks,
        imports: file.imports,
        ..Evaluation::default()
    };
    let mut majors: BTreeMap<String, Option<u32>> = BTreeMap::new();
    for record in &file.records {
        if !majors.contains_key(&record.source) {
            let major = major(&record.source, &file.records, &file.configuration);
            majors.insert(record.source.clone(), major);
        }
    }
    for (name, provider) in file.configuration.providers(&evaluation.variables) {
        let major = majors.get(&*provider.source).copied().flatten();
        evaluation.providers.insert(name, Provider { major, ..provider });
    }
    let mut by_type: HashMap<(Mode, &str, &str), Option<Arc<Block>>> = HashMap::new();
    let blocks: Vec<Option<Arc<Block>>> = file
        .records
        .iter()
        .map(|record| {
            let key = (record.address.mode, &*record.address.type_name, record.source.as_str());
            let major = majors.get(&record.source).copied().flatten();
            by_type.entry(key).or_insert_with(|| schema_of(record, major)).clone()
        })
        .collect();
    let all = file.records.iter().zip(&blocks);
    let known = references::Instances::new(all.map(|(r, block)| (&r.address, &r.unknown, block.clone())));
    for (record, block) in file.records.iter().zip(&blocks) {
        let local = record.source.rsplit('/').next().unwrap_or_default();
        let name: Str = record.provider.clone().unwrap_or_else(|| local.into());
        let major = majors.get(&record.source).copied().flatten();
        let source: Str = record.source.as_str().into();
        let provider = || Provider { source, version: None, major, config: None };
        evaluation.providers.entry(name.clone()).or_insert_with(provider);
        let span = listing.span(&record.address.to_string());
        let reader = values::Reader {
            address: &record.address,
            origin: Origin::at(span),
            configuration: &file.configuration,
            instances: &known,
            applied: file.applied,
            wrapped: file.wrapped,
        };
        let (planned, config) = reader.values(block.as_deref(), record);
        evaluation.instances.push(Instance {
            address: record.address.clone(),
            provider: name,
            config,
            planned,
            block: span,
            calls: Arc::new([]),
            lifecycle: Arc::default(),
        });
    }
    let whole = listing.whole();
    for (name, output) in file.outputs {
        let sensitive = output.sensitive;
        evaluation.outputs.insert(name, Output { value: output.marked(), sensitive, block: whole });
    }
    for gap in file.gaps {
        let detail = "What the file does not hold is missing from every result.";
        evaluation.diagnostics.push(Diagnostic::error(whole, gap, detail).unread());
    }
    evaluation.sources = listing.sources;
    evaluation
}
