//! LIV-002, 003, 004, 012 and 013: access that nobody declared.

use std::collections::BTreeSet;

use time::{Date, Duration};

use crate::analysis::changes::Status;
use crate::analysis::finding::Severity;
use crate::analysis::rules::example::{live, nsg, vault};
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::addresses::Addresses;
use crate::analysis::rules::graph::date;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::azure::estate::{Document, get};
use crate::azure::types;
use crate::terraform::value::Value;

macro_rules! live_nsg {
    ($rule:literal) => {
        concat!(
            r#"[{
  "id": ""#,
            super::id!("Microsoft.Network/networkSecurityGroups/nsg-example"),
            r#"",
  "type": "Microsoft.Network/networkSecurityGroups",
  "name": "nsg-example",
  "location": "westeurope",
  "properties": {
    "securityRules": [{
      "name": ""#,
            $rule,
            r#"",
      "properties": {
        "access": "Allow", "direction": "Inbound", "priority": 100, "protocol": "Tcp",
        "sourceAddressPrefix": "Internet", "sourcePortRange": "*",
        "destinationAddressPrefix": "*", "destinationPortRange": "22"
      }
    }]
  }
}]
"#
        )
    };
}

macro_rules! declared_nsg {
    () => {
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
        )
    };
}

pub(super) static SECURITY_RULES: Check = Check {
    meta: Meta {
        id: "TU-LIV-002",
        name: "unmanaged-nsg-rule",
        severity: Severity::High,
        title: "a network security group has a rule that is not in the code",
        why: "What was opened for an hour stays open, and no review of the code sees it.",
        fix: "Delete the rule, or write it into the code.",
        exceptions: "Rules that another root module owns.",
        bad: live!(declared_nsg!(), live_nsg!("tmp-debug")),
        good: live!(declared_nsg!(), live_nsg!("allow-ssh")),
        references: &["https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview"],
        ..Meta::ROW
    },
    check: security_rules,
};

macro_rules! live_role {
    ($name:literal, $role:literal) => {
        concat!(
            r#"{
  "id": ""#,
            super::id!("Microsoft.KeyVault/vaults/kv-example/providers/Microsoft.Authorization/roleAssignments/"),
            $name,
            r#"",
  "type": "Microsoft.Authorization/roleAssignments",
  "name": ""#,
            $name,
            r#"",
  "properties": {
    "scope": ""#,
            super::id!("Microsoft.KeyVault/vaults/kv-example"),
            r#"",
    "roleDefinitionId": "/subscriptions/11111111-2222-3333-4444-555555555555/providers/Microsoft.Authorization/roleDefinitions/"#,
            $role,
            r#"",
    "principalId": "99999999-2222-3333-4444-555555555555"
  }
}"#
        )
    };
}

macro_rules! plain_vault {
    () => {
        concat!(
            r#"{
  "id": ""#,
            super::id!("Microsoft.KeyVault/vaults/kv-example"),
            r#"",
  "type": "Microsoft.KeyVault/vaults",
  "name": "kv-example",
  "location": "westeurope",
  "properties": { "tenantId": "11111111-2222-3333-4444-555555555555", "sku": { "family": "A", "name": "standard" } }
}"#
        )
    };
}

pub(super) static ROLES: Check = Check {
    meta: Meta {
        id: "TU-LIV-003",
        name: "unmanaged-role-assignment",
        severity: Severity::High,
        title: "somebody holds a privileged role here that is not in the code",
        why: "Access that was given by hand is in no review and outlives the reason for it.",
        fix: "Remove the assignment, or write it into the code.",
        exceptions: "Assignments that another root module or Privileged Identity Management makes.",
        bad: live!(
            vault!(""),
            concat!(
                "[",
                plain_vault!(),
                ",\n",
                live_role!("aaaaaaaa-0000-4000-8000-000000000001", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"),
                "]\n"
            )
        ),
        good: live!(
            vault!(""),
            concat!(
                "[",
                plain_vault!(),
                ",\n",
                live_role!("aaaaaaaa-0000-4000-8000-000000000001", "acdd72a7-3385-48ef-bd42-f606fba81ae7"),
                "]\n"
            )
        ),
        references: &["https://learn.microsoft.com/azure/role-based-access-control/best-practices"],
        ..Meta::ROW
    },
    check: roles,
};

macro_rules! shared_vault {
    ($object:literal) => {
        concat!(
            r#"[{
  "id": ""#,
            super::id!("Microsoft.KeyVault/vaults/kv-example"),
            r#"",
  "type": "Microsoft.KeyVault/vaults",
  "name": "kv-example",
  "location": "westeurope",
  "properties": {
    "tenantId": "11111111-2222-3333-4444-555555555555",
    "sku": { "family": "A", "name": "standard" },
    "accessPolicies": [{
      "tenantId": "11111111-2222-3333-4444-555555555555",
      "objectId": ""#,
            $object,
            r#"",
      "permissions": { "secrets": ["get"] }
    }]
  }
}]
"#
        )
    };
}

macro_rules! read_by_one {
    () => {
        vault!(
            r#"
  access_policy {
    tenant_id          = "11111111-2222-3333-4444-555555555555"
    object_id          = "99999999-2222-3333-4444-555555555555"
    secret_permissions = ["Get"]
  }
"#
        )
    };
}

pub(super) static VAULTS: Check = Check {
    meta: Meta {
        id: "TU-LIV-004",
        name: "unmanaged-vault-access",
        severity: Severity::Medium,
        title: "the vault lets in somebody, or a network, that is not in the code",
        why: "Access that was given by hand is in no review and outlives the reason for it.",
        fix: "Remove the access policy, network rule or secret, or write it into the code.",
        exceptions: "Policies that another root module owns.",
        bad: live!(read_by_one!(), shared_vault!("88888888-2222-3333-4444-555555555555")),
        good: live!(read_by_one!(), shared_vault!("99999999-2222-3333-4444-555555555555")),
        references: &["https://learn.microsoft.com/azure/key-vault/general/security-features"],
        ..Meta::ROW
    },
    check: vaults,
};

macro_rules! orphan {
    ($principal:literal) => {
        concat!(
            r#"[{
  "id": ""#,
            super::id!("Microsoft.Authorization/roleAssignments/aaaaaaaa-0000-4000-8000-000000000001"),
            r#"",
  "type": "Microsoft.Authorization/roleAssignments",
  "name": "aaaaaaaa-0000-4000-8000-000000000001",
  "principalName": ""#,
            $principal,
            r#"",
  "properties": {
    "scope": "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example",
    "roleDefinitionId": "/subscriptions/11111111-2222-3333-4444-555555555555/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7",
    "principalId": "99999999-2222-3333-4444-555555555555"
  }
}]
"#
        )
    };
}
pub(super) static ORPHANS: Check = Check {
    meta: Meta {
        id: "TU-LIV-012",
        name: "orphaned-role-assignment",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "a role is assigned to a principal that is gone",
        why: "It counts towards the limit of assignments, and hides among those that matter.",
        fix: "Remove the assignment.",
        exceptions: "",
        bad: live!(orphan!("")),
        good: live!(orphan!("id-example")),
        references: &["https://learn.microsoft.com/azure/role-based-access-control/troubleshooting"],
        ..Meta::ROW
    },
    check: orphans,
};

macro_rules! fetched {
    ($day:literal) => {
        concat!(
            r#"[{
  "id": ""#,
            super::id!("Microsoft.ContainerService/managedClusters/aks-example/providers/Microsoft.Insights/eventtypes/management/values/1"),
            r#"",
  "type": "Microsoft.Insights/eventtypes/management/values",
  "name": "1",
  "caller": "somebody@example.com",
  "eventTimestamp": ""#,
            $day,
            r#"T08:00:00Z",
  "operationName": { "value": "Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action" },
  "status": { "value": "Succeeded" }
}]
"#
        )
    };
}

pub(super) static ADMINS: Check = Check {
    meta: Meta {
        id: "TU-LIV-013",
        name: "admin-credential-fetched",
        severity: Severity::High,
        title: "somebody fetched the cluster's admin credentials lately",
        why: "They bypass Entra ID, name nobody in the audit log, and work until they are rotated.",
        fix: "Turn local accounts off and rotate the cluster's certificates.",
        exceptions: "A pipeline that still signs in with them.",
        bad: live!(fetched!("2026-11-18")),
        good: live!(fetched!("2026-09-18")),
        references: &["https://learn.microsoft.com/azure/aks/manage-local-accounts-managed-azure-ad"],
        ..Meta::ROW
    },
    check: admins,
};

/// Rules that AKS writes for services.
const WRITTEN_BY_AKS: &str = "k8s-azure-lb_";

fn security_rules(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some((live, alive)) = graph.live() else { return };
    for group in live.of_type(types::NSG).filter(|g| !super::in_node_group(live, g)) {
        let Some(declared) = alive.declared(group) else { continue };
        let ours: Vec<&Document> = graph.children(&declared.id, types::NSG_RULE).collect();
        let names: BTreeSet<String> = ours.iter().map(|r| r.name().to_ascii_lowercase()).collect();
        let open = names.iter().any(|n| n.contains('<'));
        let extra: Vec<&Document> = live
            .children(&group.id, types::NSG_RULE)
            .filter(|r| !names.contains(&r.name().to_ascii_lowercase()))
            .filter(|r| !r.name().starts_with(WRITTEN_BY_AKS))
            .collect();
        if extra.is_empty() {
            out.pass(declared);
        } else if open {
            out.unknown(declared, "the name of a declared rule is not known: it may be the one that is live");
        } else {
            for rule in extra {
                let (severity, what) = weight(rule);
                let text = format!("{} is live and not in the code: it {what}", rule.name());
                out.fail(declared, None, text).severity(severity);
            }
        }
    }
}

fn weight(rule: &Document) -> (Severity, &'static str) {
    let is = |path: &str, word: &str| rule.str(path).is_some_and(|v| v.eq_ignore_ascii_case(word));
    if !is("properties.access", "Allow") {
        return (Severity::Low, "denies");
    }
    let one = rule.str("properties.sourceAddressPrefix");
    let more = rule.items("properties.sourceAddressPrefixes").iter().filter_map(Value::as_str);
    let sources = one.into_iter().chain(more).map(Addresses::of_prefix);
    let sources = sources.fold(Addresses::none(), |all, a| all.or(&a));
    if is("properties.direction", "Inbound") && sources.is_internet() {
        (Severity::High, "lets the Internet in")
    } else {
        (Severity::Medium, "allows more than the code says")
    }
}

/// Roles that rule over resources, access or data.
const PRIVILEGED: &[&str] = &[
    "Owner",
    "Contributor",
    "User Access Administrator",
    "Role Based Access Control Administrator",
    "Key Vault Administrator",
    "Key Vault Data Access Administrator",
    "Azure Kubernetes Service Cluster Admin Role",
    "Azure Kubernetes Service RBAC Cluster Admin",
    "Azure Kubernetes Service RBAC Admin",
];

fn roles(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let (Some((live, _)), Some(drift)) = (graph.live(), graph.drift()) else { return };
    let unmanaged = drift.of(Status::Unmanaged);
    let ids: BTreeSet<String> = unmanaged.map(|r| crate::azure::id::ResourceId::new(&*r.id).key()).collect();
    for assignment in live.assignments().iter().filter(|a| ids.contains(&a.document.id.key())) {
        let name = assignment.role.name();
        match assignment.role.is_one_of(PRIVILEGED) {
            Truth::Yes => drop(out.fail(
                assignment.document,
                None,
                format!("{name} is given here, and not by the code"),
            )),
            Truth::No => drop(out.pass(assignment.document)),
            Truth::Unknown(why) => drop(out.unknown(assignment.document, why)),
        }
    }
}

/// Texts of a list's members; `None` where one is not known.
fn texts<'d>(items: impl Iterator<Item = Option<&'d Value>>) -> Option<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    for item in items.flatten() {
        if item.is_unknown() {
            return None;
        }
        let text = item.as_str().unwrap_or_default().trim_end_matches("/32");
        found.insert(text.to_ascii_lowercase());
    }
    Some(found)
}

fn vaults(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some((live, alive)) = graph.live() else { return };
    for there in live.of_type(types::VAULT) {
        let Some(ours) = alive.declared(there) else { continue };
        let policies = |g: &Graph<'_>, vault: &Document| {
            let children: Vec<_> = g.children(&vault.id, types::ACCESS_POLICY).collect();
            let own = vault.items("properties.accessPolicies").iter().map(|p| p.get("objectId"));
            let more = children.iter().map(|d| d.get("properties.objectId"));
            texts(own.chain(more).collect::<Vec<_>>().into_iter())
        };
        let member = |vault: &Document, list: &str, member: &str| {
            let items: Vec<Option<Value>> =
                vault.items(list).iter().map(|i| get(i, member).cloned()).collect();
            texts(items.iter().map(Option::as_ref))
        };
        let secrets = |g: &Graph<'_>, vault: &Document, kind: &'static str| -> BTreeSet<String> {
            g.children(&vault.id, kind).map(|d| d.name().to_ascii_lowercase()).collect()
        };
        let mut lists = vec![
            ("an access policy of", policies(live, there), policies(graph, ours)),
            (
                "the network rule",
                member(there, "properties.networkAcls.ipRules", "value"),
                member(ours, "properties.networkAcls.ipRules", "value"),
            ),
        ];
        for (what, kind) in [
            ("the secret", "Microsoft.KeyVault/vaults/secrets"),
            ("the key", "Microsoft.KeyVault/vaults/keys"),
        ] {
            let declared = secrets(graph, ours, kind);
            if !declared.is_empty() {
                lists.push((what, Some(secrets(live, there, kind)), Some(declared)));
            }
        }
        let mut fine = true;
        for (what, live, declared) in lists {
            let Some(live) = live else { continue };
            let extra = live.iter().filter(|l| !declared.as_ref().is_some_and(|d| d.contains(*l)));
            let extra: Vec<&String> = extra.collect();
            let Some(first) = extra.first() else { continue };
            fine = false;
            match declared {
                None => drop(out.unknown(ours, "what the code declares of it is not known")),
                Some(_) => drop(out.fail(ours, None, format!("{what} {first} is live and not in the code"))),
            }
        }
        if fine {
            out.pass(ours);
        }
    }
}

fn orphans(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some((live, alive)) = graph.live() else { return };
    for assignment in live.of_type(types::ROLE_ASSIGNMENT) {
        let subject = alive.subject(assignment);
        let name = assignment.get("principalName").or_else(|| assignment.get("properties.principalName"));
        match name.and_then(Value::as_str) {
            None => drop(out.skip(subject, "the directory was not read")),
            Some("") => drop(out.fail(subject, None, ORPHANS.meta.title)),
            Some(_) => drop(out.pass(subject)),
        }
    }
}

const ADMIN_ACTION: &str = "Microsoft.ContainerService/managedClusters/listClusterAdminCredential/action";
/// So long an event is news.
const LATELY: Duration = Duration::days(14);

/// Events of the activity log, where the live documents have them.
fn admins(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let Some((live, alive)) = graph.live() else { return };
    // Azure writes a word by itself, or as an object with a `value`.
    let says = |d: &Document, path: &str, wanted: &str| {
        let value = d.get(path).map(|value| get(value, "value").unwrap_or(value));
        value.and_then(Value::as_str).is_some_and(|word| word.eq_ignore_ascii_case(wanted))
    };
    for event in live.estate.iter() {
        let is_it = says(event, "operationName", ADMIN_ACTION) && says(event, "status", "Succeeded");
        if !is_it {
            continue;
        }
        let day: Option<Date> = event.str("eventTimestamp").and_then(|t| date(t.get(..10)?));
        let subject = alive.subject(event);
        match day {
            None => drop(out.unknown(subject, "the event has no time")),
            Some(day) if graph.today - day <= LATELY => {
                let text = format!("the admin credentials were fetched on {day}");
                out.fail(subject, None, text);
            }
            Some(_) => drop(out.pass(subject)),
        }
    }
}
