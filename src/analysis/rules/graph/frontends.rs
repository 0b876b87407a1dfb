//! Public frontends, and what stands behind them: machines, scale sets, addresses.

use super::places::Attachment;
use super::{Graph, Link};
use crate::analysis::rules::edg::load_balancers::{is_public, pools};
use crate::analysis::rules::graph::places::SCALE_SETS;
use crate::analysis::rules::nsg::combined::backends;
use crate::analysis::rules::{Subject, Truth};
use crate::azure::estate::{Document, get};
use crate::azure::id::ResourceId;
use crate::azure::types;
use crate::terraform::evaluation::Instance;
use crate::terraform::value::Value;

/// Something behind a public frontend.
pub struct Backend<'a> {
    /// What it is called, for messages.
    pub name: String,
    /// What declares it.
    pub subject: Subject,
    /// Its subnet, as far as this root shows it.
    pub subnet: Link<'a>,
    /// Its own security group.
    pub group: Truth,
    /// The interface, where it is one.
    pub interface: Option<&'a Document>,
}

impl<'a> Graph<'a> {
    /// What stands behind the public frontends of a load balancer.
    pub fn behind_balancer(&self, balancer: &Document) -> Vec<Backend<'a>> {
        let rules = [types::LB_RULE, types::LB_NAT_RULE, types::LB_NAT_POOL];
        let rules = rules.iter().flat_map(|kind| self.children(&balancer.id, kind));
        let fed: Vec<&Value> = rules.filter(|r| is_public(self, r) == Truth::Yes).flat_map(pools).collect();
        self.behind(&fed)
    }

    /// What stands behind an application gateway.
    pub fn behind_gateway(&self, gateway: &'a Document) -> Vec<Backend<'a>> {
        let own = gateway.items("properties.backendAddressPools").iter().filter_map(|p| get(p, "id"));
        let own: Vec<&Value> = own.collect();
        let name = "azurerm_network_interface_application_gateway_backend_address_pool_association";
        let address = gateway.declared.as_ref().map(|d| d.address.to_string()).unwrap_or_default();
        let of_it = |value: &Value| {
            own.iter().any(|o| self.same(o, value) == Truth::Yes)
                || super::mentions::mentions(value, &address, &[gateway.id.as_str()])
        };
        let mut found = Vec::new();
        for association in self.instances(name) {
            let pool = association.config.get("backend_address_pool_id");
            if let (Some(true), Link::To(nic)) =
                (pool.map(of_it), self.link(association.config.get("network_interface_id")))
            {
                found.push(self.interface(nic));
            }
        }
        for set in SCALE_SETS.iter().flat_map(|t| self.instances(t)) {
            found.extend(self.set(set, "application_gateway_backend_address_pool_ids", &of_it));
        }
        let pools = gateway.items("properties.backendAddressPools").iter();
        let listed = pools.filter_map(|p| get(p, "properties.backendAddresses")).filter_map(Value::as_slice);
        let addresses = listed.flatten().filter_map(|a| get(a, "ipAddress")?.as_str());
        found.extend(addresses.filter_map(|text| self.at_address(gateway, text)));
        found
    }

    /// Interfaces and scale sets that are members of one of these pools.
    fn behind(&self, fed: &[&Value]) -> Vec<Backend<'a>> {
        let of_it = |value: &Value| fed.iter().any(|f| self.same(f, value) == Truth::Yes);
        let interfaces = self.of_type(types::NIC).filter(|nic| backends(self, nic).into_iter().any(of_it));
        let mut found: Vec<Backend<'a>> = interfaces.map(|nic| self.interface(nic)).collect();
        for set in SCALE_SETS.iter().flat_map(|t| self.instances(t)) {
            found.extend(self.set(set, "load_balancer_backend_address_pool_ids", &of_it));
        }
        for address in self.instances("azurerm_lb_backend_address_pool_address") {
            let pool = address.config.get("backend_address_pool_id");
            let text = address.config.get("ip_address").and_then(Value::as_str);
            let Some(text) = text.filter(|_| pool.is_some_and(of_it)) else { continue };
            let subnet = self.subnet_of(text, self.id(address.config.get("virtual_network_id")));
            found.extend(subnet.map(|subnet| Backend {
                name: text.to_owned(),
                subject: address.into(),
                subnet: Link::To(subnet),
                group: Truth::No,
                interface: None,
            }));
        }
        found
    }

    fn interface(&self, interface: &'a Document) -> Backend<'a> {
        let mut configurations = interface.items("properties.ipConfigurations").iter();
        let subnet = configurations.find_map(|c| get(c, "properties.subnet.id"));
        Backend {
            name: interface.name().to_owned(),
            subject: interface.into(),
            subnet: self.link(subnet),
            group: Truth::is_set(self.attached(interface, Attachment::Group)),
            interface: Some(interface),
        }
    }

    fn set(&self, set: &'a Instance, argument: &str, of_it: &impl Fn(&Value) -> bool) -> Vec<Backend<'a>> {
        let list =
            |value: &'a Value, name: &str| value.get(name).and_then(Value::as_slice).unwrap_or_default();
        let mut found = Vec::new();
        for card in list(&set.config, "network_interface") {
            for configuration in list(card, "ip_configuration") {
                if list(configuration, argument).iter().any(of_it) {
                    found.push(Backend {
                        name: set.address.to_string(),
                        subject: set.into(),
                        subnet: self.link(configuration.get("subnet_id")),
                        group: Truth::is_set(card.get("network_security_group_id")),
                        interface: None,
                    });
                }
            }
        }
        found
    }

    fn at_address(&self, gateway: &'a Document, text: &str) -> Option<Backend<'a>> {
        let subnet = self.subnet_of(text, None)?;
        Some(Backend {
            name: text.to_owned(),
            subject: gateway.into(),
            subnet: Link::To(subnet),
            group: Truth::No,
            interface: None,
        })
    }

    /// The subnet of this root that holds an address.
    fn subnet_of(&self, text: &str, network: Option<ResourceId>) -> Option<&'a Document> {
        let (at, _, v6) = super::addresses::range(text)?;
        self.of_type(types::SUBNET).find(|subnet| {
            let there = network.as_ref().is_none_or(|n| subnet.id.parent().as_ref() == Some(n));
            let mut own = super::routes::prefixes(subnet).filter_map(super::addresses::range);
            there && own.any(|(first, last, six)| six == v6 && (first..=last).contains(&at))
        })
    }
}
