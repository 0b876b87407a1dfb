//! The built-in provider: `terraform_data` and `terraform_remote_state`, whose behaviour is known in
//! full. For all other types only the id that an import block gives is added to the plan.

use std::sync::Arc;

use super::remote;
use super::run::Run;
use crate::terraform::address::{Address, Mode};
use crate::terraform::input::state;
use crate::terraform::value::{Entries, Kind, Origin, Reason, Type, Value};

/// Adds to a planned value what is known beyond the schema.
pub(super) fn refine(run: &Run<'_>, address: &Address, planned: Value, import: Option<Value>) -> Value {
    let Value { kind, marks, origin } = planned;
    let kind = match kind {
        Kind::Object(members) => {
            let mut members = Arc::unwrap_or_clone(members);
            match (address.mode, &*address.type_name) {
                (Mode::Managed, "terraform_data") => data(address, &mut members),
                (Mode::Data, "terraform_remote_state") => remote_state(run, &mut members),
                _ => {
                    if let (Some(id), Some(slot)) = (import, members.get_mut("id")) {
                        *slot = id;
                    }
                }
            }
            Kind::Object(Arc::new(members))
        }
        other => other,
    };
    Value { kind, marks, origin }
}

/// `output` is `input` after apply; null stays null.
fn data(address: &Address, members: &mut Entries) {
    let computed = |path: &str, ty: Type| {
        let reason = Reason::Computed { address: address.clone().into(), path: path.into(), derived: false };
        Value::unknown(ty, reason)
    };
    let input = members.get("input").cloned().unwrap_or_else(Value::null);
    let output = match input.is_null() {
        true => Value { origin: Origin::default(), ..input.clone() },
        false => computed("output", input.ty()),
    };
    let reason = Reason::Computed { address: address.clone().into(), path: "id".into(), derived: false };
    let id = Value::unknown_not_null(Type::String, reason);
    members.insert("output".into(), output);
    members.insert("id".into(), id);
}

/// The outputs of a state file inside the checkout; those of any other backend stay unknown.
fn remote_state(run: &Run<'_>, members: &mut Entries) {
    let config = members.get("config");
    let known = ["config", "workspace"].iter().all(|n| members.get(*n).is_none_or(Value::is_wholly_known));
    if members.get("backend").and_then(Value::as_str) != Some("local") || !known {
        return;
    }
    let path = remote::local_path(config, remote::workspace(members));
    let Ok(bytes) = run.functions.files.read(&path) else { return };
    let Ok(state) = state::outputs(&bytes) else { return };
    let mut outputs: Entries = members.get("defaults").and_then(Value::as_map).cloned().unwrap_or_default();
    outputs.extend(state.into_iter().map(|(name, output)| (name, output.marked())));
    members.insert("outputs".into(), Kind::Object(Arc::new(outputs)).into());
}
