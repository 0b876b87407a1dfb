//! CHG-005: who may do more than before.

use crate::analysis::finding::Severity;
use crate::analysis::rules::example::changed;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::before::Before;
use crate::analysis::rules::graph::principals::Principal;
use crate::analysis::rules::graph::roles::{Assignment, Level, Role};
use crate::analysis::rules::{Check, Meta, Outcomes, Truth};
use crate::azure::types;
use crate::terraform::evaluation::Instance;
use crate::terraform::value::Value;

macro_rules! assigned {
    ($role:literal) => {
        concat!(
            r#"resource "azurerm_role_assignment" "team" {
  scope                = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example"
  role_definition_name = ""#,
            $role,
            r#""
  principal_id         = "99999999-2222-3333-4444-555555555555"
}
"#
        )
    };
}

pub(super) static RULE: Check = Check {
    meta: Meta {
        id: "TU-CHG-005",
        name: "grants-privilege",
        severity: Severity::High,
        title: "the change gives somebody more rights than before",
        why: "A review of access happens when the access is given, or never.",
        fix: "Give the role that the task needs, on the resource that it needs it on.",
        exceptions: "Rights that were reviewed and are meant.",
        bad: changed!(assigned!("Reader"), assigned!("Contributor")),
        good: changed!(assigned!("Contributor"), assigned!("Reader")),
        references: &["https://learn.microsoft.com/azure/role-based-access-control/best-practices"],
        ..Meta::ROW
    },
    check,
};

/// Roles that rule over others' access.
const RULERS: &[&str] = &["Owner", "User Access Administrator", "Role Based Access Control Administrator"];
/// Roles that rule over data.
const DATA_ADMINS: &[&str] = &[
    "Key Vault Administrator",
    "Key Vault Data Access Administrator",
    "Azure Kubernetes Service Cluster Admin Role",
    "Azure Kubernetes Service RBAC Cluster Admin",
    "Azure Kubernetes Service RBAC Admin",
    "Storage Blob Data Owner",
];
/// Words in the names of built-in roles that only read.
const READS: &[&str] =
    &["Reader", "AcrPull", "User Role", "Monitoring User", "Secrets User", "Certificate User"];

/// How much a role matters; nothing for one that only reads.
fn weight(role: &Role, level: Option<Level>) -> Option<Severity> {
    let is = |names: &[&str]| role.is_one_of(names) == Truth::Yes;
    let wide = level.is_some_and(|l| l >= Level::ResourceGroup);
    match role {
        _ if is(RULERS) || is(DATA_ADMINS) || is(&["Contributor"]) && wide => Some(Severity::High),
        Role::Named(name) if READS.iter().any(|w| name.contains(w)) => None,
        Role::Named(_) => Some(Severity::Low),
        Role::Custom { actions, .. } if actions.iter().any(|a| a == "*") => Some(Severity::High),
        Role::Custom { actions, .. } if actions.iter().all(|a| a.ends_with("/read")) => None,
        Role::Custom { .. } => Some(Severity::Low),
        Role::Unknown(_) => None,
    }
}

fn check(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some(before) = graph.before() else { return };
    assignments(graph, before, out);
    definitions(graph, before, out);
    policies(graph, before, out);
    federated(graph, before, out);
}

/// Principal, role and scope: what an assignment gives.
fn gives(a: &Assignment<'_>) -> (Principal, String, String) {
    let scope = a.scope.id.as_ref().map_or_else(|| a.scope.unknown.clone(), |id| id.key());
    (a.principal.clone(), a.role.name().to_ascii_lowercase(), scope)
}

fn assignments<'a>(graph: &Graph<'a>, before: &Before<'a>, out: &mut Outcomes<'_>) {
    let then: Vec<_> = before.graph.assignments().iter().map(gives).collect();
    for assignment in graph.assignments() {
        let document = assignment.document;
        let Some(change) = before.change(&document.label()) else {
            out.pass(document);
            continue;
        };
        if then.contains(&gives(assignment)) {
            out.pass(document);
            continue;
        }
        let open = match (&assignment.role, &assignment.principal) {
            (Role::Unknown(why), _) | (_, Principal::Unknown(why)) => Some(why.clone()),
            _ => None,
        };
        let level = assignment.scope.level;
        match (open, weight(&assignment.role, level)) {
            (Some(why), _) => drop(out.unknown(document, why)),
            (None, None) => drop(out.pass(document)),
            (None, Some(severity)) => {
                let scope = level.map_or("scope that is not known", Level::word);
                let text = format!("{} is given on a {scope}", assignment.role.name());
                let at = change.attributes.iter().find_map(|a| a.place.span);
                out.fail(document, document.get("properties.roleDefinitionId"), text)
                    .severity(severity)
                    .at(at);
            }
        }
    }
}

/// The actions that a custom role allows.
fn actions(instance: &Instance) -> Vec<&str> {
    let permissions = instance.config.get("permissions").and_then(Value::as_slice).unwrap_or_default();
    let lists = permissions
        .iter()
        .flat_map(|p| ["actions", "data_actions"].into_iter().filter_map(|k| p.get(k)?.as_slice()));
    lists.flatten().filter_map(Value::as_str).collect()
}

fn definitions<'a>(graph: &Graph<'a>, before: &Before<'a>, out: &mut Outcomes<'_>) {
    for role in graph.instances("azurerm_role_definition") {
        let address = role.address.to_string();
        let Some(was) = before.graph.instance(before.address(&address)) else { continue };
        let then = actions(was);
        let new: Vec<&str> = actions(role).into_iter().filter(|a| !then.contains(a)).collect();
        if let Some(first) = new.iter().find(|a| !a.ends_with("/read")) {
            let severity = if new.contains(&"*") { Severity::High } else { Severity::Low };
            let at = before.change(&address).and_then(|c| c.attributes.iter().find_map(|a| a.place.span));
            out.fail(role, None, format!("the role allows {first} as well")).severity(severity).at(at);
        } else {
            out.pass(role);
        }
    }
}

const PERMISSIONS: [&str; 3] = ["keys", "secrets", "certificates"];
/// Permissions of an access policy that only read.
const LOOKS: [&str; 2] = ["get", "list"];

/// Access policies of vaults, by principal.
fn policies<'a>(graph: &Graph<'a>, before: &Before<'a>, out: &mut Outcomes<'_>) {
    let read = |g: &Graph<'a>| {
        let mut found: Vec<(String, &'a Value, &'a crate::azure::estate::Document)> = Vec::new();
        for vault in g.of_type(types::VAULT) {
            found.extend(vault.items("properties.accessPolicies").iter().map(|p| (vault.id.key(), p, vault)));
        }
        for policy in g.of_type(types::ACCESS_POLICY) {
            let vault = policy.id.parent().map(|id| id.key()).unwrap_or_default();
            found.push((vault, policy.get("properties").unwrap_or(&policy.body), policy));
        }
        found
    };
    let rights = |policy: &Value| -> Vec<String> {
        let all = PERMISSIONS.into_iter().flat_map(|kind| {
            let list = crate::azure::estate::get(policy, &format!("permissions.{kind}"));
            let words = list.and_then(Value::as_slice).unwrap_or_default().iter().filter_map(Value::as_str);
            words.map(move |w| format!("{} {kind}", w.to_ascii_lowercase())).collect::<Vec<_>>()
        });
        all.collect()
    };
    let who = |policy: &Value| Principal::of(policy.get("objectId"));
    let then = read(&before.graph);
    for (vault, policy, document) in read(graph) {
        let Some(change) = before.change(&document.label()) else { continue };
        if before.graph.estate.by_address(before.address(&vault_address(graph, &vault))).is_none() {
            continue;
        }
        let had: Vec<String> = then
            .iter()
            .filter(|(v, p, _)| *v == vault && who(p) == who(policy))
            .flat_map(|(_, p, _)| rights(p))
            .collect();
        let new: Vec<String> = rights(policy).into_iter().filter(|r| !had.contains(r)).collect();
        let writes = |r: &&String| !LOOKS.iter().any(|w| r.starts_with(&format!("{w} ")));
        if let Some(first) = new.iter().find(writes) {
            let at = change.attributes.iter().find_map(|a| a.place.span);
            let text = format!("a principal of an access policy may {first} as well");
            out.fail(document, Some(policy), text).severity(Severity::Low).at(at);
        } else {
            out.pass(document);
        }
    }
}

/// The address of the vault with this key.
fn vault_address(graph: &Graph<'_>, key: &str) -> String {
    let vault = graph.estate.by_id(&crate::azure::id::ResourceId::new(key));
    vault.map(|v| v.label()).unwrap_or_default()
}

/// Federated subjects: tokens of others that become an identity.
fn federated<'a>(graph: &Graph<'a>, before: &Before<'a>, out: &mut Outcomes<'_>) {
    let text = |v: Option<&Value>| v.and_then(Value::as_str).map(str::to_owned);
    let then: Vec<_> =
        before.graph.credentials().iter().map(|c| (c.owner.clone(), text(c.subject))).collect();
    for credential in graph.credentials() {
        let document = graph.estate.by_address(&credential.owner).and_then(|d| before.document(d));
        let owner = document.map_or_else(|| before.address(&credential.owner).to_owned(), |d| d.label());
        if credential.subject.is_some() && then.contains(&(owner, text(credential.subject))) {
            out.pass(credential.resource);
            continue;
        }
        let given = graph.assignments().iter().filter(|a| credential.principals.contains(&a.principal));
        let writes = given.filter(|a| weight(&a.role, a.scope.level).is_some()).map(|a| a.role.name()).next();
        match writes {
            Some(role) => {
                let text = format!("tokens of a new subject become an identity that has the role {role}");
                out.fail(credential.resource, credential.subject, text);
            }
            None => drop(out.pass(credential.resource)),
        }
    }
}
