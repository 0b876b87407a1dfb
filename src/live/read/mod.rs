//! What to read, and in which order: wide lists first, single reads only for what they leave open.
//!
//! 1. [`Reader::screen`]: one LIST per type and subscription (or group, where few are wanted), lists of
//!    children that the wide lists lack, and single reads of what no list has. Which list has a type is
//!    data: the `list` and `extra_read` lines of the catalogue.
//! 2. [`Reader::bring`]: resources that the first step only names.
//! 3. [`Reader::confirm`]: what differs or is missing is read by its id; a 404 proves absence.
//!
//! Nothing here fails: what could not be read is a [`Gap`], and the estate is then incomplete.

mod everything;
mod job;
mod versions;
mod wanted;

pub use everything::Extent;
pub use wanted::Wanted;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use tokio::task::JoinSet;

use super::aks;
use super::arm::{ArmClient, Kind};
use super::gap::Gap;
use crate::azure::catalogue;
use crate::azure::estate::Estate;
use crate::azure::id::ResourceId;
use crate::azure::types;
use job::{Job, Outcome, Shape};

/// Up to this many resources of a type in a group are read one by one; more by a LIST.
const FEW: usize = 3;

/// What is in use of a network, or taken in by a workspace: no part of what code declares, and read only where
/// addresses or costs are looked at.
const USAGES: &str = "/usages";

/// The api-version of lists of all resources of a scope.
const RESOURCES: &str = "2021-04-01";

/// What was read so far.
pub struct Reader {
    client: ArmClient,
    /// Documents by the key of their id.
    found: BTreeMap<String, Json>,
    /// Keys of jobs that were done, so that a second round asks only for what is new.
    done: BTreeSet<String>,
    absent: BTreeSet<String>,
    unread: BTreeMap<String, String>,
    gaps: BTreeSet<Gap>,
    scope: BTreeSet<String>,
}

impl Reader {
    /// A reader that has read nothing.
    pub fn new(client: ArmClient) -> Reader {
        Reader {
            client,
            found: BTreeMap::new(),
            done: BTreeSet::new(),
            absent: BTreeSet::new(),
            unread: BTreeMap::new(),
            gaps: BTreeSet::new(),
            scope: BTreeSet::new(),
        }
    }

    /// Reads what is wanted and was not read yet. False when there was nothing new.
    pub async fn screen(&mut self, wanted: &Wanted) -> bool {
        self.scope.extend(wanted.scope.iter().cloned());
        let jobs: Vec<Job> = wanted.jobs().into_iter().filter(|j| !self.done.contains(&j.key())).collect();
        if jobs.is_empty() {
            return false;
        }
        let listed = self.run(jobs).await;
        // A list of all resources of a group has names only; types of the catalogue are brought.
        let mut named = BTreeSet::new();
        for item in listed {
            let Some(id) = id_of(&item) else { continue };
            if id.arm_type().is_some_and(|t| catalogue::by_arm_type(&t).is_some()) {
                named.insert(id.to_string());
            }
        }
        named.extend(self.references(wanted));
        self.bring(named).await;
        true
    }

    /// Reads resources by their ids; many of one type in one group by a LIST.
    pub async fn bring(&mut self, ids: BTreeSet<String>) {
        let mut places: BTreeMap<(String, String), Vec<ResourceId>> = BTreeMap::new();
        for id in ids.into_iter().map(ResourceId::new) {
            if self.found.contains_key(&id.key()) || self.absent.contains(&id.key()) {
                continue;
            }
            let place =
                (id.arm_type().unwrap_or_default().to_ascii_lowercase(), group_of(&id).unwrap_or_default());
            places.entry(place).or_default().push(id);
        }
        let mut jobs = Vec::new();
        for ((arm_type, group), ids) in places {
            let list = catalogue::by_arm_type(&arm_type).and_then(|ty| Job::list_of_group(ty, &group));
            match list {
                Some(list) if ids.len() > FEW => jobs.push(list),
                _ => jobs.extend(ids.iter().filter_map(|id| Job::point(id, Kind::Confirm, None))),
            }
        }
        self.run(jobs).await;
    }

    /// Reads ids that differ or are missing. A missing group proves what would be in it absent.
    pub async fn confirm(&mut self, ids: impl IntoIterator<Item = ResourceId>) {
        let (known, missing): (Vec<ResourceId>, Vec<ResourceId>) =
            ids.into_iter().filter_map(readable).partition(|id| self.found.contains_key(&id.key()));
        let groups: BTreeSet<String> = missing.iter().filter_map(group_of).collect();
        let mut jobs: Vec<Job> = known.iter().filter_map(|id| Job::point(id, Kind::Confirm, None)).collect();
        if groups.len() < missing.len() {
            let groups = groups.iter().filter(|g| !self.absent.contains(*g)).map(ResourceId::new);
            jobs.extend(groups.filter_map(|id| Job::point(&id, Kind::Confirm, None)));
        }
        self.run(jobs).await;
        let (gone, open): (Vec<ResourceId>, Vec<ResourceId>) =
            missing.into_iter().partition(|id| group_of(id).is_some_and(|g| self.absent.contains(&g)));
        self.absent.extend(gone.iter().map(ResourceId::key));
        self.run(open.iter().filter_map(|id| Job::point(id, Kind::Confirm, None)).collect()).await;
    }

    /// Reads which upgrades the clusters that were found may take.
    pub async fn upgrades(&mut self) {
        let is_cluster = |d: &&Json| {
            id_of(d).and_then(|id| id.arm_type()).is_some_and(|t| t.eq_ignore_ascii_case(types::CLUSTER))
        };
        let clusters: Vec<Json> = self.found.values().filter(is_cluster).cloned().collect();
        for asked in aks::upgrade_profiles(&self.client, clusters).await {
            match asked.profile {
                Ok(profile) => self.insert(profile),
                Err(error) if error.is_absence() => {}
                Err(error) => self.gap(asked.id.as_str(), "the upgrade profile", &error.to_string()),
            }
        }
    }

    /// Documents that declared ones are read together with: interfaces of private endpoints.
    fn references(&self, wanted: &Wanted) -> Vec<String> {
        let endpoints = wanted.documents.iter().filter_map(|id| self.found.get(id));
        let endpoints = endpoints.filter(|d| {
            id_of(d)
                .and_then(|id| id.arm_type())
                .is_some_and(|t| t.eq_ignore_ascii_case(types::PRIVATE_ENDPOINT))
        });
        endpoints
            .filter_map(|d| Some(d["properties"]["networkInterfaces"][0]["id"].as_str()?.to_owned()))
            .collect()
    }

    /// Runs jobs side by side; the client bounds how many. Members of lists that only name resources
    /// are returned.
    async fn run(&mut self, jobs: Vec<Job>) -> Vec<Json> {
        let mut names = Vec::new();
        let mut running = JoinSet::new();
        for job in jobs {
            if self.done.insert(job.key()) {
                let client = self.client.clone();
                running.spawn(async move { (job.run(&client).await, job) });
            }
        }
        while let Some(ended) = running.join_next().await {
            match ended {
                Ok((outcome, job)) => self.take(&job, outcome, &mut names),
                Err(e) => self.gap("this run", "an answer", &e.to_string()),
            }
        }
        names
    }

    fn take(&mut self, job: &Job, outcome: Outcome, names: &mut Vec<Json>) {
        for item in outcome.items {
            match job.shape {
                Shape::Names => names.push(item),
                _ => self.insert(identified(item, &job.path)),
            }
        }
        for absent in outcome.absent {
            self.remove(&absent);
        }
        if let Some(error) = outcome.failure {
            let reason = error.to_string();
            self.gap(&job.scope, &job.what, &reason);
            for id in &job.unread {
                self.unread.insert(id.clone(), format!("{} could not be read: {reason}", job.what));
            }
        }
    }

    fn insert(&mut self, document: Json) {
        let Some(id) = id_of(&document) else { return };
        let key = match document.get("currentValue") {
            // An entry of a network's usages has the id of its subnet.
            Some(_) => format!("{}/usages", id.key()),
            None => id.key(),
        };
        self.found.insert(key, document);
    }

    /// Azure says that it is not there: neither is what is below it.
    fn remove(&mut self, id: &ResourceId) {
        let (key, below) = (id.key(), format!("{}/", id.key()));
        self.found.retain(|k, _| *k != key && !k.starts_with(&below));
        self.absent.insert(key);
    }

    fn gap(&mut self, scope: &str, missing: &str, reason: &str) {
        let gap = Gap { scope: scope.to_owned(), missing: missing.to_owned(), reason: reason.to_owned() };
        self.gaps.insert(gap);
    }

    /// What could not be read.
    pub fn gaps(&self) -> impl Iterator<Item = &Gap> {
        self.gaps.iter()
    }

    /// Subscriptions and groups that were read.
    pub fn scope(&self) -> impl Iterator<Item = &str> {
        self.scope.iter().map(String::as_str)
    }

    /// The documents, by id.
    pub fn documents(&self) -> impl Iterator<Item = &Json> {
        self.found.values()
    }

    /// The client that reads.
    pub fn client(&self) -> &ArmClient {
        &self.client
    }

    /// What was read as an estate.
    pub fn estate(&self) -> Estate {
        let mut estate = Estate::from_documents(self.found.values());
        estate.gaps.extend(self.gaps.iter().map(Gap::to_string));
        estate.complete = estate.gaps.is_empty();
        estate.absent = self.absent.clone();
        estate.unread = self.unread.clone();
        estate.scope = self.scope.iter().map(ResourceId::new).collect();
        estate.requests = self.client.requests().by_kind();
        estate
    }
}

/// A counter of a region or of a workspace has no id of its own: that of the list, and its name.
fn identified(mut document: Json, list: &str) -> Json {
    let name = document["name"]["value"].as_str().map(str::to_owned);
    let nameless = list.contains("/locations/")
        || document.get("id").is_none() && document.get("currentValue").is_some();
    if let (Some(name), Json::Object(members), true) = (name, &mut document, nameless) {
        members.insert("id".to_owned(), format!("{list}/{name}").into());
    }
    document
}

/// The id that a document has.
fn id_of(document: &Json) -> Option<ResourceId> {
    document.get("id")?.as_str().filter(|id| id.starts_with('/')).map(ResourceId::new)
}

/// The key of the id of a resource's group.
fn group_of(id: &ResourceId) -> Option<String> {
    let (subscription, group) = (id.subscription()?, id.resource_group()?);
    Some(format!("/subscriptions/{subscription}/resourcegroups/{group}").to_ascii_lowercase())
}

/// The id to read for a compared one: what Terraform joins with `|` is a part of the first, an access
/// policy a part of its vault. `None` for an id that is not known.
fn readable(id: ResourceId) -> Option<ResourceId> {
    let id = ResourceId::new(id.as_str().split('|').next().unwrap_or_default());
    let vault = id.arm_type().is_some_and(|t| t.eq_ignore_ascii_case(types::ACCESS_POLICY));
    let id = if vault { id.parent()? } else { id };
    (id.as_str().starts_with('/') && !id.as_str().contains('<')).then_some(id)
}
