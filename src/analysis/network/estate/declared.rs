//! Consumers among declared resources that have no ARM document in the model: read from the
//! configuration itself.

use std::collections::BTreeSet;

use super::consumers::{Consumer, Consumers};
use super::read::source;
use super::topology::is_many;
use crate::analysis::network::demand::Share;
use crate::azure::catalogue::text_of;
use crate::azure::estate::Estate;
use crate::terraform::address::Mode;
use crate::terraform::evaluation::Instance;
use crate::terraform::value::{Reason, Value};

/// A type, and where its configurations name a subnet.
struct Row {
    type_name: &'static str,
    kind: &'static str,
    /// Blocks down to the attribute that names the subnet.
    path: &'static [&'static str],
    /// Addresses that each takes.
    addresses: u64,
    /// The longest prefix that the service takes (facts 2.8).
    longest: Option<u8>,
}

const fn row(
    type_name: &'static str,
    kind: &'static str,
    path: &'static [&'static str],
    addresses: u64,
) -> Row {
    Row { type_name, kind, path, addresses, longest: None }
}

const fn at_most(row: Row, longest: u8) -> Row {
    Row { longest: Some(longest), ..row }
}

const ROWS: [Row; 9] = [
    row("azurerm_lb", "load_balancer", &["frontend_ip_configuration", "subnet_id"], 1),
    row("azurerm_network_interface", "network_interface", &["ip_configuration", "subnet_id"], 1),
    row("azurerm_private_link_service", "private_link_service", &["nat_ip_configuration", "subnet_id"], 1),
    at_most(row("azurerm_virtual_network_gateway", "gateway", &["ip_configuration", "subnet_id"], 0), 29),
    at_most(
        row(
            "azurerm_private_dns_resolver_inbound_endpoint",
            "dns_resolver",
            &["ip_configurations", "subnet_id"],
            1,
        ),
        28,
    ),
    at_most(row("azurerm_private_dns_resolver_outbound_endpoint", "dns_resolver", &["subnet_id"], 0), 28),
    at_most(
        row(
            "azurerm_application_load_balancer_subnet_association",
            "gateway_for_containers",
            &["subnet_id"],
            0,
        ),
        24,
    ),
    row("azurerm_container_group", "container_group", &["subnet_ids"], 1),
    at_most(row("azurerm_mssql_managed_instance", "managed_instance", &["subnet_id"], 0), 27),
];

/// The values at the end of a path of blocks; an unknown on the way is one of them.
fn ends<'v>(value: &'v Value, path: &[&str], out: &mut Vec<&'v Value>) {
    if value.is_null() {
        return;
    }
    if let Some(items) = value.as_slice() {
        // Lists of blocks, or of ids at the end.
        items.iter().for_each(|item| ends(item, path, out));
        return;
    }
    match path.split_first() {
        Some((step, rest)) if !value.is_unknown() => {
            if let Some(next) = value.get(step) {
                ends(next, rest, out);
            }
        }
        _ => out.push(value),
    }
}

impl Consumers<'_, '_> {
    /// Adds them and returns the types that were read.
    pub(super) fn declared(&mut self, estate: &Estate, instances: &[Instance]) -> Vec<&'static str> {
        let mut read = BTreeSet::new();
        for instance in instances.iter().filter(|i| i.address.mode == Mode::Managed) {
            let name = &*instance.address.type_name;
            // What has a document is counted with it.
            let open = |r: &&Row| r.type_name == name && estate.untranslated.contains_key(name);
            let Some(row) = ROWS.iter().find(open) else { continue };
            read.insert(row.type_name);
            let mut found = Vec::new();
            ends(&instance.config, row.path, &mut found);
            for value in found {
                self.place(estate, instance, row, value);
            }
        }
        read.into_iter().collect()
    }

    fn place(&mut self, estate: &Estate, instance: &Instance, row: &Row, value: &Value) {
        let address = instance.address.to_string();
        let id = match (value.as_str(), value.as_unknown().map(|u| &u.reason)) {
            (Some(text), _) => Ok(text.to_owned()),
            (None, Some(Reason::Computed { address, path, derived: false })) if &**path == "id" => estate
                .by_address(&address.to_string())
                .map(|d| d.id.to_string())
                .ok_or_else(|| format!("{address} is not in the model")),
            (None, Some(reason)) => Err(reason.to_string()),
            (None, None) => Err("no text".to_owned()),
        };
        let name = instance.config.get("name").and_then(text_of).unwrap_or_else(|| address.clone());
        let used = value.origin.via().last().copied().or(value.origin.at);
        let id = match id {
            Ok(id) if id.is_empty() => return,
            Ok(id) => id,
            Err(why) => {
                let of = value.as_unknown().and_then(|u| source(&u.reason));
                return self.somewhere(
                    row.kind,
                    address,
                    &name,
                    &why,
                    of.as_deref(),
                    Some(instance.block),
                    used,
                );
            }
        };
        let many = is_many(&instance.address);
        let share = Share::fixed(name, if many { 0 } else { row.addresses });
        self.list.push(Consumer {
            subnet: self.topology.subnet(&id),
            kind: row.kind,
            address,
            high: (!many).then(|| share.clone()),
            low: share,
            unknown: many.then(|| "the number of instances is not known".to_owned()),
            longest: row.longest,
            block: Some(instance.block),
            used,
            pool: None,
            cluster: None,
        });
    }
}
