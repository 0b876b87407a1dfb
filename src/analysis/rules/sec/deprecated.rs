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

/// Majors of providers that schemas are known of.
const MAJORS: std::ops::RangeInclusive<u32> = 1..=9;

/// The schema of a type now, and in the next major: nothing where there is none. What follows the newest major
/// that is known is that major itself.
type Schemas = (Option<Arc<Block>>, Option<Arc<Block>>);

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some(evaluation) = graph.evaluation else { return };
    let mut known: HashMap<(Mode, &str, &str, u32), Schemas> = HashMap::new();
    for instance in &evaluation.instances {
        let Some(provider) = evaluation.providers.get(&instance.provider) else { continue };
        if !PROVIDERS.contains(&&*provider.source) {
            continue;
        }
        let source = &*provider.source;
        let mut fault = |major: u32| {
            let key = (instance.address.mode, source, &*instance.address.type_name, major);
            let schemas = known.entry(key).or_insert_with(|| {
                (schema_of(instance, source, major), schema_of(instance, source, major + 1))
            });
            fault(instance, source, major, schemas)
        };
        match provider.major.filter(|m| schema::has_major(source, *m)) {
            Some(major) => match fault(major) {
                Some(Some((at, text))) => drop(out.fail(instance, at, text)),
                Some(None) => drop(out.pass(instance)),
                None => {}
            },
            // What is well in every version is well.
            None => {
                let mut all = MAJORS.filter(|m| schema::has_major(source, *m)).map(&mut fault);
                let found = all.find(|fault| !matches!(fault, Some(None)));
                match found {
                    Some(_) => out.unknown(instance, "which version of the provider is used is not known"),
                    None => out.pass(instance),
                };
            }
        }
    }
}

/// A value at fault, and what is wrong with it.
type Fault<'a> = (Option<&'a Value>, String);

/// What an instance uses that a major deprecates, or the next one does not have; nothing where the major does not
/// know the type.
fn fault<'a>(
    instance: &'a Instance,
    source: &str,
    major: u32,
    (now, next): &Schemas,
) -> Option<Option<Fault<'a>>> {
    let now = now.as_ref()?;
    let name = source.rsplit('/').next().unwrap_or(source);
    let kind = &instance.address.type_name;
    let Some(next) = next else {
        return Some(Some((None, format!("{name} {} has no {kind}", major + 1))));
    };
    if now.deprecated {
        return Some(Some((None, format!("{kind} is deprecated"))));
    }
    let mut found = Found { paths: BTreeSet::new(), at: None };
    found.compare(&instance.config, now, Some(&**next), "", DEPTH);
    if found.paths.is_empty() {
        return Some(None);
    }
    let renamed = |path: &String| match new_name(kind, path) {
        Some(new) => format!("{path} (now {new})"),
        None => path.clone(),
    };
    let paths: Vec<String> = found.paths.iter().map(renamed).collect();
    let text = format!("deprecated, or gone in {name} {}: {}", major + 1, paths.join(", "));
    Some(Some((found.at, text)))
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
            let path = || if above.is_empty() { name.to_string() } else { format!("{above}.{name}") };
            let gone = next.is_some_and(|b| b.attribute(name).is_none() && b.nested(name).is_none());
            if let Some(attribute) = now.attribute(name) {
                if attribute.deprecated || gone {
                    self.add(path(), value);
                }
            } else if let Some(nested) = now.nested(name) {
                let blocks = value.as_slice().unwrap_or(std::slice::from_ref(value));
                if blocks.is_empty() {
                    continue;
                }
                if nested.block.deprecated || gone {
                    self.add(path(), blocks.first().unwrap_or(value));
                    continue;
                }
                // What is in a block that becomes an argument has no counterpart.
                let later = next.and_then(|b| b.nested(name)).map(|b| &*b.block);
                let path = path();
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
