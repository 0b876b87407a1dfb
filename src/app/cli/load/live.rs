//! The live estate of a root module: a snapshot, or Azure by the sessions of the run.

use std::sync::Arc;

use camino::Utf8PathBuf;

use super::{LoadError, Loaded};
use crate::app::cli::args::LiveArgs;
use crate::app::cli::azure::{AzureArgs, Sessions};
use crate::azure::data::LiveData;
use crate::azure::estate::Estate;
use crate::live::read::{Beside, Wanted};
use crate::live::{Session, read_snapshot};
use crate::review::{Subject, observe};
use crate::terraform::configuration::Options;
use crate::terraform::data::{DataSources, FirstOf};

/// The word that names Azure as the source of what is live; `./azure` is a file of that name.
pub(in crate::app::cli) const AZURE: &str = "azure";

const NOT_FROM_A_FILE: &str = "trueup.toml: live = \"azure\" is not taken from a file that may come with the change \
                               under review; say --live azure or TRUEUP_LIVE=azure";

/// How a root module reads Azure.
#[derive(Default)]
pub(super) struct Reading {
    sessions: Arc<Sessions>,
    /// What all root modules of the run want.
    together: Arc<Wanted>,
    /// What was evaluated to say what is wanted.
    declared: Option<Subject>,
    /// What was evaluated to read Azure, when nothing that was read changes it.
    pub(super) observed: Option<Subject>,
}

/// Where what is live comes from.
enum Source {
    Azure,
    File(Utf8PathBuf),
}

impl Loaded {
    /// The live estate and its name: of the flag, else of the settings.
    /// From then on it answers data sources, where the settings do not.
    pub(in crate::app::cli) fn live(
        &mut self,
        args: &LiveArgs,
    ) -> Result<Option<(String, Estate)>, LoadError> {
        self.live_with(args, Beside::default())
    }

    /// One of several root modules of a run: they share the sessions. What is wanted of Azure for the comparison;
    /// nothing where what is live comes from elsewhere.
    pub(in crate::app::cli) fn wanted(
        &mut self,
        args: &LiveArgs,
        sessions: &Arc<Sessions>,
    ) -> Result<Wanted, LoadError> {
        self.reading.sessions = sessions.clone();
        let Some(Source::Azure) = self.source(args)? else { return Ok(Wanted::default()) };
        let (_, subject) = self.declare(&args.azure)?;
        let wanted = Wanted::of(&subject.estate, Beside::default());
        self.reading.declared = Some(subject);
        Ok(wanted)
    }

    /// What all root modules of the run want of Azure, to be said before it is read.
    pub(in crate::app::cli) fn read_together(&mut self, together: &Arc<Wanted>) {
        self.reading.together = together.clone();
    }

    /// The session that reads Azure.
    pub(in crate::app::cli) fn session(&self, args: &AzureArgs) -> Result<Arc<Session>, LoadError> {
        self.reading.sessions.of(args, &self.config)
    }

    /// Ends the line of progress, where no other root module is still read.
    pub(in crate::app::cli) fn told(&self, args: &AzureArgs) {
        if !self.reading.sessions.several {
            self.reading.sessions.told(args);
        }
    }

    /// The same with what is looked at beside what the code declares.
    pub(in crate::app::cli) fn live_with(
        &mut self,
        args: &LiveArgs,
        beside: Beside,
    ) -> Result<Option<(String, Estate)>, LoadError> {
        let (name, estate) = match self.source(args)? {
            None => return Ok(None),
            Some(Source::Azure) => (AZURE.to_owned(), self.read_azure(&args.azure, beside)?),
            Some(Source::File(path)) => (path.to_string(), read_snapshot(&path)?),
        };
        // What the code leaves open is the one subscription that there is.
        self.account.subscription = self.account.subscription.take().or_else(|| estate.only_subscription());
        self.options.data = Some(self.answered_by(Arc::new(estate.clone())));
        Ok(Some((name, estate)))
    }

    fn source(&self, args: &LiveArgs) -> Result<Option<Source>, LoadError> {
        match (&args.live, &self.config.live) {
            _ if args.no_live => Ok(None),
            (Some(source), _) if source == AZURE => Ok(Some(Source::Azure)),
            (None, Some(path)) if path.file_name() == Some(AZURE) && !path.exists() => {
                Err(LoadError::Setting(NOT_FROM_A_FILE.to_owned()))
            }
            (Some(path), _) | (None, Some(path)) => Ok(Some(Source::File(path.clone()))),
            (None, None) => Ok(None),
        }
    }

    /// What is declared, in the subscription that is meant. Signing in and evaluating go side by side.
    fn declare(&mut self, args: &AzureArgs) -> Result<(Arc<Session>, Subject), LoadError> {
        let session = self.session(args)?;
        if let Some(subject) = self.reading.declared.take() {
            return Ok((session, subject));
        }
        let mut subject = self.subject()?;
        if self.account.subscription.is_none() && Wanted::needs_subscription(&subject.estate) {
            self.account.subscription = Some(session.usual_subscription()?);
            subject = self.subject()?;
        }
        Ok((session, subject))
    }

    /// Reads of Azure what the root module needs.
    fn read_azure(&mut self, args: &AzureArgs, beside: Beside) -> Result<Estate, LoadError> {
        let (session, subject) = self.declare(args)?;
        let state = if beside.state { self.state()? } else { None };
        let state = state.as_ref().map(|s| &s.estate);
        let mut survey = session.survey(self.reading.together.clone());
        let found = observe(&mut survey, subject, beside, state, |live| match &self.input {
            None => {
                let data = Some(self.answered_by(live));
                Ok(self.subject_of(&Options { data, ..self.options.clone() }))
            }
            // A plan and a state hold the answers of data sources.
            Some(_) => self.subject(),
        });
        self.told(args);
        let (estate, subject) = found?;
        self.reading.observed = subject;
        Ok(estate)
    }

    /// Answers of the settings, then of a live estate.
    fn answered_by(&self, estate: Arc<Estate>) -> Arc<dyn DataSources> {
        let live: Arc<dyn DataSources> = Arc::new(LiveData { estate, account: self.account.clone() });
        Arc::new(FirstOf(self.options.data.iter().cloned().chain([live]).collect()))
    }
}
