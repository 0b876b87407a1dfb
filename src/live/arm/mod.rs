//! The one client of ARM: authorised, patient, and unable to send a token anywhere else.
//!
//! Every request passes through [`ArmClient`]. It retries what heals (408, 429, 5xx, broken connections,
//! bodies that are not whole), waits as long as the server says up to a cap, slows down for a
//! subscription that is throttled ([`gate`]), refreshes a token once when it is refused, and stops at a
//! deadline. Only reads are sent: GET, and POST of a Resource Graph query.

mod counts;
mod error;
mod gate;
mod page;
mod policy;
mod retry;
mod tokens;

pub use counts::{Kind, Requests};
pub use error::ArmError;
pub use gate::Budget;
pub use page::{MAX_PAGES, Pages};
pub(super) use tokens::Tokens;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::sign_in::{SignIn, SignInError};
use azure_core::http::headers::Headers;
use azure_core::http::policies::Policy;
use azure_core::http::{
    ClientOptions, Context, Method, Pipeline, PipelineSendOptions, RawResponse, Request, RetryOptions,
    Transport, Url,
};
use gate::Gate;
use policy::Authorise;
use retry::{MAX_TRIES, Verdict};
use serde_json::Value as Json;

/// How long one try of a request may take.
const ONE_TRY: Duration = Duration::from_secs(100);

/// A question to ARM.
#[derive(Clone, Debug)]
pub struct Call {
    /// What it is counted as.
    pub kind: Kind,
    /// What it draws on besides the subscription's reads.
    pub budget: Budget,
    url: Url,
    body: Option<Arc<Json>>,
}

/// What ARM answers.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The document.
    pub body: Json,
    /// The bytes of its text.
    pub bytes: usize,
}

/// The client. Clones share everything.
#[derive(Clone)]
pub struct ArmClient {
    line: Arc<Line>,
    deadline: Instant,
    requests: Arc<Mutex<Requests>>,
}

/// What all who read in a run share: the connections, the token, and the limits.
struct Line {
    pipeline: Pipeline,
    arm: Url,
    tokens: Arc<Tokens>,
    gates: Mutex<HashMap<String, Arc<Gate>>>,
    /// What all subscriptions share.
    all: Arc<Gate>,
    /// What all clients asked.
    requests: Mutex<Requests>,
}

impl std::fmt::Debug for ArmClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ArmClient").field("arm", &self.line.arm.as_str()).finish_non_exhaustive()
    }
}

impl ArmClient {
    /// A client of one origin, with tokens of one scope, that is done at `deadline`. Nothing is sent yet.
    pub fn new(
        arm: Url,
        scope: String,
        sign_in: SignIn,
        http: reqwest::Client,
        deadline: Instant,
    ) -> Result<ArmClient, SignInError> {
        let tokens = Arc::new(Tokens::new(sign_in, scope)?);
        let authorise: Arc<dyn Policy> = Arc::new(Authorise::new(arm.clone(), tokens.clone()));
        let options = ClientOptions {
            // Retries are this client's own: they know the gates, the deadline and the body.
            retry: RetryOptions::none(),
            transport: Some(Transport::new(Arc::new(http))),
            ..ClientOptions::default()
        };
        let (name, version) = (Some("trueup"), Some(env!("CARGO_PKG_VERSION")));
        let pipeline = Pipeline::new(name, version, options, Vec::new(), vec![authorise], None);
        let (gates, all) = (Mutex::default(), Arc::new(Gate::of_all()));
        let line = Arc::new(Line { pipeline, arm, tokens, gates, all, requests: Mutex::default() });
        Ok(ArmClient { line, deadline, requests: Arc::default() })
    }

    /// The same client with a deadline and a count of its own: for one of several who read in a run.
    pub fn until(&self, deadline: Instant) -> ArmClient {
        ArmClient { line: self.line.clone(), deadline, requests: Arc::default() }
    }

    /// Signs in, so that a failure is known before anything is read.
    pub async fn sign_in(&self) -> Result<(), SignInError> {
        match tokio::time::timeout(self.left(), self.line.tokens.get()).await {
            Ok(token) => token.map(|_| ()),
            Err(_) => Err(self.line.tokens.failed("the time is up".to_owned())),
        }
    }

    /// Where ARM answers, such as `https://management.azure.com`.
    pub fn origin(&self) -> String {
        self.line.arm.origin().ascii_serialization()
    }

    /// A question about a path below ARM, such as `/subscriptions/ID/resourcegroups`.
    pub fn call(&self, kind: Kind, path: &str, api_version: &str) -> Call {
        let mut url = self.line.arm.clone();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        url.set_path(path);
        url.set_query((!query.is_empty()).then_some(query));
        url.query_pairs_mut().append_pair("api-version", api_version);
        Call { kind, budget: Budget::of(path), url, body: None }
    }

    /// A query: the same with a body.
    pub fn query(&self, kind: Kind, path: &str, api_version: &str, body: Json) -> Call {
        Call { body: Some(Arc::new(body)), ..self.call(kind, path, api_version) }
    }

    /// A question about a whole address; one of another host is refused.
    pub fn at(&self, kind: Kind, url: Url) -> Result<Call, ArmError> {
        if url.origin() != self.line.arm.origin() {
            return Err(ArmError::ForeignHost(url.host_str().unwrap_or_default().to_owned()));
        }
        let budget = Budget::of(url.path());
        Ok(Call { kind, budget, url, body: None })
    }

    /// Asks, patiently.
    pub async fn send(&self, call: &Call) -> Result<Answer, ArmError> {
        let gate = self.gate(&call.url);
        let (mut tries, mut refreshed) = (0, false);
        loop {
            tries += 1;
            let token = self.line.tokens.number().await;
            let outcome = self.once(call, &gate).await?;
            let verdict = retry::judge(outcome, tries);
            let (why, wait) = match verdict {
                Verdict::Done(answer) => return Ok(answer),
                Verdict::Failed(error) => return Err(error),
                Verdict::Refused(error) if refreshed => return Err(error),
                Verdict::Refused(_) => {
                    refreshed = true;
                    self.within(self.line.tokens.renew(token)).await?.map_err(ArmError::SignIn)?;
                    continue;
                }
                Verdict::Throttled(error, wait) => {
                    gate.throttled(wait);
                    (error, wait)
                }
                Verdict::Again(error, wait) => (error, wait),
            };
            if tries >= MAX_TRIES || wait >= self.left() {
                return Err(why);
            }
            self.count(|requests| requests.retries += 1);
            tokio::time::sleep(wait).await;
        }
    }

    /// One try: waits for its turn, sends, reads the whole body.
    async fn once(&self, call: &Call, gate: &Arc<Gate>) -> Result<Result<Reply, ArmError>, ArmError> {
        let _permit = self.within(gate.enter(call.budget)).await?;
        let _place = self.within(self.line.all.enter(Budget::Usual)).await?;
        self.count(|requests| requests.add(call.kind));
        let mut request = Request::new(call.url.clone(), Method::Get);
        request.insert_header("accept", "application/json");
        if let Some(body) = &call.body {
            request.set_method(Method::Post);
            request.insert_header("content-type", "application/json");
            request.set_body(body.to_string());
        }
        let options = PipelineSendOptions { skip_checks: true, ..PipelineSendOptions::default() };
        let context = Context::default();
        let sent = self.line.pipeline.send(&context, &mut request, Some(options));
        let (begun, limit) = (Instant::now(), ONE_TRY.min(self.left()));
        Ok(match tokio::time::timeout(limit, sent).await {
            Err(_) if self.left().is_zero() => return Err(ArmError::TimeUp),
            Err(_) => {
                gate.throttled(Duration::ZERO);
                self.line.all.throttled(Duration::ZERO);
                Err(ArmError::Unreachable(format!("no answer within {} s", limit.as_secs())))
            }
            Ok(Err(error)) => Err(ArmError::of_transport(error)),
            Ok(Ok(response)) => {
                let reply = Reply::of(response);
                gate.answered(&reply.headers, begun.elapsed());
                self.line.all.answered(&Headers::new(), begun.elapsed());
                self.count(|requests| requests.bytes += reply.body.len() as u64);
                Ok(reply)
            }
        })
    }

    /// Something that ends by the deadline.
    async fn within<T>(&self, work: impl Future<Output = T>) -> Result<T, ArmError> {
        tokio::time::timeout(self.left(), work).await.map_err(|_| ArmError::TimeUp)
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// The gate of a subscription; what belongs to none shares one.
    fn gate(&self, url: &Url) -> Arc<Gate> {
        let mut parts = url.path().split('/').skip(1);
        let subscription = match parts.next() {
            Some(first) if first.eq_ignore_ascii_case("subscriptions") => parts.next().unwrap_or_default(),
            _ => "",
        };
        let mut gates = self.line.gates.lock().unwrap_or_else(PoisonError::into_inner);
        gates.entry(subscription.to_ascii_lowercase()).or_default().clone()
    }

    fn count(&self, change: impl Fn(&mut Requests)) {
        for requests in [&*self.requests, &self.line.requests] {
            change(&mut requests.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// What was asked so far.
    pub fn requests(&self) -> Requests {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What all clients of this run asked so far.
    pub fn requests_of_all(&self) -> Requests {
        self.line.requests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// An answer before it is judged.
struct Reply {
    status: u16,
    headers: Headers,
    body: Vec<u8>,
}

impl Reply {
    fn of(response: RawResponse) -> Reply {
        let (status, headers, body) = response.deconstruct();
        Reply { status: status.into(), headers, body: body.to_vec() }
    }
}
