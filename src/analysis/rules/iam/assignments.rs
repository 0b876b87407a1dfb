//! IAM-005, IAM-007, IAM-024 to IAM-027: role assignments that are too wide, too many, double or for ever.

use std::collections::BTreeMap;

use super::assignment;
use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::principals::Principal;
use crate::analysis::rules::graph::roles::{Assignment, Level, Role};
use crate::analysis::rules::{Attribute, Check, Condition::*, Meta, Of, Outcomes, Profile, Test::*, Truth};
use crate::azure::types;
use crate::terraform::value::Value;

const BEST: &str = "https://learn.microsoft.com/azure/role-based-access-control/best-practices";
/// So many roles on single resources of one group are better one role on the group.
const MOST: usize = 10;
/// Eligibility for a role, as Privileged Identity Management keeps it.
const ELIGIBILITY: &str = "Microsoft.Authorization/roleEligibilitySchedules";
const STANDING_ROLES: [&str; 2] = ["Owner", "User Access Administrator"];

/// A role of a group over a resource group.
const GOOD: &str = concat!(
    r#"data "azuread_group" "operators" {
  display_name = "operators"
}

"#,
    assignment!(
        r#""/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example""#,
        "Reader",
        "data.azuread_group.operators.object_id"
    )
);

pub(super) static ROWS: &[Attribute] = &[Attribute {
    meta: Meta {
        id: "TU-IAM-027",
        name: "role-condition-version",
        severity: Severity::Low,
        title: "the condition of the role is not read as version 2.0",
        why: "Azure evaluates it in another way than it was written for, or not at all.",
        fix: "Set condition_version = \"2.0\".",
        bad: assignment!(
            r#""/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example""#,
            "Storage Blob Data Reader",
            r#""66666666-7777-8888-9999-000000000000""#,
            r#"  condition_version    = "1.0"
  condition            = "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals 'logs'"
"#
        ),
        good: assignment!(
            r#""/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example""#,
            "Storage Blob Data Reader",
            r#""66666666-7777-8888-9999-000000000000""#,
            r#"  condition_version    = "2.0"
  condition            = "@Resource[Microsoft.Storage/storageAccounts/blobServices/containers:name] StringEquals 'logs'"
"#
        ),
        references: &["https://learn.microsoft.com/azure/role-based-access-control/conditions-format"],
        ..Meta::ROW
    },
    of: Of::Arm(types::ROLE_ASSIGNMENT),
    when: &[(Is("properties.condition", Set), "it has no condition")],
    must: Any(&[
        Is("properties.conditionVersion", OneOf(&["2.0"])),
        All(&[Absent("properties.conditionVersion"), Not(&Azurerm(&[2, 3]))]),
    ]),
    ..Attribute::ROW
}];

pub(super) static MANAGEMENT_GROUP: Check = Check {
    meta: Meta {
        id: "TU-IAM-005",
        name: "role-management-group-scope",
        profile: Profile::Strict,
        title: "the role is given over a management group",
        why: "It holds in every subscription below, also in those still to come.",
        fix: "Give it on the subscriptions or resource groups that are meant.",
        exceptions: "Roles of the platform team and of policies.",
        bad: assignment!(
            r#""/providers/Microsoft.Management/managementGroups/example""#,
            "Reader",
            r#""66666666-7777-8888-9999-000000000000""#
        ),
        good: GOOD,
        references: &[BEST],
        peers: &["PSRule Azure.RBAC.LimitMGDelegation"],
        ..Meta::ROW
    },
    check: |graph, out| {
        for assignment in graph.assignments() {
            let wide = match assignment.scope.level {
                Some(level) => (level == Level::ManagementGroup).into(),
                None => Truth::Unknown(assignment.scope.unknown.clone()),
            };
            let at = assignment.document.get("properties.scope");
            out.judge(assignment.document, at, !wide, MANAGEMENT_GROUP.meta.title);
        }
    },
};

pub(super) static MANY: Check = Check {
    meta: Meta {
        id: "TU-IAM-007",
        name: "role-many-on-resource",
        severity: Severity::Info,
        profile: Profile::Strict,
        title: "one principal has many roles on single resources of one group",
        why: "Nobody keeps track of so many, and the number of assignments in a subscription is limited.",
        fix: "Give one role on the resource group.",
        exceptions: "Resource groups that several teams share.",
        bad: r#"resource "azurerm_role_assignment" "example" {
  count                = 11
  scope                = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example/providers/Microsoft.KeyVault/vaults/kv-${count.index}"
  role_definition_name = "Reader"
  principal_id         = "66666666-7777-8888-9999-000000000000"
}
"#,
        good: GOOD,
        references: &[BEST],
        peers: &["PSRule Azure.RBAC.UseRGDelegation"],
        ..Meta::ROW
    },
    check: many,
};

fn many(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let key = |a: &Assignment<'_>| {
        let id = a.scope.id.as_ref().filter(|_| a.scope.level == Some(Level::Resource))?;
        let group = id.resource_group()?.to_ascii_lowercase();
        Some((a.principal.clone(), id.subscription().map(str::to_ascii_lowercase), group))
    };
    let mut counts = BTreeMap::new();
    for found in graph.assignments().iter().filter_map(key) {
        *counts.entry(found).or_insert(0) += 1;
    }
    for assignment in graph.assignments() {
        let count = key(assignment).and_then(|k| counts.get(&k).copied()).unwrap_or(0);
        if count > MOST {
            let text = format!("one principal has {count} roles on single resources of one group");
            out.fail(assignment.document, None, text);
        } else {
            out.pass(assignment.document);
        }
    }
}

pub(super) static DUPLICATE: Check = Check {
    meta: Meta {
        id: "TU-IAM-024",
        name: "role-duplicate",
        title: "the same role is given twice",
        why: "Azure refuses the second one: RoleAssignmentExists.",
        fix: "Remove one of the two.",
        bad: r#"resource "azurerm_role_assignment" "first" {
  scope                = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example"
  role_definition_name = "Reader"
  principal_id         = "66666666-7777-8888-9999-000000000000"
}

resource "azurerm_role_assignment" "second" {
  scope              = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example"
  role_definition_id = "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7"
  principal_id       = "66666666-7777-8888-9999-000000000000"
}
"#,
        good: GOOD,
        references: &["https://learn.microsoft.com/azure/role-based-access-control/troubleshooting"],
        ..Meta::ROW
    },
    check: duplicate,
};

/// Whether two assignments give the same: what is not known of one may be what the other has.
fn is_same(a: &Assignment<'_>, b: &Assignment<'_>) -> Truth {
    let principals = match (&a.principal, &b.principal) {
        (Principal::Unknown(why), _) | (_, Principal::Unknown(why)) => Truth::Unknown(why.clone()),
        (a, b) if a == b => Truth::Yes,
        _ => return Truth::No,
    };
    let roles = match (&a.role, &b.role) {
        (Role::Unknown(why), _) | (_, Role::Unknown(why)) => Truth::Unknown(why.clone()),
        (a, b) if a.name().eq_ignore_ascii_case(b.name()) => Truth::Yes,
        _ => return Truth::No,
    };
    let scopes = match (a.scope_key(), b.scope_key()) {
        (Some(a), Some(b)) => (a == b).into(),
        // A whole group is none of its parts, whatever their ids are.
        _ if a.scope.level.zip(b.scope.level).is_some_and(|(a, b)| a != b) => Truth::No,
        _ => Truth::Unknown("its scope is not known".to_owned()),
    };
    principals.and(roles).and(scopes)
}

fn duplicate(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let all = graph.assignments();
    for (at, assignment) in all.iter().enumerate() {
        let others = || all.iter().enumerate().filter(move |(other, _)| *other != at);
        let twin =
            others().take_while(|(other, _)| *other < at).find(|(_, o)| is_same(assignment, o) == Truth::Yes);
        let document = assignment.document;
        if let Some((_, twin)) = twin {
            let text = format!("{} is given to the same principal twice", assignment.role.name());
            let outcome = out.fail(document, document.get("properties.principalId"), text);
            outcome.because(twin.document.declared.as_ref().map(|d| d.block), "the first one");
            continue;
        }
        // What is not known of another root module's is most often its own.
        let undecided = others().filter(|(_, o)| o.document.root.is_none());
        let open = undecided.into_iter().find_map(|(_, o)| match is_same(assignment, o) {
            Truth::Unknown(why) => Some((why, o.document.label())),
            _ => None,
        });
        match open {
            Some((why, other)) => {
                out.unknown(document, format!("it may be the same as {other}: {why}"));
            }
            None => {
                out.pass(document);
            }
        }
    }
}

pub(super) static LITERAL: Check = Check {
    meta: Meta {
        id: "TU-IAM-025",
        name: "role-literal-principal",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "the principal is written as a GUID",
        why: "When the principal is made anew its id changes, and the role stays with one that is gone.",
        fix: "Refer to the identity, or read the group with data.azuread_group.",
        exceptions: "Principals of another tenant.",
        bad: assignment!(
            r#""/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example""#,
            "Reader",
            r#""66666666-7777-8888-9999-000000000000""#
        ),
        good: GOOD,
        references: &[BEST],
        ..Meta::ROW
    },
    check: |graph, out| {
        for assignment in graph.assignments() {
            let value = assignment.document.get("properties.principalId");
            let written = value.is_some_and(|v| v.origin.at.is_some());
            match &assignment.principal {
                Principal::Known(_) if written => out.fail(assignment.document, value, LITERAL.meta.title),
                Principal::Unknown(why) => out.unknown(assignment.document, why.clone()),
                _ => out.pass(assignment.document),
            };
        }
    },
};

pub(super) static STANDING: Check = Check {
    meta: Meta {
        id: "TU-IAM-026",
        name: "role-standing-privilege",
        profile: Profile::Strict,
        title: "a person or a group is Owner or access administrator all the time",
        why: "A stolen session has these rights at once, at any hour.",
        fix: "Make them eligible: azurerm_pim_eligible_role_assignment.",
        exceptions: "Break-glass accounts.",
        bad: assignment!(
            r#""/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example""#,
            "Owner",
            r#""66666666-7777-8888-9999-000000000000""#,
            "  principal_type       = \"Group\"\n"
        ),
        good: GOOD,
        references: &["https://learn.microsoft.com/azure/role-based-access-control/pim-integration"],
        peers: &["PSRule Azure.RBAC.PIM"],
        ..Meta::ROW
    },
    check: standing,
};

/// What is declared is permanent. What is live may be an activation: the schedules of the same principal tell.
fn standing(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    let eligible: Vec<Principal> =
        graph.of_type(ELIGIBILITY).map(|d| Principal::of(d.get("properties.principalId"))).collect();
    for assignment in graph.assignments() {
        let document = assignment.document;
        let kind = document.get("properties.principalType").and_then(Value::as_str);
        let human = match kind {
            Some(kind) => (!kind.eq_ignore_ascii_case("ServicePrincipal")).into(),
            None if assignment.principal.is_of(&["azuread_group"]) => Truth::Yes,
            None => assignment.principal.is_person(None),
        };
        let active = match document.declared {
            Some(_) => Truth::Yes,
            None if eligible.is_empty() => Truth::Unknown("schedules of eligible roles were not read".into()),
            None => (!eligible.contains(&assignment.principal)).into(),
        };
        let standing = assignment.role.is_one_of(&STANDING_ROLES).and(human).and(active);
        let text = format!("a person or a group is {} all the time", assignment.role.name());
        out.judge(document, None, !standing, text);
    }
}
