//! The estate as rules see it: documents by type and parent, and the edges between them.
//!
//! Edges are ids. Where Terraform knows an id only after apply, the translation has already put the
//! computed id there; what is left unknown comes from a data source, a variable, or a resource
//! outside the model, and [`Graph::link`] tells these apart.

pub(super) mod addresses;
pub(super) mod before;
mod boxes;
pub(super) mod defender;
pub(super) mod federation;
pub(super) mod firewalls;
pub(super) mod frontends;
pub(super) mod keys;
pub(super) mod links;
pub(super) mod mentions;
mod outside;
pub(super) mod places;
pub(super) mod pools;
pub(super) mod principals;
mod ranges;
pub(super) mod registries;
pub(super) mod role_definitions;
pub(super) mod roles;
pub(super) mod routes;
pub(super) mod rule_sets;
pub(super) mod services;
pub(super) mod text;
pub(super) mod workloads;

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use camino::{Utf8Path, Utf8PathBuf};
use time::Date;
use time::macros::format_description;

use super::context::{Live, Prior, Sibling};
use super::{Checkout, Context, Parameters, Truth, Verdicts};
use crate::analysis::network::{self, NetworkReport};
use crate::azure::estate::{Document, Estate};
use crate::azure::id::ResourceId;
use crate::terraform::evaluation::{Evaluation, Instance};
use crate::terraform::source::Span;
use crate::terraform::value::{Reason, Value};

/// The beginning of a module call.
const MODULE: &str = "module ";

/// An estate with its edges.
pub struct Graph<'a> {
    /// The documents.
    pub estate: &'a Estate,
    /// The evaluation they came from; `None` for a live estate.
    pub evaluation: Option<&'a Evaluation>,
    /// Its instances, and those of other root modules beside it.
    all_instances: &'a [Instance],
    /// The date for dated tables.
    pub today: Date,
    day: &'a str,
    /// What a team sets for rules.
    pub parameters: &'a Parameters,
    /// What lies in the checkout beside the code.
    pub checkout: Option<&'a Checkout>,
    /// Other root modules of the checkout.
    pub siblings: &'a [Sibling],
    /// Passes and what does not apply are kept as outcomes too.
    pub(super) every: bool,
    prior: Option<Prior<'a>>,
    live: Option<Live<'a>>,
    before: OnceCell<Box<before::Before<'a>>>,
    alive: OnceCell<Box<before::Alive<'a>>>,
    of_live: OnceCell<Rc<Graph<'a>>>,
    /// What rules that fail here say of the other root modules.
    pub(super) elsewhere: OnceCell<Vec<(Utf8PathBuf, Verdicts)>>,
    verdicts: OnceCell<Verdicts>,
    instances: OnceCell<HashMap<String, &'a Instance>>,
    outside: OnceCell<outside::Outside>,
    identities: RefCell<HashMap<String, Rc<principals::Identities>>>,
    assignments: OnceCell<Vec<roles::Assignment<'a>>>,
    rule_sets: OnceCell<rule_sets::RuleSets<'a>>,
    places: OnceCell<places::Places<'a>>,
    firewall_rules: OnceCell<Vec<firewalls::FirewallRule<'a>>>,
    named: OnceCell<mentions::Named<'a>>,
    given_network: Option<&'a NetworkReport>,
    network: OnceCell<NetworkReport>,
}

/// Where a reference leads.
pub enum Link<'a> {
    /// Nothing is referred to.
    None,
    /// A document of the estate.
    To(&'a Document),
    /// Something outside: another root's resource, a data source, a type that is not modelled.
    Outside(String),
    /// It cannot be told whether or where.
    Unknown(String),
}

impl<'a> Graph<'a> {
    /// The graph of an estate.
    pub(super) fn new(cx: &Context<'a>) -> Graph<'a> {
        Graph {
            estate: cx.estate,
            evaluation: cx.evaluation,
            all_instances: cx.instances.or(cx.evaluation.map(|e| &*e.instances)).unwrap_or_default(),
            today: date(cx.today).unwrap_or(Date::MIN),
            day: cx.today,
            parameters: cx.parameters,
            checkout: cx.checkout,
            siblings: cx.siblings,
            every: cx.every,
            prior: cx.prior,
            live: cx.live,
            before: OnceCell::new(),
            alive: OnceCell::new(),
            of_live: OnceCell::new(),
            elsewhere: OnceCell::new(),
            verdicts: OnceCell::new(),
            instances: OnceCell::new(),
            outside: OnceCell::new(),
            identities: RefCell::default(),
            assignments: OnceCell::new(),
            rule_sets: OnceCell::new(),
            places: OnceCell::new(),
            firewall_rules: OnceCell::new(),
            named: OnceCell::new(),
            given_network: cx.network,
            network: OnceCell::new(),
        }
    }

    /// Documents of an ARM type, without case, in the estate's order.
    pub fn of_type(&self, arm_type: &str) -> impl Iterator<Item = &'a Document> + use<'a> {
        self.estate.of_type(arm_type)
    }

    /// Those of them that the root module in question has itself.
    pub fn own_of_type(&self, arm_type: &str) -> impl Iterator<Item = &'a Document> + use<'a> {
        self.of_type(arm_type).filter(|d| d.root.is_none())
    }

    /// Documents of an ARM type directly below an id.
    pub fn children(
        &self,
        parent: &ResourceId,
        arm_type: &'static str,
    ) -> impl Iterator<Item = &'a Document> + use<'a> {
        self.estate.children(parent, arm_type)
    }

    /// Instances of a Terraform type, also of types without a place in the model.
    pub fn instances(&self, type_name: &'static str) -> impl Iterator<Item = &'a Instance> + use<'a> {
        self.all_instances.iter().filter(move |i| {
            &*i.address.type_name == type_name && i.address.mode == crate::terraform::address::Mode::Managed
        })
    }

    /// The instance with this address.
    pub fn instance(&self, address: &str) -> Option<&'a Instance> {
        let index = self
            .instances
            .get_or_init(|| self.all_instances.iter().map(|i| (i.address.to_string(), i)).collect());
        index.get(address).copied()
    }

    /// Where a value that holds an id leads.
    pub fn link(&self, value: Option<&Value>) -> Link<'a> {
        let Some(value) = value.filter(|v| !v.is_null()) else { return Link::None };
        if let Some(text) = value.as_str() {
            if text.is_empty() {
                return Link::None;
            }
            return match self.estate.by_id(&ResourceId::new(text)) {
                Some(document) => Link::To(document),
                None => {
                    Link::Outside(self.outside.get_or_init(|| outside::Outside::new(self)).name(value, text))
                }
            };
        }
        match value.as_unknown().map(|u| &u.reason) {
            Some(Reason::Computed { address, path, derived: false }) if &**path == "id" => {
                match self.estate.by_address(&address.to_string()) {
                    Some(document) => Link::To(document),
                    None => Link::Outside(address.to_string()),
                }
            }
            Some(Reason::Computed { address, .. } | Reason::Data { address, .. }) => {
                Link::Outside(address.to_string())
            }
            // A reference to nothing refers to nothing.
            Some(Reason::Failed) => Link::None,
            Some(reason) => Link::Unknown(reason.to_string()),
            None => Link::Unknown("its value is no id".to_owned()),
        }
    }

    /// What the rules say that judge one estate by itself, as [`report::of_one_estate`] gives it.
    ///
    /// [`report::of_one_estate`]: super::report::of_one_estate
    pub fn verdicts(&self) -> &Verdicts {
        self.verdicts.get_or_init(|| super::report::of_one_estate(self))
    }

    /// What they said, once nobody asks any more.
    pub(super) fn into_verdicts(self) -> Verdicts {
        self.verdicts.into_inner().unwrap_or_default()
    }

    /// The date as it was given.
    pub(super) fn day(&self) -> &'a str {
        self.day
    }

    /// The document with this address, or this id where no code declares it.
    pub fn document(&self, label: &str) -> Option<&'a Document> {
        self.estate.by_address(label).or_else(|| self.estate.by_id(&ResourceId::new(label)))
    }

    /// The differences between the code and what is live.
    pub fn drift(&self) -> Option<&'a crate::analysis::changes::DriftReport> {
        self.live.map(|l| l.drift)
    }

    /// The role assignments of the estate.
    pub fn assignments(&self) -> &[roles::Assignment<'a>] {
        self.assignments.get_or_init(|| roles::read(self))
    }

    /// The network security rules of the estate, by group.
    pub fn rule_sets(&self) -> &[rule_sets::RuleSet<'a>] {
        self.rule_sets.get_or_init(|| rule_sets::read(self)).all()
    }

    /// The rules of one group.
    pub fn rules_of(&self, group: &ResourceId) -> Option<&rule_sets::RuleSet<'a>> {
        self.rule_sets.get_or_init(|| rule_sets::read(self)).of(group)
    }

    /// What is attached to what in the network, and what stands in which subnet.
    pub fn places(&self) -> &places::Places<'a> {
        self.places.get_or_init(|| places::read(self))
    }

    /// What the address analysis says of the estate.
    pub fn network(&self) -> &NetworkReport {
        if let Some(given) = self.given_network {
            return given;
        }
        self.network.get_or_init(|| {
            let instances = self.all_instances;
            let options = network::Options { instances, ..network::Options::default() };
            let mut report = network::analyse(self.estate, options);
            report.keep_own(|address| self.estate.is_of_another_root(address));
            report
        })
    }

    /// Why "there is none" cannot be said of this estate; `None` when it can.
    pub fn gap(&self) -> Option<String> {
        if !self.estate.complete {
            let gap = self.estate.gaps.first().map_or("part of the scope could not be read", String::as_str);
            return Some(gap.to_owned());
        }
        self.unread_file().then(|| "a file of the code could not be read".to_owned())
    }

    /// True when a file could not be read: what refers to its contents is not known rather than wrong.
    pub(super) fn unread_file(&self) -> bool {
        self.unread().any(|(text, _)| !text.starts_with(MODULE))
    }
}

impl<'a> Graph<'a> {
    /// "There is none" said of a resource: certain only where everything that could be one was seen.
    pub fn closed_world(&self, of: &Document, found: Truth) -> Truth {
        match (found, self.gap()) {
            (Truth::No, Some(why)) => Truth::Unknown(why),
            (Truth::No, None) => match self.handed_out(of) {
                Some(why) => Truth::Unknown(why),
                None => Truth::No,
            },
            (found, _) => found,
        }
    }

    /// The module that was not read and that gets the resource, or what it is a part of: it may add what is
    /// missing here.
    fn handed_out(&self, of: &Document) -> Option<String> {
        let declared = of.declared.as_ref()?;
        let own = format!("{}.{}", declared.address.type_name, declared.address.name);
        let around: Vec<String> =
            declared.address.module.0.iter().map(|step| format!("module.{}", step.name)).collect();
        let folder = self.folder(declared.block);
        let gets = |text: &str, at: Option<Span>| {
            let beside = folder.is_some() && at.and_then(|at| self.folder(at)) == folder;
            beside && mentions::has_word(text, &own) || around.iter().any(|m| mentions::has_word(text, m))
        };
        let mut calls = self.unread().filter(|(text, _)| text.starts_with(MODULE));
        let (module, _) = calls.find(|(text, at)| gets(text, *at))?;
        let label = module.split('"').nth(1).unwrap_or("");
        Some(format!("module.{label}, which could not be read, gets it and may add what is missing"))
    }

    /// The folder of the code in which something stands.
    fn folder(&self, at: Span) -> Option<&'a Utf8Path> {
        self.evaluation?.sources.path(at).parent()
    }

    /// The blocks in which something could not be read, and where that is.
    fn unread(&self) -> impl Iterator<Item = (&'a str, Option<Span>)> + use<'a> {
        let evaluation = self.evaluation;
        let diagnostics = evaluation.map(|e| e.diagnostics.as_slice()).unwrap_or_default();
        let unread = diagnostics.iter().filter(|d| d.unread);
        unread
            .map(move |d| (d.span.and_then(|s| mentions::block_around(evaluation?, s)).unwrap_or(""), d.span))
    }
}

/// Words that mean production.
const PRODUCTION: [&str; 4] = ["prod", "production", "prd", "live"];
/// Tags and variables that name the environment.
const ENVIRONMENT: [&str; 3] = ["environment", "env", "stage"];

/// Words that mean another environment.
pub(super) const OTHERS: [&str; 16] = [
    "dev",
    "development",
    "test",
    "testing",
    "tst",
    "qa",
    "stage",
    "staging",
    "stg",
    "uat",
    "acc",
    "acceptance",
    "int",
    "sandbox",
    "sbx",
    "nonprod",
];

fn is_one(words: &[&str], text: &str) -> bool {
    words.iter().any(|w| w.eq_ignore_ascii_case(text))
}

fn says(name: &str, value: &Value) -> bool {
    is_one(&ENVIRONMENT, name) && value.as_str().is_some_and(|v| is_one(&PRODUCTION, v))
}

/// True when a tag, a variable or the path of a file says that this is production.
pub(super) fn production(graph: &Graph<'_>, document: &Document) -> bool {
    let tags = document.get("tags").and_then(Value::as_map);
    tags.into_iter().flatten().any(|(k, v)| says(k, v))
        || graph.evaluation.is_some_and(|e| is_production_root(e, graph.checkout.map(|c| &*c.root)))
}

/// Whether tags or the name of a resource itself say that it is of production (yes) or of another
/// environment (no); `None` when they say nothing.
pub(super) fn environment(document: &Document) -> Option<bool> {
    let meant = |word: &str| match (is_one(&PRODUCTION, word), is_one(&OTHERS, word)) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    };
    let tags = document.get("tags").and_then(Value::as_map);
    let mut named = tags.into_iter().flatten().filter(|(k, _)| is_one(&ENVIRONMENT, k));
    let tagged = named.find_map(|(_, v)| meant(v.as_str()?));
    tagged.or_else(|| document.name().split(['-', '_', '.']).find_map(meant))
}

/// True when a variable, the path of a file or the root module's folder says that it is of production.
pub fn is_production_root(evaluation: &Evaluation, root: Option<&Utf8Path>) -> bool {
    if root.is_some_and(is_production_path) {
        return true;
    }
    if evaluation.variables.iter().any(|(k, v)| says(k, v)) {
        return true;
    }
    evaluation.sources.files().any(|f| {
        let values = f.path.file_name().and_then(|name| name.strip_suffix(".tfvars"));
        let named = values.map(|name| name.strip_suffix(".auto").unwrap_or(name));
        is_production_path(&f.path) || named.is_some_and(|name| is_one(&PRODUCTION, name))
    })
}

/// True when the innermost folder that is named after an environment is named after production: what
/// `live/` holds is not all of production.
fn is_production_path(path: &Utf8Path) -> bool {
    let mut named = path.components().rev().map(|c| c.as_str());
    named.find(|c| is_one(&PRODUCTION, c) || is_one(&OTHERS, c)).is_some_and(|c| is_one(&PRODUCTION, c))
}

/// The environment that a root module's folder is named after, the innermost folder that is: `production` for
/// each word for it, else the word. `None` when no folder is.
pub fn environment_of(root: &Utf8Path) -> Option<String> {
    let words = root.components().rev().flat_map(|c| c.as_str().split(['-', '_', '.']));
    words.into_iter().find_map(|word| match (is_one(&PRODUCTION, word), is_one(&OTHERS, word)) {
        (true, _) => Some("production".to_owned()),
        (_, true) => Some(word.to_ascii_lowercase()),
        _ => None,
    })
}

/// A date written `YYYY-MM-DD`.
pub(super) fn date(text: &str) -> Option<Date> {
    Date::parse(text, format_description!("[year]-[month]-[day]")).ok()
}
