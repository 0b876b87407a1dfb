//! What providers do with a change that their schemas do not tell: which attributes cannot be updated,
//! which values are the same to them, and what they compute anew.
//!
//! The built-in provider and the small ones are here; who knows a larger provider implements [`Providers`].

mod plain;
mod table;

pub use plain::is_left;
pub use table::{forces, kept_computed};

use std::sync::Arc;

use super::address::{Address, Part};
use super::change::AttributePath;
use super::schema::Block;
use super::schema::plan::update::at;
use super::value::{Kind, Reason, Str, Type, Value};

/// An object that a configuration changes.
#[derive(Clone, Copy, Debug)]
pub struct Update<'a> {
    /// Its address.
    pub address: &'a Address,
    /// Source address of its provider, such as `hashicorp/azurerm`.
    pub source: &'a str,
    /// Major version of the provider, when it is known.
    pub major: Option<u32>,
    /// The schema of its type.
    pub schema: &'a Block,
    /// Its attributes now.
    pub prior: &'a Value,
    /// What is proposed: the configuration, and what was computed before.
    pub proposed: &'a Value,
}

/// What a provider makes of a proposal.
#[derive(Clone, Debug)]
pub struct Planned {
    /// The attributes as they will be.
    pub value: Value,
    /// The attributes that cannot be updated.
    pub replace: Vec<AttributePath>,
}

/// Who knows what a provider does.
pub trait Providers: Send + Sync {
    /// What comes of a proposal; nothing when the type is not known.
    fn update(&self, update: &Update<'_>) -> Option<Planned>;
}

/// What comes of a proposal: by `providers`, else by what is known here, else as proposed.
pub(super) fn plan(providers: Option<&Arc<dyn Providers>>, update: &Update<'_>) -> Planned {
    if update.source == super::schema::builtin::SOURCE {
        return terraform_data(update);
    }
    let known = providers.and_then(|p| p.update(update));
    let planned = known.unwrap_or_else(|| table::plan(update));
    // A difference that is none to Terraform forces nothing.
    let differs = |path: &AttributePath| match (at(update.prior, path), at(&planned.value, path)) {
        (Some(was), Some(is)) => was.equals(is).as_bool() != Some(true),
        (was, is) => was.is_some() || is.is_some(),
    };
    Planned { replace: planned.replace.into_iter().filter(differs).collect(), ..planned }
}

/// The path of an argument of the resource itself.
fn argument(name: &str) -> AttributePath {
    vec![Part::Name(name.into())]
}

/// An attribute that the provider computes.
fn computed(update: &Update<'_>, name: &str, ty: Type) -> Value {
    let address = Arc::new(update.address.clone());
    Value::unknown(ty, Reason::Computed { address, path: name.into(), derived: false })
}

/// The value with some attributes replaced.
fn with(value: &Value, changed: impl IntoIterator<Item = (Str, Value)>) -> Value {
    let Some(members) = value.as_map() else { return value.clone() };
    let mut members = members.clone();
    members.extend(changed);
    Value { kind: Kind::Object(Arc::new(members)), ..value.clone() }
}

/// `triggers_replace` makes it anew; `output` follows `input`.
fn terraform_data(update: &Update<'_>) -> Planned {
    let same = |name: &str| match (update.prior.get(name), update.proposed.get(name)) {
        (Some(was), Some(is)) => was.is_wholly_known() && is.is_wholly_known() && was.same(is),
        _ => false,
    };
    let kept = update.prior.get("output").cloned().unwrap_or_else(Value::null);
    let (output, replace) = match (same("triggers_replace"), same("input")) {
        (true, true) => (kept, Vec::new()),
        (keeps, _) => {
            let ty = update.proposed.get("input").map_or(Type::Dynamic, Value::ty);
            let replace = if keeps { Vec::new() } else { vec![argument("triggers_replace")] };
            (computed(update, "output", ty), replace)
        }
    };
    Planned { value: with(update.proposed, [("output".into(), output)]), replace }
}
