//! What an instance will have, for the second pass of the evaluation: its id, names that Azure makes,
//! the ids of its inline children, and blocks of which there is always one.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Account;
use super::references::References;
use crate::azure::estate::UNKNOWN_SUBSCRIPTION;
use crate::terraform::data::Derivation;
use crate::terraform::evaluation::{Evaluation, Instance, Provider};
use crate::terraform::value::{Kind, Marks, Reason, Str, Type, Value};

/// Blocks that the provider computes, of which there is always one.
const ONE: &[&str] = &[
    "connector_identity",
    "ingress_application_gateway_identity",
    "kubelet_identity",
    "oms_agent_identity",
    "secret_identity",
];

/// How deep values may be nested.
const MAX_DEPTH: u32 = 16;

/// Ids and names of declared resources, in an account.
#[derive(Clone, Debug)]
pub struct ComputedIds(pub Account);

impl Derivation for ComputedIds {
    fn derive(&self, instance: &Instance, providers: &BTreeMap<Str, Provider>) -> Option<Value> {
        let type_name = &*instance.address.type_name;
        if !["azurerm_", "azapi_"].iter().any(|prefix| type_name.starts_with(prefix)) {
            return None;
        }
        let alone = Evaluation { providers: providers.clone(), ..Evaluation::default() };
        let references = References::new(&alone, std::slice::from_ref(instance), &self.0);
        let mut planned = known(&instance.planned, instance, &references, MAX_DEPTH);
        if type_name == "azurerm_virtual_network" {
            inline_subnets(&mut planned);
        }
        Some(planned)
    }
}

/// The value with what is known of it answered.
fn known(value: &Value, own: &Instance, references: &References<'_>, depth: u32) -> Value {
    if depth == 0 || value.is_wholly_known() {
        return value.clone();
    }
    let Kind::Unknown(unknown) = &value.kind else {
        return value.clone().map_children(|child| known(&child, own, references, depth - 1));
    };
    let (Reason::Computed { address, path, derived: false }
    | Reason::Data { address, path, derived: false, .. }) = &unknown.reason
    else {
        return value.clone();
    };
    if **address != own.address {
        return value.clone();
    }
    if let Some(answer) = references.own(own, path) {
        return provisional(answer).with_marks(value.marks).with_origin(value.origin.clone());
    }
    let last = path.rsplit('.').next().unwrap_or(path);
    match &unknown.ty {
        Type::List(object) if ONE.contains(&last) => match &**object {
            Type::Object(members) => {
                let member = |(name, ty): (&Str, &Type)| {
                    let path = format!("{path}[0].{name}").into();
                    let reason = Reason::Computed { address: address.clone(), path, derived: false };
                    (name.clone(), Value::unknown(ty.clone(), reason))
                };
                let one = Value::object(members.attributes.iter().map(member));
                Value::list((**object).clone(), vec![one]).with_marks(value.marks)
            }
            _ => value.clone(),
        },
        _ => value.clone(),
    }
}

/// A text with the mark of what stands in for something, where it has such a part.
fn provisional(value: Value) -> Value {
    let stands_in = |text: &str| text.contains('<') || text.contains(UNKNOWN_SUBSCRIPTION);
    if value.as_str().is_some_and(stands_in) { value.with_marks(Marks::PROVISIONAL) } else { value }
}

/// Subnets that a virtual network declares in itself have ids below its own.
fn inline_subnets(network: &mut Value) {
    let Some(id) = network.get("id").filter(|id| id.as_str().is_some()).cloned() else { return };
    let Kind::Object(members) = &mut network.kind else { return };
    let Some(slot) = Arc::make_mut(members).get_mut("subnet") else { return };
    let with_id = |subnet: Value| {
        let name = subnet.get("name").and_then(Value::as_str).map(str::to_owned);
        let (Some(name), Kind::Object(members)) = (name, &subnet.kind) else { return subnet };
        let mut members = (**members).clone();
        members.insert("id".into(), format!("{}/subnets/{name}", id.as_str().unwrap_or_default()).into());
        Value { kind: Kind::Object(Arc::new(members)), ..subnet }
    };
    if let Kind::List(..) | Kind::Set(..) = slot.kind {
        *slot = slot.clone().map_children(with_id).with_marks(id.marks);
    }
}
