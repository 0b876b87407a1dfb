//! SEC-021: what the next major version of the provider does not have.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::network;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile};
use crate::azure::catalogue;
use crate::terraform::address::Mode;
use crate::terraform::evaluation::Instance;
use crate::terraform::schema::{self, Block};
use crate::terraform::value::Value;

/// Providers whose majors are compared.
const PROVIDERS: [&str; 2] = ["hashicorp/azurerm", "hashicorp/azuread"];
/// How deep blocks are looked into.
const DEPTH: usize = 12;

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-SEC-021",
        name: "deprecated-attribute",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "it uses what the next major version of the provider does not have",
        why: "The upgrade stops here: every use has to be changed first, in all roots at once.",
        fix: "Use the new name, which this version of the provider knows already where the page of the resource says so.",
        exceptions: "",
        bad: concat!(
            network!(),
            r#"resource "azurerm_monitor_diagnostic_setting" "example" {
  name                       = "example"
  target_resource_id         = azurerm_virtual_network.example.id
  log_analytics_workspace_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.OperationalInsights/workspaces/log-example"

  metric {
    category = "AllMetrics"
  }
}
"#
        ),
        good: concat!(
            network!(),
            r#"resource "azurerm_monitor_diagnostic_setting" "example" {
  name                       = "example"
  target_resource_id         = azurerm_virtual_network.example.id
  log_analytics_workspace_id = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.OperationalInsights/workspaces/log-example"

  enabled_metric {
    category = "AllMetrics"
  }
}
"#
        ),
        references: &[
            "https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/guides/5.0-upgrade-guide",
        ],
        ..Meta::ROW
    },
    check,
};

/// The schema of a type now, and in the next major where that is known: nothing when the type is gone.
type Schemas = (Option<Arc<Block>>, Option<Option<Arc<Block>>>);

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some(evaluation) = graph.evaluation else { return };
    let mut known: HashMap<(Mode, &str, &str), Schemas> = HashMap::new();
    for instance in &evaluation.instances {
        let Some(provider) = evaluation.providers.get(&instance.provider) else { continue };
        if !PROVIDERS.contains(&&*provider.source) {
            continue;
        }
        let source = &*provider.source;
        let Some(major) = provider.major.filter(|m| schema::has_major(source, *m)) else {
            out.unknown(instance, "which version of the provider is used is not known");
            continue;
        };
        let key = (instance.address.mode, source, &*instance.address.type_name);
        let (now, next) = known.entry(key).or_insert_with(|| {
            let next = schema::has_major(source, major + 1).then(|| schema_of(instance, source, major + 1));
            (schema_of(instance, source, major), next)
        });
        let Some(now) = now else { continue };
        let name = source.rsplit('/').next().unwrap_or(source);
        if matches!(next, Some(None)) {
            let kind = &instance.address.type_name;
            out.fail(instance, None, format!("{name} {} has no {kind}", major + 1));
            continue;
        }
        if now.deprecated {
            out.fail(instance, None, format!("{} is deprecated", instance.address.type_name));
            continue;
        }
        let mut found = Found { paths: BTreeSet::new(), at: None };
        let next = next.as_ref().and_then(|n| n.as_deref());
        found.compare(&instance.config, now, next, "", DEPTH);
        if found.paths.is_empty() {
            out.pass(instance);
            continue;
        }
        let renamed = |path: &String| match new_name(&instance.address.type_name, path) {
            Some(new) => format!("{path} (now {new})"),
            None => path.clone(),
        };
        let paths: Vec<String> = found.paths.iter().map(renamed).collect();
        let text = format!("deprecated, or gone in {name} {}: {}", major + 1, paths.join(", "));
        out.fail(instance, found.at, text);
    }
}

fn schema_of(instance: &Instance, source: &str, major: u32) -> Option<Arc<Block>> {
    let kind = &*instance.address.type_name;
    match instance.address.mode {
        Mode::Managed => schema::resource(source, Some(major), kind),
        Mode::Data => schema::data_source(source, Some(major), kind),
        Mode::Ephemeral => schema::ephemeral(source, Some(major), kind),
    }
}

/// Arguments in use that go away.
struct Found<'a> {
    paths: BTreeSet<String>,
    at: Option<&'a Value>,
}

impl<'a> Found<'a> {
    fn compare(&mut self, config: &'a Value, now: &Block, next: Option<&Block>, above: &str, depth: usize) {
        let Some(members) = config.as_map().filter(|_| depth > 0) else { return };
        for (name, value) in members.iter().filter(|(_, v)| !v.is_null()) {
            let path = if above.is_empty() { name.to_string() } else { format!("{above}.{name}") };
            let gone = next.is_some_and(|b| b.attribute(name).is_none() && b.nested(name).is_none());
            if let Some(attribute) = now.attribute(name) {
                if attribute.deprecated || gone {
                    self.add(path, value);
                }
            } else if let Some(nested) = now.nested(name) {
                let blocks = value.as_slice().unwrap_or(std::slice::from_ref(value));
                if blocks.is_empty() {
                    continue;
                }
                if nested.block.deprecated || gone {
                    self.add(path, blocks.first().unwrap_or(value));
                    continue;
                }
                let later = next.and_then(|b| b.nested(name)).map(|b| &*b.block);
                // A block that becomes an argument is written anew; what is in it has no counterpart.
                let later = if next.is_some() && later.is_none() { None } else { later };
                for block in blocks {
                    self.compare(block, &nested.block, later, &path, depth - 1);
                }
            }
        }
    }

    fn add(&mut self, path: String, value: &'a Value) {
        self.paths.insert(path);
        self.at = self.at.or(Some(value));
    }
}

/// What an argument is called in later versions, as far as the model knows.
fn new_name(type_name: &str, path: &str) -> Option<&'static str> {
    let ty = catalogue::resource(type_name)?;
    ty.aliases.iter().find(|a| a.old == path)?.new
}
