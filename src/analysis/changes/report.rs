//! What the comparison found, and its JSON.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, Serializer};

use super::cascade::{Consequence, Lost};
use super::{Acceptance, Attribution, Class, Effect};
use crate::azure::estate::Declared;
use crate::terraform::evaluation::Instance;
use crate::terraform::source::{Place, SourceMap};
use crate::terraform::value::{Kind, Value};

/// How a resource stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// No drift.
    InSync,
    /// Drift.
    Changed,
    /// Declared and proved absent.
    Missing,
    /// Live and not declared.
    Unmanaged,
    /// Could not be compared.
    NotComparable,
}

/// One resource.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct ResourceDrift {
    /// Terraform address; the id again for an unmanaged resource.
    pub address: String,
    /// ARM id.
    pub id: String,
    /// Terraform type, or ARM type of an unmanaged resource.
    #[serde(rename = "type")]
    pub type_name: String,
    /// How it stands.
    pub status: Status,
    /// What an apply would do, over all drift.
    pub effect: Effect,
    /// What differs.
    pub differences: Vec<Difference>,
    /// The block, when there is one.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Why it could not be compared, or what an unmanaged one is.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// A provisioning state other than `Succeeded`: what differs is provisional.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Differences left out because of `ignore_changes`.
    #[serde(skip_serializing_if = "is_zero")]
    pub ignored: usize,
    /// Attributes whose configured value is unknown, with the reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_compared: Vec<(String, String)>,
    /// Addresses of resources that are missing with this one, because they are part of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing_with: Vec<String>,
    /// What an apply would do to others because this one is made anew.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub consequences: Vec<Consequence>,
    /// Whether the state has it, when there is one. Of a missing resource: it was there once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_state: Option<bool>,
    /// Somebody accepts that it is missing or unmanaged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Acceptance>,
    /// Whether what differs is new since an earlier time, when one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<bool>,
    /// Who made or deleted it, when that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub who: Option<Attribution>,
    /// What becomes unknown of this one when it is applied.
    #[serde(skip)]
    pub(super) lost: BTreeSet<Lost>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(n: &usize) -> bool {
    *n == 0
}

/// One difference.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Difference {
    /// Attribute path in the user's names, a map key at its end.
    pub attribute: String,
    /// Where it stands in ARM.
    pub arm_path: String,
    /// What the code says; null when it says nothing.
    #[serde(serialize_with = "shown")]
    #[schemars(with = "serde_json::Value")]
    pub declared: Option<Value>,
    /// What is live; null when there is nothing.
    #[serde(serialize_with = "shown")]
    #[schemars(with = "serde_json::Value")]
    pub live: Option<Value>,
    /// What the state has recorded, null for nothing; `None` without a state or where that is not clear.
    #[serde(serialize_with = "shown", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Value>")]
    pub state: Option<Value>,
    /// The values must not be shown.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub sensitive: bool,
    /// What an apply would do about it.
    pub effect: Effect,
    /// False when the effect hangs on an unknown: it is at least the one given.
    #[serde(skip)]
    pub effect_known: bool,
    /// What kind of difference.
    pub class: Class,
    /// Who accepts it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted: Option<Acceptance>,
    /// Whether it is new since an earlier time, when one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<bool>,
    /// Who changed it, when that was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub who: Option<Attribution>,
    /// The text that sets it, else the block.
    #[serde(flatten)]
    pub place: Place,
}

/// The comparison of two estates.
#[derive(Clone, Debug, Default, Serialize, schemars::JsonSchema)]
pub struct DriftReport {
    /// False when something could not be read: then nothing is proved clean.
    pub complete: bool,
    /// What of the live side could not be read, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gaps: Vec<String>,
    /// How many requests of each kind reading took; empty for a snapshot.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub requests: BTreeMap<String, u64>,
    /// Every resource, by address.
    pub resources: Vec<ResourceDrift>,
}

impl DriftReport {
    /// Resources of a status.
    pub fn of(&self, status: Status) -> impl Iterator<Item = &ResourceDrift> {
        self.resources.iter().filter(move |r| r.status == status)
    }

    /// True when something drifted, is missing or is unmanaged, and nobody accepts that.
    pub fn differs(&self) -> bool {
        self.resources.iter().any(ResourceDrift::differs)
    }
}

impl Difference {
    /// A side as a person reads it.
    pub fn text(&self, side: &Option<Value>) -> String {
        match side {
            None => "absent".to_owned(),
            Some(v) if v.is_null() => "absent".to_owned(),
            Some(_) if self.sensitive => "(sensitive)".to_owned(),
            Some(v) => match &v.kind {
                Kind::String(s) => format!("\"{s}\""),
                _ => json(v).to_string(),
            },
        }
    }
}

impl ResourceDrift {
    fn new(address: String, id: String, type_name: String, status: Status) -> ResourceDrift {
        ResourceDrift {
            address,
            id,
            type_name,
            status,
            effect: Effect::None,
            differences: Vec::new(),
            place: None,
            note: String::new(),
            state: None,
            ignored: 0,
            not_compared: Vec::new(),
            missing_with: Vec::new(),
            consequences: Vec::new(),
            in_state: None,
            accepted: None,
            new: None,
            who: None,
            lost: BTreeSet::new(),
        }
    }

    pub(super) fn of(side: &Declared, sources: &SourceMap, id: String) -> ResourceDrift {
        let (address, ty) = (side.address.to_string(), side.address.type_name.to_string());
        let place = Some(sources.place(side.block));
        ResourceDrift { place, ..ResourceDrift::new(address, id, ty, Status::InSync) }
    }

    pub(super) fn unknown_type(instance: &Instance, sources: &SourceMap) -> ResourceDrift {
        let (address, ty) = (instance.address.to_string(), instance.address.type_name.to_string());
        let place = Some(sources.place(instance.block));
        let note = "the type is not in the catalogue".to_owned();
        ResourceDrift { place, note, ..ResourceDrift::new(address, String::new(), ty, Status::NotComparable) }
    }

    pub(super) fn unmanaged(id: &str, arm_type: &str) -> ResourceDrift {
        ResourceDrift::new(id.to_owned(), id.to_owned(), arm_type.to_owned(), Status::Unmanaged)
    }

    pub(super) fn not_comparable(mut self, why: &str) -> ResourceDrift {
        self.status = Status::NotComparable;
        self.note = why.to_owned();
        self
    }

    /// Status and effect from the differences.
    pub(super) fn settle(&mut self) {
        let drift = self.differences.iter().filter(|d| d.class == Class::Drift);
        self.effect = drift.clone().map(|d| d.effect).max().unwrap_or(Effect::None);
        self.status = if drift.count() > 0 { Status::Changed } else { Status::InSync };
        self.differences.sort_by(|a, b| (a.class, &a.attribute).cmp(&(b.class, &b.attribute)));
    }
}

/// A value as JSON, sensitive parts hidden.
pub fn json(value: &Value) -> serde_json::Value {
    use serde_json::Value as Json;
    if value.marks.sensitive {
        return "(sensitive)".into();
    }
    match &value.kind {
        Kind::Unknown(_) => "(unknown)".into(),
        Kind::Null(_) => Json::Null,
        Kind::Bool(b) => (*b).into(),
        Kind::Number(n) => n.to_string().parse::<serde_json::Number>().map_or(Json::Null, Json::Number),
        Kind::String(s) => (&**s).into(),
        Kind::List(_, v) | Kind::Set(_, v) | Kind::Tuple(v) => v.iter().map(json).collect(),
        Kind::Map(_, m) | Kind::Object(m) => {
            Json::Object(m.iter().map(|(k, v)| (k.to_string(), json(v))).collect())
        }
    }
}

fn shown<S: Serializer>(value: &Option<Value>, serializer: S) -> Result<S::Ok, S::Error> {
    value.as_ref().map_or(serde_json::Value::Null, json).serialize(serializer)
}
