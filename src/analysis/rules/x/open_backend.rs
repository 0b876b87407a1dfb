//! X-025: what stands behind a public frontend, without a security group.

use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::Link;
use crate::analysis::rules::graph::frontends::Backend;
use crate::analysis::rules::graph::places::Attachment;
use crate::analysis::rules::{Check, Meta, Outcomes, Truth};
use crate::azure::estate::{Document, get};
use crate::azure::types;

/// A machine behind a public load balancer: what guards its subnet.
macro_rules! balanced {
    ($more:literal) => {
        concat!(
            r#"resource "azurerm_public_ip" "example" {
  name                = "pip-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
  allocation_method   = "Static"
}

resource "azurerm_lb" "example" {
  name                = "lb-example"
  location            = "westeurope"
  resource_group_name = "rg-example"

  frontend_ip_configuration {
    name                 = "public"
    public_ip_address_id = azurerm_public_ip.example.id
  }
}

resource "azurerm_lb_backend_address_pool" "example" {
  name            = "machines"
  loadbalancer_id = azurerm_lb.example.id
}

resource "azurerm_lb_rule" "example" {
  name                           = "web"
  loadbalancer_id                = azurerm_lb.example.id
  frontend_ip_configuration_name = "public"
  protocol                       = "Tcp"
  frontend_port                  = 443
  backend_port                   = 8443
  backend_address_pool_ids       = [azurerm_lb_backend_address_pool.example.id]
}

resource "azurerm_subnet" "machines" {
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
  }
}

resource "azurerm_network_interface_backend_address_pool_association" "machine" {
  network_interface_id    = azurerm_network_interface.machine.id
  ip_configuration_name   = "ipconfig"
  backend_address_pool_id = azurerm_lb_backend_address_pool.example.id
}
"#,
            $more
        )
    };
}
pub(super) use balanced;

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-X-025",
        name: "public-lb-into-open-subnet",
        severity: Severity::High,
        title: "what a public frontend leads to has no security group",
        why: "Nothing but the frontend's own rules stands between the Internet and the machine, and between it and the \
              rest of the network.",
        fix: "Associate a network security group with the subnet of the backends.",
        exceptions: "Subnets whose group another root module associates.",
        bad: balanced!(""),
        good: balanced!(
            r#"
resource "azurerm_network_security_group" "machines" {
  name                = "nsg-machines"
  location            = "westeurope"
  resource_group_name = "rg-example"
}

resource "azurerm_subnet_network_security_group_association" "machines" {
  subnet_id                 = azurerm_subnet.machines.id
  network_security_group_id = azurerm_network_security_group.machines.id
}
"#
        ),
        references: &["https://learn.microsoft.com/azure/load-balancer/load-balancer-best-practices"],
        ..Meta::ROW
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for balancer in graph.of_type(types::LOAD_BALANCER) {
        judge(graph, balancer, graph.behind_balancer(balancer), out);
    }
    for gateway in graph.of_type(types::APPLICATION_GATEWAY) {
        let frontends = gateway.items("properties.frontendIPConfigurations").iter();
        let public = Truth::any(frontends.map(|f| Truth::is_set(get(f, "properties.publicIPAddress.id"))));
        let behind = if public == Truth::Yes { graph.behind_gateway(gateway) } else { Vec::new() };
        judge(graph, gateway, behind, out);
    }
}

fn judge(graph: &Graph<'_>, frontend: &Document, behind: Vec<Backend<'_>>, out: &mut Outcomes<'_>) {
    if behind.is_empty() {
        out.skip(frontend, "no public frontend of it leads to something of this root");
    }
    for backend in behind {
        let guarded = match &backend.subnet {
            Link::To(subnet) => {
                let group = Truth::is_set(graph.attached(subnet, Attachment::Group));
                graph.closed_world(subnet, group)
            }
            Link::Outside(what) | Link::Unknown(what) => Truth::Unknown(format!("a subnet: {what}")),
            Link::None => Truth::Unknown(format!("the subnet of {} is not named", backend.name)),
        };
        let text = format!("it leads to {}, which has no security group", backend.name);
        let outcome = out.judge(frontend, None, guarded.or(backend.group), text);
        outcome.because(backend.subject.block(), "what it leads to");
    }
}
