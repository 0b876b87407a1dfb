//! Principals that are workloads: identities of clusters and of other services, and identities that
//! something outside of Azure may use by federation.

use super::Graph;
use super::principals::{CREDENTIAL, Principal, of_identity};
use crate::azure::estate::Document;
use crate::azure::types;

impl<'a> Graph<'a> {
    /// What a principal is the identity of, in words; `None` when it is not known to be a workload's.
    pub fn workload(&self, principal: &Principal) -> Option<String> {
        if matches!(principal, Principal::Unknown(_)) || principal.is_deployer() {
            return None;
        }
        for cluster in self.of_type(types::CLUSTER) {
            let of = self.identities(cluster);
            if [&of.control_plane, &of.kubelet, &of.secrets_provider, &of.workloads]
                .iter()
                .any(|all| all.contains(principal))
            {
                return Some(format!("the cluster {}", cluster.name()));
            }
        }
        let federated = self.of_type(types::IDENTITY).find(|identity| {
            let trusts = self.children(&identity.id, CREDENTIAL).next().is_some();
            (trusts || self.is_assigned(identity)) && of_identity(identity).contains(principal)
        });
        if let Some(identity) = federated {
            return Some(format!("the identity {}", identity.name()));
        }
        match principal {
            Principal::Attribute(address, path) if path.contains("identity[0].") => Some(address.clone()),
            Principal::Known(id) => self.estate.iter().find_map(|d| {
                let own = d.str("identity.principalId")?;
                own.eq_ignore_ascii_case(id).then(|| d.name().to_owned())
            }),
            _ => None,
        }
    }

    /// True when a resource of the code runs as this identity.
    fn is_assigned(&self, identity: &Document) -> bool {
        let address = identity.declared.as_ref().map(|d| d.address.to_string()).unwrap_or_default();
        let users = self.users(&address, Some(&identity.id));
        users.iter().any(|user| user.config.get("identity").is_some())
    }
}
