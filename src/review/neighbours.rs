//! Root modules of one repository beside each other: rules see what the others declare.

use camino::Utf8PathBuf;

use super::run::Subject;
use crate::analysis::rules::environment_of;
use crate::azure::estate::Estate;
use crate::azure::joined::{Part, Ties, joined};
use crate::azure::translate::with_derived;
use crate::terraform::evaluation::Instance;
use crate::terraform::source::SourceMap;

/// A root module that others may have beside them. Its evaluation has a number of its own
/// ([`Options::number`](crate::terraform::configuration::Options::number)).
#[derive(Clone, Debug)]
pub struct Neighbour {
    checkout: Utf8PathBuf,
    root: Utf8PathBuf,
    estate: Estate,
    instances: Vec<Instance>,
    ties: Ties,
    sources: SourceMap,
}

/// The estate of a root module with what others declare beside it.
#[derive(Clone, Debug)]
pub struct Joined {
    /// The folders of the others in the checkout, sorted.
    pub roots: Vec<Utf8PathBuf>,
    /// The estate.
    pub estate: Estate,
    /// The instances of all of them, with what follows from the code in their configuration.
    pub instances: Vec<Instance>,
}

impl Neighbour {
    /// A root module as others see it.
    pub fn of(subject: &Subject) -> Neighbour {
        let instances = with_derived(&subject.evaluation).into_owned();
        Neighbour {
            checkout: subject.naming.checkout().to_owned(),
            root: subject.naming.root().to_owned(),
            ties: Ties::of(&subject.estate, &instances),
            estate: subject.estate.clone(),
            instances,
            sources: subject.evaluation.sources.clone(),
        }
    }

    fn part(&self) -> Part<'_> {
        Part { dir: self.root.as_str(), estate: &self.estate, instances: &self.instances, ties: &self.ties }
    }

    fn refers_to(&self, other: &Neighbour) -> bool {
        self.ties.refer_to(other.root.as_str(), &other.ties)
    }

    /// Whether this and another one stand for one thing, so that only one of them is there.
    fn is_instead_of(&self, other: &Neighbour) -> bool {
        self.ties.share_a_resource(&other.ties)
    }

    /// Whether this and another one are of different environments.
    fn is_apart_from(&self, other: &Neighbour) -> bool {
        let [here, there] = [self, other].map(|n| environment_of(&n.root));
        here.is_some() && there.is_some() && here != there
    }
}

impl Subject {
    /// Lays what other root modules declare beside this one's estate, for rules to look at: of those that
    /// refer to it, of those that it refers to, and of those that any of these refers to. Left out are root
    /// modules of another environment, those that declare the same resources, and any two that do: nothing says
    /// which of them is meant.
    pub fn join(&mut self, others: &[Neighbour]) {
        let own = Neighbour::of(self);
        let others: Vec<&Neighbour> = others
            .iter()
            .filter(|o| o.checkout == own.checkout && o.root != own.root)
            .filter(|o| !o.is_apart_from(&own) && !o.is_instead_of(&own))
            .collect();
        let twice = |one: &Neighbour| others.iter().any(|o| o.root != one.root && o.is_instead_of(one));
        let (mut near, mut others): (Vec<&Neighbour>, Vec<&Neighbour>) =
            others.iter().copied().filter(|o| !twice(o)).partition(|o| own.refers_to(o) || o.refers_to(&own));
        let mut at = 0;
        while let Some(one) = near.get(at) {
            let (further, rest) = others.into_iter().partition(|o| one.refers_to(o));
            others = rest;
            near.extend::<Vec<_>>(further);
            at += 1;
        }
        if near.is_empty() {
            return;
        }
        near.sort_by_key(|n| &n.root);
        for one in &near {
            self.evaluation.sources.lay_beside(&one.sources);
        }
        let parts: Vec<Part<'_>> = near.iter().map(|n| n.part()).collect();
        let (estate, instances) = joined(own.part(), &parts);
        let roots = near.iter().map(|n| n.root.clone()).collect();
        self.surroundings.joined = Some(Joined { roots, estate, instances });
    }

    /// The folders of the root modules that rules see beside this one.
    pub fn beside(&self) -> &[Utf8PathBuf] {
        self.surroundings.joined.as_ref().map(|j| j.roots.as_slice()).unwrap_or_default()
    }
}
