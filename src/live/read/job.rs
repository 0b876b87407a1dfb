//! One question of a reading plan, and what its answer means.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value as Json;

use super::versions;
use super::{Kind, RESOURCES, USAGES};
use crate::azure::catalogue::{self, Listing, ResourceType};
use crate::azure::id::ResourceId;
use crate::live::arm::{ArmClient, ArmError};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Pages of documents.
    List,
    /// Pages of names, without properties.
    Names,
    /// One document.
    Point,
}

/// A question.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) path: String,
    pub(super) api_version: String,
    pub(super) kind: Kind,
    pub(super) shape: Shape,
    /// The part of Azure that is asked about, as a gap names it.
    pub(super) scope: String,
    /// What of it.
    pub(super) what: String,
    /// Keys of ids of which nothing is proved when it fails.
    pub(super) unread: Vec<String>,
    /// Asked in its place, one by one, when a subscription may not be listed: its groups.
    pub(super) instead: Vec<Job>,
    /// Rules alone ask for it: where it may not be read, they say so, and the rest is whole.
    pub(super) beside: bool,
    /// The groups of which the answer is taken, by their keys, where others need more of it; without them all.
    pub(super) only: Option<BTreeSet<String>>,
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) items: Vec<Arc<Json>>,
    pub(super) absent: Vec<ResourceId>,
    pub(super) failure: Option<ArmError>,
}

impl Outcome {
    /// Whoever is signed in may not read it.
    pub(super) fn is_forbidden(&self) -> bool {
        self.failure.as_ref().is_some_and(|e| e.status() == Some(403))
    }
}

impl Job {
    fn new(kind: Kind, shape: Shape, path: String, api_version: &str, scope: String, what: &str) -> Job {
        let (api_version, what) = (api_version.to_owned(), what.to_owned());
        Job {
            path,
            api_version,
            kind,
            shape,
            scope,
            what,
            unread: Vec::new(),
            instead: Vec::new(),
            beside: false,
            only: None,
        }
    }

    /// Whether a member of the answer is one that is meant.
    pub(super) fn keeps(&self, item: &Json) -> bool {
        let Some(groups) = &self.only else { return true };
        super::id_of(item).and_then(|id| super::group_of(&id)).is_some_and(|group| groups.contains(&group))
    }

    /// A type in a whole subscription.
    pub(super) fn list_of_subscription(ty: &ResourceType, subscription: &str) -> Option<Job> {
        let Listing::Subscription(path) = ty.list else { return None };
        let scope = format!("/subscriptions/{subscription}");
        Some(Job::new(Kind::Page, Shape::List, format!("{scope}{path}"), ty.api_version, scope, ty.arm_type))
    }

    /// A type in a group.
    pub(super) fn list_of_group(ty: &ResourceType, group: &str) -> Option<Job> {
        let (Listing::Subscription(path) | Listing::Group(path)) = ty.list else { return None };
        let known = path.starts_with("/providers/") && !group.is_empty();
        known.then(|| {
            let path = format!("{group}{path}");
            Job::new(Kind::Page, Shape::List, path, ty.api_version, group.to_owned(), ty.arm_type)
        })
    }

    /// What is below a resource; `path` begins with a slash.
    pub(super) fn below(parent: &ResourceId, path: &str, api_version: &str) -> Job {
        let what = path.rsplit('/').find(|s| s.len() > 1).unwrap_or(path);
        Job::new(
            Kind::Children,
            Shape::List,
            format!("{parent}{path}"),
            api_version,
            parent.to_string(),
            what,
        )
    }

    /// What belongs to a resource: without it nothing is proved of the resource.
    pub(super) fn part(parent: &ResourceId, path: &str, api_version: &str) -> Job {
        // Usage is no part of what code declares.
        let unread = if path == USAGES { Vec::new() } else { vec![parent.key()] };
        Job { unread, ..Job::below(parent, path, api_version) }
    }

    /// What rules ask about something.
    pub(super) fn standing(id: &ResourceId, path: &str, api_version: &str) -> Job {
        Job::below(id, path, api_version).beside()
    }

    /// The same question, asked for rules alone.
    pub(super) fn beside(self) -> Job {
        Job { beside: true, ..self }
    }

    /// The names of all resources of a subscription or group.
    pub(super) fn names(scope: &str) -> Job {
        let path = format!("{scope}/resources");
        Job::new(Kind::Page, Shape::Names, path, RESOURCES, scope.to_owned(), "the list of resources")
    }

    /// One resource. Its api-version is that of the catalogue, else the given one; without either it
    /// cannot be asked for.
    pub(super) fn point(id: &ResourceId, kind: Kind, api_version: Option<&str>) -> Option<Job> {
        // What code calls a resource must not lead elsewhere.
        if id.as_str().split('/').skip(1).any(|s| matches!(s, "" | "." | "..")) {
            return None;
        }
        let known = catalogue::by_arm_type(&id.arm_type()?).map(|t| t.api_version);
        let api_version = known.or(api_version)?;
        let mut job =
            Job::new(kind, Shape::Point, id.to_string(), api_version, id.to_string(), "the resource");
        job.unread.push(id.key());
        Some(job)
    }

    /// What makes it the same question.
    pub(super) fn key(&self) -> String {
        self.path.to_ascii_lowercase()
    }

    /// Asks. An api-version that this cloud does not have gives way to the newest one before it.
    pub(super) async fn run(&self, client: &ArmClient) -> Outcome {
        let outcome = self.ask(client, &self.api_version).await;
        let older = outcome.failure.as_ref().and_then(|e| versions::instead_of(&self.api_version, e));
        match older {
            Some(version) => self.ask(client, &version).await,
            None => outcome,
        }
    }

    async fn ask(&self, client: &ArmClient, api_version: &str) -> Outcome {
        let call = client.call(self.kind, &self.path, api_version);
        let (items, failure) = match self.shape {
            Shape::List | Shape::Names => {
                let pages = client.pages(call).await;
                (pages.items, pages.failure)
            }
            Shape::Point => match client.send(&call).await {
                Ok(answer) => (vec![answer.body], None),
                Err(error) => (Vec::new(), Some(error)),
            },
        };
        let items: Vec<Arc<Json>> =
            items.into_iter().map(|item| Arc::new(identified(item, &self.path))).collect();
        match failure {
            // A namespace that is not registered has nothing; a group or parent that is not there neither.
            Some(e) if e.is_unregistered() => Outcome { items, ..Outcome::default() },
            Some(e) if e.is_absence() => Outcome { items, absent: self.proves_absent(&e), failure: None },
            failure => Outcome { items, absent: Vec::new(), failure },
        }
    }

    /// What a 404 proves absent: the resource, or the group or parent that was listed.
    fn proves_absent(&self, error: &ArmError) -> Vec<ResourceId> {
        let group = matches!(error, ArmError::Status { code, .. } if code == "ResourceGroupNotFound");
        let id = ResourceId::new(&*self.scope);
        let of_group = || super::group_of(&id).map(ResourceId::new);
        match self.shape {
            Shape::Point => of_group().filter(|_| group).into_iter().chain([id.clone()]).collect(),
            _ if group => of_group().into_iter().collect(),
            _ => Vec::new(),
        }
    }
}

/// A counter of a region, a workspace or a registry has no id of its own: that of the list, and its name.
fn identified(mut document: Json, list: &str) -> Json {
    let name = document["name"]["value"].as_str().or(document["name"].as_str()).map(str::to_owned);
    let nameless = list.contains("/locations/")
        || document.get("id").is_none() && document.get("currentValue").is_some();
    let list = list.strip_suffix("/listUsages").map_or(list.to_owned(), |of| format!("{of}/usages"));
    if let (Some(name), Json::Object(members), true) = (name, &mut document, nameless) {
        members.insert("id".to_owned(), format!("{list}/{name}").into());
    }
    document
}
