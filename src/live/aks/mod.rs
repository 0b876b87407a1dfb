//! Reads of AKS that lists lack: which upgrades a cluster may take, and the newest image for its nodes.
//!
//! With the feature `aks-sdk` the calls are those of the typed client ([`sdk`]); without it they are
//! plain reads ([`plain`]). Both go through [`ArmClient`], and both give the answer as Azure sent it: the
//! JSON is the record, the typed model a view of it.

#[cfg(not(feature = "aks-sdk"))]
mod plain;
#[cfg(feature = "aks-sdk")]
mod sdk;

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

#[cfg(not(feature = "aks-sdk"))]
use plain::{Clusters, view};
#[cfg(feature = "aks-sdk")]
use sdk::{Clusters, view};

use super::arm::{ArmClient, ArmError};
use crate::azure::id::ResourceId;
use crate::azure::{catalogue, types};

/// A question about upgrades and what came of it.
pub(super) struct Asked {
    /// The cluster or pool.
    pub(super) id: ResourceId,
    /// The profile with its id, or why there is none.
    pub(super) profile: Result<Json, ArmError>,
}

/// What is asked of a cluster depends on this.
#[derive(Debug, Default, PartialEq, Eq)]
struct View {
    /// It is stopped or going away, and offers nothing.
    asleep: bool,
    /// Pools and the images of their nodes.
    pools: Vec<(String, String)>,
}

impl View {
    /// The view without a typed model.
    fn of_json(cluster: &Json) -> View {
        let properties = &cluster["properties"];
        let is = |value: &Json, word: &str| value.as_str() == Some(word);
        let pools = properties["agentPoolProfiles"].as_array().into_iter().flatten();
        let text = |pool: &Json, name: &str| pool[name].as_str().map(str::to_owned);
        View {
            asleep: is(&properties["powerState"]["code"], "Stopped")
                || is(&properties["provisioningState"], "Deleting"),
            pools: pools.filter_map(|p| Some((text(p, "name")?, text(p, "nodeImageVersion")?))).collect(),
        }
    }
}

/// The api-version of AKS, that of the catalogue: typed calls are rewritten to it.
fn api_version() -> &'static str {
    catalogue::by_arm_type(types::CLUSTER).map_or("", |ty| ty.api_version)
}

/// The upgrade profiles of clusters, and of one pool for each image family in each region: the newest
/// image is the same for all of them, and AKS gives a subscription few calls for parts of clusters.
pub(super) async fn upgrade_profiles(client: &ArmClient, clusters: Vec<Json>) -> Vec<Asked> {
    let mut running = tokio::task::JoinSet::new();
    let mut families = BTreeSet::new();
    for cluster in clusters {
        let Some(id) = cluster["id"].as_str().map(ResourceId::new) else { continue };
        let view = view(&cluster).unwrap_or_else(|| View::of_json(&cluster));
        if view.asleep {
            continue;
        }
        let (all, whole) = (Clusters::new(client), id.clone());
        running.spawn(async move { Asked { profile: all.upgrades(&whole).await, id: whole } });
        let location = cluster["location"].as_str().unwrap_or_default().to_ascii_lowercase();
        for (pool, image) in view.pools {
            let family = image.rsplit_once('-').map_or(&*image, |(family, _)| family).to_owned();
            if families.insert((location.clone(), family)) {
                let (all, pool) = (Clusters::new(client), ResourceId::new(format!("{id}/agentPools/{pool}")));
                running.spawn(async move { Asked { profile: all.pool_upgrades(&pool).await, id: pool } });
            }
        }
    }
    let mut asked: Vec<Asked> = running.join_all().await;
    for one in &mut asked {
        // The id of the question: some answers have it misspelt.
        if let Ok(Json::Object(profile)) = &mut one.profile {
            profile.insert("id".to_owned(), json!(format!("{}/upgradeProfiles/default", one.id)));
        }
    }
    asked
}
