//! The second pass: what the code says once instances have the ids that they will have.
//!
//! Terraform knows an id only after apply, and so nothing that is computed from one
//! (`"${azurerm_virtual_network.a.id}/subnets/b"`, `one(module.a.ids)`). Where such values are found, the
//! same declarations are evaluated once more with the ids that [`Derivation`](crate::terraform::data)
//! gives. Only what the first pass leaves open is taken from the second: a plan shows the first alone.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::graph::Order;
use super::run::{Run, State};
use crate::terraform::address::Address;
use crate::terraform::evaluation::{Instance, Lifecycle};
use crate::terraform::source::{SourceMap, Span};
use crate::terraform::value::{Entries, Kind, Reason, Str, Value};

impl Run<'_> {
    /// Configurations of instances that the second pass knows more of, by address; and for a root module whose
    /// state another one reads, its outputs.
    pub(super) fn derived(&self, order: &Order) -> (BTreeMap<String, Value>, BTreeMap<Str, Value>) {
        let open = || self.state.borrow().instances.iter().any(|i| has_open(&i.config));
        let is_read = self.remote.is_read();
        let hands_out = || self.state.borrow().outputs.values().any(|o| !o.value.is_wholly_known());
        let wanted = open() || is_read && hands_out();
        if self.options.derivation.is_none() || self.stopped.get() || !wanted {
            return Default::default();
        }
        // What provider blocks say is known from the first pass: the order does not put them first.
        let providers = self.state.borrow().providers.clone();
        let first = self.state.replace(State { providers, ..State::default() });
        let said = self.diagnostics.take();
        self.deriving.set(true);
        self.all(order);
        self.deriving.set(false);
        self.stopped.set(false);
        self.diagnostics.replace(said);
        let second = self.state.replace(first);
        let outputs = second.outputs.iter().filter(|_| is_read);
        let outputs = outputs.map(|(name, output)| (name.clone(), output.value.clone())).collect();
        let second: HashMap<&Address, &Value> =
            second.instances.iter().map(|i| (&i.address, &i.config)).collect();
        let state = self.state.borrow();
        let known = state.instances.iter().filter(|i| has_open(&i.config)).filter_map(|instance| {
            let config = graft(&instance.config, second.get(&instance.address)?)?;
            Some((instance.address.to_string(), config))
        });
        (known.collect(), outputs)
    }

    /// In the second pass the planned value with what follows from the configuration.
    pub(super) fn derive(&self, address: &Address, provider: &Str, config: &Value, planned: Value) -> Value {
        let Some(derivation) = self.options.derivation.as_ref().filter(|_| self.deriving.get()) else {
            return planned;
        };
        let mut providers = self.providers.clone();
        if let Some(settings) = self.state.borrow().providers.get(provider) {
            providers.entry(provider.clone()).or_default().config = Some(settings.clone());
        }
        let nowhere = SourceMap::default().id_after(1);
        let instance = Instance {
            address: address.clone(),
            provider: provider.clone(),
            config: config.clone(),
            planned: planned.clone(),
            block: Span { file: nowhere, start: 0, end: 0 },
            calls: Arc::new([]),
            lifecycle: Arc::new(Lifecycle::default()),
        };
        derivation.derive(&instance, &providers).unwrap_or(planned)
    }
}

/// True when a value was computed from attributes that are known after apply. What is such an id itself,
/// others answer.
fn has_open(value: &Value) -> bool {
    match &value.kind {
        Kind::Unknown(unknown) => {
            let computed = matches!(unknown.reason, Reason::Computed { .. } | Reason::Data { .. });
            computed && !is_id(&unknown.reason)
        }
        Kind::List(_, v) | Kind::Set(_, v) | Kind::Tuple(v) => v.iter().any(has_open),
        Kind::Map(_, m) | Kind::Object(m) => m.values().any(has_open),
        _ => false,
    }
}

fn is_id(reason: &Reason) -> bool {
    matches!(reason, Reason::Computed { path, derived: false, .. } if **path == *"id")
}

/// The first value with what only the second has; nothing when that is nothing. Places stay the first's.
fn graft(first: &Value, second: &Value) -> Option<Value> {
    let kind = match (&first.kind, &second.kind) {
        (Kind::Unknown(unknown), _) if is_id(&unknown.reason) => return None,
        (Kind::Unknown(_), Kind::Unknown(unknown)) => match &unknown.reason {
            // It is an attribute itself, no longer something computed from it.
            Reason::Computed { derived: false, .. } | Reason::Data { derived: false, .. } => {
                second.kind.clone()
            }
            // What another root module hands out is an attribute there.
            Reason::Computed { address, .. } if address.root.is_some() => second.kind.clone(),
            _ => return None,
        },
        (Kind::Unknown(_), _) => plain(second).kind,
        (Kind::Set(..), Kind::Set(..)) if has_open(first) => plain(second).kind,
        (Kind::List(ty, a), Kind::List(_, b)) => Kind::List(ty.clone(), items(a, b)?),
        (Kind::Tuple(a), Kind::Tuple(b)) => Kind::Tuple(items(a, b)?),
        (Kind::Map(ty, a), Kind::Map(_, b)) => Kind::Map(ty.clone(), members(a, b)?),
        (Kind::Object(a), Kind::Object(b)) => Kind::Object(members(a, b)?),
        _ => return None,
    };
    Some(Value { kind, marks: first.marks, origin: first.origin.clone() })
}

fn items(first: &[Value], second: &[Value]) -> Option<Arc<Vec<Value>>> {
    let better: Vec<_> = first.iter().zip(second).map(|(a, b)| graft(a, b)).collect();
    let any = first.len() == second.len() && better.iter().any(Option::is_some);
    any.then(|| {
        Arc::new(better.into_iter().zip(first).map(|(b, a)| b.unwrap_or_else(|| a.clone())).collect())
    })
}

fn members(first: &Entries, second: &Entries) -> Option<Arc<Entries>> {
    let better: Vec<(Str, Value)> = first
        .iter()
        .filter_map(|(name, slot)| Some((name.clone(), second.get(name).and_then(|b| graft(slot, b))?)))
        .collect();
    if better.is_empty() {
        return None;
    }
    let mut all = first.clone();
    for (name, value) in better {
        all.insert(name, value);
    }
    Some(Arc::new(all))
}

/// The value without the mark that keeps decisions from being made by it.
fn plain(value: &Value) -> Value {
    let mut value = value.clone().map_children(|child| plain(&child));
    value.marks.provisional = false;
    value
}
