//! LIV-016: what a policy of Azure denies.

use std::collections::BTreeMap;

use super::policy_rule::{Given, Question};
use crate::analysis::rules::example::{live, registry};
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::roles::Scope;
use crate::analysis::rules::{Check, Meta, Outcomes, Truth};
use crate::azure::estate::{Document, get};
use crate::azure::id::ResourceId;
use crate::terraform::value::Value;

const ASSIGNMENT: &str = "Microsoft.Authorization/policyAssignments";
const DEFINITION: &str = "Microsoft.Authorization/policyDefinitions";
const INITIATIVE: &str = "Microsoft.Authorization/policySetDefinitions";
const EXEMPTION: &str = "Microsoft.Authorization/policyExemptions";
/// Effects that stop an apply.
const STOPS: [&str; 2] = ["deny", "denyaction"];

/// A registry, and a policy that denies an admin user: lines of the registry.
macro_rules! governed {
    ($lines:literal) => {
        live!(
            registry!("Premium", $lines),
            r#"[{
  "id": "/subscriptions/00000000-0000-0000-0000-000000000000/providers/Microsoft.Authorization/policyDefinitions/no-admin",
  "type": "Microsoft.Authorization/policyDefinitions",
  "name": "no-admin",
  "properties": {
    "displayName": "Registries have no admin user",
    "parameters": { "effect": { "type": "String", "defaultValue": "Deny" } },
    "policyRule": {
      "if": { "allOf": [
        { "field": "type", "equals": "Microsoft.ContainerRegistry/registries" },
        { "field": "Microsoft.ContainerRegistry/registries/adminUserEnabled", "equals": true }
      ] },
      "then": { "effect": "[parameters('effect')]" }
    }
  }
}, {
  "id": "/subscriptions/00000000-0000-0000-0000-000000000000/providers/Microsoft.Authorization/policyAssignments/no-admin",
  "type": "Microsoft.Authorization/policyAssignments",
  "name": "no-admin",
  "properties": {
    "displayName": "Registries have no admin user",
    "scope": "/subscriptions/00000000-0000-0000-0000-000000000000",
    "policyDefinitionId": "/subscriptions/00000000-0000-0000-0000-000000000000/providers/Microsoft.Authorization/policyDefinitions/no-admin"
  }
}]
"#
        )
    };
}

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-LIV-016",
        name: "policy-noncompliant",
        title: "a policy of Azure denies what the code asks for",
        why: "The plan succeeds, and the apply fails with RequestDisallowedByPolicy after other resources were changed.",
        fix: "Change the setting that the policy names, or ask for an exemption.",
        exceptions: "",
        bad: governed!("  admin_enabled = true\n"),
        good: governed!("  admin_enabled = false\n"),
        references: &["https://learn.microsoft.com/azure/governance/policy/concepts/effect-deny"],
        ..Meta::ROW
    },
    check,
};

/// A policy that is in force somewhere.
struct Policy<'a> {
    name: String,
    scope: Scope,
    not: Vec<Scope>,
    exempt: Vec<Scope>,
    condition: &'a Value,
    given: Given,
}

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some((live, alive)) = graph.live() else { return };
    if alive.graph.is_none() {
        return;
    }
    let policies = policies(live);
    for document in graph.estate.iter().filter(|d| d.declared.as_ref().is_some_and(|d| d.inline.is_empty())) {
        let here = |p: &&Policy<'_>| {
            let covered = |scopes: &[Scope]| scopes.iter().any(|s| s.covers(&document.id) == Truth::Yes);
            p.scope.covers(&document.id) == Truth::Yes && !covered(&p.not) && !covered(&p.exempt)
        };
        let mut any = false;
        for policy in policies.iter().filter(here) {
            any = true;
            let denied = Question { document, given: &policy.given }.holds(policy.condition);
            let why = match denied {
                Truth::Unknown(why) => Truth::Unknown(format!("the policy {}: {why}", policy.name)),
                known => known,
            };
            out.judge(document, None, !why, format!("the policy \"{}\" denies it", policy.name));
        }
        if !any {
            out.skip(document, "no policy that denies was read for it");
        }
    }
}

/// The policies that deny, of all assignments.
fn policies<'a>(live: &Graph<'a>) -> Vec<Policy<'a>> {
    let mut found = Vec::new();
    for assignment in live.of_type(ASSIGNMENT) {
        let off = assignment
            .str("properties.enforcementMode")
            .is_some_and(|m| m.eq_ignore_ascii_case("DoNotEnforce"));
        if off {
            continue;
        }
        let scope =
            assignment.str("properties.scope").map(ResourceId::new).or_else(|| extended(&assignment.id));
        let Some(scope) = scope else { continue };
        let text = |id: &ResourceId| Scope::of(Some(&Value::from(id.as_str())));
        let listed = |v: &Value| v.as_str().map(|s| Scope::of(Some(&Value::from(s))));
        let not: Vec<Scope> = assignment.items("properties.notScopes").iter().filter_map(listed).collect();
        let exempt = exemptions(live, &assignment.id);
        let name = assignment.str("properties.displayName").unwrap_or(assignment.name()).to_owned();
        let own = given(assignment.get("properties.parameters"), "value");
        for (definition, given) in definitions(live, assignment, own) {
            let rule = definition.get("properties.policyRule");
            let (Some(condition), Some(effect)) =
                (rule.and_then(|r| get(r, "if")), rule.and_then(|r| get(r, "then.effect")))
            else {
                continue;
            };
            let effect = Question { document: definition, given: &given }.resolved(effect);
            let stops = effect
                .is_ok_and(|e| e.as_str().is_some_and(|e| STOPS.iter().any(|s| s.eq_ignore_ascii_case(e))));
            if stops {
                let (scope, not, exempt) = (text(&scope), not.clone(), exempt.clone());
                found.push(Policy { name: name.clone(), scope, not, exempt, condition, given });
            }
        }
    }
    found
}

/// The definitions of an assignment with their parameters: one, or those of an initiative.
fn definitions<'a>(live: &Graph<'a>, assignment: &Document, own: Given) -> Vec<(&'a Document, Given)> {
    let by_id = |id: &str, kind: &str| {
        let key = ResourceId::new(id).key();
        live.of_type(kind).find(|d| d.id.key() == key)
    };
    let Some(id) = assignment.str("properties.policyDefinitionId") else { return Vec::new() };
    let with_defaults = |definition: &Document, mut values: Given| {
        for (name, value) in given(definition.get("properties.parameters"), "defaultValue") {
            values.entry(name).or_insert(value);
        }
        values
    };
    if let Some(definition) = by_id(id, DEFINITION) {
        return vec![(definition, with_defaults(definition, own))];
    }
    let Some(initiative) = by_id(id, INITIATIVE) else { return Vec::new() };
    let outer = with_defaults(initiative, own);
    let mut found = Vec::new();
    for member in initiative.items("properties.policyDefinitions") {
        let definition = get(member, "policyDefinitionId").and_then(Value::as_str);
        let Some(definition) = definition.and_then(|id| by_id(id, DEFINITION)) else { continue };
        let question = Question { document: initiative, given: &outer };
        let values = given(get(member, "parameters"), "value").into_iter();
        let values = values.filter_map(|(k, v)| Some((k, question.resolved(&v).ok()?))).collect();
        found.push((definition, with_defaults(definition, values)));
    }
    found
}

/// Parameters by name in lower case, from a map of objects.
fn given(parameters: Option<&Value>, member: &str) -> Given {
    let all = parameters.and_then(Value::as_map).into_iter().flatten();
    let values: BTreeMap<String, Value> =
        all.filter_map(|(k, v)| Some((k.to_ascii_lowercase(), get(v, member)?.clone()))).collect();
    values
}

/// Where an assignment does not hold.
fn exemptions(live: &Graph<'_>, assignment: &ResourceId) -> Vec<Scope> {
    let of = live.of_type(EXEMPTION).filter(|e| {
        let named = e.str("properties.policyAssignmentId").map(|id| ResourceId::new(id).key());
        let over =
            e.str("properties.expiresOn").and_then(|d| crate::analysis::rules::graph::date(d.get(..10)?));
        named.as_ref() == Some(&assignment.key()) && over.is_none_or(|day| live.today <= day)
    });
    let scopes = of.filter_map(|e| extended(&e.id));
    scopes.map(|id| Scope::of(Some(&Value::from(id.as_str())))).collect()
}

/// What an extension stands on: the group of `GROUP/providers/Microsoft.Authorization/policyExemptions/NAME`.
fn extended(id: &ResourceId) -> Option<ResourceId> {
    id.parent()?.parent()
}
