//! Role assignments: their names are GUIDs that nobody writes, so a declared one is found by what it
//! says.
//!
//! 1. By its id, where the code gives the name.
//! 2. By scope, role and principal.
//! 3. Where role or principal cannot be known: by scope and what is known, if one is left there.
//! 4. A principal of which no assignment is left: the only one left at the same scope with the same
//!    role is taken for it when its principal belongs to nothing that is live. That is what is left
//!    when an identity was made again: the assignment grants to nobody and is replaced.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::compare::Resolve;
use super::live::Live;
use crate::azure::estate::{Document, Estate, get};
use crate::azure::id::ResourceId;
use crate::azure::types;
use crate::terraform::value::Value;

/// Declared role assignments and the live documents they stand for.
pub(super) struct Grants<'a> {
    /// By the key of the declared id.
    found: HashMap<String, Result<Option<&'a Document>, String>>,
}

/// What a declared role assignment says; an error says why that is not known.
struct Grant {
    key: String,
    scope: String,
    role: Result<String, String>,
    principal: Result<String, String>,
}

/// Live role assignments that are nobody's yet, by scope, role and principal.
type Left<'a> = BTreeMap<(String, String, String), Vec<&'a Document>>;

impl<'a> Grants<'a> {
    pub(super) fn new(declared: &Estate, live: &Live<'a>) -> Grants<'a> {
        let mut found: HashMap<String, Result<Option<&'a Document>, String>> = HashMap::new();
        let mut taken: BTreeSet<String> = BTreeSet::new();
        let mut open: Vec<Grant> = Vec::new();
        for document in declared.of_type(types::ROLE_ASSIGNMENT) {
            let key = document.id.key();
            let by_id = live.document(&document.id);
            if let Ok(Some(there)) = by_id {
                taken.insert(there.id.key());
            }
            match (by_id, settled(document, SCOPE, live)) {
                (Ok(Some(there)), _) => {
                    found.insert(key, Ok(Some(there)));
                }
                (_, Err(reason)) => {
                    found.insert(key, Err(reason));
                }
                (_, Ok(scope)) => open.push(Grant {
                    key,
                    scope: live.id(&ResourceId::new(scope)).key(),
                    role: settled(document, ROLE, live).map(|id| last(&id)),
                    principal: settled(document, PRINCIPAL, live).map(|p| p.to_ascii_lowercase()),
                }),
            }
        }
        let mut left = Left::new();
        for there in live.estate.of_type(types::ROLE_ASSIGNMENT).filter(|d| !taken.contains(&d.id.key())) {
            let text = |path| there.str(path).unwrap_or_default();
            let scope = ResourceId::new(text(SCOPE)).key();
            let place = (scope, last(text(ROLE)), text(PRINCIPAL).to_ascii_lowercase());
            left.entry(place).or_default().push(there);
        }
        open.retain(|grant| {
            let (Ok(role), Ok(principal)) = (&grant.role, &grant.principal) else { return true };
            let hit = take(&mut left, &(grant.scope.clone(), role.clone(), principal.clone()));
            hit.map(|d| found.insert(grant.key.clone(), Ok(Some(d)))).is_none()
        });
        // What cannot be known first: it must not lose its own to a guess.
        open.sort_by_key(|g| g.role.is_ok() && g.principal.is_ok());
        let orphans = if open.is_empty() { Orphans::default() } else { Orphans::new(live.estate) };
        for grant in open {
            let from = (grant.scope.clone(), grant.role.clone().unwrap_or_default(), String::new());
            let mut near: Vec<(String, String, String)> = Vec::new();
            for ((scope, role, principal), there) in left.range(from..) {
                let past = *scope != grant.scope || grant.role.as_ref().is_ok_and(|r| r != role);
                if past {
                    break;
                }
                let other = grant.role.is_err() && grant.principal.as_ref().is_ok_and(|p| p != principal);
                if !other {
                    near.extend(there.iter().map(|_| (scope.clone(), role.clone(), principal.clone())));
                }
            }
            let known = grant.role.is_ok() && grant.principal.is_ok();
            let hit = match near.as_slice() {
                [one] if known && orphans.is(&one.2) => take(&mut left, one),
                [first, ..] if !known => take(&mut left, first),
                _ => None,
            };
            found.insert(grant.key, Ok(hit));
        }
        Grants { found }
    }

    /// The live document of a declared role assignment. An error says why it cannot be told.
    pub(super) fn document(&self, document: &Document) -> Result<Option<&'a Document>, String> {
        self.found.get(&document.id.key()).cloned().unwrap_or(Ok(None))
    }
}

const SCOPE: &str = "properties.scope";
const ROLE: &str = "properties.roleDefinitionId";
const PRINCIPAL: &str = "properties.principalId";

/// Takes one of what is left.
fn take<'a>(left: &mut Left<'a>, place: &(String, String, String)) -> Option<&'a Document> {
    let there = left.get_mut(place)?.pop();
    if left.get(place).is_some_and(Vec::is_empty) {
        left.remove(place);
    }
    there
}

/// A known text of a declared document, or why it is not known.
fn settled(document: &Document, path: &str, live: &Live<'_>) -> Result<String, String> {
    let value: &Value = document.get(path).ok_or_else(|| format!("{path} is not set"))?;
    let found = match value.as_unknown() {
        Some(unknown) => live.resolve(value).ok_or_else(|| unknown.reason.to_string())?,
        None => value.clone(),
    };
    Ok(found.as_str().unwrap_or_default().to_owned())
}

fn last(id: &str) -> String {
    id.trim_end_matches('/').rsplit('/').next().unwrap_or("").to_ascii_lowercase()
}

/// Knows which principals belong to something that is live.
#[derive(Default)]
struct Orphans {
    principals: BTreeSet<String>,
}

impl Orphans {
    fn new(estate: &Estate) -> Orphans {
        let mut principals = BTreeSet::new();
        let node_groups: BTreeSet<String> = estate
            .of_type(types::CLUSTER)
            .filter_map(|c| c.str("properties.nodeResourceGroup").map(str::to_ascii_lowercase))
            .collect();
        let mut learn = |v: Option<&Value>| {
            principals.extend(v.and_then(Value::as_str).map(str::to_ascii_lowercase));
        };
        for document in estate.iter().filter(|d| !d.is(types::ROLE_ASSIGNMENT)) {
            let group = document.id.resource_group().unwrap_or_default().to_ascii_lowercase();
            // What AKS makes for a cluster counts where the cluster says that it uses it.
            if !(document.is(types::IDENTITY) && node_groups.contains(&group)) {
                learn(document.get(PRINCIPAL));
            }
            learn(document.get("identity.principalId"));
            // Who uses an identity may still name the principal that it had before it was made again.
            let users = document.get("identity.userAssignedIdentities").and_then(Value::as_map);
            for (id, of) in users.into_iter().flatten() {
                if estate.by_id(&ResourceId::new(&**id)).is_none() {
                    learn(get(of, "principalId"));
                }
            }
            for (path, member) in [
                ("properties.identityProfile", "objectId"),
                ("properties.addonProfiles", "identity.objectId"),
            ] {
                let members = document.get(path).and_then(Value::as_map);
                members.into_iter().flatten().for_each(|(_, v)| learn(get(v, member)));
            }
        }
        Orphans { principals }
    }

    fn is(&self, principal: &str) -> bool {
        !self.principals.contains(principal)
    }
}
