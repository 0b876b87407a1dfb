//! What one root module says, in the words of another.

use std::collections::HashMap;
use std::sync::Arc;

use super::ties::{Alias, split};
use crate::azure::estate::UNKNOWN_SUBSCRIPTION;
use crate::terraform::address::Address;
use crate::terraform::evaluation::Instance;
use crate::terraform::value::{Kind, Reason, Unknown, Value};

/// How a root module's texts, addresses and reasons are put into the words of another one.
pub(super) struct Words<'a> {
    /// The folder of the root module that speaks.
    dir: &'a str,
    /// That of the one that listens.
    listener: &'a str,
    alias: Alias,
    /// Data sources of it that read what another root module declares, and what that is called there.
    pub(super) reads: HashMap<Address, Address>,
}

impl<'a> Words<'a> {
    /// The words of `dir` for `listener`.
    pub(super) fn new(dir: &'a str, listener: &'a str, alias: Alias) -> Words<'a> {
        Words { dir, listener, alias, reads: HashMap::new() }
    }

    /// A root module's own words: only what its data sources read gets another name.
    pub(super) fn own(dir: &'a str) -> Words<'a> {
        Words::new(dir, dir, Alias::default())
    }

    fn is_own(&self) -> bool {
        self.dir == self.listener
    }

    /// What a document of this root module says of whose it is.
    pub(super) fn root(&self) -> Option<Arc<str>> {
        (!self.is_own()).then(|| self.dir.into())
    }

    /// True when everything has the same name for both.
    pub(super) fn changes_nothing(&self) -> bool {
        self.is_own() && self.reads.is_empty()
    }

    /// An address as the listener knows it.
    pub(super) fn address(&self, address: &Address) -> Address {
        let root = match address.root.as_deref() {
            None if self.is_own() => None,
            None => Some(self.dir.into()),
            Some(root) if root == self.listener => None,
            Some(_) => address.root.clone(),
        };
        Address { root, ..address.clone() }
    }

    /// An id in the listener's words; nothing when it is the same. A part that stands in for a name nobody
    /// knows is that of this root module alone.
    pub(super) fn text(&self, text: &str) -> Option<String> {
        if self.is_own() {
            return None;
        }
        let (subscription, rest) = split(text)?;
        let said = self.alias.of(subscription).unwrap_or(subscription);
        if said == subscription && !rest.contains('<') {
            return None;
        }
        // It stays one part of the id.
        let whose = format!("<{}: ", self.dir.replace('/', "|"));
        Some(format!("/subscriptions/{said}{}", rest.replace('<', &whose)))
    }

    fn reason(&self, reason: &Reason) -> Option<Reason> {
        let renamed = |address: &Arc<Address>| {
            let now = self.address(address);
            (now.root != address.root).then(|| Arc::new(now))
        };
        if let Reason::Computed { address, path, derived } | Reason::Data { address, path, derived, .. } =
            reason
            && let Some(read) = self.reads.get(&**address)
        {
            let address = Arc::new(read.clone());
            return Some(Reason::Computed { address, path: path.clone(), derived: *derived });
        }
        match reason {
            Reason::Computed { address, path, derived } => {
                let address = renamed(address)?;
                Some(Reason::Computed { address, path: path.clone(), derived: *derived })
            }
            Reason::Data { address, path, derived, why } => {
                let address = renamed(address)?;
                Some(Reason::Data { address, path: path.clone(), derived: *derived, why: why.clone() })
            }
            Reason::Variable(name) if !self.is_own() => {
                Some(Reason::Other(format!("var.{name} of {} has no value", self.dir).into()))
            }
            _ => None,
        }
    }

    /// A value in the listener's words; nothing when it is the same.
    pub(super) fn value(&self, value: &Value) -> Option<Value> {
        let all = |items: &Arc<Vec<Value>>| -> Option<Arc<Vec<Value>>> {
            let changed: Vec<Option<Value>> = items.iter().map(|v| self.value(v)).collect();
            let any = changed.iter().any(Option::is_some);
            let now =
                || changed.into_iter().zip(&**items).map(|(now, was)| now.unwrap_or_else(|| was.clone()));
            any.then(|| Arc::new(now().collect()))
        };
        let kind = match &value.kind {
            Kind::String(text) => Kind::String(self.text(text)?.into()),
            Kind::Unknown(unknown) => {
                let reason = self.reason(&unknown.reason)?;
                Kind::Unknown(Arc::new(Unknown { reason, ..Unknown::clone(unknown) }))
            }
            Kind::List(ty, items) => Kind::List(ty.clone(), all(items)?),
            Kind::Set(ty, items) => Kind::Set(ty.clone(), all(items)?),
            Kind::Tuple(items) => Kind::Tuple(all(items)?),
            Kind::Map(_, members) | Kind::Object(members) => {
                // Identities are the keys of a map.
                let changed: Vec<_> = members.iter().map(|(k, v)| (self.text(k), self.value(v))).collect();
                if changed.iter().all(|(key, value)| key.is_none() && value.is_none()) {
                    return None;
                }
                let now = changed.into_iter().zip(members.iter()).map(|((key, value), (k, v))| {
                    (key.map_or_else(|| k.clone(), Into::into), value.unwrap_or_else(|| v.clone()))
                });
                let members = Arc::new(now.collect());
                match &value.kind {
                    Kind::Map(ty, _) => Kind::Map(ty.clone(), members),
                    _ => Kind::Object(members),
                }
            }
            _ => return None,
        };
        Some(Value { kind, marks: value.marks, origin: value.origin.clone() })
    }

    /// An instance in the listener's words; nothing when it is the same.
    pub(super) fn instance(&self, instance: &Instance) -> Option<Instance> {
        let address = self.address(&instance.address);
        let (config, planned) = (self.value(&instance.config), self.value(&instance.planned));
        if address == instance.address && config.is_none() && planned.is_none() {
            return None;
        }
        Some(Instance {
            address,
            config: config.unwrap_or_else(|| instance.config.clone()),
            planned: planned.unwrap_or_else(|| instance.planned.clone()),
            ..instance.clone()
        })
    }
}

impl Alias {
    /// What the listener calls a subscription of the root module that speaks, where that differs.
    fn of<'s>(&'s self, subscription: &'s str) -> Option<&'s str> {
        let said = match (&self.own, subscription == UNKNOWN_SUBSCRIPTION) {
            (Some(own), true) => own.as_str(),
            _ => subscription,
        };
        match &self.listener {
            Some(listener) if listener.eq_ignore_ascii_case(said) => Some(UNKNOWN_SUBSCRIPTION),
            _ if said == subscription => None,
            _ => Some(said),
        }
    }
}
