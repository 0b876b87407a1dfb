//! Which method signs in.

use super::variables::Variables;
use crate::live::cloud::Cloud;

/// A way to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Look at the environment: the first of the others, in their order, whose variables are there;
    /// else the Azure CLI.
    Auto,
    /// A service principal and its secret: `ARM_CLIENT_ID`, `ARM_CLIENT_SECRET`, `ARM_TENANT_ID`.
    Secret,
    /// A service principal that trusts GitHub (or whoever gave `ARM_OIDC_TOKEN`).
    OidcGithub,
    /// The service connection of an Azure Pipelines job.
    Pipelines,
    /// Workload identity of a pod in AKS.
    Workload,
    /// The managed identity of a virtual machine, App Service or Container App.
    Managed,
    /// Whoever signed in with `az login`.
    Cli,
}

/// The method chosen, and what it was chosen by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// The method; never [`Method::Auto`].
    pub method: Method,
    /// Why, in words.
    pub because: String,
}

/// Variables with an assertion, or where GitHub gives one.
pub(super) const ASSERTIONS: [&str; 4] =
    ["ARM_OIDC_TOKEN", "ARM_OIDC_TOKEN_FILE_PATH", "ARM_OIDC_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_URL"];

/// The service connection of a pipeline.
pub(super) const CONNECTIONS: [&str; 3] = [
    "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID",
    "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID",
    "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
];

impl Method {
    /// All of them, with their words.
    pub const ALL: [Method; 7] = [
        Method::Auto,
        Method::Secret,
        Method::OidcGithub,
        Method::Pipelines,
        Method::Workload,
        Method::Managed,
        Method::Cli,
    ];

    /// Its word in settings.
    pub fn word(self) -> &'static str {
        match self {
            Method::Auto => "auto",
            Method::Secret => "secret",
            Method::OidcGithub => "oidc-github",
            Method::Pipelines => "pipelines",
            Method::Workload => "workload",
            Method::Managed => "managed",
            Method::Cli => "cli",
        }
    }

    /// The method of a word.
    pub fn from_word(word: &str) -> Option<Method> {
        Method::ALL.into_iter().find(|m| m.word() == word)
    }

    /// What to do when it fails.
    pub(super) fn hint(self, cloud: &Cloud) -> String {
        let text = match self {
            Method::Auto | Method::Cli if cloud.name != "public" => {
                let name = if cloud.name == "china" { "AzureChinaCloud" } else { "AzureUSGovernment" };
                return format!(
                    "Run `az cloud set --name {name}` and `az login`, or choose another way with --auth."
                );
            }
            Method::Auto | Method::Cli => {
                "Run `az login` (with --tenant where you are a guest), or choose another way with --auth."
            }
            Method::Secret => {
                "Set ARM_TENANT_ID, ARM_CLIENT_ID and ARM_CLIENT_SECRET, and look whether the secret has expired."
            }
            Method::OidcGithub => {
                "Give the job `permissions: id-token: write`, set ARM_TENANT_ID and ARM_CLIENT_ID, and let the \
                 application trust this repository (a federated credential)."
            }
            Method::Pipelines => {
                "Set ARM_TENANT_ID, ARM_CLIENT_ID, ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID, and pass \
                 SYSTEM_ACCESSTOKEN: $(System.AccessToken) to the step."
            }
            Method::Workload => {
                "Label the pod azure.workload.identity/use: \"true\" and give it a service account with a client id."
            }
            Method::Managed => {
                "Give this machine a managed identity with Reader; where it has several, set ARM_CLIENT_ID to one of them."
            }
        };
        text.to_owned()
    }
}

/// The method to use.
pub(super) fn choose(wanted: Method, variables: &Variables) -> Chosen {
    if wanted != Method::Auto {
        return Chosen { method: wanted, because: format!("auth is {}", wanted.word()) };
    }
    let chosen = |method, because: &str| Chosen { method, because: because.to_owned() };
    let principal = variables.tenant().is_some() && variables.client().is_some();
    if principal && variables.secret().is_some() {
        return chosen(Method::Secret, "a client secret is set");
    }
    let refused = variables.says_no("ARM_USE_OIDC");
    if principal && !refused && variables.first(&ASSERTIONS).is_some() {
        return chosen(Method::OidcGithub, "an OIDC token, or where to get one, is set");
    }
    if principal
        && !refused
        && variables.first(&["SYSTEM_OIDCREQUESTURI"]).is_some()
        && variables.first(&CONNECTIONS).is_some()
    {
        return chosen(Method::Pipelines, "this is a job of Azure Pipelines with a service connection");
    }
    if variables.first(&["AZURE_FEDERATED_TOKEN_FILE"]).is_some() {
        return chosen(Method::Workload, "AZURE_FEDERATED_TOKEN_FILE is set");
    }
    if variables.says_yes("ARM_USE_MSI") {
        return chosen(Method::Managed, "ARM_USE_MSI is true");
    }
    if variables.first(&["IDENTITY_ENDPOINT"]).is_some() {
        return chosen(Method::Managed, "IDENTITY_ENDPOINT is set");
    }
    chosen(Method::Cli, "no variable names another way")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINCIPAL: [(&str, &str); 2] = [("ARM_TENANT_ID", "t"), ("ARM_CLIENT_ID", "c")];

    #[test]
    fn auto_takes_the_first_way_whose_variables_are_there() {
        let table: [(&[(&str, &str)], Method); 8] = [
            (&[], Method::Cli),
            (&[("ARM_CLIENT_SECRET", "s"), ("ARM_OIDC_TOKEN", "x")], Method::Secret),
            (
                &[("ACTIONS_ID_TOKEN_REQUEST_URL", "u"), ("AZURE_FEDERATED_TOKEN_FILE", "f")],
                Method::OidcGithub,
            ),
            (&[("ACTIONS_ID_TOKEN_REQUEST_URL", "u"), ("ARM_USE_OIDC", "false")], Method::Cli),
            (
                &[("SYSTEM_OIDCREQUESTURI", "u"), ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "i")],
                Method::Pipelines,
            ),
            (&[("AZURE_FEDERATED_TOKEN_FILE", "f"), ("ARM_USE_MSI", "true")], Method::Workload),
            (&[("ARM_USE_MSI", "true")], Method::Managed),
            (&[("IDENTITY_ENDPOINT", "e")], Method::Managed),
        ];
        for (extra, method) in table {
            let variables = PRINCIPAL.iter().chain(extra).copied().collect();
            assert_eq!(choose(Method::Auto, &variables).method, method, "{extra:?}");
        }
    }

    #[test]
    fn without_a_principal_a_job_uses_who_signed_in_before() {
        let variables = [("ACTIONS_ID_TOKEN_REQUEST_URL", "u")].into_iter().collect();
        assert_eq!(choose(Method::Auto, &variables).method, Method::Cli);
        assert_eq!(choose(Method::Managed, &variables).method, Method::Managed);
    }

    #[test]
    fn words_come_back() {
        for method in Method::ALL {
            assert_eq!(Method::from_word(method.word()), Some(method));
        }
    }
}
