//! SEC-017: `ignore_changes` over what keeps a resource safe.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::vault;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::tables::SECURITY_ARGUMENTS;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile};
use crate::terraform::address::Mode;

/// What autoscalers, upgrades and policies change by themselves.
const OWNED_BY_OTHERS: [&str; 5] =
    ["node_count", "kubernetes_version", "orchestrator_version", "tags", "microsoft_defender"];

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-SEC-017",
        name: "ignore-changes-hides-security",
        severity: Severity::Medium,
        profile: Profile::Default,
        title: "ignore_changes covers an argument that keeps the resource safe",
        why: "When someone weakens it by hand, no plan and no drift report ever shows it.",
        fix: "Narrow ignore_changes to what other systems own, such as node_count and tags.",
        exceptions: "Arguments that Azure Policy writes on purpose.",
        bad: vault!(
            r#"
  purge_protection_enabled = true

  lifecycle {
    ignore_changes = [network_acls, tags]
  }
"#
        ),
        good: vault!(
            r#"
  purge_protection_enabled = true

  lifecycle {
    ignore_changes = [tags]
  }
"#
        ),
        references: &["https://developer.hashicorp.com/terraform/language/meta-arguments/lifecycle"],
        peers: &[],
    },
    check,
};

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some(evaluation) = graph.evaluation else { return };
    for instance in evaluation.instances.iter().filter(|i| i.address.mode == Mode::Managed) {
        let Some(arguments) = SECURITY_ARGUMENTS.row(&instance.address.type_name) else { continue };
        if instance.lifecycle.ignore_all {
            out.fail(instance, None, "ignore_changes = all hides every change of this resource");
            continue;
        }
        let hidden = instance.lifecycle.ignore_changes.iter().find(|entry| {
            let path = plain(entry);
            let last = path.rsplit('.').next().unwrap_or("");
            !OWNED_BY_OTHERS.contains(&last) && arguments.iter().skip(1).any(|a| is_prefix(&path, a))
        });
        match hidden {
            Some(entry) => {
                let text = format!("ignore_changes covers {entry}, which keeps the resource safe");
                out.fail(instance, None, text)
            }
            None => out.pass(instance),
        };
    }
}

/// A path without indexes: `default_node_pool.zones` of `default_node_pool[0].zones`.
fn plain(entry: &str) -> String {
    let mut path = String::with_capacity(entry.len());
    let mut inside = false;
    for c in entry.chars() {
        match c {
            '[' => inside = true,
            ']' => inside = false,
            c if !inside => path.push(c),
            _ => {}
        }
    }
    // The legacy form of an index.
    path.split('.').filter(|p| p.parse::<u32>().is_err()).collect::<Vec<_>>().join(".")
}

fn is_prefix(path: &str, argument: &str) -> bool {
    argument.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lose_their_indexes() {
        assert_eq!(
            plain("default_node_pool[0].upgrade_settings[0].max_surge"),
            "default_node_pool.upgrade_settings.max_surge"
        );
        assert_eq!(plain("network_acls.0.ip_rules"), "network_acls.ip_rules");
        assert_eq!(plain("tags[\"a.b\"]"), "tags");
        assert!(is_prefix("network_acls", "network_acls.default_action"));
        assert!(!is_prefix("network", "network_acls"));
    }
}
