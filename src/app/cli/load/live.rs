//! What is live: a snapshot, or Azure.

use std::sync::Arc;

use super::{LoadError, Loaded};
use crate::app::cli::args::LiveArgs;
use crate::app::cli::azure::AzureArgs;
use crate::azure::data::LiveData;
use crate::azure::estate::Estate;
use crate::live::read::Wanted;
use crate::live::read_snapshot;
use crate::review::observe;
use crate::terraform::configuration::Options;
use crate::terraform::data::{DataSources, FirstOf};

/// The word that names Azure as the source of what is live; `./azure` is a file of that name.
pub(in crate::app::cli) const AZURE: &str = "azure";

const NOT_FROM_A_FILE: &str = "trueup.toml: live = \"azure\" is not taken from a file that may come with the change \
                               under review; say --live azure or TRUEUP_LIVE=azure";

impl Loaded {
    /// The live estate and its name: of the flag, else of the settings.
    /// From then on it answers data sources, where the settings do not.
    pub(in crate::app::cli) fn live(
        &mut self,
        args: &LiveArgs,
    ) -> Result<Option<(String, Estate)>, LoadError> {
        self.live_estate(args, false)
    }

    /// The same with the use of networks and workspaces, for those who look at addresses or costs.
    pub(in crate::app::cli) fn live_with_usages(
        &mut self,
        args: &LiveArgs,
    ) -> Result<Option<(String, Estate)>, LoadError> {
        self.live_estate(args, true)
    }

    fn live_estate(&mut self, args: &LiveArgs, usages: bool) -> Result<Option<(String, Estate)>, LoadError> {
        let estate = match (&args.live, &self.config.live) {
            _ if args.no_live => return Ok(None),
            (Some(source), _) if source == AZURE => (AZURE.to_owned(), self.read_azure(&args.azure, usages)?),
            (None, Some(path)) if path.file_name() == Some(AZURE) && !path.exists() => {
                return Err(LoadError::Setting(NOT_FROM_A_FILE.to_owned()));
            }
            (Some(path), _) | (None, Some(path)) => (path.to_string(), read_snapshot(path)?),
            (None, None) => return Ok(None),
        };
        // What the code leaves open is the one subscription that there is.
        self.account.subscription = self.account.subscription.take().or_else(|| estate.1.only_subscription());
        self.options.data = Some(self.answered_by(Arc::new(estate.1.clone())));
        Ok(Some(estate))
    }

    /// Reads of Azure what the root module needs.
    fn read_azure(&mut self, args: &AzureArgs, usages: bool) -> Result<Estate, LoadError> {
        let mut subject = self.subject()?;
        let mut session = args.session(&self.config)?;
        if self.account.subscription.is_none() && Wanted::needs_subscription(&subject.estate) {
            self.account.subscription = Some(session.usual_subscription()?);
            subject = self.subject()?;
        }
        let found = observe(&mut session, subject, usages, |live| match &self.input {
            None => {
                let data = Some(self.answered_by(live));
                Ok(self.subject_of(&Options { data, ..self.options.clone() }))
            }
            // A plan and a state hold the answers of data sources.
            Some(_) => self.subject(),
        });
        args.done(&session);
        let (estate, subject) = found?;
        self.observed = subject;
        Ok(estate)
    }

    /// Answers of the settings, then of a live estate.
    fn answered_by(&self, estate: Arc<Estate>) -> Arc<dyn DataSources> {
        let live: Arc<dyn DataSources> = Arc::new(LiveData { estate, account: self.account.clone() });
        Arc::new(FirstOf(self.options.data.iter().cloned().chain([live]).collect()))
    }
}
