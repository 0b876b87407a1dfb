//! What lies beside the code of a root module.

use std::collections::BTreeMap;
use std::sync::Arc;

use camino::Utf8PathBuf;

use super::Loaded;
use crate::analysis::rules::{self, Checkout, Sibling};
use crate::azure::translate::translate;
use crate::review::{Subject, Surroundings};
use crate::terraform::configuration::{Code, Options, evaluate};

impl Loaded {
    /// Looks at what lies beside the code of a subject: files of the checkout, and roots of other
    /// environments. A plan or a state that stands for the code has nothing beside it.
    pub(in crate::app::cli) fn look_around(&self, subject: &mut Subject) {
        if self.input.is_none() {
            self.look_around_at(&self.options, subject);
        }
    }

    /// The same for a root module elsewhere, such as that of the base.
    pub(in crate::app::cli) fn look_around_at(&self, options: &Options, subject: &mut Subject) {
        let folders = subject.evaluation.code.as_deref().map(Code::module_folders).unwrap_or_default();
        let files = options.files.as_ref();
        let checkout = Checkout::read(files, &options.root, &folders, |path| files.is_tracked(path));
        let mut siblings = Vec::new();
        if rules::is_production(&subject.evaluation, Some(&options.root)) {
            let others = checkout.environments(files).into_iter();
            siblings.extend(others.map(|dir| self.sibling(options, dir)));
        }
        subject.surroundings = Surroundings { checkout: Some(checkout), siblings, joined: None };
    }

    /// Another root module of a checkout.
    fn sibling(&self, options: &Options, dir: Utf8PathBuf) -> Sibling {
        let options = Options {
            root: dir.clone(),
            shown: Utf8PathBuf::new(),
            modules: None,
            inputs: Vec::new(),
            environment: BTreeMap::new(),
            workspace: None,
            prior: None,
            ..options.clone()
        };
        let account = self.account.clone();
        let read = move || {
            let evaluation = evaluate(&options);
            if rules::is_production(&evaluation, Some(&options.root)) {
                return None;
            }
            let estate = translate(&evaluation, &account);
            Some((evaluation, estate))
        };
        Sibling { dir, read: Arc::new(read) }
    }
}
