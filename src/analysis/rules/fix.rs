//! Text edits that make a declared rule pass.
//!
//! A row whose `must` asks one path for one value has its edit in the data: the catalogue says which
//! argument stands for the path, and what the value is called there. The edit replaces a literal, or adds a
//! line to the block. There is none where the value comes from elsewhere (an expression, a variable), where
//! the block that would hold it is not there, or where a `dynamic` block makes it.

use std::collections::{BTreeMap, HashMap};

use super::condition::{Condition, Test};
use super::{Outcome, find};
use crate::azure::catalogue::convert::to_hcl;
use crate::azure::catalogue::{self, ResourceType, Transform};
use crate::azure::estate::{Declared, Document, Estate};
use crate::terraform::source::{SourceMap, Span};
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

/// Arguments whose change takes place without new nodes, cuts nobody off and can be taken back. All
/// others are a decision of the owner.
const SAFE: &[&str] =
    &["azure_policy_enabled", "cost_analysis_enabled", "image_cleaner_enabled", "secret_rotation_enabled"];

/// The edits for failures that are told, sorted by place; one for each text, whatever asks for it.
pub fn edits(estate: &Estate, sources: &SourceMap, outcomes: &[Outcome]) -> Vec<Edit> {
    let mut by_label: HashMap<String, Vec<&Document>> = HashMap::new();
    for document in estate.iter() {
        by_label.entry(document.label()).or_default().push(document);
    }
    let mut outlines: HashMap<crate::terraform::source::FileId, Outline> = HashMap::new();
    let mut found: BTreeMap<(Span, String), Edit> = BTreeMap::new();
    for outcome in outcomes.iter().filter(|o| o.is_failure() && o.suppressed.is_none()) {
        let Some(row) = find(outcome.rule).and_then(|r| r.row()) else { continue };
        let Some((path, wanted)) = wanted(&row.must).filter(|_| row.each.is_empty()) else { continue };
        let documents = by_label.get(&outcome.address).map(Vec::as_slice).unwrap_or_default();
        let mut judged = documents.iter().filter(|d| row.of.judges(d));
        let (Some(document), None) = (judged.next(), judged.next()) else { continue };
        let Some(declared) = &document.declared else { continue };
        let Some((name, value, in_place)) = argument(document, declared, path, &wanted) else { continue };
        let file = sources.file(declared.block.file);
        let outline = outlines.entry(declared.block.file).or_insert_with(|| Outline::of(&file.text));
        let header = declared.block.start as usize;
        let Some((range, text)) = edit::set_argument(&file.text, outline, header, &name, &value) else {
            continue;
        };
        let span = Span { file: declared.block.file, start: range.start as u32, end: range.end as u32 };
        let last = name.rsplit('.').next().unwrap_or(&name);
        let edit = Edit {
            span,
            text: text.clone(),
            safe: in_place && SAFE.contains(&last),
            rule: outcome.rule,
            address: outcome.address.clone(),
        };
        found.entry((span, text)).or_insert(edit);
    }
    found.into_values().collect()
}

/// The one value that a condition wants at one path.
fn wanted(must: &Condition) -> Option<(&'static str, Value)> {
    let (Condition::Is(path, test) | Condition::OrAbsent(path, test)) = *must else { return None };
    let value = match test {
        Test::True => true.into(),
        Test::False => false.into(),
        Test::OneOf([word]) => Value::string(word),
        _ => return None,
    };
    Some((path, value))
}

/// The argument that stands for an ARM path, by the name that its major has, its value in HCL, and whether
/// it changes in place.
fn argument(
    document: &Document,
    declared: &Declared,
    path: &str,
    wanted: &Value,
) -> Option<(String, String, bool)> {
    let ty = if declared.inline.is_empty() {
        catalogue::resource(&declared.address.type_name)?
    } else {
        catalogue::by_arm_type(&document.arm_type)?
    };
    let attribute = match path.strip_prefix("hcl.") {
        Some(name) => ty.attribute(name)?,
        None => {
            let same =
                |a: &&catalogue::Attribute| a.arm.as_ref().is_some_and(|p| p.text.eq_ignore_ascii_case(path));
            let mut all = ty.attributes.iter().filter(same).filter(|a| a.is_writable() && !a.is_block());
            let only = all.next()?;
            all.next().is_none().then_some(only)?
        }
    };
    let value = if path.starts_with("hcl.") { wanted.clone() } else { to_hcl(attribute.compare, wanted) };
    let (name, value) = in_major(ty, declared, attribute.path, value)?;
    let text = match &value.kind {
        Kind::Bool(b) => b.to_string(),
        Kind::String(s) => format!("\"{s}\""),
        _ => return None,
    };
    let in_place = !attribute.force_new && attribute.force_new_when.is_empty() && !ty.rotates(attribute);
    Some((name, text, in_place))
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

/// A text with edits made; those that lie in others are left out, so that each byte changes once.
pub fn apply(text: &str, edits: &[Edit]) -> String {
    let ranges = edits.iter().map(|e| (e.span.start as usize..e.span.end as usize, &*e.text));
    edit::apply(text, ranges)
}
