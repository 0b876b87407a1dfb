//! A run against Azure for callers that do not wait asynchronously: it owns the runtime, ends at its
//! deadline, and stops at once when the user does (Ctrl-C).

use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use super::arm::{ArmClient, Requests};
use super::connect::{ConnectError, Connection, Settings};
use super::history::History;
use super::read::{Extent, Reader, Wanted};
use super::sign_in::{Chosen, Method, SignInError, Variables};
use super::snapshot::Snapshot;
use crate::azure::estate::Estate;
use crate::azure::id::ResourceId;

/// Why nothing could be read at all; what is missing of the rest is a [`Gap`](super::Gap).
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Settings, or HTTPS.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// Sign-in.
    #[error(transparent)]
    SignIn(#[from] SignInError),
    /// No runtime.
    #[error("cannot begin: {0}")]
    Runtime(#[from] std::io::Error),
    /// The user stopped it.
    #[error("interrupted while reading Azure; nothing was compared")]
    Interrupted,
    /// Which subscription is meant is not known.
    #[error(
        "the code names no subscription, and {0} can be seen: set subscription_id in the provider block, \
         ARM_SUBSCRIPTION_ID, or --subscription"
    )]
    Subscription(usize),
}

/// A signed-in run.
pub struct Session {
    runtime: Runtime,
    reader: Reader,
    chosen: Chosen,
    watch: Option<Watch>,
}

/// Told now and then what was asked so far.
type Watch = Box<dyn Fn(&Requests)>;

/// How often.
const NOW_AND_THEN: Duration = Duration::from_millis(250);

impl Session {
    /// Signs in; all has to be done within `timeout`.
    pub fn new(settings: &Settings, timeout: Duration, watch: Option<Watch>) -> Result<Session, ReadError> {
        let connection = Connection::new(settings, Variables::of_process())?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let client = connection.arm(Instant::now() + timeout)?;
        let chosen = connection.sign_in.chosen.clone();
        let mut session = Session { runtime, reader: Reader::new(client.clone()), chosen, watch };
        session.run(async |_| client.sign_in().await)??;
        Ok(session)
    }

    /// How it signed in.
    pub fn chosen(&self) -> &Chosen {
        &self.chosen
    }

    /// What was asked so far.
    pub fn requests(&self) -> Requests {
        self.reader.client().requests()
    }

    /// What was read so far.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// The client, for questions that are no resources.
    pub fn client(&self) -> &ArmClient {
        self.reader.client()
    }

    /// Reads what a declared estate needs, and with `usages` how much of its networks is in use. False when nothing of it was new.
    pub fn screen(&mut self, declared: &Estate, usages: bool) -> Result<bool, ReadError> {
        let wanted = Wanted::of(declared, usages);
        self.run(async |reader| reader.screen(&wanted).await)
    }

    /// Reads by id what differs or is missing.
    pub fn confirm(&mut self, ids: Vec<ResourceId>) -> Result<(), ReadError> {
        self.run(async |reader| reader.confirm(ids).await)
    }

    /// Reads everything of an extent.
    pub fn everything(&mut self, extent: &Extent) -> Result<(), ReadError> {
        self.run(async |reader| reader.everything(extent).await)
    }

    /// Reads the clusters of an extent and their upgrades.
    pub fn clusters(&mut self, extent: &Extent) -> Result<(), ReadError> {
        self.run(async |reader| reader.clusters(extent).await)
    }

    /// Who changed these resources, when and with what.
    pub fn history(&mut self, ids: &[ResourceId]) -> Result<History, ReadError> {
        self.run(async |reader| History::read(reader.client(), ids).await)
    }

    /// The subscription that is meant when nothing says: the only one that can be seen, else the one
    /// that the Azure CLI works in.
    pub fn usual_subscription(&mut self) -> Result<String, ReadError> {
        let mut seen = self.run(async |reader| reader.visible_subscriptions().await)?;
        let by_cli = self.chosen.method == Method::Cli;
        match seen.len() {
            1 => Ok(seen.remove(0)),
            many => match by_cli.then(|| self.run(async |_| cli_subscription().await)) {
                Some(found) => found?.ok_or(ReadError::Subscription(many)),
                None => Err(ReadError::Subscription(many)),
            },
        }
    }

    /// What was read, as a file holds it.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::of(&self.reader, now())
    }

    /// What was read, as an estate.
    pub fn estate(&self) -> Estate {
        let mut estate = self.reader.estate();
        estate.captured_at = Some(now());
        estate
    }

    /// Runs something to its end, or until the user stops it.
    fn run<T>(&mut self, work: impl AsyncFnOnce(&mut Reader) -> T) -> Result<T, ReadError> {
        let (client, watch) = (self.reader.client().clone(), self.watch.as_ref());
        let reader = &mut self.reader;
        let tell = async {
            let mut ticks = tokio::time::interval(NOW_AND_THEN);
            loop {
                ticks.tick().await;
                if let Some(watch) = watch {
                    watch(&client.requests());
                }
            }
        };
        self.runtime.block_on(async {
            tokio::select! {
                done = work(reader) => Ok(done),
                _ = tokio::signal::ctrl_c() => Err(ReadError::Interrupted),
                () = tell => Err(ReadError::Interrupted),
            }
        })
    }
}

/// The time as a snapshot writes it, to the second.
fn now() -> String {
    let now = time::OffsetDateTime::now_utc();
    let now = now.replace_nanosecond(0).unwrap_or(now);
    now.format(&time::format_description::well_known::Rfc3339).unwrap_or_default()
}

/// The subscription that `az` works in.
async fn cli_subscription() -> Option<String> {
    let mut command = tokio::process::Command::new("az");
    command.args(["account", "show", "--query", "id", "--output", "tsv"]).kill_on_drop(true);
    let output = command.stdin(std::process::Stdio::null()).output().await.ok()?;
    let id = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !id.is_empty()).then_some(id)
}
