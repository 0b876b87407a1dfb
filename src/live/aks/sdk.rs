//! The typed AKS client, kept to today's API.
//!
//! `azure_mgmt_containerservice` 0.10 knows preview versions only, which AKS no longer answers, and
//! brings a transport, a retry and a sign-in of an older core. So its requests leave through a
//! [`Bridge`]: the api-version becomes ours, the call goes through [`ArmClient`] (which authorises,
//! retries, throttles and keeps the token at home), and the answer is kept as it came. What the old
//! model cannot read is completed before it sees it; where it still cannot, the record stands.

use std::sync::{Arc, Mutex, PoisonError};

use azure_core_legacy as legacy;
use azure_mgmt_containerservice::package_preview_2023_01 as aks;
use legacy::error::{Error, ErrorKind, ResultExt};
use serde_json::{Value as Json, json};

use super::{View, api_version};
use crate::azure::id::ResourceId;
use crate::live::arm::{ArmClient, ArmError, Kind};

/// The view of a cluster by the typed model; `None` where the model cannot read it.
pub(super) fn view(cluster: &Json) -> Option<View> {
    let cluster: aks::models::ManagedCluster = serde_json::from_value(completed(cluster.clone())).ok()?;
    let properties = cluster.properties?;
    let stopped =
        properties.power_state.and_then(|p| p.code) == Some(aks::models::power_state::Code::Stopped);
    let pools = properties.agent_pool_profiles.into_iter().filter_map(|pool| {
        let image = pool.managed_cluster_agent_pool_profile_properties.node_image_version?;
        Some((pool.name, image))
    });
    Some(View {
        asleep: stopped || properties.provisioning_state.as_deref() == Some("Deleting"),
        pools: pools.collect(),
    })
}

/// A cluster with what the old model insists on and AKS no longer sends.
fn completed(mut cluster: Json) -> Json {
    if let Some(vertical) = cluster.pointer_mut("/properties/workloadAutoScalerProfile/verticalPodAutoscaler")
        && let Some(vertical) = vertical.as_object_mut()
    {
        vertical.entry("controlledValues").or_insert_with(|| json!("RequestsAndLimits"));
        vertical.entry("updateMode").or_insert_with(|| json!("Off"));
    }
    cluster
}

/// The typed client, made for one call: it keeps what that call was answered.
pub(super) struct Clusters {
    typed: aks::Client,
    kept: Arc<Kept>,
}

/// What the last call was answered.
#[derive(Debug, Default)]
struct Kept(Mutex<Option<Result<Json, ArmError>>>);

impl Clusters {
    pub(super) fn new(client: &ArmClient) -> Clusters {
        let kept = Arc::new(Kept::default());
        let bridge = Arc::new(Bridge { arm: client.clone(), kept: kept.clone() });
        let typed = aks::Client::builder(Arc::new(Placeholder))
            .endpoint(client.origin())
            .retry(legacy::RetryOptions::none())
            .transport(legacy::TransportOptions::new(bridge))
            .build();
        Clusters { typed, kept }
    }

    /// What a cluster may be upgraded to.
    pub(super) async fn upgrades(&self, id: &ResourceId) -> Result<Json, ArmError> {
        let [subscription, group] = place(id);
        let call = self.typed.managed_clusters_client().get_upgrade_profile(subscription, group, id.name());
        self.record(call.send().await.map(|_| ()))
    }

    /// What a pool may be upgraded to.
    pub(super) async fn pool_upgrades(&self, id: &ResourceId) -> Result<Json, ArmError> {
        let [subscription, group] = place(id);
        let cluster = id.segment("managedClusters").unwrap_or_default();
        let call =
            self.typed.agent_pools_client().get_upgrade_profile(subscription, group, cluster, id.name());
        self.record(call.send().await.map(|_| ()))
    }

    /// The answer as it came; an error of the typed client itself is one of the connection.
    fn record(&self, outcome: legacy::Result<()>) -> Result<Json, ArmError> {
        let kept = self.kept.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let failed = || outcome.err().map_or_else(|| "no answer was kept".to_owned(), |e| e.to_string());
        kept.unwrap_or_else(|| Err(ArmError::Unreachable(failed())))
    }
}

fn place(id: &ResourceId) -> [&str; 2] {
    [id.subscription().unwrap_or_default(), id.resource_group().unwrap_or_default()]
}

/// Requests of the typed client, sent by ours.
#[derive(Debug)]
struct Bridge {
    arm: ArmClient,
    kept: Arc<Kept>,
}

#[async_trait::async_trait]
impl legacy::HttpClient for Bridge {
    async fn execute_request(&self, request: &legacy::Request) -> legacy::Result<legacy::Response> {
        let answer = match self.arm.at(Kind::Other, todays(request.url())) {
            Ok(call) => self.arm.send(&call).await.map(|answer| answer.body),
            Err(error) => Err(error),
        };
        let body = answer.as_ref().map(|body| completed(body.clone()).to_string());
        let error = answer.as_ref().err().map(ToString::to_string);
        *self.kept.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer.clone());
        match (body, error) {
            (Ok(body), _) => {
                let stream = Box::pin(futures::stream::once(async move { Ok(body.into_bytes().into()) }));
                Ok(legacy::Response::new(legacy::StatusCode::Ok, legacy::headers::Headers::new(), stream))
            }
            (Err(_), error) => Err(Error::message(ErrorKind::Other, error.unwrap_or_default()))
                .context(ErrorKind::Io, "Azure"),
        }
    }
}

/// The address with our api-version in the place of the client's own.
fn todays(url: &legacy::Url) -> legacy::Url {
    let mut url = url.clone();
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let others = pairs.into_iter().filter(|(name, _)| !name.eq_ignore_ascii_case("api-version"));
    url.query_pairs_mut().clear().extend_pairs(others).append_pair("api-version", api_version());
    url
}

/// The typed client wants a token; ours puts on the real one.
#[derive(Debug)]
struct Placeholder;

#[async_trait::async_trait]
impl legacy::auth::TokenCredential for Placeholder {
    async fn get_token(&self, _resource: &str) -> legacy::Result<legacy::auth::TokenResponse> {
        let never = time::OffsetDateTime::now_utc() + time::Duration::days(1);
        Ok(legacy::auth::TokenResponse::new(legacy::auth::AccessToken::new(String::new()), never))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_get_todays_version_once() {
        let url = legacy::Url::parse("https://h/x?api-version=2023-01-02-preview&a=b&Api-Version=1").unwrap();
        let expected = format!("https://h/x?a=b&api-version={}", api_version());
        assert_eq!(todays(&url).as_str(), expected);
    }

    #[test]
    fn the_typed_view_sees_what_the_plain_one_sees_also_with_todays_fields() {
        let cluster = json!({
            "id": "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c",
            "location": "westeurope",
            "identity": {"type": "SystemAssigned"},
            "properties": {
                "powerState": {"code": "Running"},
                "provisioningState": "Succeeded",
                "nodeProvisioningProfile": {"mode": "Manual"},
                "workloadAutoScalerProfile": {"verticalPodAutoscaler": {"enabled": true}},
                "agentPoolProfiles": [{"name": "sys", "mode": "System", "nodeImageVersion": "AKSUbuntu-2204-202601.1.0"}],
            },
        });
        let typed = view(&cluster).expect("the model reads it");
        assert_eq!(typed, View::of_json(&cluster));
        assert_eq!(typed.pools, [("sys".to_owned(), "AKSUbuntu-2204-202601.1.0".to_owned())]);
    }
}
