//! Which code host, repository and run a command is about.

use std::time::Duration;

use camino::Utf8Path;
use clap::Args;

use super::comment::hosts;
use crate::forge::ci::{Environment, Said};
use crate::forge::http::Patience;
use crate::forge::{HostKind, Place};
use crate::terraform::files;

/// What the environment of a CI run does not say, or says otherwise.
#[derive(Debug, Args)]
#[command(next_help_heading = "Posting")]
pub(super) struct HostArgs {
    /// The kind of code host, where the CI does not say
    #[arg(long, value_name = "HOST", env = "TRUEUP_HOST", value_parser = hosts())]
    host: Option<String>,

    /// Its address in a browser, such as https://git.example.com; of Azure DevOps with the organisation
    #[arg(long, value_name = "URL", env = "TRUEUP_HOST_URL")]
    host_url: Option<String>,

    /// The root of its API, where that is not the usual one for its address
    #[arg(long, value_name = "URL", env = "TRUEUP_API_URL")]
    api_url: Option<String>,

    /// The repository: OWNER/NAME, PROJECT/NAME (Azure DevOps), GROUP/PROJECT (GitLab)
    #[arg(long, value_name = "NAME", env = "TRUEUP_REPOSITORY")]
    repository: Option<String>,

    /// How many seconds to wait for a host that asks for patience, in all
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    post_timeout: u64,
}

impl HostArgs {
    /// Where this run is, by the environment and the flags.
    pub(super) fn place(
        &self,
        environment: &Environment,
        checkout: &Utf8Path,
        (pull_request, commit): (Option<u64>, Option<String>),
    ) -> Place {
        let event = environment.event_file().and_then(|file| std::fs::read(file).ok());
        let event = event.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let said = Said {
            host: self.host.as_deref().and_then(HostKind::named),
            web: self.host_url.clone(),
            api: self.api_url.clone(),
            repository: self.repository.clone(),
            pull_request,
            commit,
            run_url: None,
        };
        let remote = files::origin(checkout);
        let place = Place::find(environment, event.as_ref()).overridden(said, remote.as_deref());
        Place { checkout: Some(checkout.to_owned()), ..place }
    }

    /// How long is waited for the host.
    pub(super) fn patience(&self) -> Patience {
        Patience::of(Duration::from_secs(self.post_timeout))
    }
}
