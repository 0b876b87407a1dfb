//! IAM-006 and IAM-008: roles of single people and of guests.

use super::assignment;
use crate::analysis::finding::Severity;
use crate::analysis::rules::graph::Graph;
use crate::analysis::rules::graph::principals::Principal;
use crate::analysis::rules::{Check, Meta, Outcomes, Profile, Truth};
use crate::terraform::value::Value;

/// A role of a group.
const GOOD: &str = concat!(
    r#"data "azuread_group" "operators" {
  display_name = "operators"
}

"#,
    assignment!(
        r#""/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example""#,
        "Reader",
        "data.azuread_group.operators.object_id",
        "  principal_type       = \"Group\"\n"
    )
);

pub(super) static PERSON: Check = Check {
    meta: Meta {
        id: "TU-IAM-006",
        name: "role-to-user",
        severity: Severity::Low,
        profile: Profile::Strict,
        title: "the role is given to a person and not to a group",
        why: "Nobody takes it away when they leave or change teams.",
        fix: "Give the role to a group, and put the person in it.",
        exceptions: "Break-glass accounts.",
        bad: assignment!(
            r#""/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example""#,
            "Reader",
            r#""66666666-7777-8888-9999-000000000000""#,
            "  principal_type       = \"User\"\n"
        ),
        good: GOOD,
        references: &["https://learn.microsoft.com/azure/role-based-access-control/best-practices"],
        peers: &["PSRule Azure.RBAC.UseGroups"],
        ..Meta::ROW
    },
    check: |graph, out| {
        for assignment in graph.assignments() {
            let kind = assignment.document.get("properties.principalType");
            let at = kind.or_else(|| assignment.document.get("properties.principalId"));
            let person = assignment.principal.is_person(kind);
            out.judge(assignment.document, at, !person, PERSON.meta.title);
        }
    },
};

pub(super) static GUEST: Check = Check {
    meta: Meta {
        id: "TU-IAM-008",
        name: "role-guest",
        severity: Severity::High,
        title: "the role is given to a guest of the tenant",
        why: "An account that another organisation manages, and may lose, acts in this one.",
        fix: "Take the role away, or give it for a limited time through Privileged Identity Management.",
        exceptions: "Partners under contract.",
        bad: concat!(
            r#"data "azuread_user" "partner" {
  user_principal_name = "ada_partner.example#EXT#@example.onmicrosoft.com"
}

"#,
            assignment!(
                r#""/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example""#,
                "Contributor",
                "data.azuread_user.partner.object_id"
            )
        ),
        good: concat!(
            r#"data "azuread_user" "member" {
  user_principal_name = "ada@example.com"
}

"#,
            assignment!(
                r#""/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-example""#,
                "Contributor",
                "data.azuread_user.member.object_id"
            )
        ),
        references: &[
            "https://learn.microsoft.com/azure/role-based-access-control/role-assignments-external-users",
        ],
        peers: &["KICS role_assignment_of_guest_users", "Terrascan AC_AZURE_0388"],
        ..Meta::ROW
    },
    check: guest,
};

fn guest(graph: &Graph<'_>, out: &mut Outcomes<'_>) {
    for assignment in graph.assignments() {
        let guest = match &assignment.principal {
            Principal::Unknown(why) => Truth::Unknown(why.clone()),
            invited if invited.is_of(&["azuread_invitation"]) => Truth::Yes,
            user if user.is_of(&["azuread_user"]) => {
                let Principal::Attribute(address, _) = user else { continue };
                let user = graph.instance(address);
                let name = user.and_then(|i| i.config.get("user_principal_name"));
                Truth::of(name, false, |v: &Value| {
                    v.as_str().is_some_and(|n| n.to_ascii_uppercase().contains("#EXT#"))
                })
            }
            _ => {
                out.skip(assignment.document, "its principal is no user of this root");
                continue;
            }
        };
        let at = assignment.document.get("properties.principalId");
        out.judge(assignment.document, at, !guest, GUEST.meta.title);
    }
}
