//! NSG-021: what the groups of a subnet and of a network interface let in together.

use super::exposure::{inbound, named, ports_of, tcp};
use super::{DOCS, ports};
use crate::analysis::finding::Severity;
use crate::analysis::rules::edg::load_balancers::is_public;
use crate::analysis::rules::graph::addresses::{Ranges, UDP};
use crate::analysis::rules::graph::places::Attachment;
use crate::analysis::rules::graph::rule_sets::{Flow, Reach};
use crate::analysis::rules::graph::{Graph, Link};
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::estate::{Document, get};
use crate::azure::types;
use crate::terraform::value::Value;

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-NSG-021",
        name: "nsg-effective-exposure",
        severity: Severity::Critical,
        profile: Profile::Default,
        title: "the groups of the subnet and of the network interface together let the Internet reach a guarded port",
        why: "Both groups have to let a packet in, and both do: the machine answers the Internet on a port of \
              management, data services or Kubernetes.",
        fix: "Close the port in either of the two groups, or take the public address away.",
        exceptions: "",
        bad: guarded!("Internet"),
        good: guarded!("10.0.0.0/16"),
        references: &[DOCS],
        peers: &[],
    },
    check,
};

/// A machine's interface behind two groups; the source that the interface's group lets in.
macro_rules! guarded {
    ($source:literal) => {
        concat!(
            r#"resource "azurerm_subnet" "machines" {
  name                 = "snet-machines"
  resource_group_name  = "rg-example"
  virtual_network_name = "vnet-example"
  address_prefixes     = ["10.0.4.0/24"]
}

resource "azurerm_network_interface" "machine" {
  name                = "nic-machine"
  location            = "westeurope"
  resource_group_name = "rg-example"

  ip_configuration {
    name                          = "ipconfig"
    subnet_id                     = azurerm_subnet.machines.id
    private_ip_address_allocation = "Dynamic"
    public_ip_address_id          = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.Network/publicIPAddresses/pip-machine"
  }
}

resource "azurerm_network_security_group" "subnet" {
  name                = "nsg-subnet"
  location            = "westeurope"
  resource_group_name = "rg-example"

  security_rule {
    name                       = "allow-all"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "*"
    source_address_prefix      = "*"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "*"
  }
}

resource "azurerm_network_security_group" "machine" {
  name                = "nsg-machine"
  location            = "westeurope"
  resource_group_name = "rg-example"

  security_rule {
    name                       = "ssh"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = ""#,
            $source,
            r#""
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "22"
  }
}

resource "azurerm_subnet_network_security_group_association" "machines" {
  subnet_id                 = azurerm_subnet.machines.id
  network_security_group_id = azurerm_network_security_group.subnet.id
}

resource "azurerm_network_interface_security_group_association" "machine" {
  network_interface_id      = azurerm_network_interface.machine.id
  network_security_group_id = azurerm_network_security_group.machine.id
}
"#
        )
    };
}
use guarded;

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for interface in graph.of_type(types::NIC) {
        let configurations = interface.items("properties.ipConfigurations");
        let subnet = configurations.iter().find_map(|c| get(c, "properties.subnet.id"));
        let subnet = match graph.link(subnet) {
            Link::To(subnet) => subnet,
            _ => {
                out.skip(interface, "its subnet is not in this root");
                continue;
            }
        };
        let outer = graph.link(graph.attached(subnet, Attachment::Group));
        let inner = graph.link(graph.attached(interface, Attachment::Group));
        if matches!(outer, Link::None) || matches!(inner, Link::None) {
            out.skip(interface, "it is not behind two groups");
            continue;
        }
        let target = Target::of(graph, interface);
        if target.is_private() {
            out.skip(interface, "it has no public address and is behind no public frontend");
            continue;
        }
        let (outer, inner) = match (reach(graph, outer), reach(graph, inner)) {
            (Ok(outer), Ok(inner)) => (outer, inner),
            (Err(why), _) | (_, Err(why)) => {
                out.unknown(interface, why);
                continue;
            }
        };
        let open = ports_of(&both(&outer.surely, &inner.surely));
        let perhaps = ports_of(&both(&outer.perhaps, &inner.perhaps));
        let (surely, maybe) = (open.and(&target.surely), perhaps.and(&target.perhaps));
        if !surely.is_empty() {
            let text =
                format!("both groups of {} let the Internet reach {}", interface.name(), named(&surely));
            let outcome = out.fail(interface, None, text);
            outcome.because(subnet.declared.as_ref().map(|d| d.block), "the subnet it is in");
        } else if !maybe.is_empty() {
            let why = outer.unknown.or(inner.unknown).or(target.unknown);
            out.unknown(interface, why.unwrap_or_else(|| "part of a rule is not known".to_owned()));
        } else {
            out.pass(interface);
        }
    }
}

/// What the Internet reaches on guarded ports through a group.
fn reach(graph: &Graph<'_>, group: Link<'_>) -> Result<Reach, String> {
    let group = match group {
        Link::To(group) => group,
        Link::Outside(what) | Link::Unknown(what) => return Err(format!("a security group: {what}")),
        Link::None => return Err("it has no security group".to_owned()),
    };
    let protocols = tcp().or(&Ranges::of(UDP, UDP));
    let guarded = ports::guarded(graph.parameters);
    let none = Reach { surely: Vec::new(), perhaps: Vec::new(), unknown: None };
    Ok(graph.rules_of(&group.id).map_or(none, |set| set.reach(|f| inbound(f, &protocols, &guarded))))
}

/// What two sets of flows have in common.
fn both(outer: &[Flow], inner: &[Flow]) -> Vec<Flow> {
    let pairs = outer.iter().flat_map(|a| inner.iter().map(move |b| a.and(b)));
    pairs.filter(|flow| !flow.is_empty()).collect()
}

/// Ports on which something of the Internet is sent to an interface.
pub(in crate::analysis::rules) struct Target {
    /// For certain.
    pub(in crate::analysis::rules) surely: Ranges,
    perhaps: Ranges,
    unknown: Option<String>,
}

impl Target {
    pub(in crate::analysis::rules) fn of<'a>(graph: &Graph<'a>, interface: &'a Document) -> Target {
        let mut target = Target { surely: Ranges::default(), perhaps: Ranges::default(), unknown: None };
        for configuration in interface.items("properties.ipConfigurations") {
            target.add(ports::all(), Truth::is_set(get(configuration, "properties.publicIPAddress.id")));
        }
        let pools = backends(graph, interface);
        for rule in graph.of_type(types::LB_RULE) {
            let one = rule.get("properties.backendAddressPool.id").into_iter();
            let several =
                rule.items("properties.backendAddressPools").iter().map(|p| get(p, "id").unwrap_or(p));
            let own: Vec<&Value> = one.chain(several).collect();
            let fed = Truth::any(own.iter().flat_map(|a| pools.iter().map(|b| graph.same(a, b))));
            target.forward(graph, rule, fed);
        }
        for rule in nat_rules(graph, interface) {
            target.forward(graph, rule, Truth::Yes);
        }
        target
    }

    /// True when nothing of the Internet is sent to it.
    pub(in crate::analysis::rules) fn is_private(&self) -> bool {
        self.perhaps.is_empty()
    }

    fn add(&mut self, ports: Ranges, sent: Truth) {
        match sent {
            Truth::Yes => {
                self.surely = self.surely.or(&ports);
                self.perhaps = self.perhaps.or(&ports);
            }
            Truth::Unknown(why) => {
                self.perhaps = self.perhaps.or(&ports);
                self.unknown.get_or_insert(why);
            }
            Truth::No => {}
        }
    }

    /// Adds the port that a load balancer's rule sends on, when its frontend is public.
    fn forward(&mut self, graph: &Graph<'_>, rule: &Document, fed: Truth) {
        if fed == Truth::No {
            return;
        }
        let sent = fed.and(is_public(graph, rule));
        match rule.get("properties.backendPort").and_then(Value::as_i64) {
            Some(0) => self.add(ports::all(), sent),
            Some(port) => self.add(Ranges::of(port.unsigned_abs().into(), port.unsigned_abs().into()), sent),
            None => self.add(ports::all(), sent.and(Truth::Unknown("a backend port is not known".into()))),
        }
    }
}

/// The backend pools of an interface, as references.
pub(in crate::analysis::rules) fn backends<'a>(graph: &Graph<'a>, interface: &'a Document) -> Vec<&'a Value> {
    let own = interface.items("properties.ipConfigurations").iter();
    let own = own.filter_map(|c| get(c, "properties.loadBalancerBackendAddressPools"));
    let own = own.filter_map(Value::as_slice).flatten().filter_map(|p| get(p, "id"));
    let associations = graph.instances("azurerm_network_interface_backend_address_pool_association");
    let of_it = associations
        .filter(|a| graph.id(a.config.get("network_interface_id")).as_ref() == Some(&interface.id));
    own.chain(of_it.filter_map(|a| a.config.get("backend_address_pool_id"))).collect()
}

/// The inbound NAT rules of an interface.
fn nat_rules<'a>(graph: &Graph<'a>, interface: &'a Document) -> Vec<&'a Document> {
    let associations = graph.instances("azurerm_network_interface_nat_rule_association");
    let of_it = associations
        .filter(|a| graph.id(a.config.get("network_interface_id")).as_ref() == Some(&interface.id));
    let linked = of_it.filter_map(|a| match graph.link(a.config.get("nat_rule_id")) {
        Link::To(rule) => Some(rule),
        _ => None,
    });
    let own = interface.items("properties.ipConfigurations").iter();
    let own =
        own.filter_map(|c| get(c, "properties.loadBalancerInboundNatRules")).filter_map(Value::as_slice);
    let own = own.flatten().filter_map(|r| graph.estate.by_ref(get(r, "id")));
    linked.chain(own).collect()
}
