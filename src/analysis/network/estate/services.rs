//! Services whose addresses take some arithmetic: application gateways, private endpoints of
//! registries, scale sets (facts 2.8).

use super::consumers::Consumers;
use super::read;
use crate::analysis::network::demand::Share;
use crate::analysis::network::sizing::plan::registry_endpoint_ips;
use crate::analysis::network::stage::Stages;
use crate::azure::estate::{Document, Estate, get};
use crate::azure::id::ResourceId;
use crate::azure::{catalogue, types};
use crate::terraform::value::Value;

const SUBNET_ID: &str = "properties.subnet.id";

impl Consumers<'_, '_> {
    /// One address an instance, at most as many as autoscaling allows (v2 without a maximum: 10).
    pub(super) fn application_gateway(&mut self, document: &Document) {
        let body = &document.body;
        let scale = "properties.autoscaleConfiguration";
        let (min, max) = (
            read::number(body, &format!("{scale}.minCapacity")),
            read::number(body, &format!("{scale}.maxCapacity")),
        );
        let fixed = read::number(body, "properties.sku.capacity");
        let instances = |n: Option<&u32>, default: u32| u64::from(n.copied().unwrap_or(default));
        let (steady, most, unknown) = if document.get(scale).is_some() {
            let least = instances(min.get(), 0);
            (least, instances(max.get(), 10).max(least), max.reason().or(min.reason()))
        } else {
            let n = instances(fixed.get(), 1);
            (n, n, fixed.reason())
        };
        let unknown = unknown.map(|why| format!("instances of {}: {why}", document.label()));
        let share =
            Share { nodes: Stages { steady, max: most, peak: most }, ..Share::fixed(document.name(), 0) };
        for configuration in document.items("properties.gatewayIPConfigurations") {
            let before = self.list.len();
            self.add(document, "application_gateway", configuration, SUBNET_ID, share.clone());
            if let Some(consumer) =
                self.list.get_mut(before).filter(|c| unknown.is_some() && c.high.is_some())
            {
                consumer.high = Some(Share::fixed(document.name(), 125));
                consumer.unknown = unknown.clone();
            }
        }
        for link in document.items("properties.privateLinkConfigurations") {
            for configuration in
                get(link, "properties.ipConfigurations").and_then(Value::as_slice).unwrap_or_default()
            {
                let share = Share::fixed(document.name(), 1);
                self.add(document, "application_gateway_private_link", configuration, SUBNET_ID, share);
            }
        }
    }

    pub(super) fn private_endpoint(&mut self, estate: &Estate, document: &Document) {
        let lists =
            ["properties.privateLinkServiceConnections", "properties.manualPrivateLinkServiceConnections"];
        let connections = || lists.iter().flat_map(|l| document.items(l));
        let target = connections().map(|c| read::text(c, "properties.privateLinkServiceId")).next();
        let groups = connections().filter_map(|c| get(c, "properties.groupIds")?.as_slice()).flatten();
        let groups: Vec<&str> = groups.filter_map(Value::as_str).collect();
        let id = target.as_ref().and_then(|t| t.get()).map(|t| ResourceId::new(t.as_str()));
        let registry_id =
            id.filter(|id| id.arm_type().is_some_and(|t| t.eq_ignore_ascii_case(types::REGISTRY)));
        let is_registry = registry_id.is_some() || groups.iter().any(|g| g.eq_ignore_ascii_case("registry"));
        let before = self.list.len();
        let plain = groups.len().max(1) as u64;
        if !is_registry {
            self.add(
                document,
                "private_endpoint",
                &document.body,
                SUBNET_ID,
                Share::fixed(document.name(), plain),
            );
            return;
        }
        let known = registry_id.as_ref().and_then(|id| estate.by_id(id)).map(|r| registry_regions(estate, r));
        let (regions, unknown) = match known {
            Some((regions, unknown)) => (regions, unknown),
            None => (1, Some("the registry's replicas are not declared here".to_owned())),
        };
        let share = Share::fixed(document.name(), registry_endpoint_ips(regions, false));
        self.add(document, "private_endpoint", &document.body, SUBNET_ID, share);
        if let Some(consumer) = self.list.get_mut(before).filter(|_| unknown.is_some()) {
            consumer.high = None;
            consumer.unknown = unknown.map(|why| format!("addresses of {}: {why}", document.label()));
        }
    }

    /// A scale set of the user's own; those of AKS are counted as pools.
    pub(super) fn scale_set(&mut self, document: &Document) {
        let of_aks = document
            .get("tags")
            .and_then(Value::as_map)
            .is_some_and(|tags| tags.keys().any(|k| k.to_ascii_lowercase().starts_with("aks-managed")));
        if of_aks {
            return;
        }
        let capacity = read::number(&document.body, "sku.capacity");
        // At the least none, where the number is not known.
        let unset = u32::from(capacity.reason().is_none());
        let instances = u64::from(capacity.get().copied().unwrap_or(unset));
        let path = "properties.virtualMachineProfile.networkProfile.networkInterfaceConfigurations";
        for interface in document.items(path) {
            for configuration in
                get(interface, "properties.ipConfigurations").and_then(Value::as_slice).unwrap_or_default()
            {
                let before = self.list.len();
                self.add(
                    document,
                    "scale_set",
                    configuration,
                    SUBNET_ID,
                    Share::fixed(document.name(), instances),
                );
                if let Some(consumer) = self.list.get_mut(before).filter(|_| capacity.reason().is_some()) {
                    consumer.high = None;
                    consumer.unknown = capacity.reason().map(str::to_owned);
                }
            }
        }
    }
}

/// The regions that hold a registry, the home region included, and why that may be too few.
fn registry_regions(estate: &Estate, registry: &Document) -> (u64, Option<String>) {
    let kind = "Microsoft.ContainerRegistry/registries/replications";
    let home = registry.str("location").map(|l| l.replace(' ', "").to_ascii_lowercase());
    let place = |d: &Document| d.str("location").map(|l| l.replace(' ', "").to_ascii_lowercase());
    // Azure lists the home region among the replications, Terraform does not.
    let others =
        estate.children(&registry.id, kind).filter(|d| home.is_none() || place(d) != home).count() as u64;
    let declared = registry.declared.as_ref();
    let unknown = declared
        .and_then(|d| catalogue::declared(&d.attributes, "georeplications"))
        .filter(|v| v.is_unknown())
        .map(|_| "the registry's replicas are not known".to_owned());
    (1 + others, unknown)
}
