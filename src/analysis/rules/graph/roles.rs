//! Role assignments: which role, at which scope, for whom.

use super::Graph;
use super::principals::{Principal, is_one_of, unknown_of};
use crate::analysis::rules::Truth;
use crate::azure::estate::Document;
use crate::azure::id::ResourceId;
use crate::azure::{roles, types};
use crate::terraform::evaluation::Instance;
use crate::terraform::value::{Reason, Value};

/// Actions of custom roles that change nothing that matters.
const HARMLESS: [&str; 3] =
    ["microsoft.support/", "microsoft.insights/alertrules/", "microsoft.insights/metricalerts/"];
/// Last words of Azure's own roles that change something, in lower case.
const WRITING: [&str; 11] = [
    "owner",
    "contributor",
    "administrator",
    "admin",
    "admin role",
    "operator",
    "officer",
    "writer",
    "acrpush",
    "acrdelete",
    "acrimagesigner",
];
/// Last words of Azure's own roles that only read or use.
const READING: [&str; 7] = ["reader", "acrpull", "user", "user role", "viewer", "lister", "publisher"];

/// A role assignment.
pub struct Assignment<'a> {
    /// Its document.
    pub document: &'a Document,
    /// Who gets the role.
    pub principal: Principal,
    /// The role.
    pub role: Role,
    /// What the role is given on.
    pub scope: Scope,
}

/// A role.
#[derive(Clone, Debug)]
pub enum Role {
    /// A role by name; Azure's own where the name is one of theirs.
    Named(String),
    /// A custom role of this root.
    Custom {
        /// Its name.
        name: String,
        /// Actions, possibly with `*`.
        actions: Vec<String>,
        /// Actions taken away again.
        not_actions: Vec<String>,
    },
    /// Not known, and why.
    Unknown(String),
}

/// How high a scope stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// One resource or a part of it.
    Resource,
    /// A resource group.
    ResourceGroup,
    /// A subscription.
    Subscription,
    /// A management group.
    ManagementGroup,
    /// The tenant's root.
    Root,
}

/// A scope.
#[derive(Clone, Debug)]
pub struct Scope {
    /// How high it stands; `None` when that is not known.
    pub level: Option<Level>,
    /// Its id, when known.
    pub id: Option<ResourceId>,
    /// Why something of it is not known; empty otherwise.
    pub unknown: String,
}

impl Level {
    /// Its name.
    pub fn word(self) -> &'static str {
        match self {
            Level::Resource => "resource",
            Level::ResourceGroup => "resource group",
            Level::Subscription => "subscription",
            Level::ManagementGroup => "management group",
            Level::Root => "tenant root",
        }
    }

    /// Subscription or above.
    pub fn is_broad(self) -> bool {
        self >= Level::Subscription
    }

    fn of_id(id: &str) -> Option<Level> {
        if id == "/" {
            return Some(Level::Root);
        }
        let parts: Vec<&str> = id.trim_matches('/').split('/').collect();
        let is = |at: usize, word: &str| parts.get(at).is_some_and(|p| p.eq_ignore_ascii_case(word));
        if is(0, "providers") && is(1, "Microsoft.Management") && is(2, "managementGroups") {
            return Some(Level::ManagementGroup);
        }
        if !is(0, "subscriptions") {
            return is(0, "providers").then_some(Level::Resource);
        }
        match parts.len() {
            2 => Some(Level::Subscription),
            4 if is(2, "resourceGroups") => Some(Level::ResourceGroup),
            n if n > 4 => Some(Level::Resource),
            _ => None,
        }
    }

    /// The level of what a Terraform type's id names.
    fn of_type(type_name: &str) -> Level {
        match type_name {
            "azurerm_management_group" => Level::ManagementGroup,
            "azurerm_subscription" => Level::Subscription,
            "azurerm_resource_group" => Level::ResourceGroup,
            _ => Level::Resource,
        }
    }
}

impl Assignment<'_> {
    /// What tells two scopes apart: the id, or the attribute that will hold it. `None` when neither is known.
    pub fn scope_key(&self) -> Option<String> {
        if let Some(id) = &self.scope.id {
            return Some(id.key());
        }
        match &written_scope(self.document)?.as_unknown()?.reason {
            Reason::Computed { address, path, derived: false }
            | Reason::Data { address, path, derived: false, .. } => Some(format!("{address} {path}")),
            _ => None,
        }
    }
}

/// The scope as it is written: azapi has it in `parent_id`.
fn written_scope(document: &Document) -> Option<&Value> {
    let parent = || document.declared.as_ref()?.instance.config.get("parent_id");
    document.get("properties.scope").or_else(parent)
}

/// The scope of an assignment: what its own id lies below, where nothing else says it.
fn scope(document: &Document) -> Scope {
    const SUFFIX: &str = "/providers/microsoft.authorization/roleassignments/";
    if document.get("properties.scope").is_none() {
        let id = document.id.as_str();
        let above = id.to_ascii_lowercase().rfind(SUFFIX).and_then(|at| id.get(..at));
        if let Some(above) = above.filter(|a| !a.contains('<')) {
            return Scope::of(Some(&Value::from(if above.is_empty() { "/" } else { above })));
        }
    }
    Scope::of(written_scope(document))
}

impl Role {
    /// True for one of these roles; unknown for a role that is not known.
    pub fn is_one_of(&self, names: &[&str]) -> Truth {
        match self {
            Role::Named(name) => names.iter().any(|n| n.eq_ignore_ascii_case(name)).into(),
            Role::Custom { .. } => Truth::No,
            Role::Unknown(why) => Truth::Unknown(why.clone()),
        }
    }

    /// True for one of these roles, and for a custom role that allows an action.
    pub fn allows(&self, names: &[&str], action: &str) -> Truth {
        match self {
            Role::Custom { actions, not_actions, .. } => {
                let any = |list: &[String]| list.iter().any(|pattern| matches(pattern, action));
                (any(actions) && !any(not_actions)).into()
            }
            _ => self.is_one_of(names),
        }
    }

    /// Whether it changes something: a privileged role, one that writes data, a custom role with an action
    /// that is no read. Support tickets and alerts do not count.
    pub fn writes(&self) -> Truth {
        let name = match self {
            Role::Named(name) => name.to_ascii_lowercase(),
            Role::Custom { actions, not_actions, .. } => {
                let harmless = |a: &str| {
                    let action = a.to_ascii_lowercase();
                    action.ends_with("/read") || HARMLESS.iter().any(|h| action.starts_with(h))
                };
                let kept = |a: &&String| !harmless(a) && !not_actions.iter().any(|not| matches(not, a));
                return actions.iter().find(kept).is_some().into();
            }
            Role::Unknown(why) => return Truth::Unknown(why.clone()),
        };
        if WRITING.iter().any(|w| name.ends_with(w)) {
            return Truth::Yes;
        }
        match READING.iter().any(|w| name.ends_with(w)) {
            true => Truth::No,
            false => {
                Truth::Unknown(format!("whether the role {} changes anything is not known", self.name()))
            }
        }
    }

    /// Its name, for messages.
    pub fn name(&self) -> &str {
        match self {
            Role::Named(name) | Role::Custom { name, .. } => name,
            Role::Unknown(_) => "a role that is not known",
        }
    }
}

/// True when an action is one of a pattern's, `*` standing for anything, without case.
pub(super) fn matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    let mut parts = pattern.split('*');
    let Some(mut rest) = action.strip_prefix(parts.next().unwrap_or("")) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

impl Scope {
    /// A scope from the value that holds it.
    pub fn of(value: Option<&Value>) -> Scope {
        let Some(value) = value else {
            return Scope { level: None, id: None, unknown: "no scope is given".into() };
        };
        if let Some(text) = value.as_str() {
            let level = Level::of_id(text);
            let unknown = if level.is_some() { String::new() } else { "the scope is no ARM id".into() };
            return Scope { level, id: Some(ResourceId::new(text)), unknown };
        }
        let unknown = value.as_unknown();
        let level = match unknown.map(|u| &u.reason) {
            Some(
                Reason::Computed { address, path, derived: false }
                | Reason::Data { address, path, derived: false, .. },
            ) if matches!(&**path, "id" | "resource_id")
                || path.ends_with("_id")
                || path.ends_with(".id") =>
            {
                match &**path {
                    "node_resource_group_id" => Some(Level::ResourceGroup),
                    // Whatever azapi makes.
                    _ if address.type_name.starts_with("azapi_") => None,
                    _ => Some(Level::of_type(&address.type_name)),
                }
            }
            _ => unknown.and_then(|u| level_of_prefix(u.refinement.prefix.as_deref()?)),
        };
        let why = unknown.map_or_else(|| "the scope is no text".to_owned(), |u| u.reason.to_string());
        Scope { level, id: None, unknown: why }
    }

    /// True when a resource lies in this scope.
    pub fn covers(&self, target: &ResourceId) -> Truth {
        match (&self.level, &self.id) {
            (Some(Level::Root | Level::ManagementGroup), _) => Truth::Yes,
            (_, Some(id)) => within(target, id).into(),
            (Some(Level::Subscription), None) => Truth::Yes,
            _ => Truth::Unknown(self.unknown.clone()),
        }
    }
}

/// What the known beginning of an id says of its level.
fn level_of_prefix(prefix: &str) -> Option<Level> {
    let parts = prefix.trim_start_matches('/').split('/').count();
    let lower = prefix.to_ascii_lowercase();
    if lower.starts_with("/providers/microsoft.management/managementgroups/") {
        return Some(Level::ManagementGroup);
    }
    (lower.starts_with("/subscriptions/") && lower.contains("/providers/") && parts > 4)
        .then_some(Level::Resource)
}

/// True when an id is the scope or lies below it. A declared id whose subscription nothing names
/// lies in every subscription.
fn within(target: &ResourceId, scope: &ResourceId) -> bool {
    let (target, scope) = (target.key(), scope.key());
    let below =
        |t: &str, s: &str| t.strip_prefix(s).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if below(&target, &scope) {
        return true;
    }
    let tail = |id: &str| {
        let rest = id.strip_prefix("/subscriptions/")?;
        Some(match rest.split_once('/') {
            Some((subscription, tail)) => (subscription.to_owned(), format!("/{tail}")),
            None => (rest.to_owned(), String::new()),
        })
    };
    match (tail(&target), tail(&scope)) {
        (Some((a, t)), Some((b, s))) => {
            let nobody = crate::azure::estate::UNKNOWN_SUBSCRIPTION;
            (a == nobody || b == nobody) && below(&t, &s)
        }
        _ => false,
    }
}

/// All role assignments of an estate.
pub(super) fn read<'a>(graph: &Graph<'a>) -> Vec<Assignment<'a>> {
    let read = |document: &'a Document| Assignment {
        document,
        principal: Principal::of(document.get("properties.principalId")),
        role: role(graph, document),
        scope: scope(document),
    };
    graph.of_type(types::ROLE_ASSIGNMENT).map(read).collect()
}

fn role(graph: &Graph<'_>, document: &Document) -> Role {
    let config = document.declared.as_ref().map(|d| &d.instance.config);
    let by_name = config.and_then(|c| c.get("role_definition_name")).filter(|v| !v.is_null());
    let Some(value) = by_name.or_else(|| document.get("properties.roleDefinitionId")) else {
        return Role::Unknown("no role is given".into());
    };
    if let Some(text) = value.as_str() {
        let last = text.rsplit('/').next().unwrap_or(text);
        let name = roles::name(last).unwrap_or(last);
        return custom(graph, name).unwrap_or_else(|| Role::Named(name.to_owned()));
    }
    match value.as_unknown().map(|u| &u.reason) {
        Some(Reason::Computed { address, .. } | Reason::Data { address, .. }) => {
            let instance = graph.instance(&address.to_string());
            let instance = instance.filter(|i| &*i.address.type_name == "azurerm_role_definition");
            instance.and_then(definition).unwrap_or_else(|| Role::Unknown(reason(value)))
        }
        _ => Role::Unknown(reason(value)),
    }
}

fn reason(value: &Value) -> String {
    value.as_unknown().map_or_else(|| "the role is no text".to_owned(), |u| u.reason.to_string())
}

/// A custom role of this root, by name.
fn custom(graph: &Graph<'_>, name: &str) -> Option<Role> {
    let mut all = graph.instances("azurerm_role_definition");
    all.find(|i| i.config.get("name").and_then(Value::as_str) == Some(name)).and_then(definition)
}

/// The role of an `azurerm_role_definition`, managed or data.
fn definition(instance: &Instance) -> Option<Role> {
    let name = instance.config.get("name").and_then(Value::as_str).unwrap_or("").to_owned();
    if instance.address.mode == crate::terraform::address::Mode::Data {
        return match instance.config.get("role_definition_id").and_then(Value::as_str) {
            Some(guid) => roles::name(guid).map(|n| Role::Named(n.to_owned())),
            None => (!name.is_empty()).then_some(Role::Named(name)),
        };
    }
    let permissions = instance.config.get("permissions").and_then(Value::as_slice).unwrap_or_default();
    let list = |key: &str| {
        let lists = permissions.iter().filter_map(|p| p.get(key)?.as_slice());
        lists.flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
    };
    Some(Role::Custom { name, actions: list("actions"), not_actions: list("not_actions") })
}

impl<'a> Graph<'a> {
    /// Whether one of these principals has a role on a resource; `accepts` judges the role.
    pub fn has_role(
        &self,
        principals: &[Principal],
        target: &ResourceId,
        accepts: impl Fn(&Role) -> Truth,
    ) -> Truth {
        if self.evaluation.is_none() && self.assignments().is_empty() {
            return Truth::Unknown("role assignments were not read".into());
        }
        Truth::any(
            self.assignments().iter().map(|a| {
                is_one_of(&a.principal, principals).and(a.scope.covers(target)).and(accepts(&a.role))
            }),
        )
        .unless(unknown_of(principals))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read_from_ids() {
        for (id, level) in [
            ("/", Some(Level::Root)),
            ("/providers/Microsoft.Management/managementGroups/mg", Some(Level::ManagementGroup)),
            ("/subscriptions/0", Some(Level::Subscription)),
            ("/subscriptions/0/", Some(Level::Subscription)),
            ("/subscriptions/0/resourcegroups/rg", Some(Level::ResourceGroup)),
            (
                "/subscriptions/0/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/v",
                Some(Level::Resource),
            ),
            ("rg", None),
        ] {
            assert_eq!(Level::of_id(id), level, "{id}");
        }
    }

    #[test]
    fn patterns_of_actions_match_without_case() {
        assert!(matches("*", "Microsoft.X/y/read"));
        assert!(matches("*/read", "Microsoft.X/y/read"));
        assert!(matches("Microsoft.x/*/write", "Microsoft.X/y/z/write"));
        assert!(!matches("*/read", "Microsoft.X/y/write"));
        assert!(!matches("Microsoft.X/y", "Microsoft.X/y/read"));
    }

    #[test]
    fn a_resource_lies_in_its_group_and_not_in_one_with_a_longer_name() {
        let id = ResourceId::new("/subscriptions/s/resourceGroups/rg/providers/P/t/n");
        assert!(within(&id, &ResourceId::new("/subscriptions/S/resourcegroups/RG")));
        assert!(!within(&id, &ResourceId::new("/subscriptions/s/resourceGroups/r")));
        let nobody = format!(
            "/subscriptions/{}/resourceGroups/rg/providers/P/t/n",
            crate::azure::estate::UNKNOWN_SUBSCRIPTION
        );
        assert!(within(&ResourceId::new(nobody), &ResourceId::new("/subscriptions/s")));
    }
}
