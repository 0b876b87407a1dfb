//! Federated credentials: whose tokens an identity accepts.

use super::Graph;
use super::principals::{CREDENTIAL, Principal, of_identity};
use super::text::is_word;
use crate::analysis::rules::{Subject, Truth};
use crate::azure::estate::Document;
use crate::terraform::evaluation::Instance;
use crate::terraform::value::{Reason, Value};

/// GitHub's issuer.
const GITHUB: &str = "token.actions.githubusercontent.com";
/// First words of a GitHub subject that name no repository.
const NO_REPOSITORY: [&str; 6] = ["workflow", "environment", "ref", "context", "head_ref", "base_ref"];

/// A federated credential.
pub struct Credential<'a> {
    /// What a finding is about.
    pub resource: Subject,
    /// Address of the identity or application that trusts; empty when not known.
    pub owner: String,
    /// The principals that its tokens become.
    pub principals: Vec<Principal>,
    /// The kind of issuer.
    pub issuer: Issuer,
    /// The issuer's address.
    pub issuer_url: Option<&'a Value>,
    /// For whom its tokens are.
    pub audiences: Option<&'a Value>,
    /// The subject, or the expression of a flexible credential.
    pub subject: Option<&'a Value>,
    /// True for a flexible credential.
    pub flexible: bool,
}

/// Who issues the tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issuer {
    /// GitHub Actions; also an issuer that is not known.
    GitHub,
    /// A Kubernetes cluster.
    Cluster,
    /// Azure DevOps, GitLab and others.
    Other,
}

impl<'a> Graph<'a> {
    /// All federated credentials of the root.
    pub fn credentials(&self) -> Vec<Credential<'a>> {
        let of_identities = self.of_type(CREDENTIAL).map(|document| {
            let identity = document.id.parent().and_then(|id| self.estate.by_id(&id));
            Credential {
                resource: document.into(),
                owner: identity.map(|i| i.label()).unwrap_or_default(),
                principals: identity.map(of_identity).unwrap_or_default(),
                issuer: issuer(document.get("properties.issuer")),
                issuer_url: document.get("properties.issuer"),
                audiences: document.get("properties.audiences"),
                subject: document.get("properties.subject"),
                flexible: false,
            }
        });
        let of_applications = [
            ("azuread_application_federated_identity_credential", "subject", false),
            (
                "azuread_application_flexible_federated_identity_credential",
                "claims_matching_expression",
                true,
            ),
        ]
        .into_iter()
        .flat_map(|(type_name, subject, flexible)| {
            self.instances(type_name).map(move |i| (i, subject, flexible))
        })
        .map(|(instance, subject, flexible)| {
            let owner = application(instance, &["application_id", "application_object_id"]);
            Credential {
                resource: instance.into(),
                principals: self.service_principals(owner.as_deref()),
                owner: owner.unwrap_or_default(),
                issuer: issuer(instance.config.get("issuer")),
                issuer_url: instance.config.get("issuer"),
                audiences: instance.config.get("audiences"),
                subject: instance.config.get(subject).filter(|v| !v.is_null()),
                flexible,
            }
        });
        of_identities.chain(of_applications).collect()
    }

    /// Whether a federated credential of this root trusts the tokens of a cluster.
    pub fn trusts_issuer_of(&self, cluster: &Document) -> Truth {
        let address = cluster.declared.as_ref().map(|d| d.address.to_string());
        let url = cluster.str("properties.oidcIssuerProfile.issuerURL");
        let trusts = |issuer: Option<&Value>| match issuer.and_then(Value::as_unknown).map(|u| &u.reason) {
            Some(Reason::Computed { address: of, path, .. }) => {
                (path.contains("oidc_issuer_url") && Some(of.to_string()) == address).into()
            }
            Some(Reason::Data { .. } | Reason::Failed) => Truth::No,
            Some(reason) => Truth::Unknown(reason.to_string()),
            None => (url.is_some() && issuer.and_then(Value::as_str) == url).into(),
        };
        let applications = self.instances("azuread_application_federated_identity_credential");
        let issuers = self
            .of_type(CREDENTIAL)
            .map(|d| d.get("properties.issuer"))
            .chain(applications.map(|i| i.config.get("issuer")));
        Truth::any(issuers.map(trusts))
    }

    /// The principals of an application's service principals.
    fn service_principals(&self, owner: Option<&str>) -> Vec<Principal> {
        let of_owner = self.instances("azuread_service_principal").filter(|i| {
            owner.is_some() && application(i, &["client_id", "application_id"]).as_deref() == owner
        });
        of_owner
            .flat_map(|i| {
                let address = i.address.to_string();
                ["object_id", "id"].map(|path| Principal::Attribute(address.clone(), path.to_owned()))
            })
            .collect()
    }
}

/// The address of the application that an argument refers to.
fn application(instance: &Instance, arguments: &[&str]) -> Option<String> {
    arguments.iter().find_map(|name| match &instance.config.get(name)?.as_unknown()?.reason {
        Reason::Computed { address, .. } | Reason::Data { address, .. } => Some(address.to_string()),
        _ => None,
    })
}

fn issuer(value: Option<&Value>) -> Issuer {
    let Some(value) = value else { return Issuer::GitHub };
    if let Some(text) = value.as_str() {
        return match text {
            t if t.contains(GITHUB) => Issuer::GitHub,
            t if t.contains(".oic.prod-aks.azure.com/") || t.contains("oidc.prod-aks") => Issuer::Cluster,
            _ => Issuer::Other,
        };
    }
    match value.as_unknown().map(|u| &u.reason) {
        Some(Reason::Computed { path, .. } | Reason::Data { path, .. })
            if path.contains("oidc_issuer_url") || path.contains("issuerURL") =>
        {
            Issuer::Cluster
        }
        _ => Issuer::GitHub,
    }
}

impl Credential<'_> {
    /// Whether the subject names whom it trusts; the text says what is wrong with one that does not.
    pub fn names_its_caller(&self) -> (Truth, String) {
        let unknown = |value: &Value| value.as_unknown().map(|u| u.reason.to_string()).unwrap_or_default();
        let Some(value) = self.subject else {
            return (Truth::No, "its subject is empty".into());
        };
        if self.flexible {
            return match value.as_str() {
                Some(text) => fine(flexible(text)),
                None => (Truth::Unknown(unknown(value)), String::new()),
            };
        }
        if let Some(text) = value.as_str() {
            return fine(weakness(text, self.issuer, true));
        }
        let prefix = value.as_unknown().and_then(|u| u.refinement.prefix.as_deref()).unwrap_or("");
        match weakness(prefix, self.issuer, false) {
            Some(wrong) => (Truth::No, wrong),
            // Two whole parts are known and fine: the rest cannot make it worse.
            None if prefix.matches(':').count() >= 2 => (Truth::Yes, String::new()),
            None => (Truth::Unknown(unknown(value)), String::new()),
        }
    }

    /// Whether only one branch, tag or environment gets in.
    pub fn is_bound(&self) -> Truth {
        let bound = [
            ":environment:",
            ":ref:refs/heads/",
            ":ref:refs/tags/",
            "ref_type:branch:ref:",
            "ref_type:tag:ref:",
        ];
        Truth::of(self.subject, false, |v| {
            v.as_str().is_some_and(|t| bound.iter().any(|b| t.contains(b)) && !t.ends_with('*'))
        })
    }

    /// True for workflows of pull requests.
    pub fn is_pull_request(&self) -> bool {
        self.subject.is_some_and(|v| {
            v.as_str().is_some_and(|t| t.ends_with(":pull_request")) || is_word(v, "pull_request")
        })
    }
}

fn fine(wrong: Option<String>) -> (Truth, String) {
    match wrong {
        Some(wrong) => (Truth::No, wrong),
        None => (Truth::Yes, String::new()),
    }
}

/// What is wrong with a subject; `whole` is false for the known beginning of one.
fn weakness(subject: &str, issuer: Issuer, whole: bool) -> Option<String> {
    let parts: Vec<&str> = subject.split(':').collect();
    // The last part of a beginning may go on.
    let complete = if whole { parts.len() } else { parts.len() - 1 };
    let github = issuer == Issuer::GitHub;
    if whole && subject.is_empty() {
        return Some("its subject is empty".into());
    }
    if parts.iter().take(2).any(|p| p.contains('*')) {
        return Some("its subject has a wildcard where the caller must be named".into());
    }
    if !github {
        return None;
    }
    if whole && parts.len() < 2 {
        return Some("its subject names no repository".into());
    }
    if complete >= 1 && NO_REPOSITORY.iter().any(|w| w.eq_ignore_ascii_case(parts[0])) {
        return Some(format!("its subject begins with \"{}\" and names no repository", parts[0]));
    }
    if complete >= 2 && parts[0] == "repo" {
        let named = parts[1]
            .split_once('/')
            .is_some_and(|(owner, name)| !owner.is_empty() && !name.is_empty() && !name.contains('/'));
        return (!named).then(|| "its subject names no single repository".into());
    }
    None
}

/// What is wrong with the expression of a flexible credential: a wildcard in owner or repository.
fn flexible(expression: &str) -> Option<String> {
    let mut rest = expression;
    while let Some(at) = rest.find(" matches ") {
        rest = &rest[at + " matches ".len()..];
        let pattern = rest.trim_start().trim_start_matches(['\'', '"']);
        let pattern = pattern.split(['\'', '"']).next().unwrap_or("");
        let mut parts = pattern.split(':');
        let caller = match parts.next() {
            Some("repo") => parts.next().unwrap_or(""),
            first => first.unwrap_or(""),
        };
        if caller.is_empty() || caller.contains(['*', '?']) {
            return Some("its expression has a wildcard in owner or repository".into());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_names_one_repository() {
        let cases = [
            ("repo:org/repo:environment:prod", true),
            ("repo:org/repo:pull_request", true),
            ("repo:org/repo", true),
            ("", false),
            ("*", false),
            ("org/repo", false),
            ("repo:*", false),
            ("repo:org/*:ref:refs/heads/main", false),
            ("repo:org", false),
            ("repo:/repo:ref:x", false),
            ("workflow:build", false),
            ("environment:prod", false),
            ("ref:refs/heads/main", false),
        ];
        for (subject, good) in cases {
            assert_eq!(weakness(subject, Issuer::GitHub, true).is_none(), good, "{subject}");
        }
        assert!(weakness("system:serviceaccount:a:b", Issuer::Cluster, true).is_none());
        assert!(weakness("sc://org/project/connection", Issuer::Other, true).is_none());
        assert!(weakness("*", Issuer::Other, true).is_some());
    }

    #[test]
    fn the_known_beginning_of_a_subject_decides_where_it_can() {
        assert!(weakness("repo:org/", Issuer::GitHub, false).is_none());
        assert!(weakness("environment:", Issuer::GitHub, false).is_some());
        assert!(weakness("repo:org/*", Issuer::GitHub, false).is_some());
        assert!(weakness("env", Issuer::GitHub, false).is_none());
    }

    #[test]
    fn a_flexible_expression_names_owner_and_repository() {
        assert!(flexible("claims['sub'] matches 'repo:org/*:*'").is_some());
        assert!(flexible("claims['sub'] matches 'repo:org/repo:ref:refs/heads/*'").is_none());
        assert!(flexible("claims['sub'] eq 'repo:org/repo:environment:prod'").is_none());
    }
}
