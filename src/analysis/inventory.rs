//! What AKS clusters there are: versions and their support, states, pools, node images, upgrades.

use std::collections::BTreeMap;

use serde::Serialize;
use time::Date;

use super::kubernetes::{self, Support};
use crate::azure::estate::{Document, Estate, get};
use crate::azure::types;
use crate::terraform::value::Value;

/// Upgrades that a cluster or pool may take, as AKS answers them.
const CLUSTER_UPGRADES: &str = "Microsoft.ContainerService/managedClusters/upgradeProfiles";
const POOL_UPGRADES: &str = "Microsoft.ContainerService/managedClusters/agentPools/upgradeProfiles";

/// The inventory of a live estate.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Inventory {
    /// False when something could not be read.
    pub complete: bool,
    /// What, and why.
    pub gaps: Vec<String>,
    /// When it was read.
    pub captured_at: Option<String>,
    /// The day on which the support calendar was read.
    pub calendar: &'static str,
    /// Clusters by subscription, group and name.
    pub clusters: Vec<Cluster>,
    /// Requests of each kind; empty for a snapshot.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub requests: BTreeMap<String, u64>,
}

/// A cluster. What Azure does not say is null.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Cluster {
    /// Subscription id.
    pub subscription: String,
    /// Resource group.
    pub resource_group: String,
    /// Name.
    pub name: String,
    /// ARM id.
    pub id: String,
    /// Region.
    pub location: Option<String>,
    /// The version that runs.
    pub version: Option<String>,
    /// What the calendar says of it.
    pub support: Support,
    /// True when this cluster is within support, its plan counted; null when that is not known.
    pub supported: Option<bool>,
    /// `Free`, `Standard` or `Premium`.
    pub tier: Option<String>,
    /// `KubernetesOfficial` or `AKSLongTermSupport`.
    pub support_plan: Option<String>,
    /// Automatic upgrades of the version.
    pub upgrade_channel: Option<String>,
    /// Automatic upgrades of node images.
    pub node_os_channel: Option<String>,
    /// `Succeeded`, `Updating`, `Failed`...
    pub provisioning_state: Option<String>,
    /// `Running` or `Stopped`.
    pub power_state: Option<String>,
    /// Versions that it may be upgraded to; null when AKS was not asked or did not say.
    pub upgrades: Option<Vec<String>>,
    /// Its pools, by name.
    pub pools: Vec<Pool>,
}

/// A node pool.
#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
pub struct Pool {
    /// Name.
    pub name: String,
    /// `System`, `User` or `Gateway`.
    pub mode: Option<String>,
    /// Size of its machines.
    pub vm_size: Option<String>,
    /// Operating system and its kind, such as `Linux/Ubuntu`.
    pub os: Option<String>,
    /// Nodes now.
    pub count: Option<i64>,
    /// Least and most nodes of the autoscaler; null without one.
    pub autoscale: Option<(i64, i64)>,
    /// The version that runs.
    pub version: Option<String>,
    /// What the calendar says of it.
    pub support: Support,
    /// The image of its nodes.
    pub node_image: Option<String>,
    /// The newest image for them; null when AKS was not asked or did not say.
    pub latest_node_image: Option<String>,
    /// True when there is a newer image.
    pub image_behind: Option<bool>,
    /// `Succeeded`, `Updating`, `Failed`...
    pub provisioning_state: Option<String>,
    /// `Running` or `Stopped`.
    pub power_state: Option<String>,
}

/// The inventory on a day.
pub fn inventory(estate: &Estate, today: Date) -> Inventory {
    let images = Images::new(estate);
    let mut clusters: Vec<Cluster> =
        estate.of_type(types::CLUSTER).map(|document| cluster(estate, &images, document, today)).collect();
    clusters.sort_by_cached_key(|c| c.id.to_ascii_lowercase());
    Inventory {
        complete: estate.complete,
        gaps: estate.gaps.clone(),
        captured_at: estate.captured_at.clone(),
        calendar: kubernetes::as_of(),
        clusters,
        requests: estate.requests.clone(),
    }
}

fn text(document: &Document, paths: &[&str]) -> Option<String> {
    paths.iter().find_map(|p| document.str(p)).map(str::to_owned)
}

fn support_of(version: Option<&String>, today: Date) -> Support {
    let minor = version.and_then(|v| kubernetes::minor(v));
    minor.map_or(Support::Unknown, |minor| kubernetes::support(minor, today))
}

fn cluster(estate: &Estate, images: &Images, document: &Document, today: Date) -> Cluster {
    let version = text(document, &["properties.currentKubernetesVersion", "properties.kubernetesVersion"]);
    let support = support_of(version.as_ref(), today);
    let tier = text(document, &["sku.tier"]);
    let plan = text(document, &["properties.supportPlan"]);
    let long_term = plan.as_deref() == Some("AKSLongTermSupport") && tier.as_deref() == Some("Premium");
    let mut pools: Vec<Pool> =
        estate.children(&document.id, types::POOL).map(|p| pool(images, document, p, today)).collect();
    pools.sort_by(|a, b| a.name.cmp(&b.name));
    Cluster {
        subscription: document.id.subscription().unwrap_or_default().to_owned(),
        resource_group: document.id.resource_group().unwrap_or_default().to_owned(),
        name: document.name().to_owned(),
        id: document.id.to_string(),
        location: text(document, &["location"]),
        support,
        supported: match support {
            Support::Supported { .. } => Some(true),
            Support::LongTerm { .. } => Some(long_term),
            Support::Ended { .. } => Some(false),
            Support::Unknown => None,
        },
        version,
        tier,
        support_plan: plan,
        upgrade_channel: text(document, &["properties.autoUpgradeProfile.upgradeChannel"]),
        node_os_channel: text(document, &["properties.autoUpgradeProfile.nodeOSUpgradeChannel"]),
        provisioning_state: text(document, &["properties.provisioningState"]),
        power_state: text(document, &["properties.powerState.code"]),
        upgrades: upgrades(estate, document),
        pools,
    }
}

/// Versions that the control plane may take, previews left out.
fn upgrades(estate: &Estate, cluster: &Document) -> Option<Vec<String>> {
    let profile = estate.children(&cluster.id, CLUSTER_UPGRADES).next()?;
    profile.get("properties.controlPlaneProfile")?;
    let offered = profile.items("properties.controlPlaneProfile.upgrades").iter();
    let stable = offered.filter(|u| get(u, "isPreview").and_then(Value::as_bool) != Some(true));
    let mut versions: Vec<String> =
        stable.filter_map(|u| get(u, "kubernetesVersion")?.as_str().map(str::to_owned)).collect();
    versions.sort_by_key(|v| numbers(v));
    Some(versions)
}

fn pool(images: &Images, cluster: &Document, document: &Document, today: Date) -> Pool {
    let own = text(document, &["properties.currentOrchestratorVersion", "properties.orchestratorVersion"]);
    let version = own
        .or_else(|| text(cluster, &["properties.currentKubernetesVersion", "properties.kubernetesVersion"]));
    let node_image = text(document, &["properties.nodeImageVersion"]);
    let latest = node_image.as_ref().and_then(|image| images.latest(cluster, image));
    let scales = document.bool("properties.enableAutoScaling") == Some(true);
    let os = [document.str("properties.osType"), document.str("properties.osSKU")];
    let os: Vec<&str> = os.into_iter().flatten().collect();
    Pool {
        name: document.name().to_owned(),
        mode: text(document, &["properties.mode"]),
        vm_size: text(document, &["properties.vmSize"]),
        os: (!os.is_empty()).then(|| os.join("/")),
        count: document.int("properties.count"),
        autoscale: document
            .int("properties.minCount")
            .zip(document.int("properties.maxCount"))
            .filter(|_| scales),
        support: support_of(version.as_ref(), today),
        version,
        image_behind: node_image.as_ref().zip(latest.as_ref()).map(|(now, latest)| now != latest),
        node_image,
        latest_node_image: latest,
        provisioning_state: text(document, &["properties.provisioningState"]),
        power_state: text(document, &["properties.powerState.code"]),
    }
}

/// The newest image of each family in each region: one pool that was asked speaks for all of its kind.
struct Images(BTreeMap<(String, String), String>);

impl Images {
    fn new(estate: &Estate) -> Images {
        let mut latest: BTreeMap<(String, String), String> = BTreeMap::new();
        for profile in estate.of_type(POOL_UPGRADES) {
            let pool = profile.id.parent();
            let cluster = pool.as_ref().and_then(|p| p.parent()).and_then(|id| estate.by_id(&id));
            let image = profile.str("properties.latestNodeImageVersion");
            if let (Some(cluster), Some(image)) = (cluster, image) {
                let newest = latest.entry(Images::key(cluster, image)).or_default();
                if numbers(newest) < numbers(image) {
                    image.clone_into(newest);
                }
            }
        }
        Images(latest)
    }

    fn key(cluster: &Document, image: &str) -> (String, String) {
        let location = cluster.str("location").unwrap_or_default().to_ascii_lowercase();
        (location, family(image).to_owned())
    }

    fn latest(&self, cluster: &Document, image: &str) -> Option<String> {
        self.0.get(&Images::key(cluster, image)).cloned()
    }
}

/// The numbers of a version, or of an image's, to be compared.
fn numbers(version: &str) -> Vec<u32> {
    let last = version.rsplit('-').next().unwrap_or(version);
    last.split('.').map(|part| part.parse().unwrap_or_default()).collect()
}

/// The family of an image: `AKSUbuntu-2204gen2containerd` of `AKSUbuntu-2204gen2containerd-202601.13.0`.
fn family(image: &str) -> &str {
    image.rsplit_once('-').map_or(image, |(family, _)| family)
}
