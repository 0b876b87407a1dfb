//! A network design as Terraform: resources of azurerm, the module of Azure Verified Modules, or the
//! `cidrsubnet` expressions alone.

use std::collections::HashSet;
use std::fmt::Write as _;

use super::escape;
use crate::analysis::network::design::{Design, SixDesign, SubnetDesign};
use crate::analysis::network::prefix::Prefix;
use crate::terraform::syntax::print::quoted;

/// The module whose inputs [`avm`] writes: the version with `parent_id` and `delegations`.
const AVM: (&str, &str) = ("Azure/avm-res-network-virtualnetwork/azurerm", "0.17.1");

/// What a delegation to AKS lets it do.
const JOIN: &str = "Microsoft.Network/virtualNetworks/subnets/join/action";

fn list<'p>(prefixes: impl IntoIterator<Item = &'p Prefix>) -> String {
    let items: Vec<String> = prefixes.into_iter().map(|p| quoted(&p.to_string())).collect();
    format!("[{}]", items.join(", "))
}

/// The prefix of a subnet, and its IPv6 prefix in a dual-stack network.
fn prefixes(design: &Design, subnet: &SubnetDesign) -> Vec<Prefix> {
    std::iter::once(subnet.prefix).chain(design.ipv6.as_ref().and_then(|six| six.of(&subnet.name))).collect()
}

/// A name for each subnet that Terraform takes as a label, distinct.
fn labels(subnets: &[SubnetDesign]) -> Vec<String> {
    let mut seen = HashSet::new();
    let label = |subnet: &SubnetDesign| {
        let legal = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
        let mut label: String = subnet.name.chars().map(legal).collect();
        if !label.starts_with(|c: char| c.is_ascii_alphabetic()) {
            label.insert_str(0, "subnet_");
        }
        let mut out = label.clone();
        for n in 2usize.. {
            if seen.insert(out.clone()) {
                break;
            }
            out = format!("{label}_{n}");
        }
        out
    };
    subnets.iter().map(label).collect()
}

/// The figures of a subnet as a comment.
fn figures(subnet: &SubnetDesign) -> String {
    let formula = match subnet.upgrade_peak {
        0 => String::new(),
        _ => format!("{}, ", escape::line(&subnet.formula)),
    };
    format!("# {formula}{} usable", subnet.capacity)
}

fn head(out: &mut String, design: &Design, more: &str) {
    let model = design.mode.map_or_else(String::new, |m| format!(", {}", m.name()));
    let _ = writeln!(out, "# Written by `trueup size`{model}, growth factor {}.{more}\n", design.growth);
}

/// The ranges of the cluster, for its `network_profile`.
fn cluster(out: &mut String, design: &Design) {
    let (Some(cluster), Some(mode)) = (&design.cluster, design.mode) else { return };
    let (plugin, plugin_mode) = mode.plugin();
    let _ = writeln!(
        out,
        "\n# For `network_profile` of azurerm_kubernetes_cluster.\nlocals {{\n  network_profile = {{"
    );
    let mut rows = vec![("network_plugin", quoted(plugin))];
    rows.extend(plugin_mode.map(|mode| ("network_plugin_mode", quoted(mode))));
    let six = design.ipv6.as_ref().and_then(|six| six.pod_cidr.zip(six.service_cidr));
    match (cluster.pod_cidr, six) {
        (Some(pods), Some((pods_v6, services_v6))) => {
            rows.push(("ip_versions", "[\"IPv4\", \"IPv6\"]".to_owned()));
            rows.push(("pod_cidrs", list([&pods, &pods_v6])));
            rows.push(("service_cidrs", list([&cluster.service_cidr, &services_v6])));
        }
        (pods, _) => {
            rows.extend(pods.map(|pods| ("pod_cidr", quoted(&pods.to_string()))));
            rows.push(("service_cidr", quoted(&cluster.service_cidr.to_string())));
        }
    }
    rows.push(("dns_service_ip", quoted(&cluster.dns_service_ip)));
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, value) in rows {
        let _ = writeln!(out, "    {name:<width$} = {value}");
    }
    out.push_str("  }\n}\n");
}

fn variables(out: &mut String, names: &[(&str, &str)]) {
    for (name, description) in names {
        let _ = writeln!(
            out,
            "variable {} {{\n  description = {}\n  type        = string\n}}\n",
            quoted(name),
            quoted(description)
        );
    }
}

/// Resources of azurerm.
pub fn azurerm(design: &Design) -> String {
    let mut out = String::new();
    head(&mut out, design, " Leave the network out when it exists already.");
    variables(
        &mut out,
        &[
            ("network_name", "Name of the virtual network"),
            ("resource_group_name", "Its resource group"),
            ("location", "Its region"),
        ],
    );
    let _ = writeln!(
        out,
        "resource \"azurerm_virtual_network\" \"this\" {{\n  name                = var.network_name\n  \
         resource_group_name = var.resource_group_name\n  location            = var.location\n  \
         address_space       = {}\n}}",
        list(design.address_space.iter().chain(design.ipv6.iter().flat_map(|six| &six.address_space)))
    );
    for (subnet, label) in design.subnets.iter().zip(labels(&design.subnets)) {
        let _ = writeln!(
            out,
            "\nresource \"azurerm_subnet\" {} {{\n  {}\n  name                 = {}\n  \
             resource_group_name  = var.resource_group_name\n  \
             virtual_network_name = azurerm_virtual_network.this.name\n  address_prefixes     = {}",
            quoted(&label),
            figures(subnet),
            quoted(&subnet.name),
            list(&prefixes(design, subnet))
        );
        if let Some(delegation) = &subnet.delegation {
            let actions = if delegation.contains("ContainerService") {
                format!("\n      actions = [{}]", quoted(JOIN))
            } else {
                String::new()
            };
            let _ = writeln!(
                out,
                "\n  delegation {{\n    name = \"delegation\"\n\n    service_delegation {{\n      name    = {}{actions}\n    }}\n  }}",
                quoted(delegation)
            );
        }
        out.push_str("}\n");
    }
    cluster(&mut out, design);
    out
}

/// The virtual network module of Azure Verified Modules.
pub fn avm(design: &Design) -> String {
    let mut out = String::new();
    head(&mut out, design, "");
    variables(
        &mut out,
        &[
            ("network_name", "Name of the virtual network"),
            ("resource_group_id", "Id of its resource group"),
            ("location", "Its region"),
        ],
    );
    let _ = writeln!(
        out,
        "module \"virtual_network\" {{\n  source  = {}\n  version = {}\n\n  name          = var.network_name\n  \
         parent_id     = var.resource_group_id\n  location      = var.location\n  address_space = {}\n\n  subnets = {{",
        quoted(AVM.0),
        quoted(AVM.1),
        list(design.address_space.iter().chain(design.ipv6.iter().flat_map(|six| &six.address_space)))
    );
    for (subnet, label) in design.subnets.iter().zip(labels(&design.subnets)) {
        let _ = writeln!(
            out,
            "    {} = {{\n      {}\n      name             = {}\n      address_prefixes = {}",
            quoted(&label),
            figures(subnet),
            quoted(&subnet.name),
            list(&prefixes(design, subnet))
        );
        if let Some(delegation) = &subnet.delegation {
            let _ = writeln!(
                out,
                "      delegations = [{{\n        name = \"delegation\"\n        service_delegation = {{\n          \
                 name = {}\n        }}\n      }}]",
                quoted(delegation)
            );
        }
        out.push_str("    }\n");
    }
    out.push_str("  }\n}\n");
    cluster(&mut out, design);
    out
}

/// The places that `cidrsubnets` would give blocks of these lengths, in this order.
fn in_order(space: &Prefix, lengths: impl IntoIterator<Item = u8>) -> Option<Vec<Prefix>> {
    let mut at = space.first();
    let mut out = Vec::new();
    for length in lengths {
        let size = 1u128.checked_shl(u32::from(space.family().bits().checked_sub(length)?))?;
        let block = Prefix::new(space.family(), at.div_ceil(size).checked_mul(size)?, length);
        if !space.contains(&block) {
            return None;
        }
        at = block.last().checked_add(1)?;
        out.push(block);
    }
    Some(out)
}

/// Expressions that give the prefixes: `cidrsubnets` where the subnets of a space stand in order,
/// `cidrsubnet` for each where something stands between them.
pub fn expressions(design: &Design) -> String {
    let mut out = String::new();
    head(&mut out, design, "");
    out.push_str("locals {\n");
    let names: Vec<String> = match design.address_space.len() {
        1 => vec!["address_space".to_owned()],
        n => (1..=n).map(|i| format!("address_space_{i}")).collect(),
    };
    for (space, name) in design.address_space.iter().zip(&names) {
        let _ = writeln!(out, "  {name} = {}", quoted(&space.to_string()));
    }
    out.push_str("\n  subnets = merge(\n");
    for (space, name) in design.address_space.iter().zip(&names) {
        let mut inside: Vec<&SubnetDesign> =
            design.subnets.iter().filter(|s| space.contains(&s.prefix)).collect();
        inside.sort_by_key(|s| s.prefix.first());
        if inside.is_empty() {
            continue;
        }
        let bits = |s: &&SubnetDesign| s.prefix.length() - space.length();
        let expected: Vec<Prefix> = inside.iter().map(|s| s.prefix).collect();
        if in_order(space, expected.iter().map(Prefix::length)).as_ref() == Some(&expected) {
            let keys: Vec<String> = inside.iter().map(|s| quoted(&s.name)).collect();
            let bits: Vec<String> = inside.iter().map(|s| bits(s).to_string()).collect();
            let _ = writeln!(
                out,
                "    zipmap(\n      [{}],\n      cidrsubnets(local.{name}, {})\n    ),",
                keys.join(", "),
                bits.join(", ")
            );
        } else {
            out.push_str("    {\n");
            for subnet in &inside {
                let bits = bits(subnet);
                let number = (subnet.prefix.first() - space.first())
                    >> (space.family().bits() - subnet.prefix.length());
                let _ = writeln!(
                    out,
                    "      {} = cidrsubnet(local.{name}, {bits}, {number}) # {}",
                    quoted(&subnet.name),
                    subnet.prefix
                );
            }
            out.push_str("    },\n");
        }
    }
    out.push_str("  )\n");
    if let Some(six) = &design.ipv6 {
        expressions_v6(&mut out, six);
    }
    out.push_str("}\n");
    out
}

/// The /64 of each subnet as an expression over its address space.
fn expressions_v6(out: &mut String, six: &SixDesign) {
    for (i, space) in six.address_space.iter().enumerate() {
        let _ = writeln!(out, "\n  address_space_v6_{} = {}", i + 1, quoted(&space.to_string()));
    }
    out.push_str("\n  subnets_v6 = {\n");
    for subnet in &six.subnets {
        let space = six.address_space.iter().enumerate().find(|(_, s)| s.contains(&subnet.prefix));
        let Some((i, space)) = space else { continue };
        let bits = subnet.prefix.length() - space.length();
        let number = (subnet.prefix.first() - space.first()) >> (128 - subnet.prefix.length());
        let _ = writeln!(
            out,
            "    {} = cidrsubnet(local.address_space_v6_{}, {bits}, {number}) # {}",
            quoted(&subnet.name),
            i + 1,
            subnet.prefix
        );
    }
    out.push_str("  }\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_cidrsubnets_is_terraforms() {
        let space: Prefix = "10.1.0.0/16".parse().unwrap();
        let got = in_order(&space, [20, 24, 20]).unwrap();
        let shown: Vec<String> = got.iter().map(Prefix::to_string).collect();
        assert_eq!(shown, ["10.1.0.0/20", "10.1.16.0/24", "10.1.32.0/20"]);
        assert_eq!(in_order(&space, [17, 17, 24]), None);
    }
}
