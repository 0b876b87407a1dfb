//! Kubernetes services that the root declares, and what they make of a cluster's load balancer.

use super::Graph;
use super::mentions::mentions;
use super::text::is_word;
use crate::analysis::rules::Truth;
use crate::azure::estate::Document;
use crate::azure::types;
use crate::terraform::evaluation::Instance;
use crate::terraform::value::Value;

const INTERNAL: &str = "service.beta.kubernetes.io/azure-load-balancer-internal";

impl<'a> Graph<'a> {
    /// Services of the root that have a public load balancer, or may have one, and belong to a cluster: by the
    /// configuration of their provider, or because the root has no other cluster.
    pub fn public_services(&self, cluster: &Document) -> Vec<(&'a Instance, Truth)> {
        let only = self.own_of_type(types::CLUSTER).count() == 1;
        let address = cluster.declared.as_ref().map(|d| d.address.to_string()).unwrap_or_default();
        let of_it = |instance: &Instance| {
            let providers = self.evaluation.map(|e| &e.providers);
            let config = providers.and_then(|p| p.get(&instance.provider)?.config.as_ref());
            only && instance.address.root.is_none() || config.is_some_and(|c| mentions(c, &address, &[]))
        };
        let declared = self.instances_like(&["kubernetes_service", "kubernetes_manifest"]);
        let public = declared.map(|i| (i, is_public(i)));
        public.filter(|(i, public)| *public != Truth::No && of_it(i)).collect()
    }
}

/// Whether it is a service with a load balancer that is not internal.
fn is_public(instance: &Instance) -> Truth {
    let first =
        |value: Option<&'_ Value>| value.and_then(Value::as_slice).and_then(<[Value]>::first).cloned();
    let (kind, metadata) = match &*instance.address.type_name {
        "kubernetes_service" | "kubernetes_service_v1" => {
            let spec = first(instance.config.get("spec"));
            let kind = spec.as_ref().and_then(|s| s.get("type")).cloned();
            (kind, first(instance.config.get("metadata")))
        }
        "kubernetes_manifest" => {
            let Some(manifest) = instance.config.get("manifest") else { return Truth::No };
            if !manifest.get("kind").is_some_and(|k| is_word(k, "Service")) {
                return Truth::No;
            }
            let kind = manifest.get("spec").and_then(|s| s.get("type")).cloned();
            (kind, manifest.get("metadata").cloned())
        }
        _ => return Truth::No,
    };
    let annotation = metadata.as_ref().and_then(|m| m.get("annotations")).and_then(|a| a.get(INTERNAL));
    let internal = Truth::of(annotation, false, |v| v.as_bool() == Some(true) || is_word(v, "true"));
    Truth::is_word(kind.as_ref(), "LoadBalancer", false).and(!internal)
}
