//! What to read, and in which order: wide lists first, single reads only for what they leave open.
//!
//! 1. [`Reader::screen`]: one LIST per type and subscription (or group, where few are wanted), lists of
//!    children that the wide lists lack, and single reads of what no list has. Which list has a type is
//!    data: the `list` and `extra_read` lines of the catalogue.
//! 2. [`Reader::bring`]: resources that the first step only names.
//! 3. [`Reader::confirm`]: what differs or is missing is read by its id; a 404 proves absence.
//!
//! Nothing here fails: what could not be read is a [`Gap`], and the estate is then incomplete.

mod answers;
mod everything;
mod job;
mod standing;
mod versions;
mod wanted;

pub(super) use answers::Answers;
pub use everything::Extent;
pub use wanted::{Beside, Wanted};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value as Json;
use tokio::task::JoinSet;

use super::aks;
use super::arm::{ArmClient, Kind};
use super::gap::Gap;
use super::session::now;
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
#[derive(Clone)]
pub struct Reader {
    client: ArmClient,
    /// What was answered in this run, to whomever.
    answers: Arc<Answers>,
    /// Documents by the key of their id.
    found: BTreeMap<String, Arc<Json>>,
    /// Keys of jobs that were done, so that a second round asks only for what is new.
    done: BTreeSet<String>,
    absent: BTreeSet<String>,
    unread: BTreeMap<String, String>,
    gaps: BTreeSet<Gap>,
    scope: BTreeSet<String>,
}

impl Reader {
    /// A reader that has read nothing.
    pub(super) fn new(client: ArmClient, answers: Arc<Answers>) -> Reader {
        Reader {
            client,
            answers,
            found: BTreeMap::new(),
            done: BTreeSet::new(),
            absent: BTreeSet::new(),
            unread: BTreeMap::new(),
            gaps: BTreeSet::new(),
            scope: BTreeSet::new(),
        }
    }

    /// Reads what is wanted and was not read yet, by the lists that are the fewest for all who read `together`.
    /// False when there was nothing new.
    pub(super) async fn screen(&mut self, wanted: &Wanted, together: &Wanted) -> bool {
        self.scope.extend(wanted.scope.iter().cloned());
        let jobs = wanted.jobs(together).into_iter();
        let jobs: Vec<Job> = jobs.filter(|j| !self.done.contains(&j.key())).collect();
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
        if wanted.beside.rules {
            self.define().await;
        }
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
        let clusters: Vec<Json> = self.documents().filter(is_cluster).cloned().collect();
        for asked in aks::upgrade_profiles(&self.client, clusters).await {
            match asked.profile {
                Ok(profile) => self.insert(Arc::new(profile)),
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
    async fn run(&mut self, jobs: Vec<Job>) -> Vec<Arc<Json>> {
        let mut names = Vec::new();
        let mut running = JoinSet::new();
        for job in jobs {
            if self.done.insert(job.key()) {
                let (client, answers) = (self.client.clone(), self.answers.clone());
                running.spawn(async move {
                    let mut outcomes = vec![answers.of(&job, &client).await];
                    if !job.instead.is_empty() && outcomes.iter().any(|o| o.is_forbidden()) {
                        outcomes.clear();
                        for one in &job.instead {
                            outcomes.push(answers.of(one, &client).await);
                        }
                    }
                    (outcomes, job)
                });
            }
        }
        while let Some(ended) = running.join_next().await {
            match ended {
                Ok((outcomes, job)) => outcomes.iter().for_each(|o| self.take(&job, o, &mut names)),
                Err(e) => self.broken(&e.to_string()),
            }
        }
        names
    }

    fn take(&mut self, job: &Job, outcome: &Outcome, names: &mut Vec<Arc<Json>>) {
        for item in outcome.items.iter().filter(|item| job.keeps(item)) {
            match job.shape {
                Shape::Names => names.push(item.clone()),
                _ => self.insert(item.clone()),
            }
        }
        for absent in &outcome.absent {
            self.remove(absent);
        }
        if let Some(error) = &outcome.failure {
            let reason = error.to_string();
            if job.beside && outcome.is_forbidden() {
                self.unread.insert(job.key(), reason);
                return;
            }
            self.gap(&job.scope, &job.what, &reason);
            for id in &job.unread {
                self.unread.insert(id.clone(), format!("{} could not be read: {reason}", job.what));
            }
        }
    }

    fn insert(&mut self, document: Arc<Json>) {
        let Some(id) = id_of(&document) else { return };
        let key = match document.get("currentValue") {
            // An entry of a network's usages has the id of its subnet.
            Some(_) => format!("{}/usages", id.key()),
            None => id.key(),
        };
        self.found.insert(key, document);
    }

    /// What was to be read did not come to its end.
    pub(super) fn broken(&mut self, reason: &str) {
        self.gap("this run", "an answer", reason);
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
        self.found.values().map(Arc::as_ref)
    }

    /// The client that reads.
    pub fn client(&self) -> &ArmClient {
        &self.client
    }

    /// What was read as an estate.
    pub fn estate(&self) -> Estate {
        let mut estate = Estate::from_documents(self.documents());
        estate.gaps.extend(self.gaps.iter().map(Gap::to_string));
        estate.complete = estate.gaps.is_empty();
        estate.absent = self.absent.clone();
        estate.unread = self.unread.clone();
        estate.scope = self.scope.iter().map(ResourceId::new).collect();
        estate.requests = self.client.requests().by_kind();
        estate.captured_at = Some(now());
        estate
    }
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
