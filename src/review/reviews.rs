//! The reviews of several root modules as one.

use camino::Utf8PathBuf;

use super::report::{Report, Verdict};

/// What was found in the root modules of one run, in order of their names.
#[derive(Debug, Default)]
pub struct Reviews {
    /// The root modules.
    pub roots: Vec<Reviewed>,
    /// Settings about which root modules there are that the change edits; they hold once it is merged.
    pub settings: Vec<String>,
}

/// One root module.
#[derive(Debug)]
pub struct Reviewed {
    /// As the user named it, or by its path in the checkout.
    pub root: Utf8PathBuf,
    /// Why it is looked at; empty when the user named it.
    pub why: Vec<String>,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a root module.
#[derive(Debug)]
pub enum Outcome {
    /// It was reviewed.
    Done(Box<Report>),
    /// It could not be, in words.
    Failed(String),
    /// The change takes it away. Nothing destroys what it declared.
    Gone {
        /// Managed resource instances that the base declares in it.
        resources: usize,
    },
}

impl Reviewed {
    /// The report, when there is one.
    pub fn report(&self) -> Option<&Report> {
        match &self.outcome {
            Outcome::Done(report) => Some(report),
            _ => None,
        }
    }

    /// Its verdict. What could not be reviewed is incomplete; what is gone wants to be looked at.
    pub fn verdict(&self) -> Verdict {
        match &self.outcome {
            Outcome::Done(report) => report.verdict(),
            Outcome::Failed(_) => Verdict::Incomplete,
            Outcome::Gone { .. } => Verdict::Attention,
        }
    }
}

impl Reviews {
    /// A single review.
    pub fn of(report: Report) -> Reviews {
        let root = report.root.clone();
        let one = Reviewed { root, why: Vec::new(), outcome: Outcome::Done(Box::new(report)) };
        Reviews { roots: vec![one], settings: Vec::new() }
    }

    /// The one root module, when there is no other.
    pub fn only(&self) -> Option<&Report> {
        match self.roots.as_slice() {
            [only] if only.why.is_empty() => only.report(),
            _ => None,
        }
    }

    /// The reports.
    pub fn reports(&self) -> impl Iterator<Item = &Report> {
        self.roots.iter().filter_map(Reviewed::report)
    }

    /// Why root modules could not be reviewed, with their names.
    pub fn failed(&self) -> Vec<String> {
        let why = |r: &Reviewed| match &r.outcome {
            Outcome::Failed(why) => Some(format!("{}: {why}", r.root)),
            _ => None,
        };
        self.roots.iter().filter_map(why).collect()
    }

    /// The worst verdict.
    pub fn verdict(&self) -> Verdict {
        self.roots.iter().map(Reviewed::verdict).min().unwrap_or(Verdict::Clean)
    }

    /// True when every root module was read and evaluated as a whole.
    pub fn is_complete(&self) -> bool {
        let complete = |r: &Reviewed| match &r.outcome {
            Outcome::Done(report) => report.is_complete(),
            Outcome::Failed(_) => false,
            Outcome::Gone { .. } => true,
        };
        self.roots.iter().all(complete)
    }

    /// The root modules, the worst first; alike ones by name.
    pub fn worst_first(&self) -> Vec<&Reviewed> {
        let mut roots: Vec<&Reviewed> = self.roots.iter().collect();
        roots.sort_by_key(|r| {
            (r.verdict(), std::cmp::Reverse(r.report().map_or(0, |r| r.blockers().count())))
        });
        roots
    }

    /// Settings that the change edits, each once.
    pub fn settings(&self) -> Vec<&str> {
        let own = self.reports().filter_map(|r| r.change.as_ref()).flat_map(|c| &c.settings);
        let mut all: Vec<&str> = self.settings.iter().chain(own).map(String::as_str).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}
