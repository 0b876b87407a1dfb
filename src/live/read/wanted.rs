//! What a declared estate needs of Azure, and no more.

use std::collections::{BTreeMap, BTreeSet};

use super::job::Job;
use super::standing;
use super::{FEW, Kind, USAGES, group_of};
use crate::azure::catalogue::{self, Listing, ResourceType};
use crate::azure::estate::{Association, Document, Estate, UNKNOWN_SUBSCRIPTION};
use crate::azure::id::ResourceId;
use crate::azure::types;
use crate::terraform::value::Value;

/// Groups of a subscription up to this many are listed one by one; more by a LIST of the subscription.
const FEW_GROUPS: usize = 2;

/// Groups up to this many have their resources named one by one.
const NAMED_GROUPS: usize = 4;

/// What is read beside what code declares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// How much of networks is in use and what workspaces take in: for addresses and costs.
    pub usages: bool,
    /// Policies, watchers, quotas and findings of Defender: for rules.
    pub rules: bool,
    /// Objects that only the state has: for plans against it.
    pub state: bool,
}

/// What is to be read.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// By ARM type and subscription the groups in which it is wanted.
    lists: BTreeMap<(&'static str, String), BTreeSet<String>>,
    /// Lists of children: `(id, path) → api-version`.
    below: BTreeMap<(String, String), &'static str>,
    /// The same for what belongs to a resource.
    parts: BTreeMap<(String, String), &'static str>,
    /// Resources to read by id, with the api-version of the code for a type that the catalogue lacks.
    points: BTreeMap<String, Option<String>>,
    /// What rules ask of what is declared: `(id, path) → api-version`.
    standing: BTreeMap<(String, String), &'static str>,
    pub(super) beside: Beside,
    /// Declared groups.
    groups: BTreeSet<String>,
    /// Keys of the declared ids.
    pub(super) documents: BTreeSet<String>,
    /// Subscriptions and groups.
    pub(super) scope: BTreeSet<String>,
}

impl Wanted {
    /// What a declared estate needs, and what is looked at beside it. What is in a subscription that nobody names is
    /// left out.
    pub fn of(declared: &Estate, beside: Beside) -> Wanted {
        let mut wanted = Wanted { beside, ..Wanted::default() };
        for document in declared.iter().filter(|d| is_placed(&d.id)) {
            wanted.document(&document.id, document);
        }
        let hosts = |list: &'_ [Association]| -> Vec<ResourceId> {
            list.iter().filter_map(|a| a.host.clone()).filter(is_placed).collect()
        };
        for host in hosts(&declared.associations) {
            wanted.resource(&host);
        }
        for host in hosts(&declared.data) {
            wanted.point(&host, None);
        }
        wanted
    }

    /// True when the code does not say in which subscription something is.
    pub fn needs_subscription(declared: &Estate) -> bool {
        let hosts = declared.associations.iter().chain(&declared.data).filter_map(|a| a.host.as_ref());
        let mut ids = declared.iter().map(|d| &d.id).chain(hosts);
        ids.any(|id| !is_placed(id))
    }

    fn document(&mut self, id: &ResourceId, document: &Document) {
        self.documents.insert(id.key());
        if let Some(group) = group_of(id) {
            self.scope.insert(group);
        } else if let Some(subscription) = id.subscription() {
            self.scope.insert(format!("/subscriptions/{subscription}").to_ascii_lowercase());
        }
        if self.beside.rules && is_known(id) {
            let all = standing::lists(id, &document.arm_type, document.str("location"));
            self.standing.extend(all.into_iter().map(|(id, path, version)| ((id, path), version)));
        }
        match catalogue::by_arm_type(&document.arm_type) {
            Some(_) => self.resource(id),
            None => self.point(id, api_version(document)),
        }
        let Some(ty) = catalogue::by_arm_type(&document.arm_type).filter(|_| is_known(id)) else { return };
        for path in ty.extra_reads.iter().filter(|p| self.beside.usages || **p != USAGES) {
            self.parts.insert((id.to_string(), (*path).to_owned()), ty.api_version);
        }
        if document.is(types::RESOURCE_GROUP) {
            self.groups.insert(id.key());
        }
    }

    /// Wants what holds a resource: a list of its type, its parent's, or those below its parent.
    fn resource(&mut self, id: &ResourceId) {
        let Some(ty) = id.arm_type().and_then(|t| catalogue::by_arm_type(&t)) else { return };
        match ty.list {
            Listing::Inside => {
                if let Some(parent) = id.parent() {
                    self.resource(&parent);
                }
            }
            Listing::Below(path) => {
                let parent = match path.starts_with("/providers/") {
                    true => id
                        .key()
                        .rfind("/providers/")
                        .and_then(|at| id.as_str().get(..at))
                        .map(ResourceId::new),
                    false => id.parent(),
                };
                if let Some(parent) = parent.filter(is_known) {
                    self.children(&parent, ty);
                }
            }
            Listing::Subscription(_) | Listing::Group(_) => {
                match id.subscription().filter(|s| !s.contains('<')) {
                    Some(subscription) => {
                        let place = (ty.arm_type, subscription.to_ascii_lowercase());
                        let groups = self.lists.entry(place).or_default();
                        groups.extend(group_of(id).filter(|g| !g.contains('<')));
                    }
                    // A role assignment above subscriptions: what is granted at its scope.
                    None if ty.arm_type == types::ROLE_ASSIGNMENT => {
                        if let Some((scope, _)) =
                            id.as_str().split_once("/providers/Microsoft.Authorization/")
                            && !scope.is_empty()
                        {
                            let path = "/providers/Microsoft.Authorization/roleAssignments?$filter=atScope()";
                            self.below.insert((scope.to_owned(), path.to_owned()), ty.api_version);
                        }
                    }
                    None => {}
                }
            }
        }
    }

    fn children(&mut self, parent: &ResourceId, ty: &ResourceType) {
        if let Listing::Below(path) = ty.list {
            self.below.insert((parent.to_string(), path.to_owned()), ty.api_version);
        }
    }

    fn point(&mut self, id: &ResourceId, api_version: Option<String>) {
        if is_known(id) {
            self.points.insert(id.to_string(), api_version);
        }
    }

    /// Wants what another wants as well.
    pub fn join(&mut self, other: &Wanted) {
        for (place, groups) in &other.lists {
            self.lists.entry(place.clone()).or_default().extend(groups.iter().cloned());
        }
        let join = |to: &mut BTreeMap<(String, String), &'static str>, from: &BTreeMap<_, _>| {
            to.extend(
                from.iter()
                    .map(|(place, version): (&(String, String), &&'static str)| (place.clone(), *version)),
            );
        };
        join(&mut self.below, &other.below);
        join(&mut self.parts, &other.parts);
        join(&mut self.standing, &other.standing);
        self.points.extend(other.points.iter().map(|(id, version)| (id.clone(), version.clone())));
        self.groups.extend(other.groups.iter().cloned());
        self.documents.extend(other.documents.iter().cloned());
        self.scope.extend(other.scope.iter().cloned());
    }

    /// What is wanted of each subscription; of what belongs to none under the empty name.
    pub fn by_place(&self) -> BTreeMap<String, Wanted> {
        let mut places: BTreeMap<String, Wanted> = BTreeMap::new();
        fn at<'p>(places: &'p mut BTreeMap<String, Wanted>, id: &str) -> &'p mut Wanted {
            places.entry(ResourceId::new(id).place()).or_default()
        }
        for (place, groups) in &self.lists {
            let subscription = format!("/subscriptions/{}", place.1);
            at(&mut places, &subscription).lists.insert(place.clone(), groups.clone());
        }
        for (place, version) in &self.below {
            at(&mut places, &place.0).below.insert(place.clone(), version);
        }
        for (place, version) in &self.parts {
            at(&mut places, &place.0).parts.insert(place.clone(), version);
        }
        for (place, version) in &self.standing {
            at(&mut places, &place.0).standing.insert(place.clone(), version);
        }
        for (id, version) in &self.points {
            at(&mut places, id).points.insert(id.clone(), version.clone());
        }
        for id in &self.groups {
            at(&mut places, id).groups.insert(id.clone());
        }
        for id in &self.documents {
            at(&mut places, id).documents.insert(id.clone());
        }
        for id in &self.scope {
            at(&mut places, id).scope.insert(id.clone());
        }
        places.values_mut().for_each(|part| part.beside = self.beside);
        places
    }

    /// The questions. Which lists are the fewest hangs on what all want `together`.
    pub(super) fn jobs(&self, together: &Wanted) -> Vec<Job> {
        let mut jobs = Vec::new();
        for (place, groups) in &self.lists {
            let Some(ty) = catalogue::by_arm_type(place.0) else { continue };
            let all = together.lists.get(place).map_or(0, BTreeSet::len).max(groups.len());
            jobs.extend(lists(ty, &place.1, groups, all));
        }
        for ((parent, path), api_version) in &self.below {
            jobs.push(Job::below(&ResourceId::new(&**parent), path, api_version));
        }
        for ((id, path), api_version) in &self.parts {
            jobs.push(Job::part(&ResourceId::new(&**id), path, api_version));
        }
        for ((id, path), api_version) in &self.standing {
            jobs.push(Job::standing(&ResourceId::new(&**id), path, api_version));
        }
        let points = self.points.iter();
        jobs.extend(
            points.filter_map(|(id, api)| Job::point(&ResourceId::new(&**id), Kind::Confirm, api.as_deref())),
        );
        jobs.extend(self.names(together));
        jobs
    }

    /// Lists of names that show what is in declared groups and declared nowhere; what was granted in
    /// their subscriptions as well.
    fn names(&self, together: &Wanted) -> Vec<Job> {
        let mut jobs = Vec::new();
        let mut subscriptions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for group in &self.groups {
            let Some((subscription, _)) = group.split_once("/resourcegroups/") else { continue };
            subscriptions.entry(subscription).or_default().push(group);
        }
        let grants = catalogue::by_arm_type(types::ROLE_ASSIGNMENT);
        for (scope, groups) in subscriptions {
            let below = format!("{scope}/");
            let all = together.groups.range(below.clone()..).take_while(|g| g.starts_with(&below)).count();
            match all.max(groups.len()) > NAMED_GROUPS {
                true => jobs.push(Job { only: only(&groups, NAMED_GROUPS), ..Job::names(scope) }),
                false => jobs.extend(groups.into_iter().map(Job::names)),
            }
            let subscription = scope.trim_start_matches("/subscriptions/");
            jobs.extend(grants.and_then(|ty| Job::list_of_subscription(ty, subscription)));
        }
        jobs
    }
}

/// The lists of a type in a subscription: where few groups are wanted one by one, else the whole. `all` is in
/// how many groups all who read want it.
fn lists(ty: &'static ResourceType, subscription: &str, groups: &BTreeSet<String>, all: usize) -> Vec<Job> {
    if ty.arm_type == types::RESOURCE_GROUP && all <= FEW {
        let ids = groups.iter().map(ResourceId::new);
        return ids.filter_map(|id| Job::point(&id, Kind::Confirm, None)).collect();
    }
    let by_group: Vec<Job> = groups.iter().filter_map(|g| Job::list_of_group(ty, g)).collect();
    let few = !by_group.is_empty() && all <= FEW_GROUPS && ty.arm_type != types::ROLE_ASSIGNMENT;
    match Job::list_of_subscription(ty, subscription) {
        Some(whole) if !few => {
            let names: Vec<&str> = groups.iter().map(String::as_str).collect();
            let by_itself = by_group.is_empty() || ty.arm_type == types::ROLE_ASSIGNMENT;
            let few = if ty.arm_type == types::RESOURCE_GROUP { FEW } else { FEW_GROUPS };
            let only = if by_itself { None } else { only(&names, few) };
            vec![Job { instead: by_group, only, ..whole }]
        }
        _ => by_group,
    }
}

/// The groups to take of a wider list, where somebody by himself would have asked for these few alone: what he is
/// told must not hang on who else reads.
fn only(groups: &[&str], few: usize) -> Option<BTreeSet<String>> {
    (groups.len() <= few).then(|| groups.iter().map(|g| (*g).to_owned()).collect())
}

/// True unless nobody says in which subscription it is.
fn is_placed(id: &ResourceId) -> bool {
    id.subscription() != Some(UNKNOWN_SUBSCRIPTION)
}

/// True for an id whose every part is known.
fn is_known(id: &ResourceId) -> bool {
    !id.as_str().contains('<')
}

/// The api-version that the code of an azapi resource names.
fn api_version(document: &Document) -> Option<String> {
    let ty = document.declared.as_ref()?.instance.planned.get("type").and_then(Value::as_str)?;
    ty.split_once('@').map(|(_, version)| version.to_owned())
}
