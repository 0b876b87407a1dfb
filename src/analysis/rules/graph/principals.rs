//! Principals: who a role or an access policy is given to, and which of them are a cluster's.

use std::rc::Rc;

use super::{Graph, Link};
use crate::analysis::rules::Truth;
use crate::azure::estate::{Document, get};
use crate::azure::types;
use crate::terraform::value::{Reason, Value};

/// Federated credentials of identities.
pub(crate) const CREDENTIAL: &str =
    "Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials";

/// Terraform types that are a person.
const PEOPLE: [&str; 2] = ["azuread_user", "azuread_invitation"];

/// A principal: its object id, or the attribute that will hold it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Principal {
    /// An object id, in lower case.
    Known(String),
    /// An attribute known after apply: an address and what follows it.
    Attribute(String, String),
    /// An unknown that names no attribute, in words.
    Unknown(String),
}

/// The identities of a cluster. Every identity has several spellings.
#[derive(Default)]
pub struct Identities {
    /// The control plane's.
    pub control_plane: Vec<Principal>,
    /// The nodes'.
    pub kubelet: Vec<Principal>,
    /// The Key Vault add-on's.
    pub secrets_provider: Vec<Principal>,
    /// The ingress controller's of an application gateway.
    pub ingress: Vec<Principal>,
    /// That of application routing.
    pub routing: Vec<Principal>,
    /// Identities that service accounts of this cluster may use.
    pub workloads: Vec<Principal>,
}

impl Principal {
    /// The principal that a value names.
    pub fn of(value: Option<&Value>) -> Principal {
        let Some(value) = value else { return Principal::Unknown("no principal is given".into()) };
        if let Some(text) = value.as_str() {
            return Principal::Known(text.to_ascii_lowercase());
        }
        match value.as_unknown().map(|u| &u.reason) {
            Some(
                Reason::Computed { address, path, derived: false }
                | Reason::Data { address, path, derived: false, .. },
            ) => Principal::Attribute(address.to_string(), path.to_string()),
            Some(reason) => Principal::Unknown(reason.to_string()),
            None => Principal::Unknown("the principal is no text".into()),
        }
    }

    /// True for the principal that runs Terraform.
    pub fn is_deployer(&self) -> bool {
        let configs = ["azurerm_client_config", "azuread_client_config"];
        matches!(self, Principal::Attribute(_, path) if path == "object_id") && self.is_of(&configs)
    }

    /// True for an attribute of one of these Terraform types, managed or data.
    pub fn is_of(&self, types: &[&str]) -> bool {
        let Principal::Attribute(address, _) = self else { return false };
        types.iter().any(|t| {
            let at = address.rfind(&format!("{t}."));
            at.is_some_and(|at| at == 0 || address.as_bytes()[at - 1] == b'.')
        })
    }

    /// Whether it is a person and no group, application or identity; `kind` is what the assignment says.
    pub fn is_person(&self, kind: Option<&Value>) -> Truth {
        if let Some(kind) = kind.and_then(Value::as_str) {
            return kind.eq_ignore_ascii_case("User").into();
        }
        match self {
            _ if self.is_of(&PEOPLE) => Truth::Yes,
            _ if self.is_deployer() => Truth::Unknown("whoever runs Terraform may be a person".into()),
            Principal::Attribute(address, _) => match address.contains("terraform_remote_state.") {
                true => Truth::Unknown(address.clone()),
                false => Truth::No,
            },
            Principal::Known(_) => Truth::Unknown("nothing says whether the principal is a person".into()),
            Principal::Unknown(why) => Truth::Unknown(why.clone()),
        }
    }
}

/// Whether a principal is one of some.
pub(crate) fn is_one_of(principal: &Principal, all: &[Principal]) -> Truth {
    match principal {
        Principal::Unknown(why) => Truth::Unknown(why.clone()),
        principal => Truth::from(all.contains(principal)).unless(unknown_of(all)),
    }
}

/// Why one of some principals is not known, where that is so: then nothing proves that they lack a right.
pub(crate) fn unknown_of(all: &[Principal]) -> Option<&str> {
    all.iter().find_map(|p| match p {
        Principal::Unknown(why) => Some(why.as_str()),
        _ => None,
    })
}

/// The principals of an identity, in all its spellings.
pub(crate) fn of_identity(identity: &Document) -> Vec<Principal> {
    let mut found = Vec::new();
    if let Some(declared) = &identity.declared {
        let address = declared.address.to_string();
        found.push(Principal::Attribute(address.clone(), "principal_id".into()));
        found.push(Principal::Attribute(address, "output.properties.principalId".into()));
    }
    if let Some(id) = identity.str("properties.principalId") {
        found.push(Principal::Known(id.to_ascii_lowercase()));
    }
    found
}

impl<'a> Graph<'a> {
    /// The principals of the identity that a value holds the id of.
    fn principals_of(&self, id: &Value) -> Option<Vec<Principal>> {
        match self.link(Some(id)) {
            Link::To(identity) => Some(of_identity(identity)),
            _ => match id.as_unknown().map(|u| &u.reason) {
                Some(
                    Reason::Data { address, path, derived: false, .. }
                    | Reason::Computed { address, path, derived: false },
                ) if &**path == "id" => {
                    Some(vec![Principal::Attribute(address.to_string(), "principal_id".into())])
                }
                _ => None,
            },
        }
    }

    /// The principals of the user-assigned identities of a resource. An identity that is not known, or not of this
    /// root, is a principal that is not known.
    pub fn assigned(&self, of: &Document) -> Vec<Principal> {
        let mut found = Vec::new();
        let assigned = of.get("identity.userAssignedIdentities");
        for (id, identity) in assigned.and_then(Value::as_map).into_iter().flatten() {
            let own = get(identity, "principalId").and_then(Value::as_str);
            let own = own.map(|s| Principal::Known(s.to_ascii_lowercase()));
            match self.principals_of(&Value::from(&**id)) {
                Some(all) => found.extend(all),
                None if own.is_none() => {
                    let name = id.rsplit('/').next().unwrap_or(id);
                    found.push(Principal::Unknown(format!("the identity {name} is not one of this root")));
                }
                None => {}
            }
            found.extend(own);
        }
        let unknown = assigned.and_then(Value::as_unknown).filter(|u| u.reason != Reason::Failed);
        let ids = of.declared.as_ref().and_then(|d| d.instance.config.get("identity"));
        let ids = ids.and_then(Value::as_slice).and_then(|b| b.first()).and_then(|b| b.get("identity_ids"));
        let ids = ids.and_then(Value::as_slice).unwrap_or_default();
        // An id that is not known may still be a data source's, whose principal has a name.
        let named: Vec<_> = ids.iter().filter(|v| v.is_unknown()).map(|id| self.principals_of(id)).collect();
        let all_named = !named.is_empty() && named.iter().all(Option::is_some);
        found.extend(named.into_iter().flatten().flatten());
        let open = unknown.filter(|_| !all_named);
        found.extend(open.map(|u| Principal::Unknown(format!("its identity: {}", u.reason))));
        found
    }

    /// The principals of all identities of a resource: its own, and those that it is assigned.
    pub fn principals(&self, of: &Document) -> Vec<Principal> {
        let own = of.declared.as_ref().map(|d| d.address.to_string());
        let paths = ["identity[0].principal_id", "output.identity.principalId"];
        let mut found: Vec<Principal> = own
            .iter()
            .flat_map(|a| paths.map(|path| Principal::Attribute(a.clone(), path.to_owned())))
            .collect();
        let known = of.str("identity.principalId");
        found.extend(known.map(|id| Principal::Known(id.to_ascii_lowercase())));
        found.extend(self.assigned(of));
        found
    }

    /// The identities of a cluster, read once.
    pub fn identities(&self, cluster: &'a Document) -> Rc<Identities> {
        let mut known = self.identities.borrow_mut();
        known.entry(cluster.id.key()).or_insert_with(|| Rc::new(self.read_identities(cluster))).clone()
    }

    fn read_identities(&self, cluster: &'a Document) -> Identities {
        let mut found = Identities::default();
        let address = cluster.declared.as_ref().map(|d| d.address.to_string());
        let attribute =
            |path: &str| address.as_ref().map(|a| Principal::Attribute(a.clone(), path.to_owned()));
        let known = |value: Option<&Value>| {
            value.and_then(Value::as_str).map(|s| Principal::Known(s.to_ascii_lowercase()))
        };

        found.control_plane = self.principals(cluster);

        // Of azapi each is a part of the answer, under the path that ARM has.
        let answered = |path: &str| attribute(&format!("output.{path}"));
        found.kubelet.extend(attribute("kubelet_identity[0].object_id"));
        let kubelet = "properties.identityProfile.kubeletidentity";
        found.kubelet.extend(answered(&format!("{kubelet}.objectId")));
        if let Some(object_id) = cluster.get(&format!("{kubelet}.objectId")) {
            found.kubelet.push(Principal::of(Some(object_id)));
        }
        if let Some(id) = cluster.get(&format!("{kubelet}.resourceId")) {
            found.kubelet.extend(self.principals_of(id).unwrap_or_default());
        }

        let add_on = "properties.addonProfiles.azureKeyvaultSecretsProvider";
        found
            .secrets_provider
            .extend(attribute("key_vault_secrets_provider[0].secret_identity[0].object_id"));
        found.secrets_provider.extend(answered(&format!("{add_on}.identity.objectId")));
        found.secrets_provider.extend(known(cluster.get(&format!("{add_on}.identity.objectId"))));

        found.ingress.extend(attribute(
            "ingress_application_gateway[0].ingress_application_gateway_identity[0].object_id",
        ));
        let ingress = "properties.addonProfiles.ingressApplicationGateway.identity.objectId";
        found.ingress.extend(answered(ingress));
        found.ingress.extend(known(cluster.get(ingress)));
        found.routing.extend(attribute("web_app_routing[0].web_app_routing_identity[0].object_id"));
        let routing = "properties.ingressProfile.webAppRouting.identity.objectId";
        found.routing.extend(answered(routing));
        found.routing.extend(known(cluster.get(routing)));

        for credential in self.of_type(CREDENTIAL) {
            if self.issued_by(credential, cluster)
                && let Some(identity) = credential.id.parent().and_then(|id| self.estate.by_id(&id))
            {
                found.workloads.extend(of_identity(identity));
            }
        }
        found
    }

    /// True when a federated credential trusts the issuer of this cluster.
    fn issued_by(&self, credential: &Document, cluster: &Document) -> bool {
        let Some(issuer) = credential.get("properties.issuer") else { return false };
        if let Some(text) = issuer.as_str() {
            return cluster.str("properties.oidcIssuerProfile.issuerURL") == Some(text);
        }
        match (Principal::of(Some(issuer)), cluster.declared.as_ref()) {
            (Principal::Attribute(address, path), Some(declared)) => {
                let issues = ["oidc_issuer_url", "output.properties.oidcIssuerProfile.issuerURL"];
                issues.contains(&&*path) && address == declared.address.to_string()
            }
            _ => false,
        }
    }

    /// Clusters of which a principal is the control plane's or the nodes' identity.
    pub fn clusters_of(&self, principal: &Principal) -> Vec<&'a Document> {
        if matches!(principal, Principal::Unknown(_)) {
            return Vec::new();
        }
        let of = |c: &&'a Document| {
            let identities = self.identities(c);
            identities.control_plane.contains(principal) || identities.kubelet.contains(principal)
        };
        self.of_type(types::CLUSTER).filter(of).collect()
    }
}
