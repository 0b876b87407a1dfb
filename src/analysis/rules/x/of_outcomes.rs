//! X-038, X-039, X-040, X-041: what is told of the outcomes of other rules.
//!
//! The findings themselves are those of the other rules: `settle` lowers a severity, joins findings, adds a
//! note. These rules list where that was done, for those who read every outcome.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::nsg;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::settle::{idle, may_be_idle, passes_in};
use crate::analysis::rules::{Check, Meta, Outcome, Outcomes, Subject, Verdict};
use crate::terraform::address::Mode;
use crate::terraform::source::Span;

/// Most rules that one line names.
const SHOWN: usize = 6;

pub(super) static ENVIRONMENTS: Check = Check {
    meta: Meta {
        id: "TU-X-038",
        name: "env-inconsistency",
        title: "production is weaker than another environment",
        why: "Somebody has put it right elsewhere, or loosened it here for a moment: hardly ever is it meant.",
        fix: "Set in production what the other environment sets. The finding of the rule itself says where it passes.",
        exceptions: "",
        bad: roots!("true"),
        good: roots!("false"),
        references: &[
            "https://learn.microsoft.com/azure/well-architected/security/secure-development-lifecycle",
        ],
        ..Meta::ROW
    },
    check: environments,
};

/// The roots of production and of development: whether the registry of production has an admin user.
macro_rules! roots {
    ($admin:literal) => {
        concat!(
            "# file production/main.tf\nresource \"azurerm_container_registry\" \"example\" {\n  name                = \"crprod\"\n",
            "  location            = \"westeurope\"\n  resource_group_name = \"rg-example\"\n  sku                 = \"Premium\"\n",
            "  admin_enabled       = ",
            $admin,
            "\n}\n# file development/main.tf\nresource \"azurerm_container_registry\" \"example\" {\n  name                = \"crdev\"\n",
            "  location            = \"westeurope\"\n  resource_group_name = \"rg-example\"\n  sku                 = \"Premium\"\n",
            "  admin_enabled       = false\n}\n"
        )
    };
}
use roots;

pub(super) static DEFAULTS: Check = Check {
    meta: Meta {
        id: "TU-X-039",
        name: "module-default-weak",
        severity: Severity::Low,
        title: "several findings come from the default of one variable of a module",
        why: "Every caller that says nothing gets it: one edit in the module puts all of them right.",
        fix: "Change the default. The finding of the rule is told once, at the default, and lists the calls.",
        exceptions: "",
        bad: module_default!("true", ""),
        good: module_default!("true", "  admin = false\n"),
        references: &["https://developer.hashicorp.com/terraform/language/values/variables"],
        ..Meta::ROW
    },
    check: defaults,
};

/// Two calls of a module for registries: the default of its variable, and what the second call sets.
macro_rules! module_default {
    ($default:literal, $second:literal) => {
        concat!(
            "# file main.tf\nmodule \"first\" {\n  source = \"./modules/registry\"\n  name   = \"crfirst\"\n}\n\n",
            "module \"second\" {\n  source = \"./modules/registry\"\n  name   = \"crsecond\"\n",
            $second,
            "}\n# file modules/registry/main.tf\nvariable \"name\" {\n  type = string\n}\n\nvariable \"admin\" {\n  type    = bool\n  default = ",
            $default,
            "\n}\n\nresource \"azurerm_container_registry\" \"this\" {\n  name                = var.name\n  location            = \"westeurope\"\n",
            "  resource_group_name = \"rg-example\"\n  sku                 = \"Premium\"\n  admin_enabled       = var.admin\n}\n"
        )
    };
}
use module_default;

pub(super) static OUTSIDE: Check = Check {
    meta: Meta {
        id: "TU-X-040",
        name: "data-source-blindspot",
        severity: Severity::Info,
        title: "rules could not decide, because of something outside this root",
        why: "What was not checked is no pass. Each data source, remote state and module that could not be read is listed \
              with the rules that wait for it.",
        fix: "Name the other root module (--beside), compare with Azure (--live), or fetch the module (trueup modules \
              fetch).",
        exceptions: "",
        bad: concat!(
            "data \"azurerm_key_vault\" \"shared\" {\n  name                = \"kv-shared\"\n  resource_group_name = \"rg-shared\"\n}\n\n",
            "resource \"azurerm_role_assignment\" \"example\" {\n  scope                = data.azurerm_key_vault.shared.id\n",
            "  role_definition_name = data.azurerm_key_vault.shared.sku_name\n  principal_id         = \"11111111-2222-3333-4444-555555555555\"\n}\n"
        ),
        good: "resource \"azurerm_resource_group\" \"example\" {\n  name     = \"rg-example\"\n  location = \"westeurope\"\n}\n",
        references: &["https://developer.hashicorp.com/terraform/language/data-sources"],
        ..Meta::ROW
    },
    check: outside,
};

pub(super) static WITHOUT_EFFECT: Check = Check {
    meta: Meta {
        id: "TU-X-041",
        name: "unreachable-duplicate-exposure",
        severity: Severity::Info,
        title: "a risky setting has no effect now: nothing is attached to what has it",
        why: "It takes effect the moment somebody attaches a subnet, a machine or an address. Until then its finding weighs \
              one step less, and says so.",
        fix: "Delete what nobody uses, or put it right before it is used.",
        exceptions: "",
        bad: nsg!(
            r#"
  security_rule {
    name                       = "allow-ssh"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = "Internet"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "22"
  }
"#
        ),
        good: concat!(
            nsg!(
                r#"
  security_rule {
    name                       = "allow-ssh"
    priority                   = 100
    direction                  = "Inbound"
    access                     = "Allow"
    protocol                   = "Tcp"
    source_address_prefix      = "Internet"
    source_port_range          = "*"
    destination_address_prefix = "*"
    destination_port_range     = "22"
  }
"#
            ),
            crate::analysis::rules::example::network!(),
            r#"resource "azurerm_subnet_network_security_group_association" "nodes" {
  subnet_id                 = azurerm_subnet.nodes.id
  network_security_group_id = azurerm_network_security_group.example.id
}
"#
        ),
        references: &[
            "https://learn.microsoft.com/azure/virtual-network/network-security-group-how-it-works",
        ],
        ..Meta::ROW
    },
    check: without_effect,
};

/// The failures of others.
fn failures<'g>(graph: &'g Graph<'_>) -> impl Iterator<Item = &'g Outcome> {
    graph.verdicts().outcomes.iter().filter(|o| o.is_failure())
}

/// `TU-ACR-001, TU-KV-005 and 3 more`
fn listed(rules: &BTreeSet<&'static str>) -> String {
    let shown: Vec<&str> = rules.iter().take(SHOWN).copied().collect();
    match rules.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn environments(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    if graph.siblings.is_empty() {
        return;
    }
    let mut weaker = false;
    for outcome in failures(graph) {
        let Some(dir) = passes_in(graph, outcome) else { continue };
        weaker = true;
        let text = format!("{} fails here and passes in {dir}", outcome.rule);
        let found = out.fail(Subject::new(&*outcome.address, outcome.span), None, text);
        found.told_by = Some(outcome.rule);
    }
    if !weaker {
        let root = graph.checkout.map(|c| c.root.as_str()).filter(|r| !r.is_empty()).unwrap_or(".");
        out.pass(Subject::new(root, None));
    }
}

fn defaults(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    /// Rule, module, variable.
    type Key<'o> = (&'static str, &'o str, &'o str);
    let mut found: BTreeMap<Key<'_>, (Option<Span>, BTreeSet<&str>)> = BTreeMap::new();
    for outcome in failures(graph) {
        let Some(default) = &outcome.default else { continue };
        let entry = found.entry((outcome.rule, &default.module, &default.variable)).or_default();
        entry.0 = outcome.span;
        entry.1.insert(&outcome.address);
    }
    let is_called = graph.evaluation.is_some_and(|e| e.instances.iter().any(|i| !i.calls.is_empty()));
    if found.is_empty() && is_called {
        out.pass(Subject::new("modules", None));
    }
    for ((rule, module, variable), (place, addresses)) in found {
        let subject = Subject::new(format!("{module}: var.{variable}"), place);
        if addresses.len() < 2 {
            out.pass(subject);
            continue;
        }
        let text = format!("{} findings of {rule} come from this default", addresses.len());
        out.fail(subject, None, text).told_by = Some(rule);
    }
}

fn outside(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some(evaluation) = graph.evaluation else { return };
    let mut sources: Vec<(String, Subject)> = evaluation
        .instances
        .iter()
        .filter(|i| i.address.mode == Mode::Data)
        .map(|i| (i.address.to_string(), Subject::from(i)))
        .collect();
    let calls = evaluation.code.iter().flat_map(|code| code.written_calls());
    sources.extend(calls.map(|call| (call.address.clone(), Subject::new(call.address, Some(call.header)))));
    let by_name: HashMap<&str, usize> =
        sources.iter().enumerate().map(|(at, (name, _))| (&**name, at)).collect();
    let mut found: BTreeMap<usize, (usize, BTreeSet<&'static str>)> = BTreeMap::new();
    for outcome in &graph.verdicts().outcomes {
        let Verdict::Indeterminate(why) = &outcome.verdict else { continue };
        let named = why.split_whitespace().find_map(|word| {
            let mut name = word.trim_end_matches([':', ',', ';']);
            // `data.a.b[0].id`, then `data.a.b[0]`.
            loop {
                match (by_name.get(name), name.rfind('.')) {
                    (Some(at), _) => return Some(*at),
                    (None, Some(dot)) => name = &name[..dot],
                    (None, None) => return None,
                }
            }
        });
        if let Some(at) = named {
            let entry = found.entry(at).or_default();
            entry.0 += 1;
            entry.1.insert(outcome.rule);
        }
    }
    for (at, (count, rules)) in found {
        let text = match count {
            1 => format!("1 outcome depends on it: {}", listed(&rules)),
            count => format!("{count} outcomes depend on it: {}", listed(&rules)),
        };
        out.unknown(sources[at].1.clone(), text);
    }
}

fn without_effect(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for outcome in failures(graph) {
        if !may_be_idle(outcome.rule) {
            continue;
        }
        let subject = Subject::new(&*outcome.address, outcome.span);
        match idle(graph, outcome) {
            Some(why) => {
                let text = format!("{} has no effect now: {why}", outcome.rule);
                out.fail(subject, None, text).told_by = Some(outcome.rule);
            }
            None => drop(out.pass(subject)),
        }
    }
}
