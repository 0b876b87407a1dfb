//! What is paid for and attached to nothing.

use std::collections::HashSet;

use super::super::amount::{HOURS, text};
use super::super::resources::{nat_gateway, public_ip as addresses};
use super::{Code, Look, Words, finding, money};
use crate::analysis::finding::Finding;
use crate::azure::estate::{Document, Estate};
use crate::azure::types;
use crate::terraform::value::{Kind, Value};

/// How deep a document is searched for references.
const MAX_DEPTH: usize = 32;

/// Words in the names of Terraform types without a place in the model that may use an address.
const USERS_OF_ADDRESSES: &[&str] = &[
    "_lb",
    "network_interface",
    "gateway",
    "virtual_machine",
    "scale_set",
    "api_management",
    "route_server",
];

/// The ids that documents name, and whether something was left open.
pub(super) struct References {
    ids: HashSet<String>,
    /// A reference to an address, a gateway or the like is not known.
    open: bool,
}

impl References {
    /// Every id that a document of the estate names, but its own.
    pub(super) fn of(estate: &Estate) -> References {
        let mut found = References { ids: HashSet::new(), open: !estate.complete };
        for doc in estate.iter() {
            // The members of `id` and `parent` of a document are no references.
            for (key, value) in doc.body.as_map().into_iter().flatten() {
                if !matches!(&**key, "id" | "name" | "type" | "tags" | "location") {
                    found.collect(value, key, 0);
                }
            }
        }
        found.open |= estate
            .untranslated
            .keys()
            .any(|t| t.starts_with("azapi") || USERS_OF_ADDRESSES.iter().any(|u| t.contains(u)));
        found
    }

    fn collect(&mut self, value: &Value, key: &str, depth: usize) {
        if depth > MAX_DEPTH {
            self.open = true;
            return;
        }
        match &value.kind {
            Kind::String(text) if text.starts_with('/') => drop(self.ids.insert(text.to_ascii_lowercase())),
            Kind::Unknown(_) => {
                let key = key.to_ascii_lowercase();
                self.open |= key == "id"
                    || key.contains("publicip")
                    || key.contains("natgateway")
                    || key == "properties";
            }
            Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => {
                items.iter().for_each(|v| self.collect(v, key, depth + 1));
            }
            Kind::Map(_, map) | Kind::Object(map) => {
                map.iter().for_each(|(k, v)| self.collect(v, k, depth + 1));
            }
            _ => {}
        }
    }

    fn unused(&self, doc: &Document) -> bool {
        !self.open && !self.ids.contains(&doc.id.key())
    }
}

/// A public address that nothing uses.
pub(super) fn public_ip(look: &Look<'_>, references: &References, doc: &Document) -> Option<Finding> {
    let attached =
        ["properties.ipConfiguration", "properties.natGateway"].iter().any(|p| doc.get(p).is_some());
    if !doc.is(types::PUBLIC_IP) || attached || look.cx.owner(doc).is_some() || !references.unused(doc) {
        return None;
    }
    let meter = addresses::meter(doc).ok()??;
    let (price, as_of) = look.price(meter, look.cx.region(doc).ok()?)?;
    let saved = price.checked_mul(HOURS)?;
    let words = Words {
        title: "Public IP address that nothing uses".to_owned(),
        consequence: format!("{} a month for an address without traffic", look.amount(saved)),
        formula: format!("{} an hour x {} hours = {}", text(price), text(HOURS), money(saved)),
        remedies: vec!["Remove it, or attach it".to_owned()],
        note: format!("price of {as_of}; nothing in this estate names its id"),
    };
    finding(Code::IdlePublicIp, doc, "name", words)
}

/// A NAT gateway on no subnet.
pub(super) fn nat_gateway(look: &Look<'_>, references: &References, doc: &Document) -> Option<Finding> {
    let attached = doc.get("properties.subnets").is_some_and(|v| v.as_slice().is_none_or(|l| !l.is_empty()));
    if !doc.is(types::NAT_GATEWAY) || attached || look.cx.owner(doc).is_some() || !references.unused(doc) {
        return None;
    }
    let (price, as_of) = look.price(&nat_gateway::GATEWAY, look.cx.region(doc).ok()?)?;
    let saved = price.checked_mul(HOURS)?;
    let words = Words {
        title: "NAT gateway on no subnet".to_owned(),
        consequence: format!("{} a month for a gateway without traffic", look.amount(saved)),
        formula: format!("{} an hour x {} hours = {}", text(price), text(HOURS), money(saved)),
        remedies: vec!["Associate it with a subnet, or remove it".to_owned()],
        note: format!("price of {as_of}; no subnet of this estate names its id"),
    };
    finding(Code::IdleNatGateway, doc, "name", words)
}
