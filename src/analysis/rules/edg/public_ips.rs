//! EDG-002, EDG-005: public addresses that nobody uses, and names that others can take over.

use super::public_ip;
use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::mentions::mentions;
use crate::analysis::rules::graph::text::location;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::types;

pub(super) static UNATTACHED: Check = Check {
    meta: Meta {
        id: "TU-EDG-002",
        name: "pip-unattached",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "nothing uses the public address",
        why: "It costs money, and an address that nobody minds is one that DNS records and firewall rules of others \
              still point to.",
        fix: "Remove it, or attach it.",
        exceptions: "Addresses that are reserved on purpose, and those that Kubernetes services take by annotation.",
        bad: public_ip!(""),
        good: concat!(
            public_ip!(""),
            r#"
resource "azurerm_nat_gateway" "example" {
  name                = "ng-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
}

resource "azurerm_nat_gateway_public_ip_association" "example" {
  nat_gateway_id       = azurerm_nat_gateway.example.id
  public_ip_address_id = azurerm_public_ip.example.id
}
"#
        ),
        references: &["CIS Azure 6.0 7.7"],
        peers: &["PSRule Azure.PublicIP.IsAttached"],
    },
    check: unattached,
};

pub(super) static TAKEOVER: Check = Check {
    meta: Meta {
        id: "TU-EDG-005",
        name: "pip-dns-takeover",
        severity: Severity::Medium,
        profile: Profile::Strict,
        title: "others can claim the address's DNS name once it is deleted, and a record of yours points to it",
        why: "Whoever takes the label next answers under your own domain.",
        fix: "Set domain_name_label_scope = \"TenantReuse\" (the label gets a hash that only your tenant can claim again; \
              setting it on an address that has a label replaces nothing, changing it later does).",
        exceptions: "",
        bad: concat!(public_ip!("  domain_name_label   = \"shop\"\n"), cname!()),
        good: concat!(
            public_ip!("  domain_name_label       = \"shop\"\n  domain_name_label_scope = \"TenantReuse\"\n"),
            cname!()
        ),
        references: &["https://learn.microsoft.com/azure/security/fundamentals/subdomain-takeover"],
        peers: &["PSRule Azure.PublicIP.DNSLabel"],
    },
    check: takeover,
};

macro_rules! cname {
    () => {
        r#"
resource "azurerm_dns_cname_record" "shop" {
  name                = "shop"
  zone_name           = "example.com"
  resource_group_name = "rg-example"
  ttl                 = 300
  record              = azurerm_public_ip.example.fqdn
}
"#
    };
}
use cname;

fn unattached(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for address in graph.of_type(types::PUBLIC_IP) {
        out.judge(address, None, graph.is_used(address), UNATTACHED.meta.title);
    }
}

fn takeover(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for address in graph.of_type(types::PUBLIC_IP) {
        if address.declared.as_ref().is_some_and(|d| d.major == 3) {
            out.skip(address, "azurerm 3.x cannot set the scope of the label");
            continue;
        }
        let label = address.get("properties.dnsSettings.domainNameLabel");
        let labelled = Truth::is_set(label);
        if labelled == Truth::No {
            out.skip(address, "it has no DNS label");
            continue;
        }
        let scope = Truth::is_set(address.get("properties.dnsSettings.domainNameLabelScope"));
        let region = location(address).unwrap_or_default();
        let name =
            label.and_then(|l| l.as_str()).map(|l| format!("{l}.{region}.cloudapp.")).unwrap_or_default();
        let own = address.label();
        let mut records = graph.instances("azurerm_dns_cname_record").filter_map(|r| r.config.get("record"));
        let pointed_to = records.any(|record| mentions(record, &own, &[&name]));
        let fine = scope.or((!pointed_to).into());
        out.judge(address, label, fine, TAKEOVER.meta.title);
    }
}
