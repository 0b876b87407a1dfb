//! Root modules beside those that are judged: rules see what they declare.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;

use super::args::RootArgs;
use super::azure::AzureArgs;
use super::load::{LoadError, Loaded};
use super::several;
use crate::review::{Neighbour, Subject};
use crate::terraform::configuration::Options;
use crate::terraform::files::tidy;

/// Which root modules rules see besides.
#[derive(Clone, Debug, Args)]
pub(super) struct BesideArgs {
    /// A root module that DIR refers to, or that refers to it: rules see what it declares, such as the other side
    /// of a peering, links of zones, roles, associations. It is not judged itself; several DIRs see each other
    /// without it [repeatable; setting: review.beside]
    #[arg(long, value_name = "DIR", help_heading = "Judgement")]
    pub(super) beside: Vec<Utf8PathBuf>,
}

/// The arguments that other root modules are read with: of the one that is judged, and the base.
pub(super) type How<'a> = (&'a RootArgs, &'a AzureArgs, Option<&'a str>);

impl BesideArgs {
    /// Lays the root modules of the flag and of the settings beside one that is judged, and beside its base.
    pub(super) fn join(
        &self,
        loaded: &Loaded,
        how: How<'_>,
        subject: &mut Subject,
        before: Option<&mut Subject>,
    ) -> Result<(), LoadError> {
        let settings = loaded.config.review.beside.iter().cloned();
        let mut neighbours = Neighbours::default();
        neighbours.read(self, settings, &[loaded.name()], how)?;
        neighbours.join(subject, before);
        Ok(())
    }
}

/// How many sides a root module has: as it is, and as the base has it.
const SIDES: u32 = 2;

/// Gives an evaluation and that of its base numbers of their own among all that are brought together. `at`
/// counts root modules.
pub(super) fn number(loaded: &mut Loaded, at: usize) {
    loaded.options.number = u32::try_from(at).unwrap_or(u32::MAX).saturating_mul(SIDES);
}

/// The number of the base's evaluation beside that of the code.
pub(super) fn number_of_base(loaded: &Loaded, base: &mut Options) {
    base.number = loaded.options.number.saturating_add(1);
}

/// Root modules as others see them: as they are, and as the base has them.
#[derive(Default)]
pub(super) struct Neighbours {
    now: Vec<Neighbour>,
    before: Vec<Neighbour>,
}

impl Neighbours {
    /// Adds a root module.
    pub(super) fn add(&mut self, now: &Subject, before: Option<&Subject>) {
        self.now.push(Neighbour::of(now));
        self.before.extend(before.map(Neighbour::of));
    }

    /// Root modules that are only looked at: those of the flag and of the settings, less those that are
    /// `judged`, which have the first numbers.
    pub(super) fn read(
        &mut self,
        args: &BesideArgs,
        settings: impl IntoIterator<Item = Utf8PathBuf>,
        judged: &[&Utf8Path],
        how: How<'_>,
    ) -> Result<(), LoadError> {
        let judged: BTreeSet<Utf8PathBuf> = judged.iter().map(|dir| tidy(dir)).collect();
        let named = args.beside.iter().cloned().chain(settings);
        let wanted: BTreeSet<Utf8PathBuf> = named.map(|dir| tidy(&dir)).collect();
        let wanted: Vec<(usize, Utf8PathBuf)> =
            (judged.len()..).zip(wanted.into_iter().filter(|dir| !judged.contains(dir))).collect();
        for read in several::each(&wanted, false, |(at, dir)| one(*at, dir, how)) {
            let (now, before) = read?;
            self.now.push(now);
            self.before.extend(before);
        }
        Ok(())
    }

    /// Lays what the others declare beside a root module, and what they declared before beside its base. Without
    /// a base what there was is a state, and the others are as they are.
    pub(super) fn join(&self, now: &mut Subject, before: Option<&mut Subject>) {
        now.join(&self.now);
        if let Some(before) = before {
            before.join(if self.before.is_empty() { &self.now } else { &self.before });
        }
    }
}

/// A root module that is only looked at, and its base.
fn one(
    at: usize,
    dir: &Utf8Path,
    (root, azure, base): How<'_>,
) -> Result<(Neighbour, Option<Neighbour>), LoadError> {
    let own = RootArgs::of(dir);
    let args = RootArgs {
        subscription: root.subscription.clone(),
        terraform_version: root.terraform_version.clone(),
        checkout: root.checkout.clone(),
        ..own
    };
    let mut loaded = Loaded::with(&args, azure)?;
    number(&mut loaded, at);
    let now = Neighbour::of(&loaded.subject()?);
    // A folder as the base is another form of what is judged; these are as they are.
    let before = match base.filter(|base| !Utf8Path::new(base).is_dir()) {
        Some(base) => {
            let mut options = loaded.base(base)?;
            number_of_base(&loaded, &mut options);
            Some(Neighbour::of(&loaded.subject_of_base(&options)))
        }
        None => base.map(|_| now.clone()),
    };
    Ok((now, before))
}
