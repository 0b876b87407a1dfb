//! Everything that the catalogue knows, in whole subscriptions or in some of their groups.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value as Json;

use super::job::Job;
use super::{Kind, Reader, group_of, id_of};
use crate::azure::catalogue::{self, Listing, ResourceType};
use crate::azure::id::ResourceId;
use crate::azure::types;

/// The api-version of subscriptions.
const SUBSCRIPTIONS: &str = "2022-12-01";

/// Types whose diagnostic settings are read: where rules ask whether somebody looks.
const DIAGNOSED: [&str; 3] = [types::CLUSTER, types::VAULT, types::REGISTRY];

/// How much of Azure.
#[derive(Clone, Debug, Default)]
pub struct Extent {
    /// Subscription ids; none: all that can be seen.
    pub subscriptions: Vec<String>,
    /// Names of groups, in each of the subscriptions; none: whole subscriptions.
    pub groups: Vec<String>,
}

impl Reader {
    /// Reads everything that the catalogue knows in an extent.
    pub async fn everything(&mut self, extent: &Extent) {
        let subscriptions = match extent.subscriptions.is_empty() {
            true => self.visible_subscriptions().await,
            false => extent.subscriptions.clone(),
        };
        let ids: Vec<ResourceId> = subscriptions
            .iter()
            .map(|s| ResourceId::new(format!("/subscriptions/{s}").to_ascii_lowercase()))
            .collect();
        let points = ids.iter().filter_map(|id| Job::point(id, Kind::Other, Some(SUBSCRIPTIONS)));
        self.run(points.collect()).await;
        let mut jobs = Vec::new();
        for id in ids {
            if self.found.contains_key(&id.key()) {
                jobs.extend(self.wide(&id, &extent.groups));
            }
        }
        let named = self.run(jobs).await;
        self.bring_listed_by_group(named).await;
        self.run(self.below_found()).await;
        if extent.groups.is_empty() {
            self.run(self.standing_of_found()).await;
            self.define().await;
        }
        self.upgrades().await;
    }

    /// Reads the AKS clusters of an extent, and which upgrades they may take.
    pub async fn clusters(&mut self, extent: &Extent) {
        let subscriptions = match extent.subscriptions.is_empty() {
            true => self.visible_subscriptions().await,
            false => extent.subscriptions.clone(),
        };
        let Some(ty) = catalogue::by_arm_type(types::CLUSTER) else { return };
        let mut jobs = Vec::new();
        for subscription in subscriptions {
            let scope = format!("/subscriptions/{subscription}").to_ascii_lowercase();
            if extent.groups.is_empty() {
                jobs.extend(Job::list_of_subscription(ty, &subscription));
                self.scope.insert(scope.clone());
            }
            for group in &extent.groups {
                let group = format!("{scope}/resourcegroups/{group}").to_ascii_lowercase();
                jobs.extend(Job::list_of_group(ty, &group));
                self.scope.insert(group);
            }
        }
        self.run(jobs).await;
        self.upgrades().await;
    }

    /// The ids of all subscriptions that can be seen.
    pub async fn visible_subscriptions(&mut self) -> Vec<String> {
        let pages = self.client.pages(self.client.call(Kind::Other, "/subscriptions", SUBSCRIPTIONS)).await;
        if let Some(error) = pages.failure {
            self.gap("the tenant", "the list of subscriptions", &error.to_string());
        }
        let ids = pages.items.iter().filter_map(|s| s["subscriptionId"].as_str());
        ids.map(str::to_owned).collect()
    }

    /// The lists of every type in a subscription or its groups.
    fn wide(&mut self, subscription: &ResourceId, groups: &[String]) -> Vec<Job> {
        let types: Vec<&'static ResourceType> = catalogue::names().filter_map(catalogue::resource).collect();
        let mut jobs = Vec::new();
        if groups.is_empty() {
            self.scope.insert(subscription.to_string());
            let name = subscription.name();
            jobs.extend(types.iter().filter_map(|ty| Job::list_of_subscription(ty, name)));
            // Types with lists by group only: named here, read by `bring`.
            jobs.push(Job::names(subscription.as_str()));
        }
        for group in groups {
            let group = format!("{subscription}/resourcegroups/{group}").to_ascii_lowercase();
            jobs.extend(Job::point(&ResourceId::new(&*group), Kind::Confirm, None));
            jobs.extend(types.iter().filter_map(|ty| Job::list_of_group(ty, &group)));
            self.scope.insert(group);
        }
        jobs
    }

    async fn bring_listed_by_group(&mut self, named: Vec<Arc<Json>>) {
        let ids = named.iter().filter_map(|item| id_of(item)).filter(|id| {
            let ty = id.arm_type().and_then(|t| catalogue::by_arm_type(&t));
            ty.is_some_and(|t| matches!(t.list, Listing::Group(_)))
        });
        let ids = ids.map(|id| id.to_string()).collect();
        self.bring(ids).await;
    }

    /// Lists of what stands below the documents that were found.
    fn below_found(&self) -> Vec<Job> {
        let mut below: BTreeMap<String, Vec<&'static ResourceType>> = BTreeMap::new();
        let mut diagnostics = None;
        for ty in catalogue::names().filter_map(catalogue::resource) {
            if let (Listing::Below(_), Some((parent, _))) = (ty.list, ty.arm_type.rsplit_once('/')) {
                match ty.arm_type == types::DIAGNOSTICS {
                    true => diagnostics = Some(ty),
                    false => below.entry(parent.to_ascii_lowercase()).or_default().push(ty),
                }
            }
        }
        let mut jobs = Vec::new();
        let managed = self.managed_groups();
        for id in self.documents().filter_map(id_of) {
            let Some(ty) = id.arm_type().and_then(|t| catalogue::by_arm_type(&t)) else { continue };
            if group_of(&id).is_some_and(|g| managed.contains(&g)) {
                continue;
            }
            jobs.extend(ty.extra_reads.iter().map(|path| Job::part(&id, path, ty.api_version)));
            let children = below.get(&ty.arm_type.to_ascii_lowercase()).into_iter().flatten().copied();
            let settings = diagnostics.filter(|_| DIAGNOSED.contains(&ty.arm_type));
            for child in children.chain(settings) {
                if let Listing::Below(path) = child.list {
                    jobs.push(Job::below(&id, path, child.api_version));
                }
            }
        }
        jobs
    }

    /// Groups that Azure keeps for a cluster: nobody declares what is below their resources.
    fn managed_groups(&self) -> BTreeSet<String> {
        let clusters = self.documents().filter_map(|d| {
            let group = d["properties"]["nodeResourceGroup"].as_str()?;
            let subscription = id_of(d)?.subscription()?.to_owned();
            Some(format!("/subscriptions/{subscription}/resourcegroups/{group}").to_ascii_lowercase())
        });
        clusters.collect()
    }
}
