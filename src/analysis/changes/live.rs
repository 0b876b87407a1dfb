//! The live side: finding the document of a declared resource, and what it says of values that
//! Terraform knows only after apply.

use std::collections::HashMap;

use super::compare::Resolve;
use crate::azure::catalogue::{self, Config, Element, Reader, ResourceType};
use crate::azure::estate::{Declared, Document, Estate, UNKNOWN_SUBSCRIPTION};
use crate::azure::id::ResourceId;
use crate::azure::types;
use crate::terraform::address::{InstanceKey, Part};
use crate::terraform::change::AttributePath;
use crate::terraform::value::{Kind, Reason, Value};

/// A live estate as the declared one sees it.
pub(super) struct Live<'a> {
    pub(super) estate: &'a Estate,
    /// The subscription that stands for an unknown one: the only one of the live estate.
    subscription: Option<String>,
    /// What is declared or read as a data source, by address.
    sources: HashMap<String, (&'a ResourceId, &'a Declared)>,
    /// Declared clusters by their live id.
    clusters: HashMap<String, &'a Declared>,
}

impl<'a> Live<'a> {
    pub(super) fn new(declared: &'a Estate, estate: &'a Estate) -> Live<'a> {
        let subscription = estate.only_subscription();
        let documents = declared.iter().filter_map(|d| Some((&d.id, d.declared.as_ref()?)));
        let data = declared.data.iter().filter_map(|d| Some((d.host.as_ref()?, &d.declared)));
        let own = documents.filter(|(_, side)| side.inline.is_empty()).chain(data);
        let sources = own.map(|(id, side)| (side.address.to_string(), (id, side))).collect();
        let mut live = Live { estate, subscription, sources, clusters: HashMap::new() };
        let clusters = declared.of_type(types::CLUSTER);
        let clusters = clusters.filter_map(|d| Some((live.id(&d.id).key(), d.declared.as_ref()?)));
        live.clusters = clusters.collect();
        live
    }

    /// A declared id as it is live: a subscription that the code does not say is the live one.
    pub(super) fn id(&self, id: &ResourceId) -> ResourceId {
        match &self.subscription {
            Some(subscription) if id.subscription() == Some(UNKNOWN_SUBSCRIPTION) => {
                ResourceId::new(id.as_str().replacen(UNKNOWN_SUBSCRIPTION, subscription, 1))
            }
            _ => id.clone(),
        }
    }

    /// The live document of a declared id. An error says why the id is not known.
    pub(super) fn document(&self, id: &ResourceId) -> Result<Option<&'a Document>, String> {
        if id.as_str().contains('<') {
            return Err("its name is not known before apply".to_owned());
        }
        Ok(self.estate.by_id(&self.id(id)))
    }

    /// Why nothing is proved of an id, when it could not be read whole.
    pub(super) fn unread(&self, id: &ResourceId) -> Option<&'a str> {
        self.estate.unread.get(&self.id(id).key()).map(String::as_str)
    }

    /// The declared attributes of the cluster of a node pool.
    pub(super) fn parent_attributes(&self, document: &Document) -> Option<&'a Value> {
        if !document.is(types::POOL) {
            return None;
        }
        self.clusters.get(&document.id.parent()?.key()).map(|d| &d.attributes)
    }
}

impl Resolve for Live<'_> {
    /// What Terraform would find when it refreshes: a computed attribute of another resource, or an
    /// attribute of a data source, as its live document says it.
    fn resolve(&self, unknown: &Value) -> Option<Value> {
        let (address, path) = match &unknown.as_unknown()?.reason {
            Reason::Computed { address, path, derived: false }
            | Reason::Data { address, path, derived: false, .. } => (address, path),
            _ => return None,
        };
        let (id, side) = self.sources.get(&address.to_string())?;
        let document = self.estate.by_id(&self.id(id))?;
        let found = match &**path {
            "id" => Value::from(document.id.as_str()),
            path => {
                let ty = catalogue::resource(&address.type_name)?;
                let declared = &side.attributes;
                attribute(ty, Reader { estate: self.estate, document, declared, parent: None }, path)?
            }
        };
        found.is_wholly_known().then(|| found.with_origin(unknown.origin.clone()))
    }
}

/// The live value of an attribute path as Terraform writes it, such as `identity[0].principal_id`.
fn attribute(ty: &ResourceType, reader: Reader<'_>, path: &str) -> Option<Value> {
    let mut name = String::new();
    let mut within: Vec<Element> = Vec::new();
    let mut value: Option<Value> = None;
    for step in steps(path) {
        match (step, &value) {
            // Beyond an attribute: members of its value.
            (Step::Name(member), Some(v)) => value = Some(v.get(member)?.clone()),
            (Step::Index(at), Some(v)) => value = Some(v.as_slice()?.get(at)?.clone()),
            (Step::Name(member), None) => {
                if !name.is_empty() {
                    name.push('.');
                }
                name.push_str(member);
                let attribute = ty.attribute(&name)?;
                if attribute.is_block() {
                    // The element is chosen by the index that follows.
                    within.extend(reader.elements(attribute, &within).into_iter().next());
                } else {
                    value = Some(reader.live(attribute, &within)?);
                }
            }
            (Step::Index(0), None) => {}
            (Step::Index(at), None) => {
                within.pop();
                let block = ty.attribute(&name)?;
                within.push(reader.elements(block, &within).into_iter().nth(at)?);
            }
        }
    }
    value
}

/// What a live document says of the attributes that a provider computes, with the places at which an object of the state
/// has another text, number or truth.
pub(super) fn computed(
    ty: &ResourceType,
    reader: &Reader<'_>,
    before: &Value,
) -> Vec<(AttributePath, Value)> {
    let mut found = Vec::new();
    for one in ty.attributes.iter().filter(|a| a.config == Config::Computed && a.arm.is_some()) {
        let (mut path, mut at) = (AttributePath::new(), Some(before));
        // Blocks that a provider computes have one element.
        let mut text = String::new();
        for name in one.path.split('.') {
            if let Some([only]) = at.and_then(Value::as_slice) {
                path.push(Part::Key(InstanceKey::Index(0)));
                text.push_str("[0]");
                at = Some(only);
            }
            if !text.is_empty() {
                text.push('.');
            }
            text.push_str(name);
            path.push(Part::Name(name.into()));
            at = at.and_then(|v| v.get(name));
        }
        let reader =
            Reader { estate: reader.estate, document: reader.document, declared: before, parent: None };
        let live = attribute(ty, reader, &text);
        if let (Some(was), Some(live)) = (at, live)
            && std::mem::discriminant(&was.kind) == std::mem::discriminant(&live.kind)
            && matches!(was.kind, Kind::String(_) | Kind::Number(_) | Kind::Bool(_))
            && was.equals(&live).as_bool() == Some(false)
        {
            found.push((path, live));
        }
    }
    found
}

/// One step of an attribute path.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step<'p> {
    Name(&'p str),
    Index(usize),
}

/// The steps of a path: `a[0].b["c"]` is `a`, 0, `b`, `c`.
fn steps(path: &str) -> Vec<Step<'_>> {
    let mut out = Vec::new();
    for part in path.split(['[', ']']) {
        let key = part.strip_prefix('"').and_then(|p| p.strip_suffix('"'));
        match (key, part.parse::<usize>()) {
            (Some(key), _) => out.push(Step::Name(key)),
            (None, Ok(at)) => out.push(Step::Index(at)),
            (None, Err(_)) => out.extend(part.split('.').filter(|n| !n.is_empty()).map(Step::Name)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_as_terraform_writes_them() {
        assert_eq!(
            steps("kubelet_identity[0].object_id"),
            [Step::Name("kubelet_identity"), Step::Index(0), Step::Name("object_id")]
        );
        assert_eq!(steps("tags[\"a\"]"), [Step::Name("tags"), Step::Name("a")]);
    }
}
