//! Which root modules a review is about: those named, or those that a change touches (`--changed`).

use std::collections::BTreeSet;
use std::fmt::Write as _;

use camino::{Utf8Path, Utf8PathBuf};
use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};
use serde_json::{Value as Json, json};

use super::args::RootArgs;
use super::load::{self, Base, LoadError, Loaded};
use super::review::ReviewArgs;
use super::several;
use crate::app::config::{Config, FILE};
use crate::output::{escape, json};
use crate::terraform::address::Mode;
use crate::terraform::configuration::{Options, evaluate};
use crate::terraform::files::{DiskFiles, FileError, FileSource, How, Naming, changed, relative, tidy};
use crate::terraform::repository::{Reason, Repository, State, Touched};

/// A root module to review.
pub(super) struct Chosen {
    /// Its folder, as it can be opened and is shown.
    pub(super) dir: Utf8PathBuf,
    /// Why it is reviewed; empty when the user named it.
    pub(super) why: Vec<String>,
    /// Its folder in the base, relative to the checkout, where that is another.
    pub(super) from: Option<Utf8PathBuf>,
    touched: Option<Touched>,
}

/// A root module that the change takes away.
pub(super) struct Gone {
    pub(super) dir: Utf8PathBuf,
    /// Managed resource instances that the base declares.
    pub(super) resources: usize,
}

/// What a review is about.
#[derive(Default)]
pub(super) struct Selection {
    /// The root modules, by name.
    pub(super) roots: Vec<Chosen>,
    /// Those that are gone.
    pub(super) gone: Vec<Gone>,
    /// Settings about root modules that the change edits.
    pub(super) settings: Vec<String>,
    /// How many root modules the checkout has, how many files changed, since which commit.
    known: usize,
    changed: usize,
    commit: String,
    base: String,
    cut: bool,
}

/// The root modules that the arguments mean.
pub(super) fn choose(args: &ReviewArgs) -> Result<Selection, LoadError> {
    if args.changed {
        return since(args, args.base.as_deref().unwrap_or("HEAD"));
    }
    let named = std::iter::once(args.root.dir()).chain(args.more.iter().map(Utf8PathBuf::as_path));
    let mut roots: Vec<Chosen> = Vec::new();
    for dir in named {
        if !roots.iter().any(|r| tidy(&r.dir) == tidy(dir)) {
            roots.push(Chosen { dir: dir.to_owned(), why: Vec::new(), from: None, touched: None });
        }
    }
    if roots.len() > 1 && (args.root.plan.is_some() || args.root.state.is_some()) {
        return Err(setting("--plan and --state are about one root module: name one DIR"));
    }
    Ok(Selection { roots, ..Selection::default() })
}

fn setting(text: &str) -> LoadError {
    LoadError::Setting(text.to_owned())
}

/// The root modules that the change in a checkout touches since it left a base.
fn since(args: &ReviewArgs, base: &str) -> Result<Selection, LoadError> {
    if args.root.plan.is_some() || args.root.state.is_some() {
        return Err(setting("--changed reads code: --plan and --state cannot stand for it"));
    }
    let failed = |reason: String| LoadError::Base { base: base.to_owned(), reason };
    let dir = args.root.dir();
    let root_failed = |source| LoadError::Root { dir: dir.to_owned(), source };
    let checkout = match &args.root.checkout {
        Some(checkout) => checkout.clone(),
        None => load::checkout(dir).map_err(root_failed)?,
    };
    let disk = DiskFiles::new(&checkout).map_err(root_failed)?;
    let checkout = disk.root().to_owned();
    if args.root.checkout.is_none() && !checkout.join(".git").exists() {
        return Err(LoadError::Setting(format!(
            "--changed asks git what changed, and {checkout} is no git checkout"
        )));
    }
    let trees = Base::open(&checkout, base).map_err(|e| match Utf8Path::new(base).is_dir() {
        true => setting("--changed compares with a revision of git, and --base names a folder"),
        false => failed(e.to_string()),
    })?;
    let changed = changed(&checkout, &trees.commit).map_err(|e| failed(e.to_string()))?;
    let repository = Repository::read(&disk, FILE);
    let shown = Shown::new(&checkout);

    let said = |files: &dyn FileSource| -> Result<Vec<String>, LoadError> {
        Ok(Config::in_tree(files, Utf8Path::new(""))?.review.roots)
    };
    let (before, decided) = (said(trees.fork.as_ref())?, said(trees.tip.as_ref())?);
    // Settings that the change breaks are told with each root module that they hold for.
    let own = said(&disk).unwrap_or_else(|_| before.clone());
    // What the change says adds root modules; it takes none away until it is merged.
    let mut roots: BTreeSet<Utf8PathBuf> = roots(&repository, &decided)?.into_iter().collect();
    if own != decided {
        roots.extend(self::roots(&repository, &own)?);
    }
    let settings = if own == before { Vec::new() } else { vec![format!("{FILE}: review.roots")] };
    let within = within(args, &checkout)?;
    roots.retain(|root| within.is_empty() || within.iter().any(|dir| root.starts_with(dir)));
    let roots: Vec<Utf8PathBuf> = roots.into_iter().collect();

    let named = |root: &Utf8Path| named_by_settings(&checkout, root, &shown);
    let touched = repository.touched(&roots, &changed, FILE, &named);
    let touched = several::each(&touched, false, |one| confirmed(args, one, &shown));
    let touched: Vec<Touched> = touched.into_iter().flatten().collect();
    let moved: BTreeSet<&Utf8Path> = touched.iter().filter_map(from).collect();
    let gone: Vec<Utf8PathBuf> =
        repository.emptied(&changed).into_iter().filter(|dir| !moved.contains(dir.as_path())).collect();
    let gone = removed(args, &gone, &decided, &trees, &shown)?;
    let chosen = touched.into_iter().map(|t| Chosen {
        dir: shown.of(&t.root),
        why: why(&t),
        from: from(&t).map(Utf8Path::to_owned),
        touched: Some(t),
    });
    Ok(Selection {
        roots: chosen.collect(),
        gone,
        settings,
        known: roots.len(),
        changed: changed.len(),
        commit: trees.commit.clone(),
        base: base.to_owned(),
        cut: repository.cut,
    })
}

/// How folders of a checkout are shown: from where the user stands.
struct Shown {
    checkout: Utf8PathBuf,
    /// The working directory in the checkout.
    here: Option<Utf8PathBuf>,
}

impl Shown {
    fn new(checkout: &Utf8Path) -> Shown {
        let here = std::env::current_dir().ok().and_then(|d| d.canonicalize().ok());
        let here = here.and_then(|d| Utf8PathBuf::from_path_buf(d).ok());
        let here = here.and_then(|d| d.strip_prefix(checkout).ok().map(Utf8Path::to_owned));
        Shown { checkout: checkout.to_owned(), here }
    }

    fn of(&self, dir: &Utf8Path) -> Utf8PathBuf {
        match &self.here {
            Some(here) => tidy(&relative(here, dir)),
            None => self.checkout.join(dir),
        }
    }
}

fn from(touched: &Touched) -> Option<&Utf8Path> {
    match &touched.state {
        State::Moved { from } => Some(from),
        _ => None,
    }
}

fn why(touched: &Touched) -> Vec<String> {
    let state = match &touched.state {
        State::Kept => None,
        State::New => Some("a new root module".to_owned()),
        State::Moved { from } => Some(format!("the root module was {from}")),
    };
    state.into_iter().chain(touched.reasons.iter().map(Reason::text)).collect()
}

/// Every root module of the checkout that holds a folder, as it can be opened and is shown.
pub(super) fn all(args: &RootArgs) -> Result<Vec<Utf8PathBuf>, LoadError> {
    let dir = args.dir();
    let failed = |source| LoadError::Root { dir: dir.to_owned(), source };
    let checkout = args.checkout.clone().map_or_else(|| load::checkout(dir), Ok).map_err(failed)?;
    let disk = DiskFiles::new(&checkout).map_err(failed)?;
    let real = dir.canonicalize_utf8().map_err(|_| failed(FileError::NotFound))?;
    let within = real.strip_prefix(disk.root()).map_err(|_| failed(FileError::Outside))?;
    let patterns = Config::in_tree(&disk, Utf8Path::new(""))?.review.roots;
    let mut roots = roots(&Repository::read(&disk, FILE), &patterns)?;
    roots.retain(|root| root.starts_with(within));
    let shown = Shown::new(disk.root());
    Ok(roots.iter().map(|root| shown.of(root)).collect())
}

/// The root modules that patterns name, else those that are found.
fn roots(repository: &Repository, patterns: &[String]) -> Result<Vec<Utf8PathBuf>, LoadError> {
    if patterns.is_empty() {
        return Ok(repository.roots());
    }
    let (wanted, not) = globs(patterns)?;
    let fits = |dir: &&Utf8Path| wanted.is_match(dir) && !not.is_match(dir);
    Ok(repository.modules().filter(fits).map(Utf8Path::to_owned).collect())
}

/// Patterns of folders; those with `!` in front take away.
fn globs(patterns: &[String]) -> Result<(GlobSet, GlobSet), LoadError> {
    let mut sets = [GlobSetBuilder::new(), GlobSetBuilder::new()];
    let wrong = |pattern: &str, error: globset::Error| {
        LoadError::Setting(format!("{FILE}: review.roots: \"{pattern}\": {}", error.kind()))
    };
    for pattern in patterns {
        let (at, plain) = pattern.strip_prefix('!').map_or((0, pattern.as_str()), |plain| (1, plain));
        let plain = plain.trim_start_matches("./").trim_end_matches('/');
        let plain = if plain == "." { "" } else { plain };
        let glob: Glob =
            GlobBuilder::new(plain).literal_separator(true).build().map_err(|e| wrong(pattern, e))?;
        sets[at].add(glob);
    }
    let [wanted, not] = sets.map(|set| set.build());
    let failed = |e: globset::Error| LoadError::Setting(format!("{FILE}: review.roots: {e}"));
    Ok((wanted.map_err(failed)?, not.map_err(failed)?))
}

/// The folders that the user limits the search to, relative to the checkout.
fn within(args: &ReviewArgs, checkout: &Utf8Path) -> Result<Vec<Utf8PathBuf>, LoadError> {
    let dirs = args.root.dir.iter().chain(&args.more);
    dirs.map(|dir| {
        let failed = |source| LoadError::Root { dir: dir.clone(), source };
        let real = dir.canonicalize_utf8().map_err(|_| failed(FileError::NotFound))?;
        let inside = real.strip_prefix(checkout).map(Utf8Path::to_owned);
        inside.map_err(|_| failed(FileError::Outside))
    })
    .collect()
}

/// The files of the checkout that the settings of a root module name. Settings that cannot be read are told
/// when the root module is reviewed.
fn named_by_settings(checkout: &Utf8Path, root: &Utf8Path, shown: &Shown) -> Vec<Utf8PathBuf> {
    let naming = Naming::new(checkout, root, &shown.of(root));
    let files = Config::find(&naming).map(|config| config.files()).unwrap_or_default();
    files.iter().filter_map(|file| naming.in_checkout(file)).collect()
}

/// Leaves out files that may be read and are not. Only an evaluation tells, and it is asked only where nothing
/// else touches the root module.
fn confirmed(args: &ReviewArgs, touched: &Touched, shown: &Shown) -> Option<Touched> {
    let sure: Vec<Reason> = touched.reasons.iter().filter(|r| r.is_sure()).cloned().collect();
    if !sure.is_empty() {
        return Some(Touched { reasons: sure, ..touched.clone() });
    }
    let mut root = args.root.clone();
    root.dir = Some(shown.of(&touched.root));
    // What cannot be evaluated may read anything.
    let Some(seen) = Loaded::new(&root).ok().and_then(|loaded| loaded.looks_at()) else {
        return Some(touched.clone());
    };
    let is_read = |reason: &Reason| {
        let before = if let How::Renamed { from } = &reason.how { Some(from) } else { None };
        let listed = reason.listed && reason.how != How::Modified;
        let listed = listed && reason.path.parent().is_some_and(|dir| seen.contains(dir));
        seen.contains(&reason.path) || before.is_some_and(|p| seen.contains(p)) || listed
    };
    let reasons: Vec<Reason> = touched.reasons.iter().filter(|r| is_read(r)).map(Reason::confirmed).collect();
    (!reasons.is_empty()).then(|| Touched { reasons, ..touched.clone() })
}

/// Which of the folders that hold no configuration any more were root modules, and what they declared.
fn removed(
    args: &ReviewArgs,
    emptied: &[Utf8PathBuf],
    patterns: &[String],
    trees: &Base,
    shown: &Shown,
) -> Result<Vec<Gone>, LoadError> {
    if emptied.is_empty() {
        return Ok(Vec::new());
    }
    let before = roots(&Repository::read(trees.fork.as_ref(), FILE), patterns)?;
    let before: Vec<&Utf8PathBuf> = emptied.iter().filter(|dir| before.contains(dir)).collect();
    let of = |dir: &&Utf8PathBuf| {
        let options = Options::new(trees.fork.clone(), shown.checkout.clone(), (*dir).clone());
        let evaluation = evaluate(&Options { workspace: args.root.workspace.clone(), ..options });
        let managed = evaluation.instances.iter().filter(|i| i.address.mode == Mode::Managed);
        Gone { dir: shown.of(dir), resources: managed.count() }
    };
    Ok(several::each(&before, false, of))
}

impl Selection {
    /// The root modules and why, for people.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        for root in &self.roots {
            let _ = writeln!(out, "{}", escape::line(root.dir.as_str()));
            for why in &root.why {
                let _ = writeln!(out, "  {}", escape::line(why));
            }
        }
        for gone in &self.gone {
            let _ = writeln!(
                out,
                "{}\n  removed, with {} resources",
                escape::line(gone.dir.as_str()),
                gone.resources
            );
        }
        for setting in &self.settings {
            let _ = writeln!(out, "this change edits {setting}: what the base has holds until it is merged");
        }
        if self.cut {
            out.push_str(
                "the checkout has more files than are looked at: some root modules may be missing\n",
            );
        }
        let _ = writeln!(
            out,
            "{} of {} root modules touched by {} changed files since {}, where HEAD left {}",
            self.roots.len(),
            self.known,
            self.changed,
            self.commit.get(..10).unwrap_or(&self.commit),
            escape::line(&self.base)
        );
        out
    }

    /// The same for machines.
    pub(super) fn json(&self) -> String {
        let reason = |r: &Reason| {
            let mut out = json!({ "path": r.path, "via": r.via, "text": r.text() });
            let (how, from) = match &r.how {
                How::Modified => ("modified", None),
                How::Added => ("added", None),
                How::Deleted => ("deleted", None),
                How::Renamed { from } => ("renamed", Some(from)),
                How::Submodule => ("submodule", None),
            };
            out["how"] = json!(how);
            if let Some(from) = from {
                out["from"] = json!(from);
            }
            out
        };
        let root = |root: &Chosen| {
            let touched = root.touched.as_ref();
            let state = match touched.map(|t| &t.state) {
                Some(State::New) => "new",
                Some(State::Moved { .. }) => "moved",
                _ => "kept",
            };
            let why: Vec<Json> = touched.iter().flat_map(|t| &t.reasons).map(reason).collect();
            json!({ "root": root.dir, "state": state, "from": root.from, "why": why })
        };
        json::print(&json!({
            "base": self.base,
            "commit": self.commit,
            "changed_files": self.changed,
            "root_modules": self.known,
            "complete": !self.cut,
            "settings": self.settings,
            "roots": self.roots.iter().map(root).collect::<Vec<_>>(),
            "removed": self.gone.iter().map(|g| json!({ "root": g.dir, "resources": g.resources })).collect::<Vec<_>>(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_name_folders_and_take_them_away() {
        let patterns = ["environments/*", "./apps/**/", "!apps/old", "."].map(str::to_owned);
        let (wanted, not) = globs(&patterns).unwrap();
        let fits = |dir: &str| wanted.is_match(dir) && !not.is_match(dir);
        assert!(fits("environments/prod") && fits("apps/a/b") && fits(""));
        assert!(!fits("environments/prod/x") && !fits("apps/old") && !fits("modules/a"));
        assert!(globs(&["a[".to_owned()]).is_err());
    }
}
