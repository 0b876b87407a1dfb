//! An estate: ARM-shaped documents, each knowing where it came from.
//!
//! The declared estate is made from Terraform, the live one from a snapshot or from Azure. Both
//! have the same form, so that every analysis reads estates and nothing else:
//!
//! - a document's `body` is what an ARM GET would answer: `id`, `name`, `type`, `location`, `tags`,
//!   `sku`, `identity`, `properties`. Its values know their origin, may be unknown or sensitive.
//! - **children stand by themselves**: a subnet, security rule, route, peering, agent pool or access
//!   policy is a document of its own, also when ARM lists it inside its parent. The parent's body
//!   keeps its array as Azure sent it or as the code declares it inline; readers use the children.
//! - **associations are written into the document they change** (a subnet's
//!   `properties.networkSecurityGroup.id`, `routeTable.id`, `natGateway.id`).
//! - **references are ids**: a declared value that Terraform knows only after apply, but that names
//!   another declared resource's `id`, is that resource's computed id.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use super::id::ResourceId;
use crate::terraform::address::Address;
use crate::terraform::evaluation::Instance;
use crate::terraform::source::Span;
use crate::terraform::value::Value;

/// The subscription of declared ids when nothing says which one it is.
pub const UNKNOWN_SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000000";

/// A set of ARM documents.
#[derive(Clone, Debug, Default)]
pub struct Estate {
    documents: Vec<Document>,
    by_id: HashMap<String, usize>,
    by_address: HashMap<String, usize>,
    by_parent: HashMap<String, Vec<usize>>,
    by_type: HashMap<String, Vec<usize>>,
    /// True when everything in scope was read; an incomplete estate proves no absence.
    pub complete: bool,
    /// What was left out and why, in words.
    pub gaps: Vec<String>,
    /// Keys of ids that Azure was asked for and does not have: their absence is proved even where the
    /// rest is not complete.
    pub absent: BTreeSet<String>,
    /// Keys of ids of which something could not be read, and why: nothing is proved of them.
    pub unread: BTreeMap<String, String>,
    /// How many requests of each kind a live estate took; empty for one from a file.
    pub requests: BTreeMap<String, u64>,
    /// Declared resources that live in another one's document: associations, access policies.
    pub associations: Vec<Association>,
    /// Data sources of known types: the id of what they read, `None` when it does not follow from names.
    pub data: Vec<Association>,
    /// Declared resources without a place in the model, counted by type.
    pub untranslated: BTreeMap<String, usize>,
    /// Their addresses, in the order of the evaluation.
    pub untranslated_addresses: Vec<Address>,
    /// The day and time it was captured (RFC 3339), for a live estate.
    pub captured_at: Option<String>,
    /// Subscription and resource group ids that a live estate covers.
    pub scope: Vec<ResourceId>,
    /// The folders of other root modules whose documents stand here as well ([`joined`](super::joined)).
    pub others: Vec<Arc<str>>,
}

/// One ARM resource.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its id. For a declared resource computed from names; segments whose name is unknown hold the
    /// Terraform address in angle brackets, so that ids stay distinct: `.../vaults/<azurerm_key_vault.a>`. The id of a
    /// resource with the name of another declared one ends with its address in the same way.
    pub id: ResourceId,
    /// ARM type in its usual spelling, such as `Microsoft.Network/virtualNetworks/subnets`.
    pub arm_type: String,
    /// The document.
    pub body: Value,
    /// The Terraform side; `None` for a live document.
    pub declared: Option<Declared>,
    /// The folder in the checkout of the root module that declares it, where that is another one than the
    /// root module that is judged ([`joined`](super::joined)).
    pub root: Option<Arc<str>>,
    /// Made once: hundreds of rules name a document.
    label: OnceLock<Arc<str>>,
}

/// The Terraform side of a declared document.
#[derive(Clone, Debug)]
pub struct Declared {
    /// Address of the instance. An inline child (a `subnet` block, the default node pool) has its
    /// owner's address.
    pub address: Address,
    /// The block's header, or the inline block.
    pub block: Span,
    /// Major version of azurerm whose names and defaults apply; 0 for azapi.
    pub major: u32,
    /// The attribute path of an inline child in its owner (`default_node_pool[0]`); empty otherwise.
    pub inline: String,
    /// The instance as the code has it.
    pub instance: Arc<Instance>,
    /// Its arguments in today's attribute names (aliases of older majors applied), references to
    /// declared resources resolved to ids; what is not set is absent. Of an inline child those of
    /// its block, of an azapi resource null, of an `azapi_update_resource` the body that it sets.
    /// Comparison by attribute reads these.
    pub attributes: Value,
}

/// A declared resource without a document of its own, such as an association, or a data source.
#[derive(Clone, Debug)]
pub struct Association {
    /// The id of the document it stands in; `None` when that is not known.
    pub host: Option<ResourceId>,
    /// Its Terraform side.
    pub declared: Declared,
}

impl Document {
    /// A document.
    pub fn new(id: ResourceId, arm_type: String, body: Value, declared: Option<Declared>) -> Document {
        Document { id, arm_type, body, declared, root: None, label: OnceLock::new() }
    }

    /// The resource's name: the last segment of its id, without the mark of a declared duplicate.
    pub fn name(&self) -> &str {
        match self.id.name().split_once('<') {
            Some((name, _)) if !name.is_empty() => name,
            _ => self.id.name(),
        }
    }

    /// The value at a dotted path below the body, members without case: `properties.addressPrefix`.
    /// `None` when a member is absent or null; an unknown on the way is returned itself.
    pub fn get(&self, path: &str) -> Option<&Value> {
        get(&self.body, path)
    }

    /// A known, non-empty string at a path.
    pub fn str(&self, path: &str) -> Option<&str> {
        self.get(path).and_then(Value::as_str).filter(|s| !s.is_empty())
    }

    /// A known bool at a path.
    pub fn bool(&self, path: &str) -> Option<bool> {
        self.get(path).and_then(Value::as_bool)
    }

    /// A known whole number at a path.
    pub fn int(&self, path: &str) -> Option<i64> {
        self.get(path).and_then(Value::as_i64)
    }

    /// The members of a known array at a path; empty when absent or unknown.
    pub fn items(&self, path: &str) -> &[Value] {
        self.get(path).and_then(Value::as_slice).unwrap_or_default()
    }

    /// True for an ARM type, without case.
    pub fn is(&self, arm_type: &str) -> bool {
        self.arm_type.eq_ignore_ascii_case(arm_type)
    }

    /// The Terraform address as text, or the id of a live document.
    pub fn label(&self) -> String {
        self.shared_label().to_string()
    }

    /// The same without a copy.
    pub fn shared_label(&self) -> &Arc<str> {
        self.label.get_or_init(|| match &self.declared {
            Some(d) => d.address.to_string().into(),
            None => self.id.as_str().into(),
        })
    }
}

/// The value at a dotted path below a value; see [`Document::get`].
pub fn get<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let mut at = value;
    for step in path.split('.') {
        if at.is_unknown() {
            return Some(at);
        }
        let map = at.as_map()?;
        at = match map.get(step) {
            Some(v) => v,
            None => map.iter().find(|(k, _)| k.eq_ignore_ascii_case(step)).map(|(_, v)| v)?,
        };
    }
    (!at.is_null()).then_some(at)
}

impl Estate {
    /// An estate of documents. A later document with the same id replaces an earlier one.
    pub fn new(documents: impl IntoIterator<Item = Document>) -> Estate {
        let mut estate = Estate { complete: true, ..Estate::default() };
        for document in documents {
            estate.insert(document);
        }
        estate
    }

    /// What several estates hold together: of documents, of gaps, and of what is proved.
    pub fn joined<'a>(parts: impl IntoIterator<Item = &'a Estate>) -> Estate {
        let parts: Vec<&Estate> = parts.into_iter().collect();
        // Most often there is one.
        if let [only] = parts[..] {
            return only.clone();
        }
        let mut all = Estate::new([]);
        for part in parts {
            part.documents.iter().for_each(|d| all.insert(d.clone()));
            all.complete &= part.complete;
            all.gaps.extend(part.gaps.iter().cloned());
            all.absent.extend(part.absent.iter().cloned());
            all.unread.extend(part.unread.iter().map(|(id, why)| (id.clone(), why.clone())));
            all.scope.extend(part.scope.iter().cloned());
        }
        all.gaps.sort();
        all.gaps.dedup();
        all.scope.sort_by_key(ResourceId::key);
        all
    }

    /// What of a declared estate has ids that are meant: documents, and what stands in others.
    pub fn part(&self, is_meant: impl Fn(&ResourceId) -> bool) -> Estate {
        let mut part = Estate::new(self.documents.iter().filter(|d| is_meant(&d.id)).cloned());
        let meant = |all: &[Association]| -> Vec<Association> {
            all.iter().filter(|a| a.host.as_ref().is_some_and(&is_meant)).cloned().collect()
        };
        (part.associations, part.data) = (meant(&self.associations), meant(&self.data));
        part
    }

    /// Adds a document, replacing one with the same id.
    pub fn insert(&mut self, document: Document) {
        let key = document.id.key();
        let at = *self.by_id.entry(key).or_insert(self.documents.len());
        if let Some(declared) = document.declared.as_ref().filter(|d| d.inline.is_empty()) {
            self.by_address.insert(declared.address.to_string(), at);
        }
        if at == self.documents.len() {
            if let Some(parent) = document.id.parent() {
                self.by_parent.entry(parent.key()).or_default().push(at);
            }
            self.by_type.entry(document.arm_type.to_ascii_lowercase()).or_default().push(at);
            self.documents.push(document);
        } else {
            self.documents[at] = document;
        }
    }

    /// All documents, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = &Document> {
        self.documents.iter()
    }

    /// All documents, to be changed in place; their ids must stay.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Document> {
        self.documents.iter_mut()
    }

    /// How many documents there are.
    pub fn len(&self) -> usize {
        self.documents.len()
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.documents.is_empty()
    }

    /// The document with this id.
    pub fn by_id(&self, id: &ResourceId) -> Option<&Document> {
        self.by_id.get(&id.key()).map(|at| &self.documents[*at])
    }

    /// The document with this id, to be changed in place; its id must stay.
    pub fn by_id_mut(&mut self, id: &ResourceId) -> Option<&mut Document> {
        self.by_id.get(&id.key()).map(|at| &mut self.documents[*at])
    }

    /// The subscription of a live estate that covers no other, in lower case.
    pub fn only_subscription(&self) -> Option<String> {
        let ids = self.scope.iter().chain(self.iter().map(|d| &d.id));
        let all: BTreeSet<String> =
            ids.filter_map(|id| id.subscription().map(str::to_ascii_lowercase)).collect();
        if all.len() == 1 { all.into_iter().next() } else { None }
    }

    /// Whether the absence of an id from a live estate proves that Azure does not have it.
    pub fn proves_absent(&self, id: &ResourceId) -> bool {
        self.complete || self.absent.contains(&id.key())
    }

    /// True for the address of what another root module declares, as [`Address`] prints it.
    pub fn is_of_another_root(&self, address: &str) -> bool {
        self.others.iter().any(|root| {
            let root = if root.is_empty() { "." } else { root };
            address.strip_suffix(root).is_some_and(|a| a.ends_with(" of "))
        })
    }

    /// The document with the id that a value holds.
    pub fn by_ref(&self, value: Option<&Value>) -> Option<&Document> {
        self.by_id(&ResourceId::new(value?.as_str()?))
    }

    /// The same with other values in the documents: `change` gives the new value of a body or of arguments,
    /// nothing where it stays.
    pub fn mapped(&self, change: &dyn Fn(&Value) -> Option<Value>) -> Estate {
        let mut same = self.clone();
        for document in &mut same.documents {
            if let Some(body) = change(&document.body) {
                document.body = body;
            }
            if let Some(declared) = &mut document.declared
                && let Some(attributes) = change(&declared.attributes)
            {
                declared.attributes = attributes;
            }
        }
        same
    }

    /// The document of a Terraform address.
    pub fn by_address(&self, address: &str) -> Option<&Document> {
        self.by_address.get(address).map(|at| &self.documents[*at])
    }

    /// Documents of an ARM type, without case.
    pub fn of_type<'a>(&'a self, arm_type: &str) -> impl Iterator<Item = &'a Document> + use<'a> {
        let found = self.by_type.get(&arm_type.to_ascii_lowercase()).map(Vec::as_slice).unwrap_or_default();
        found.iter().map(|at| &self.documents[*at])
    }

    /// Documents of a type directly below a parent, in the order they were added.
    pub fn children<'a>(
        &'a self,
        parent: &ResourceId,
        arm_type: &'a str,
    ) -> impl Iterator<Item = &'a Document> + use<'a> {
        let children = self.by_parent.get(&parent.key()).map(Vec::as_slice).unwrap_or_default();
        children.iter().map(|at| &self.documents[*at]).filter(move |d| d.is(arm_type))
    }
}
