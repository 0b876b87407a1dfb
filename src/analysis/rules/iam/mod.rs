//! Rules about identities and roles.

pub(super) mod access_administrators;
mod assignments;
pub(super) mod broad_roles;
mod cluster_identity;
mod cluster_roles;
mod credentials;
mod custom_roles;
mod federated_subject;
mod identities;
mod people;
mod pull_requests;

use super::Group;

/// The rules of this group.
pub(super) static GROUP: Group = Group {
    checks: &[
        &access_administrators::RULE,
        &assignments::DUPLICATE,
        &assignments::LITERAL,
        &assignments::MANAGEMENT_GROUP,
        &assignments::MANY,
        &assignments::STANDING,
        &broad_roles::CONTRIBUTOR,
        &broad_roles::OWNER,
        &cluster_identity::RULE,
        &cluster_roles::ADMINISTERS,
        &cluster_roles::PUSHES,
        &credentials::AUDIENCE,
        &credentials::DEFAULT_ACCOUNT,
        &credentials::ISSUER,
        &custom_roles::ADMIN_KUBECONFIG,
        &custom_roles::ASSIGNS,
        &custom_roles::DEFINES,
        &custom_roles::OWNER,
        &custom_roles::ROOT_SCOPE,
        &custom_roles::WILDCARDS,
        &federated_subject::RULE,
        &identities::SHARED,
        &people::GUEST,
        &people::PERSON,
        &pull_requests::RULE,
    ],
    rows: &[assignments::ROWS, identities::ROWS],
};

/// A role for a principal: scope, role, the expression of the principal, further lines.
macro_rules! assignment {
    ($scope:literal, $role:literal, $principal:literal) => {
        $crate::analysis::rules::iam::assignment!($scope, $role, $principal, "")
    };
    ($scope:literal, $role:literal, $principal:literal, $lines:literal) => {
        concat!(
            r#"resource "azurerm_role_assignment" "example" {
  scope                = "#,
            $scope,
            r#"
  role_definition_name = ""#,
            $role,
            r#""
  principal_id         = "#,
            $principal,
            "\n",
            $lines,
            "}\n"
        )
    };
}

/// A custom role: its actions, further lines of its permissions, its scope.
macro_rules! custom_role {
    ($actions:literal) => {
        $crate::analysis::rules::iam::custom_role!($actions, "")
    };
    ($actions:literal, $lines:literal) => {
        $crate::analysis::rules::iam::custom_role!(
            $actions,
            $lines,
            "/subscriptions/11111111-2222-3333-4444-555555555555"
        )
    };
    ($actions:literal, $lines:literal, $scope:literal) => {
        concat!(
            r#"resource "azurerm_role_definition" "example" {
  name              = "Operators of clusters"
  scope             = "/subscriptions/11111111-2222-3333-4444-555555555555"
  assignable_scopes = [""#,
            $scope,
            r#""]

  permissions {
    actions = "#,
            $actions,
            "\n",
            $lines,
            "  }\n}\n"
        )
    };
}

/// An identity and a federated credential: audience, issuer and subject as expressions.
macro_rules! credential {
    ($audience:literal, $issuer:literal, $subject:literal) => {
        concat!(
            r#"resource "azurerm_user_assigned_identity" "example" {
  name                = "id-example"
  location            = "westeurope"
  resource_group_name = "rg-example"
}

resource "azurerm_federated_identity_credential" "example" {
  name                      = "example"
  user_assigned_identity_id = azurerm_user_assigned_identity.example.id
  audience                  = ["#,
            $audience,
            r#"]
  issuer                    = "#,
            $issuer,
            r#"
  subject                   = "#,
            $subject,
            "\n}\n"
        )
    };
}

use {assignment, credential, custom_role};
