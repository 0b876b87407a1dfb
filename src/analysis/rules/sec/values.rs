//! SEC-023: values that the provider or Azure refuses.

use std::collections::HashMap;

use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::text::shown;
use crate::analysis::rules::tables::VALUES;
use crate::analysis::rules::{Check, Meta, Outcomes, Truth};
use crate::terraform::address::Mode;
use crate::terraform::value::Value;

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-SEC-023",
        name: "name-or-enum-invalid",
        title: "a value is none that the provider or Azure takes",
        why: "The plan or the apply fails, sometimes after other resources were made.",
        fix: "Choose one of the values that the finding lists.",
        exceptions: "A value that a newer version of the provider takes.",
        bad: "resource \"azurerm_lb_rule\" \"example\" {\n  name                           = \"web\"\n  \
              loadbalancer_id                = \"/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.Network/loadBalancers/lb-example\"\n  \
              frontend_ip_configuration_name = \"public\"\n  protocol                       = \"Https\"\n  \
              frontend_port                  = 443\n  backend_port                   = 443\n}\n",
        good: "resource \"azurerm_lb_rule\" \"example\" {\n  name                           = \"web\"\n  \
               loadbalancer_id                = \"/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.Network/loadBalancers/lb-example\"\n  \
               frontend_ip_configuration_name = \"public\"\n  protocol                       = \"Tcp\"\n  \
               frontend_port                  = 443\n  backend_port                   = 443\n}\n",
        references: &[
            "https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs",
            "https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules",
        ],
        peers: &[
            "TFLint azurerm_lb_rule_invalid_protocol",
            "TFLint azurerm_network_security_rule_invalid_access",
            "TFLint azurerm_key_vault_invalid_sku_name",
            "TFLint azurerm_public_ip_invalid_sku",
            "TFLint azurerm_route_invalid_next_hop_type",
        ],
        ..Meta::ROW
    },
    check,
};

/// What a row of the table asks for.
enum Wanted<'t> {
    /// One of these words, without case where the provider compares so.
    Words(Vec<&'t str>),
    /// A whole number in a range.
    Range(i64, i64),
}

impl<'t> Wanted<'t> {
    /// `words a|b`, `range 1..10`
    fn parse(kind: &str, text: &'t str) -> Option<Wanted<'t>> {
        match kind {
            "words" => Some(Wanted::Words(text.split('|').collect())),
            "range" => {
                let (first, last) = text.split_once("..")?;
                Some(Wanted::Range(first.parse().ok()?, last.parse().ok()?))
            }
            _ => None,
        }
    }

    fn admits(&self, value: &Value) -> bool {
        match self {
            Wanted::Words(words) => {
                value.as_str().is_none_or(|v| words.iter().any(|w| w.eq_ignore_ascii_case(v)))
            }
            Wanted::Range(first, last) => value.as_i64().is_none_or(|v| (*first..=*last).contains(&v)),
        }
    }

    fn words(&self) -> String {
        match self {
            Wanted::Words(words) => words.join(", "),
            Wanted::Range(first, last) => format!("{first} to {last}"),
        }
    }
}

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let mut by_type: HashMap<&str, Vec<Vec<&'static str>>> = HashMap::new();
    for row in VALUES.rows() {
        by_type.entry(row.first().copied().unwrap_or_default()).or_default().push(row);
    }
    let all = graph.evaluation.map(|e| e.instances.as_slice()).unwrap_or_default();
    for instance in all.iter().filter(|i| i.address.mode == Mode::Managed) {
        for row in by_type.get(&*instance.address.type_name).into_iter().flatten() {
            let [_, path, kind, text] = row[..] else { continue };
            let Some(wanted) = Wanted::parse(kind, text) else { continue };
            let mut found = Vec::new();
            gather(&instance.config, path, &mut found);
            for value in found {
                let fine = Truth::of(Some(value), true, |v| wanted.admits(v));
                let text = format!("{path} = \"{}\" is none of {}", shown(value), wanted.words());
                out.judge(instance, Some(value), fine, text).note(VALUES.dated());
            }
        }
    }
}

/// The values at a path; a step goes through every block of a list.
fn gather<'a>(value: &'a Value, path: &str, into: &mut Vec<&'a Value>) {
    if let Some(items) = value.as_slice() {
        return items.iter().for_each(|item| gather(item, path, into));
    }
    let (step, rest) = path.split_once('.').unwrap_or((path, ""));
    let Some(found) = value.get(step).filter(|v| !v.is_null()) else { return };
    match (rest, found.as_slice()) {
        ("", Some(items)) => into.extend(items),
        ("", None) => into.push(found),
        _ => gather(found, rest, into),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_understood() {
        for row in VALUES.rows() {
            let [kind, path, how, text] = row[..] else { panic!("{row:?}") };
            let wanted = Wanted::parse(how, text);
            assert!(wanted.is_some() && kind.starts_with("azurerm_") && !path.is_empty(), "{row:?}");
        }
    }
}
