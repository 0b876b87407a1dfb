//! What there was before a change, and what is live beside the code: the other side of an estate.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::Graph;
use crate::analysis::changes::{Action, ResourceChange};
use crate::analysis::rules::context::{Live, Prior};
use crate::analysis::rules::{Context, Subject};
use crate::azure::estate::{Document, Estate, UNKNOWN_SUBSCRIPTION};
use crate::azure::id::ResourceId;
use crate::terraform::value::{Str, Value};

/// What an apply starts from, as rules see it.
pub struct Before<'a> {
    /// The estate that there was.
    pub graph: Rc<Graph<'a>>,
    /// What an apply does, by action and address.
    pub changes: &'a [ResourceChange],
    /// The same by address, without what goes away.
    by_address: HashMap<&'a str, &'a ResourceChange>,
}

/// What is live, as rules see it.
pub struct Alive<'a> {
    /// The live estate; the judged one itself where no code stands beside it.
    pub graph: Option<Rc<Graph<'a>>>,
    /// Declared documents by the key of the live id they were compared with.
    declared: HashMap<String, &'a Document>,
}

/// One document, before and after.
#[derive(Clone, Copy)]
pub struct Pair<'a> {
    /// As it was.
    pub was: &'a Document,
    /// As it will be.
    pub is: &'a Document,
}

impl<'a> Before<'a> {
    pub(super) fn new(prior: &Prior<'a>, graph: Rc<Graph<'a>>) -> Before<'a> {
        let there = prior.changes.iter().filter(|c| !matches!(c.action, Action::Remove | Action::Forget));
        Before { graph, changes: prior.changes, by_address: there.map(|c| (&*c.address, c)).collect() }
    }

    /// What an apply does to the resource that will have this address.
    pub fn change(&self, address: &str) -> Option<&'a ResourceChange> {
        self.by_address.get(address).copied()
    }

    /// The address before moves.
    pub fn address<'s>(&self, address: &'s str) -> &'s str
    where
        'a: 's,
    {
        self.change(address).and_then(|c| c.previous_address.as_deref()).unwrap_or(address)
    }

    /// The document as it was; nothing for a new one.
    pub fn document(&self, document: &Document) -> Option<&'a Document> {
        let estate = self.graph.estate;
        let declared = document.declared.as_ref()?;
        if self.graph.evaluation.is_none() {
            return counterpart(estate, &document.id);
        }
        let address = declared.address.to_string();
        if declared.inline.is_empty() {
            return estate.by_address(self.address(&address));
        }
        let earlier = self.address(&address);
        let same = |d: &&'a Document| {
            d.declared
                .as_ref()
                .is_some_and(|o| o.address.to_string() == earlier && o.inline == declared.inline)
        };
        estate.by_id(&document.id).or_else(|| self.graph.of_type(&document.arm_type).find(same))
    }
}

/// The document of an id in a live estate: a subscription that the code does not say is the only one there.
fn counterpart<'e>(estate: &'e Estate, id: &ResourceId) -> Option<&'e Document> {
    estate.by_id(id).or_else(|| {
        let only = estate.only_subscription().filter(|_| id.subscription() == Some(UNKNOWN_SUBSCRIPTION))?;
        estate.by_id(&ResourceId::new(id.as_str().replacen(UNKNOWN_SUBSCRIPTION, &only, 1)))
    })
}

impl<'a> Alive<'a> {
    pub(super) fn of_code(estate: &'a Estate, live: &Live<'a>, graph: Rc<Graph<'a>>) -> Alive<'a> {
        let mut declared = HashMap::new();
        for resource in &live.drift.resources {
            if let Some(document) = estate.by_address(&resource.address) {
                declared.insert(ResourceId::new(&*resource.id).key(), document);
            }
        }
        for document in estate.iter() {
            if let Some(there) = counterpart(live.estate, &document.id) {
                declared.entry(there.id.key()).or_insert(document);
            }
        }
        Alive { graph: Some(graph), declared }
    }

    pub(super) fn alone() -> Alive<'a> {
        Alive { graph: None, declared: HashMap::new() }
    }

    /// The declared document that a live one was compared with.
    pub fn declared(&self, live: &Document) -> Option<&'a Document> {
        self.declared.get(&live.id.key()).copied()
    }

    /// What an outcome about a live document is about: the code that declares it, else its id.
    pub fn subject(&self, live: &Document) -> Subject {
        self.declared(live).map_or_else(|| live.into(), Subject::from)
    }

    /// The labels of live documents by the address that declares them, sorted.
    pub fn by_address(&self) -> BTreeMap<Str, Vec<Str>> {
        let mut found: BTreeMap<Str, Vec<Str>> = BTreeMap::new();
        for (key, document) in &self.declared {
            let live = self.graph.as_ref().and_then(|g| g.estate.by_id(&ResourceId::new(&**key)));
            let names = found.entry(document.shared_label().clone()).or_default();
            names.extend(live.map(|live| live.shared_label().clone()));
        }
        found.values_mut().for_each(|names| names.sort());
        found
    }
}

/// A word before and after; `None` where there is none.
pub(crate) type Words<'a> = (Option<&'a str>, Option<&'a str>);

impl<'a> Pair<'a> {
    /// The values at a path, before and after.
    pub fn at(&self, path: &str) -> (Option<&'a Value>, Option<&'a Value>) {
        let there = |v: &&Value| !v.is_null();
        (self.was.get(path).filter(there), self.is.get(path).filter(there))
    }

    /// The words at a path where they differ; `Err` where one of them is not known, and why.
    pub fn words(&self, path: &str) -> Result<Option<Words<'a>>, String> {
        let (was, is) = self.at(path);
        for value in [was, is].into_iter().flatten() {
            if let Some(unknown) = value.as_unknown() {
                return Err(unknown.reason.to_string());
            }
        }
        let (was, is) = (was.and_then(Value::as_str), is.and_then(Value::as_str));
        let same = match (was, is) {
            (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
            (a, b) => a == b,
        };
        Ok((!same).then_some((was, is)))
    }
}

impl<'a> Graph<'a> {
    /// What an apply starts from; `None` where nothing is compared.
    pub fn before(&self) -> Option<&Before<'a>> {
        let prior = self.prior.as_ref()?;
        Some(self.before.get_or_init(|| {
            let graph = match &self.live {
                // The same is asked about once.
                Some(live) if prior.evaluation.is_none() && std::ptr::eq(prior.estate, live.estate) => {
                    self.of_live(live)
                }
                _ => Rc::new(Graph::new(&Context::new(prior.estate, prior.evaluation, self.day))),
            };
            Box::new(Before::new(prior, graph))
        }))
    }

    /// Documents of a type that were there before as well.
    pub fn pairs(&self, arm_type: &str) -> Vec<Pair<'a>> {
        let Some(before) = self.before() else { return Vec::new() };
        self.of_type(arm_type).filter_map(|is| Some(Pair { was: before.document(is)?, is })).collect()
    }

    /// What is live; `None` where only code is judged.
    pub fn alive(&self) -> Option<&Alive<'a>> {
        match &self.live {
            Some(live) => {
                let of_code = || Box::new(Alive::of_code(self.estate, live, self.of_live(live)));
                Some(self.alive.get_or_init(of_code))
            }
            None if self.evaluation.is_none() => Some(self.alive.get_or_init(|| Box::new(Alive::alone()))),
            None => None,
        }
    }

    /// The live estate, and what ties it to the code; `None` where only code is judged.
    pub fn live(&self) -> Option<(&Graph<'a>, &Alive<'a>)> {
        let alive = self.alive()?;
        Some((alive.graph.as_deref().unwrap_or(self), alive))
    }

    fn of_live(&self, live: &Live<'a>) -> Rc<Graph<'a>> {
        let new = || Rc::new(Graph::new(&Context::new(live.estate, None, self.day)));
        self.of_live.get_or_init(new).clone()
    }
}
