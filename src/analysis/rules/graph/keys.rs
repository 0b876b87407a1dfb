//! Keys of vaults: which vault holds the key that a resource names, and who may use it.

use super::principals::{Principal, is_one_of, unknown_of};
use super::roles::Role;
use super::text::flag;
use super::{Graph, Link};
use crate::analysis::rules::Truth;
use crate::azure::estate::{Document, get};
use crate::azure::types;
use crate::terraform::value::{Reason, Value};

/// What it takes to use a key: roles, or the permissions of an access policy.
pub struct Use {
    /// Azure's roles that allow it.
    pub roles: &'static [&'static str],
    /// Permissions on keys; all of them are needed.
    pub permissions: &'static [&'static str],
}

impl<'a> Graph<'a> {
    /// The key that a value names by the attribute of a resource of this root.
    pub fn key(&self, value: Option<&Value>) -> Option<&'a Document> {
        match value.and_then(Value::as_unknown).map(|u| &u.reason) {
            Some(Reason::Computed { address, .. }) => {
                self.estate.by_address(&address.to_string()).filter(|d| d.is(types::KEY))
            }
            _ => {
                let (vault, name) = key_url(value?.as_str()?)?;
                self.of_type(types::KEY).find(|key| {
                    let holder = key.id.parent();
                    let held = holder.is_some_and(|v| v.name().eq_ignore_ascii_case(vault));
                    held && key.name().eq_ignore_ascii_case(name)
                })
            }
        }
    }

    /// The vault of the key that a value names.
    pub fn vault_of_key(&self, value: Option<&Value>) -> Link<'a> {
        let Some(value) = value.filter(|v| !v.is_null()) else { return Link::None };
        if let Some(vault) = self.key(Some(value)).and_then(|k| k.id.parent()) {
            return match self.estate.by_id(&vault) {
                Some(vault) => Link::To(vault),
                None => Link::Outside(format!("the vault {}", vault.name())),
            };
        }
        match (value.as_str(), value.as_unknown().map(|u| &u.reason)) {
            (Some(url), _) => {
                let Some((name, _)) = key_url(url) else { return Link::Unknown("it is no key".to_owned()) };
                let found = self.of_type(types::VAULT).find(|v| v.name().eq_ignore_ascii_case(name));
                found.map_or_else(|| Link::Outside(format!("the vault {name}")), Link::To)
            }
            (None, Some(Reason::Data { address, .. })) => {
                let source = self.instance(&address.to_string());
                match self.link(source.and_then(|i| i.config.get("key_vault_id"))) {
                    Link::None => Link::Outside(address.to_string()),
                    link => link,
                }
            }
            (None, Some(Reason::Failed)) => Link::None,
            (None, Some(reason)) => Link::Unknown(reason.to_string()),
            (None, None) => Link::Unknown("its value is no text".to_owned()),
        }
    }

    /// Whether one of these principals may use the keys of a vault, by role or by access policy.
    pub fn may_use_keys(&self, vault: &Document, who: &[Principal], wanted: &Use) -> Truth {
        let by_role = flag(vault.get("properties.enableRbacAuthorization"), false);
        let roles = self.has_role(who, &vault.id, |role| match role {
            Role::Custom { name, .. } => {
                Truth::Unknown(format!("what the custom role {name} may do with keys is not known"))
            }
            role => role.is_one_of(wanted.roles),
        });
        let policies = self.children(&vault.id, types::ACCESS_POLICY);
        let policies = Truth::any(policies.map(|policy| allows(policy, who, wanted.permissions)));
        let policies = policies.unless(unknown_of(who).or(self.stray(types::ACCESS_POLICY)));
        match by_role {
            Truth::Yes => roles,
            Truth::No => policies,
            Truth::Unknown(why) if roles == policies => match roles {
                Truth::Unknown(_) => Truth::Unknown(why),
                same => same,
            },
            Truth::Unknown(why) => Truth::Unknown(why),
        }
    }
}

/// Whether an access policy gives one of these principals all of these permissions on keys.
fn allows(policy: &Document, who: &[Principal], permissions: &[&str]) -> Truth {
    let holder = is_one_of(&Principal::of(policy.get("properties.objectId")), who);
    let list = get(&policy.body, "properties.permissions.keys");
    let has = |word: &str| {
        Truth::of(list, false, |v| {
            let mut words = v.as_slice().unwrap_or_default().iter().filter_map(Value::as_str);
            words.any(|w| w.eq_ignore_ascii_case(word) || w.eq_ignore_ascii_case("all"))
        })
    };
    holder.and(Truth::all(permissions.iter().map(|p| has(p))))
}

/// Vault and name of `https://VAULT.vault.azure.net/keys/NAME/VERSION`.
fn key_url(url: &str) -> Option<(&str, &str)> {
    let (host, path) = url.strip_prefix("https://")?.split_once('/')?;
    let name = path.strip_prefix("keys/")?.split('/').next()?;
    Some((host.split('.').next()?, name))
}
