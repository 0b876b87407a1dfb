//! Custom roles: what they permit and where they may be given.

use super::Graph;
use super::roles::{Scope, matches};
use crate::analysis::rules::{Subject, Truth};
use crate::azure::estate::get;
use crate::terraform::value::Value;

/// Custom roles in ARM.
const DEFINITION: &str = "Microsoft.Authorization/roleDefinitions";
/// The action whose absence keeps a role with all actions from being Owner.
const AUTHORIZE: &str = "Microsoft.Authorization/*/write";

/// A custom role.
pub struct Definition<'a> {
    /// What a finding is about.
    pub resource: Subject,
    /// Its blocks of permissions.
    pub permissions: Option<&'a Value>,
    /// Where it may be given: its assignable scopes, else the scope that it is made at.
    pub scopes: Vec<&'a Value>,
    /// The names of its lists.
    lists: [&'static str; 3],
}

impl<'a> Graph<'a> {
    /// The custom roles of the root, and those that are live.
    pub fn role_definitions(&self) -> Vec<Definition<'a>> {
        let declared = self.instances("azurerm_role_definition").map(|instance| {
            let listed = instance.config.get("assignable_scopes");
            let members = listed.and_then(Value::as_slice).unwrap_or_default();
            let scopes = match listed.filter(|v| v.is_unknown()) {
                Some(unknown) => vec![unknown],
                None if members.is_empty() => instance.config.get("scope").into_iter().collect(),
                None => members.iter().collect(),
            };
            Definition {
                resource: instance.into(),
                permissions: instance.config.get("permissions"),
                scopes,
                lists: ["actions", "not_actions", "data_actions"],
            }
        });
        // Azure's own roles are read with the custom ones.
        let custom = |v: Option<&Value>| Truth::is_word(v, "BuiltInRole", false) == Truth::No;
        let documents = self.of_type(DEFINITION).filter(|d| custom(d.get("properties.type")));
        let documents = documents.map(|document| Definition {
            resource: document.into(),
            permissions: document.get("properties.permissions"),
            scopes: document.items("properties.assignableScopes").iter().collect(),
            lists: ["actions", "notActions", "dataActions"],
        });
        declared.chain(documents).collect()
    }
}

impl<'a> Definition<'a> {
    /// Whether some block of permissions passes; one that is not known may.
    fn any_block(&self, test: impl Fn(&'a Value) -> Truth) -> Truth {
        Truth::any(elements(self.permissions).map(|block| match block.as_unknown() {
            Some(unknown) => Truth::Unknown(unknown.reason.to_string()),
            None => test(block),
        }))
    }

    /// Whether it permits an action of the control plane.
    pub fn permits(&self, action: &str) -> Truth {
        let [actions, not_actions, _] = self.lists;
        let lists = |block, name, action: &str| has(get(block, name), |pattern| matches(pattern, action));
        self.any_block(|block| lists(block, actions, action).and(!lists(block, not_actions, action)))
    }

    /// Whether it lists an action, word for word and without case.
    pub fn lists(&self, wanted: &[&str]) -> Truth {
        let is = |text: &str| wanted.iter().any(|w| w.eq_ignore_ascii_case(text));
        self.any_block(|block| has(get(block, self.lists[0]), is))
    }

    /// Whether it lists all data actions.
    pub fn has_all_data_actions(&self) -> Truth {
        self.any_block(|block| has(get(block, self.lists[2]), |text| text == "*"))
    }

    /// Whether it is Owner by another name: all actions, those that give access too, over a subscription or
    /// more. A scope that is not known counts as a subscription, which most are.
    pub fn is_owner(&self) -> Truth {
        let [actions, not_actions, _] = self.lists;
        let all = self.any_block(|block| {
            let every = has(get(block, actions), |text| text == "*");
            every.and(!has(get(block, not_actions), |pattern| matches(pattern, AUTHORIZE)))
        });
        let broad = |scope: &&Value| Scope::of(Some(scope)).level.is_none_or(|level| level.is_broad());
        all.and(self.scopes.iter().any(broad).into())
    }

    /// The listed action that passes, to point at.
    pub fn action(&self, test: impl Fn(&str) -> bool) -> Option<&'a Value> {
        let actions = |block| elements(get(block, self.lists[0]));
        elements(self.permissions).flat_map(actions).find(|v| v.as_str().is_some_and(&test))
    }

    /// The listed action that permits an action, to point at.
    pub fn source(&self, action: &str) -> Option<&'a Value> {
        self.action(|pattern| matches(pattern, action))
    }
}

/// The elements of a list; a list that is not known is one unknown element.
fn elements(list: Option<&Value>) -> impl Iterator<Item = &Value> {
    let unknown = list.filter(|v| v.is_unknown());
    unknown.into_iter().chain(list.and_then(Value::as_slice).unwrap_or_default())
}

/// Whether an element of a list of texts passes.
fn has(list: Option<&Value>, test: impl Fn(&str) -> bool) -> Truth {
    Truth::any(elements(list).map(|v| Truth::of(Some(v), false, |v| v.as_str().is_some_and(&test))))
}
