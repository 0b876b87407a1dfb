//! Root modules of one repository beside each other: rules see what the others declare.

use camino::{Utf8Path, Utf8PathBuf};

use super::redact::Redactor;
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
    hides: Redactor,
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
    /// Hides what the others have that must not be shown.
    pub hides: Redactor,
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
            hides: Redactor::new(&subject.evaluation),
        }
    }

    fn part(&self) -> Part<'_> {
        Part { dir: self.root.as_str(), estate: &self.estate, instances: &self.instances, ties: &self.ties }
    }
}

/// Whether two folders are named after different environments.
fn are_apart(one: &Utf8Path, other: &Utf8Path) -> bool {
    let [one, other] = [one, other].map(environment_of);
    one.is_some() && other.is_some() && one != other
}

fn refers(from: Part<'_>, to: Part<'_>) -> bool {
    from.ties.refer_to(to.dir, to.ties)
}

impl Subject {
    /// Lays what other root modules declare beside this one's estate, for rules to look at: of those that
    /// refer to it, that it refers to, or that have something below the same resource, and of those that any of
    /// these refers to. Left out are root modules of another environment, those that declare the same resources,
    /// and any two that do: nothing says which of them is meant.
    pub fn join(&mut self, others: &[Neighbour]) {
        if others.is_empty() {
            return;
        }
        let root = self.naming.root().to_owned();
        let instances = with_derived(&self.evaluation);
        let ties = Ties::of(&self.estate, &instances);
        let own = Part { dir: root.as_str(), estate: &self.estate, instances: &instances, ties: &ties };
        let (mut near, mut others): (Vec<&Neighbour>, Vec<&Neighbour>) = others
            .iter()
            .filter(|o| o.checkout == self.naming.checkout() && o.root != root && !are_apart(&o.root, &root))
            .partition(|o| refers(own, o.part()) || refers(o.part(), own) || ties.meet(&o.ties));
        let mut at = 0;
        while let Some(one) = near.get(at) {
            let (further, rest) = others.into_iter().partition(|o| refers(one.part(), o.part()));
            others = rest;
            near.extend::<Vec<_>>(further);
            at += 1;
        }
        let is_instead_of = |one: &Neighbour, other: Part<'_>| one.ties.share_a_resource(other.ties);
        let mut found: Vec<&Neighbour> = near
            .iter()
            .filter(|one| !is_instead_of(one, own))
            .filter(|one| {
                !near.iter().any(|other| other.root != one.root && is_instead_of(one, other.part()))
            })
            .copied()
            .collect();
        found.sort_by_key(|one| &one.root);
        if found.is_empty() {
            return;
        }
        let parts: Vec<Part<'_>> = found.iter().map(|one| one.part()).collect();
        let (estate, instances) = joined(own, &parts);
        let roots = found.iter().map(|one| one.root.clone()).collect();
        found.iter().for_each(|one| self.evaluation.sources.lay_beside(&one.sources));
        let mut hides = Redactor::default();
        found.iter().for_each(|one| hides.join(&one.hides));
        self.surroundings.joined = Some(Joined { roots, estate, instances, hides });
    }

    /// The folders of the root modules that rules see beside this one.
    pub fn beside(&self) -> &[Utf8PathBuf] {
        self.surroundings.joined.as_ref().map(|j| j.roots.as_slice()).unwrap_or_default()
    }
}
