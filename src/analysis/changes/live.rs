//! The live side: finding the document of a declared resource, and what it says of values that
//! Terraform knows only after apply.

use super::compare::Resolve;
use crate::azure::catalogue::{self, Reader};
use crate::azure::estate::{Document, Estate, UNKNOWN_SUBSCRIPTION};
use crate::azure::id::ResourceId;
use crate::azure::types;
use crate::terraform::value::{Reason, Value};

/// A live estate as the declared one sees it.
pub(super) struct Live<'a> {
    declared: &'a Estate,
    pub(super) estate: &'a Estate,
    /// The subscription that stands for an unknown one: the only one of the live estate.
    subscription: Option<String>,
}

impl<'a> Live<'a> {
    pub(super) fn new(declared: &'a Estate, estate: &'a Estate) -> Live<'a> {
        let mut all: Vec<String> = estate
            .scope
            .iter()
            .chain(estate.iter().map(|d| &d.id))
            .filter_map(|id| id.subscription().map(str::to_ascii_lowercase))
            .collect();
        all.sort();
        all.dedup();
        let subscription = if all.len() == 1 { all.pop() } else { None };
        Live { declared, estate, subscription }
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

    /// Role assignments have names that nobody writes: the one with this scope, role and principal.
    pub(super) fn role_assignment(&self, document: &Document) -> Result<Option<&'a Document>, String> {
        if let Ok(Some(found)) = self.document(&document.id) {
            return Ok(Some(found));
        }
        let settled = |path: &str| -> Result<String, String> {
            let value = document.get(path).ok_or_else(|| format!("{path} is not set"))?;
            let value = match value.as_unknown() {
                Some(unknown) => self.resolve(value).ok_or_else(|| unknown.reason.to_string())?,
                None => value.clone(),
            };
            Ok(value.as_str().unwrap_or_default().to_ascii_lowercase())
        };
        let scope = self.id(&ResourceId::new(settled("properties.scope")?));
        let role = settled("properties.roleDefinitionId")?;
        let principal = settled("properties.principalId")?;
        let last = |id: &str| id.rsplit('/').next().unwrap_or("").to_ascii_lowercase();
        Ok(self.estate.of_type(types::ROLE_ASSIGNMENT).find(|d| {
            let text = |path| d.str(path).unwrap_or_default();
            ResourceId::new(text("properties.scope")) == scope
                && last(text("properties.roleDefinitionId")) == last(&role)
                && text("properties.principalId").eq_ignore_ascii_case(&principal)
        }))
    }

    /// The declared attributes of the cluster of a node pool.
    pub(super) fn parent_attributes(&self, document: &Document) -> Option<Value> {
        if !document.is(types::POOL) {
            return None;
        }
        let parent = document.id.parent()?;
        let cluster = self.declared.iter().find(|d| self.id(&d.id) == parent)?;
        cluster.declared.as_ref().map(|d| d.attributes.clone())
    }
}

impl Resolve for Live<'_> {
    /// What Terraform would find when it refreshes: a computed attribute of another resource, or an
    /// attribute of a data source, as its live document says it.
    fn resolve(&self, unknown: &Value) -> Option<Value> {
        let (address, path) = match &unknown.as_unknown()?.reason {
            Reason::Computed { address, path, derived: false }
            | Reason::Data { address, path, derived: false } => (address, path),
            _ => return None,
        };
        let declared = self.declared.by_address(&address.to_string())?;
        let document = self.estate.by_id(&self.id(&declared.id))?;
        if &**path == "id" {
            return Some(Value::from(document.id.as_str()).with_origin(unknown.origin.clone()));
        }
        let ty = catalogue::resource(&address.type_name)?;
        let attribute = ty.attribute(&without_indexes(path))?;
        let null = Value::null();
        let attributes = declared.declared.as_ref().map_or(&null, |d| &d.attributes);
        let reader = Reader { estate: self.estate, document, declared: attributes, parent: None };
        let live = reader.live(attribute, &[])?;
        let one = match live.as_slice() {
            Some([one]) => one.clone(),
            Some(_) => return None,
            None => live,
        };
        (!one.is_unknown()).then(|| one.with_origin(unknown.origin.clone()))
    }
}

/// `identity[0].principal_id` as the catalogue writes it: `identity.principal_id`.
fn without_indexes(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let mut inside = false;
    for c in path.chars() {
        match c {
            '[' => inside = true,
            ']' => inside = false,
            c if !inside => out.push(c),
            _ => {}
        }
    }
    out
}
