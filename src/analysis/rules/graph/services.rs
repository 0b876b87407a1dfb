//! Kubernetes services that the root declares, and what they make of a cluster's load balancer.

use super::Graph;
use super::mentions::mentions;
use super::text::is_word;
use crate::azure::estate::Document;
use crate::azure::types;
use crate::terraform::evaluation::Instance;
use crate::terraform::value::Value;

const INTERNAL: &str = "service.beta.kubernetes.io/azure-load-balancer-internal";

impl<'a> Graph<'a> {
    /// Services of the root that have a public load balancer and belong to a cluster: by the configuration
    /// of their provider, or because the root has no other cluster.
    pub fn public_services(&self, cluster: &Document) -> Vec<&'a Instance> {
        let only = self.own_of_type(types::CLUSTER).count() == 1;
        let address = cluster.declared.as_ref().map(|d| d.address.to_string()).unwrap_or_default();
        let of_it = |instance: &Instance| {
            let providers = self.evaluation.map(|e| &e.providers);
            let config = providers.and_then(|p| p.get(&instance.provider)?.config.as_ref());
            only || config.is_some_and(|c| mentions(c, &address, &[]))
        };
        let declared = self.instances_like(&["kubernetes_service", "kubernetes_manifest"]);
        declared.filter(|i| is_public(i) && of_it(i)).collect()
    }
}

/// True for a service with a load balancer that is not internal.
fn is_public(instance: &Instance) -> bool {
    let first =
        |value: Option<&'_ Value>| value.and_then(Value::as_slice).and_then(<[Value]>::first).cloned();
    let (kind, metadata) = match &*instance.address.type_name {
        "kubernetes_service" | "kubernetes_service_v1" => {
            let spec = first(instance.config.get("spec"));
            let kind = spec.as_ref().and_then(|s| s.get("type")).cloned();
            (kind, first(instance.config.get("metadata")))
        }
        "kubernetes_manifest" => {
            let Some(manifest) = instance.config.get("manifest") else { return false };
            if !manifest.get("kind").is_some_and(|k| is_word(k, "Service")) {
                return false;
            }
            let kind = manifest.get("spec").and_then(|s| s.get("type")).cloned();
            (kind, manifest.get("metadata").cloned())
        }
        _ => return false,
    };
    let annotation = metadata.as_ref().and_then(|m| m.get("annotations")).and_then(|a| a.get(INTERNAL));
    let internal =
        annotation.is_some_and(|v| v.is_unknown() || v.as_bool() == Some(true) || is_word(v, "true"));
    kind.is_some_and(|k| is_word(&k, "LoadBalancer")) && !internal
}
