//! A run against Azure for callers that do not wait asynchronously: it owns the runtime, keeps to its
//! deadlines, and stops at once when the user does (Ctrl-C).

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::sync::OnceCell;

use super::arm::{ArmClient, Requests};
use super::connect::{ConnectError, Connection, Settings};
use super::history::History;
use super::read::{Answers, Extent, Reader, Wanted};
use super::sign_in::{Chosen, Method, SignInError, Variables};
use super::survey::Survey;
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

/// A run against Azure. All who read in it share the sign-in, the connections, the limits and what was answered.
pub struct Session {
    runtime: Runtime,
    client: ArmClient,
    answers: Arc<Answers>,
    chosen: Chosen,
    /// How long one who reads may take.
    timeout: Duration,
    watch: Option<Watch>,
    /// Begins with the session, so that it is over when something is first asked.
    signed_in: Arc<OnceCell<Result<(), SignInError>>>,
    seen: OnceLock<Vec<String>>,
    interrupted: AtomicBool,
}

/// Told now and then what was asked so far.
type Watch = Box<dyn Fn(&Requests) + Send + Sync>;

/// How often.
const NOW_AND_THEN: Duration = Duration::from_millis(250);

impl Session {
    /// Begins to sign in. Each who reads has to be done within `timeout`.
    pub fn new(settings: &Settings, timeout: Duration, watch: Option<Watch>) -> Result<Session, ReadError> {
        let connection = Connection::new(settings, Variables::of_process())?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let client = connection.arm(Instant::now() + timeout)?;
        let chosen = connection.sign_in.chosen.clone();
        let signed_in = Arc::new(OnceCell::new());
        let (early, cell) = (client.clone(), signed_in.clone());
        runtime.spawn(async move { cell.get_or_init(|| early.sign_in()).await.is_ok() });
        Ok(Session {
            runtime,
            client,
            answers: Arc::default(),
            chosen,
            timeout,
            watch,
            signed_in,
            seen: OnceLock::new(),
            interrupted: AtomicBool::new(false),
        })
    }

    /// How it signs in.
    pub fn chosen(&self) -> &Chosen {
        &self.chosen
    }

    /// What was asked so far, by all who read.
    pub fn requests(&self) -> Requests {
        self.client.requests_of_all()
    }

    /// Reads for one root module, of those that want `together`.
    pub fn survey(&self, together: Arc<Wanted>) -> Survey<'_> {
        Survey::new(self, together, Instant::now() + self.timeout)
    }

    /// One that has read nothing and is done at `deadline`.
    pub(super) fn reader(&self, deadline: Instant) -> Reader {
        Reader::new(self.client.until(deadline), self.answers.clone())
    }

    /// Reads everything of an extent.
    pub fn everything(&self, extent: &Extent) -> Result<Reader, ReadError> {
        let mut reader = self.reader(Instant::now() + self.timeout);
        self.run(&reader.client().clone(), reader.everything(extent))?;
        Ok(reader)
    }

    /// Reads the clusters of an extent and their upgrades.
    pub fn clusters(&self, extent: &Extent) -> Result<Reader, ReadError> {
        let mut reader = self.reader(Instant::now() + self.timeout);
        self.run(&reader.client().clone(), reader.clusters(extent))?;
        Ok(reader)
    }

    /// Who changed these resources, when and with what.
    pub fn history(&self, ids: &[ResourceId]) -> Result<History, ReadError> {
        let client = self.client.until(Instant::now() + self.timeout);
        self.run(&client, History::read(&client, ids))
    }

    /// The subscription that is meant when nothing says: the only one that can be seen, else the one
    /// that the Azure CLI works in.
    pub fn usual_subscription(&self) -> Result<String, ReadError> {
        let seen = match self.seen.get() {
            Some(seen) => seen,
            None => {
                let mut reader = self.reader(Instant::now() + self.timeout);
                let seen = self.run(&reader.client().clone(), reader.visible_subscriptions())?;
                self.seen.get_or_init(|| seen)
            }
        };
        let by_cli = self.chosen.method == Method::Cli;
        match &**seen {
            [only] => Ok(only.clone()),
            many => match by_cli.then(|| self.run(&self.client, cli_subscription())) {
                Some(found) => found?.ok_or(ReadError::Subscription(many.len())),
                None => Err(ReadError::Subscription(many.len())),
            },
        }
    }

    /// Runs something to its end, or until the user stops it; nothing is begun then.
    pub(super) fn run<T>(&self, client: &ArmClient, work: impl Future<Output = T>) -> Result<T, ReadError> {
        let tell = async {
            let mut ticks = tokio::time::interval(NOW_AND_THEN);
            loop {
                ticks.tick().await;
                if let Some(watch) = &self.watch {
                    watch(&self.requests());
                }
            }
        };
        if self.interrupted.load(Ordering::SeqCst) {
            return Err(ReadError::Interrupted);
        }
        let work = async {
            self.signed_in.get_or_init(|| client.sign_in()).await.clone()?;
            Ok(work.await)
        };
        self.runtime.block_on(async {
            tokio::select! {
                done = work => done,
                _ = tokio::signal::ctrl_c() => {
                    self.interrupted.store(true, Ordering::SeqCst);
                    Err(ReadError::Interrupted)
                }
                () = tell => Err(ReadError::Interrupted),
            }
        })
    }
}

/// The time as a snapshot writes it, to the second.
pub(super) fn now() -> String {
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
