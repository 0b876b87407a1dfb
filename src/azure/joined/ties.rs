//! Which ids a root module declares, and which it mentions.

use std::collections::{BTreeSet, HashMap};

use crate::azure::estate::{Estate, UNKNOWN_SUBSCRIPTION};
use crate::azure::types;
use crate::terraform::evaluation::Instance;
use crate::terraform::value::{Kind, Reason, Str, Value};

/// Subscriptions, in lower case, in which there is an id, by the rest of the id.
type Ids = HashMap<String, BTreeSet<String>>;

/// What a root module declares and what it refers to. Ids with a part that nobody knows are left out.
#[derive(Clone, Debug, Default)]
pub struct Ties {
    /// Ids of documents.
    declared: Ids,
    /// Those of them that only one root module can have: all but resource groups and what stands inside of
    /// another document.
    owned: Ids,
    /// Ids that documents stand below: their parents, what they are about.
    below: Ids,
    /// Ids in documents, of associations' hosts, of what data sources read, and all ids above these.
    mentioned: Ids,
    /// Folders of root modules of which attributes are used that are known after apply.
    roots: BTreeSet<Str>,
}

/// Names of subscriptions that a root module itself does not say, as its ties to another one show them.
#[derive(Clone, Debug, Default)]
pub(super) struct Alias {
    /// The subscription that the root module which speaks is in.
    pub(super) own: Option<String>,
    /// That of the one which listens.
    pub(super) listener: Option<String>,
}

const PREFIX: &str = "/subscriptions/";
/// Bytes of the longest text that is looked at as an id: what is longer is none, and has as many parts as the code
/// under review likes.
const LONGEST: usize = 4096;
/// What stands before the type of something that is about a resource as a whole.
const PROVIDERS: &str = "/providers/";

/// The subscription of an id, and what follows it.
pub(super) fn split(id: &str) -> Option<(&str, &str)> {
    let head = id.get(..PREFIX.len())?;
    let rest = id.get(PREFIX.len()..).filter(|_| head.eq_ignore_ascii_case(PREFIX))?;
    Some(rest.split_at(rest.find('/').unwrap_or(rest.len())))
}

fn add(ids: &mut Ids, id: &str) {
    let known = split(id).filter(|(_, rest)| !rest.is_empty() && !rest.contains('<'));
    if let Some((subscription, rest)) = known {
        let rest = rest.trim_end_matches('/').to_ascii_lowercase();
        ids.entry(rest).or_default().insert(subscription.to_ascii_lowercase());
    }
}

/// True when an id is in both.
fn share(these: &Ids, those: &Ids) -> bool {
    these.iter().any(|(rest, here)| those.get(rest).is_some_and(|there| !here.is_disjoint(there)))
}

impl Ties {
    /// Reads what a root module declares, as documents and as instances.
    pub fn of(estate: &Estate, instances: &[Instance]) -> Ties {
        let mut ties = Ties::default();
        for document in estate.iter() {
            let id = document.id.as_str();
            add(&mut ties.declared, id);
            let alone = document.declared.as_ref().is_some_and(|d| d.inline.is_empty());
            if alone && !document.is(types::RESOURCE_GROUP) {
                add(&mut ties.owned, id);
            }
            ties.mention(id);
            let above = id.rfind('/').and_then(|at| Some(&id[..id[..at].rfind('/')?]));
            // What a role or a setting is about: its id ends before the provider's name.
            let above = above.map(|above| match above.rfind(PROVIDERS) {
                Some(at) if !above[at + PROVIDERS.len()..].contains('/') => &above[..at],
                _ => above,
            });
            if let Some(above) = above.filter(|above| above.contains(PROVIDERS)) {
                add(&mut ties.below, above);
            }
            ties.mentions(&document.body);
        }
        for association in estate.associations.iter().chain(&estate.data) {
            association.host.iter().for_each(|id| ties.mention(id.as_str()));
            ties.mentions(&association.declared.attributes);
        }
        // What has no document says it in its arguments.
        let without = instances.iter().filter(|i| estate.by_address(&i.address.to_string()).is_none());
        without.for_each(|instance| ties.mentions(&instance.config));
        ties
    }

    /// An id, and all above it.
    fn mention(&mut self, id: &str) {
        let mut id = if id.len() > LONGEST { "" } else { id };
        while split(id).is_some_and(|(_, rest)| !rest.is_empty()) {
            add(&mut self.mentioned, id);
            let above = id.rfind('/').and_then(|at| id[..at].rfind('/'));
            let Some(above) = above else { break };
            id = &id[..above];
        }
    }

    fn mentions(&mut self, value: &Value) {
        match &value.kind {
            Kind::String(text) => self.mention(text),
            Kind::Unknown(unknown) => {
                if let Reason::Computed { address, .. } = &unknown.reason {
                    self.roots.extend(address.root.clone());
                }
            }
            Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => {
                items.iter().for_each(|item| self.mentions(item));
            }
            Kind::Map(_, members) | Kind::Object(members) => {
                for (key, value) in members.iter() {
                    self.mention(key);
                    self.mentions(value);
                }
            }
            _ => {}
        }
    }

    /// True when something here refers to what the root module in the folder `dir` declares. A subscription that
    /// one of them leaves open may be the one that the other names.
    pub fn refer_to(&self, dir: &str, other: &Ties) -> bool {
        self.roots.contains(dir) || self.pairs(other).next().is_some()
    }

    /// True when something of both stands below the same resource.
    pub fn meet(&self, other: &Ties) -> bool {
        share(&self.below, &other.below)
    }

    /// Mentioned here and declared there: the subscription as it is written here and there.
    fn pairs<'a>(&'a self, other: &'a Ties) -> impl Iterator<Item = (&'a str, &'a str)> {
        let both = |(rest, here): (&String, &'a BTreeSet<String>)| {
            let there = other.declared.get(rest)?;
            let same = here.iter().find(|s| there.contains(*s));
            let open = |s: &&String| *s == UNKNOWN_SUBSCRIPTION;
            let pair = match same {
                Some(same) => (same, same),
                None => match (here.iter().find(open), there.iter().find(open)) {
                    (Some(open), _) => (open, there.first()?),
                    (None, Some(open)) => (here.first()?, open),
                    (None, None) => return None,
                },
            };
            Some((pair.0.as_str(), pair.1.as_str()))
        };
        self.mentioned.iter().filter_map(both)
    }

    /// True when both declare the same resource: two states of one design, of which only one is there.
    pub fn share_a_resource(&self, other: &Ties) -> bool {
        share(&self.owned, &other.owned)
    }

    /// What this root module and the one that listens call subscriptions that they do not name themselves.
    pub(super) fn alias(&self, listener: &Ties) -> Alias {
        let (mut own, mut theirs) = (BTreeSet::new(), BTreeSet::new());
        let learn = |open: &mut BTreeSet<String>, by: &str, named: &str| {
            if by == UNKNOWN_SUBSCRIPTION && named != UNKNOWN_SUBSCRIPTION {
                open.insert(named.to_owned());
            }
        };
        for (here, there) in self.pairs(listener) {
            learn(&mut own, here, there);
            learn(&mut theirs, there, here);
        }
        for (there, here) in listener.pairs(self) {
            learn(&mut own, here, there);
            learn(&mut theirs, there, here);
        }
        let only = |names: BTreeSet<String>| (names.len() == 1).then(|| names.into_iter().next()).flatten();
        Alias { own: only(own), listener: only(theirs) }
    }
}
