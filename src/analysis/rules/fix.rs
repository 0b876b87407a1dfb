//! Text edits that make a declared rule pass.
//!
//! A row whose `must` asks one path for one value has its edit in the data: the catalogue says which
//! argument stands for the path, and what the value is called there. The edit replaces a literal, or adds a
//! line to the block. There is none where the value comes from elsewhere (an expression, a variable), where
//! the block that would hold it is not there, or where a `dynamic` block makes it.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::attribute::{Attribute, Of};
use super::condition::{Condition, Test};
use super::{Outcome, Rule, find};
use crate::azure::catalogue::convert::to_hcl;
use crate::azure::catalogue::{self, ResourceType, Transform};
use crate::azure::estate::{Declared, Document, Estate};
use crate::azure::types;
use crate::terraform::source::{FileId, SourceMap, Span};
use crate::terraform::syntax::edit;
use crate::terraform::syntax::outline::Outline;
use crate::terraform::value::{Kind, Value};

/// One edit of one file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    /// The bytes that it replaces; none at an insertion.
    pub span: Span,
    /// What stands there instead.
    pub text: String,
    /// It changes the resource in place, cuts nobody off and can be taken back.
    pub safe: bool,
    /// The rule that asks for it.
    pub rule: &'static str,
    /// The resource that it is about.
    pub address: String,
}

/// What an edit of a rule does when it is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Fix {
    /// It changes the resource in place, cuts nobody off and can be taken back.
    Safe,
    /// It may need new nodes, close somebody out, or stay for good: a decision of the owner.
    Unsafe,
}

/// Arguments whose change takes place without new nodes, cuts nobody off and can be taken back. All
/// others are a decision of the owner.
const SAFE: &[&str] =
    &["azure_policy_enabled", "cost_analysis_enabled", "image_cleaner_enabled", "secret_rotation_enabled"];

/// Whether there is an edit that makes a rule pass, where its argument is written as a literal or left out;
/// and what it does.
pub fn fix(rule: &'static dyn Rule) -> Option<Fix> {
    let row = rule.row()?;
    let (path, _) = wanted(row)?;
    let judged: &[&str] = match &row.of {
        Of::Arm(arm_type) => std::slice::from_ref(arm_type),
        Of::Types(all) => all,
        Of::Clusters => &[types::CLUSTER],
        Of::Pools => &[types::POOL],
        Of::Terraform(_) => &[],
    };
    let of = |arm_type: &&str| {
        let ty = catalogue::by_arm_type(arm_type)?;
        let attribute = attribute(ty, path)?;
        let last = attribute.path.rsplit('.').next()?;
        Some(if is_safe(ty, attribute, last) { Fix::Safe } else { Fix::Unsafe })
    };
    judged.iter().filter_map(of).max()
}

/// The edits for failures that are told, sorted by place; one for each rule and text, however many instances
/// of the resource there are. Several rules may ask for the same.
pub fn edits(estate: &Estate, sources: &SourceMap, outcomes: &[Outcome]) -> Vec<Edit> {
    let mut fixes = Fixes::new(estate, sources);
    let mut found: BTreeMap<(Span, String, &str), Edit> = BTreeMap::new();
    for outcome in outcomes.iter().filter(|o| o.is_failure() && o.suppressed.is_none()) {
        if let Some(edit) = fixes.of(outcome.rule, &outcome.address) {
            found.entry((edit.span, edit.text.clone(), edit.rule)).or_insert(edit);
        }
    }
    found.into_values().collect()
}

/// Finds the edits for failures of one root module.
pub struct Fixes<'a> {
    estate: &'a Estate,
    sources: &'a SourceMap,
    /// By address, once somebody asks.
    documents: OnceCell<HashMap<Arc<str>, Vec<&'a Document>>>,
    outlines: HashMap<FileId, Outline>,
}

impl<'a> Fixes<'a> {
    /// For the failures of an estate.
    pub fn new(estate: &'a Estate, sources: &'a SourceMap) -> Fixes<'a> {
        Fixes { estate, sources, documents: OnceCell::new(), outlines: HashMap::new() }
    }

    fn documents(&self, address: &str) -> &[&'a Document] {
        let documents = self.documents.get_or_init(|| {
            let mut documents: HashMap<_, Vec<&Document>> = HashMap::new();
            for document in self.estate.iter() {
                documents.entry(document.shared_label().clone()).or_default().push(document);
            }
            documents
        });
        documents.get(address).map(Vec::as_slice).unwrap_or_default()
    }

    /// The edit that makes a rule pass on the resource of an address, where there is one.
    pub fn of(&mut self, rule: &str, address: &str) -> Option<Edit> {
        let rule = find(rule)?;
        let row = rule.row()?;
        let (path, wanted) = wanted(row)?;
        let mut judged = self.documents(address).iter().filter(|d| row.of.judges(d));
        let (Some(&document), None) = (judged.next(), judged.next()) else { return None };
        let declared = document.declared.as_ref()?;
        let argument = argument(document, declared, path, &wanted)?;
        let file = self.sources.file(declared.block.file);
        let outline = self.outlines.entry(declared.block.file).or_insert_with(|| Outline::of(&file.text));
        let header = declared.block.start as usize;
        let (range, text) = edit::set_argument(&file.text, outline, header, &argument.name, &argument.value)?;
        Some(Edit {
            span: Span { file: declared.block.file, start: range.start as u32, end: range.end as u32 },
            text,
            safe: argument.safe,
            rule: rule.meta().id,
            address: address.to_owned(),
        })
    }
}

/// The one value that a rule wants at one path.
fn wanted(row: &Attribute) -> Option<(&'static str, Value)> {
    let (Condition::Is(path, test) | Condition::OrAbsent(path, test)) = row.must else { return None };
    row.each.is_empty().then_some(())?;
    let value = match test {
        Test::True => true.into(),
        Test::False => false.into(),
        Test::OneOf([word]) => Value::string(word),
        _ => return None,
    };
    Some((path, value))
}

/// An argument with the value that it should have.
struct Argument {
    /// By the name that its major has.
    name: String,
    /// In HCL.
    value: String,
    safe: bool,
}

/// The argument that stands for a path of a rule.
fn argument(document: &Document, declared: &Declared, path: &str, wanted: &Value) -> Option<Argument> {
    let ty = if declared.inline.is_empty() {
        catalogue::resource(&declared.address.type_name)?
    } else {
        catalogue::by_arm_type(&document.arm_type)?
    };
    let attribute = attribute(ty, path)?;
    let value = if path.starts_with(HCL) { wanted.clone() } else { to_hcl(attribute.compare, wanted) };
    let (name, value) = in_major(ty, declared, attribute.path, value)?;
    let value = match &value.kind {
        Kind::Bool(b) => b.to_string(),
        Kind::String(s) => format!("\"{s}\""),
        _ => return None,
    };
    let safe = is_safe(ty, attribute, name.rsplit('.').next()?);
    Some(Argument { name, value, safe })
}

/// Where a path of a rule begins that names an argument.
const HCL: &str = "hcl.";

/// The one attribute that stands for a path of a rule.
fn attribute(ty: &'static ResourceType, path: &str) -> Option<&'static catalogue::Attribute> {
    if let Some(name) = path.strip_prefix(HCL) {
        return ty.attribute(name);
    }
    let same = |a: &&catalogue::Attribute| a.arm.as_ref().is_some_and(|p| p.text.eq_ignore_ascii_case(path));
    let mut all = ty.attributes.iter().filter(same).filter(|a| a.is_writable() && !a.is_block());
    let only = all.next()?;
    all.next().is_none().then_some(only)
}

/// True for an argument that changes in place and is one of the harmless ones, by its name in a major.
fn is_safe(ty: &ResourceType, attribute: &catalogue::Attribute, name: &str) -> bool {
    let in_place = !attribute.force_new && attribute.force_new_when.is_empty() && !ty.rotates(attribute);
    in_place && SAFE.contains(&name)
}

/// The name of an argument in the major that the code uses, whose schema is that of the planned value.
fn in_major(ty: &ResourceType, declared: &Declared, path: &str, value: Value) -> Option<(String, Value)> {
    let mut block = &declared.instance.planned;
    if !declared.inline.is_empty() {
        block = below(block, declared.inline.split('[').next()?)?;
    }
    let (outer, last) = path.rsplit_once('.').map_or(("", path), |(o, l)| (o, l));
    for step in outer.split('.').filter(|s| !s.is_empty()) {
        block = below(block, step)?;
    }
    let full = |name: &str| if outer.is_empty() { name.to_owned() } else { format!("{outer}.{name}") };
    let members = block.as_map()?;
    if members.contains_key(last) {
        return Some((full(last), value));
    }
    let alias = ty.aliases.iter().find(|a| a.new == Some(path))?;
    let old = alias.old.rsplit('.').next()?;
    members.contains_key(old).then_some(())?;
    match (&alias.transform, &value.kind) {
        (Transform::Same, _) => Some((full(old), value)),
        (Transform::Negate, Kind::Bool(b)) => Some((full(old), (!b).into())),
        _ => None,
    }
}

/// A member of an object, or of the only element of a list of them.
fn below<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    let member = value.as_map()?.get(name)?;
    match member.as_slice() {
        Some([only]) => Some(only),
        Some(_) => None,
        None => Some(member),
    }
}

/// A text with edits made, which are sorted by place. What several rules ask for is done once, and edits that
/// lie in others are left out, so that each byte changes once.
pub fn apply(text: &str, edits: &[Edit]) -> String {
    let once = edits.iter().enumerate().filter(|(at, edit)| {
        let last = at.checked_sub(1).and_then(|last| edits.get(last));
        last.is_none_or(|last| (last.span, &last.text) != (edit.span, &edit.text))
    });
    let ranges = once.map(|(_, e)| (e.span.start as usize..e.span.end as usize, &*e.text));
    edit::apply(text, ranges)
}
