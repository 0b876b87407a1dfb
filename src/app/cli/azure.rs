//! The way to Azure, as the commands that read it share it.

use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::Args;

use super::load::LoadError;
use super::print;
use crate::app::config::Config;
use crate::live::arm::Requests;
use crate::live::read::Extent;
use crate::live::sign_in::Method;
use crate::live::{Session, Settings};

/// How Azure is reached.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct AzureArgs {
    /// How to sign in: auto, cli, oidc-github, pipelines, workload, managed, secret. `auto` looks at the
    /// environment (ARM_* and AZURE_* variables) and takes the Azure CLI when it says nothing [default: auto]
    #[arg(long, value_name = "HOW", env = "TRUEUP_AUTH", value_parser = method, help_heading = "Azure")]
    pub(super) auth: Option<Method>,

    /// The cloud: public, usgovernment, china [default: ARM_ENVIRONMENT, else public]
    #[arg(long, value_name = "NAME", env = "TRUEUP_CLOUD", help_heading = "Azure")]
    pub(super) cloud: Option<String>,

    /// Seconds that reading Azure may take; what is not read by then is named, and the run incomplete
    /// [default: 600]
    #[arg(long, value_name = "SECONDS", env = "TRUEUP_LIVE_TIMEOUT", help_heading = "Azure")]
    pub(super) live_timeout: Option<u64>,

    /// Say how it signed in and how many requests it took
    #[arg(long, short, help_heading = "Azure")]
    pub(super) verbose: bool,
}

/// How much of Azure is read.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct ExtentArgs {
    /// A subscription to read [repeatable; default: ARM_SUBSCRIPTION_ID, else the only one that can be
    /// seen, else the one that `az` works in]
    #[arg(long, value_name = "ID", conflicts_with = "all_subscriptions", help_heading = "Extent")]
    pub(super) subscription: Vec<String>,

    /// Every subscription that can be seen
    #[arg(long, help_heading = "Extent")]
    pub(super) all_subscriptions: bool,

    /// Only this resource group of the subscriptions [repeatable]
    #[arg(long, value_name = "NAME", help_heading = "Extent")]
    pub(super) resource_group: Vec<String>,
}

impl ExtentArgs {
    /// The extent, with the usual subscription where none is named.
    pub(super) fn extent(&self, session: &Session) -> Result<Extent, LoadError> {
        let usual = std::env::var("ARM_SUBSCRIPTION_ID").ok().filter(|s| !s.is_empty());
        let subscriptions = match (&*self.subscription, usual) {
            _ if self.all_subscriptions => Vec::new(),
            ([], Some(usual)) => vec![usual],
            ([], None) => vec![session.usual_subscription()?],
            (named, _) => named.to_vec(),
        };
        Ok(Extent { subscriptions, groups: self.resource_group.clone() })
    }
}

fn method(text: &str) -> Result<Method, String> {
    Method::from_word(text).ok_or_else(|| {
        let known: Vec<_> = Method::ALL.iter().map(|m| m.word()).collect();
        format!("there are {}", known.join(", "))
    })
}

impl AzureArgs {
    /// What the environment says, for commands that have no such arguments.
    pub(super) fn of_environment() -> Result<AzureArgs, LoadError> {
        let set = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
        let auth = set("TRUEUP_AUTH").map(|word| method(&word)).transpose();
        let auth = auth.map_err(|e| LoadError::Setting(format!("TRUEUP_AUTH: {e}")))?;
        Ok(AzureArgs { auth, cloud: set("TRUEUP_CLOUD"), ..AzureArgs::default() })
    }

    /// The way to Azure: of the arguments, else of the settings.
    pub(super) fn settings(&self, config: &Config) -> Result<Settings, LoadError> {
        let auth = match (self.auth, config.auth.as_deref()) {
            (Some(auth), _) => auth,
            (None, Some(word)) => {
                method(word).map_err(|e| LoadError::Setting(format!("trueup.toml: auth: {e}")))?
            }
            (None, None) => Method::Auto,
        };
        Ok(Settings { cloud: self.cloud.clone(), auth })
    }

    /// Begins to sign in.
    pub(super) fn session(&self, config: &Config) -> Result<Session, LoadError> {
        let settings = self.settings(config)?;
        let timeout = Duration::from_secs(self.live_timeout.unwrap_or(600));
        let watch = std::io::stderr()
            .is_terminal()
            .then(|| Box::new(progress) as Box<dyn Fn(&Requests) + Send + Sync>);
        let session = Session::new(&settings, timeout, watch)?;
        if self.verbose {
            let chosen = session.chosen();
            print::err(&format!("signed in to Azure by {}: {}\n", chosen.method.word(), chosen.because));
        }
        Ok(session)
    }

    /// Ends the line of progress, and says what it took.
    pub(super) fn done(&self, session: &Session) {
        if std::io::stderr().is_terminal() {
            print::err("\r\x1b[K");
        }
        if self.verbose {
            print::err(&format!("read Azure with {}\n", session.requests()));
        }
    }
}

/// The sessions of a run: root modules that sign in alike share one.
#[derive(Default)]
pub(super) struct Sessions {
    known: Mutex<Vec<(Settings, Arc<Session>)>>,
    /// Several root modules are read: what it took is told when all are.
    pub(super) several: bool,
}

impl Sessions {
    /// For several root modules.
    pub(super) fn of_several() -> Sessions {
        Sessions { several: true, ..Sessions::default() }
    }

    /// The session of a root module; it begins to sign in when it is the first.
    pub(super) fn of(&self, args: &AzureArgs, config: &Config) -> Result<Arc<Session>, LoadError> {
        let settings = args.settings(config)?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, session)) = known.iter().find(|(s, _)| *s == settings) {
            return Ok(session.clone());
        }
        let session = Arc::new(args.session(config)?);
        known.push((settings, session.clone()));
        Ok(session)
    }

    /// Ends the line of progress, and says what it took.
    pub(super) fn told(&self, args: &AzureArgs) {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.iter().for_each(|(_, session)| args.done(session));
    }
}

/// One line that is written over itself.
fn progress(requests: &Requests) {
    let line = format!("\rreading Azure: {} requests, {} KiB\x1b[K", requests.total(), requests.bytes / 1024);
    print::err(&line);
}
