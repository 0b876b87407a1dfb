//! The state of a root module from the blob that its `azurerm` backend names: one GET, with the lease
//! that tells whether an apply is under way.
//!
//! The account signs in with Microsoft Entra as the rest of the run does, unless the user gives a key or a SAS
//! token where Terraform takes them from. Keys are never asked of ARM (`listKeys` is no read).

mod access;
mod lease;
mod place;

pub use lease::Lock;
pub use place::{Place, PlaceError};

use std::sync::Arc;
use std::time::Duration;

use azure_core::http::Url;
use azure_core::time::{OffsetDateTime, to_rfc7231};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::arm::Tokens;
use super::connect::{ConnectError, Connection, Settings};
use super::sign_in::{SignInError, Variables};
use crate::net;
use access::Access;

/// The version of the blob service: one that takes tokens, and that Azurite has as well.
const VERSION: &str = "2021-12-02";

/// What tokens for storage are asked for, in every cloud.
const SCOPE: &str = "https://storage.azure.com/.default";

/// The largest state that is read: 256 MiB, far above what Terraform itself can work with.
const MAX_BYTES: u64 = 256 << 20;

/// How often it is asked for, and how long is waited before the second time; each further wait is twice as long.
const TRIES: u32 = 5;
const FIRST_WAIT: Duration = Duration::from_millis(300);
/// The longest that the service may ask to wait.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// Why there is no state. No text of it holds a key or a token.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The backend.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// Settings, or HTTPS.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// Sign-in.
    #[error(transparent)]
    SignIn(#[from] SignInError),
    /// The account's key, or a SAS token.
    #[error("{0}")]
    Key(&'static str),
    /// The service refuses it.
    #[error("the state {place} may not be read: {status} {code}\n{hint}")]
    Refused {
        /// Account, container and blob.
        place: String,
        /// HTTP status.
        status: u16,
        /// The service's word for it.
        code: String,
        /// What would be right.
        hint: &'static str,
    },
    /// It does not answer, or with something else.
    #[error("the state {place} cannot be read: {reason}")]
    Unreachable {
        /// Account, container and blob.
        place: String,
        /// Why.
        reason: String,
    },
    /// No runtime.
    #[error("cannot begin: {0}")]
    Runtime(#[from] std::io::Error),
    /// The user stopped it.
    #[error("interrupted while reading the state")]
    Interrupted,
}

/// A state as the blob has it.
#[derive(Clone, Debug)]
pub struct StateBlob {
    /// The text; `None` when there is no blob yet, which to Terraform is an empty state.
    pub bytes: Option<Vec<u8>>,
    /// Set while somebody holds the lock.
    pub lock: Option<Lock>,
}

/// Reads the state at a place, within `timeout`.
pub fn read_state(place: &Place, settings: &Settings, timeout: Duration) -> Result<StateBlob, StateError> {
    let variables = Variables::of_process();
    let access = Access::of(place, &variables)?;
    let cloud = settings.cloud.clone().or_else(|| place.cloud.clone());
    let connection = Connection::new(&Settings { cloud, auth: settings.auth }, variables)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let question = Question { place, access: &access, connection: &connection };
        tokio::select! {
            done = tokio::time::timeout(timeout, question.ask()) => {
                let reason = format!("no answer within {} s", timeout.as_secs());
                done.unwrap_or_else(|_| Err(StateError::Unreachable { place: place.to_string(), reason }))
            }
            _ = tokio::signal::ctrl_c() => Err(StateError::Interrupted),
        }
    })
}

struct Question<'a> {
    place: &'a Place,
    access: &'a Access,
    connection: &'a Connection,
}

/// What one try gave.
enum Answer {
    Blob(StateBlob),
    /// It may heal.
    Again(String, Option<Duration>),
}

impl Question<'_> {
    async fn ask(&self) -> Result<StateBlob, StateError> {
        let mut url = self.place.url(&self.connection.cloud)?;
        if let Access::Sas(token) = self.access {
            url.set_query(Some(token.secret().trim_start_matches('?')));
        }
        let tokens = match self.access {
            Access::Entra => Some(Arc::new(Tokens::new(self.connection.sign_in.clone(), SCOPE.to_owned())?)),
            _ => None,
        };
        let mut wait = FIRST_WAIT;
        let mut tries = 1;
        loop {
            let (reason, asked) = match self.once(&url, tokens.as_deref()).await? {
                Answer::Blob(blob) => return Ok(blob),
                Answer::Again(reason, asked) => (reason, asked),
            };
            if tries >= TRIES || asked.is_some_and(|asked| asked > MAX_WAIT) {
                return Err(self.unreachable(reason));
            }
            tokio::time::sleep(asked.unwrap_or(wait)).await;
            (wait, tries) = (wait * 2, tries + 1);
        }
    }

    async fn once(&self, url: &Url, tokens: Option<&Tokens>) -> Result<Answer, StateError> {
        let mut headers = HeaderMap::new();
        let mut put = |name: &'static str, value: String| {
            if let Ok(mut value) = HeaderValue::from_str(&value) {
                value.set_sensitive(name == "authorization");
                headers.insert(HeaderName::from_static(name), value);
            }
        };
        let date = to_rfc7231(&OffsetDateTime::now_utc());
        put("x-ms-version", VERSION.to_owned());
        put("x-ms-date", date.clone());
        match (self.access, tokens) {
            (Access::Entra, Some(tokens)) => {
                put("authorization", format!("Bearer {}", tokens.get().await?.secret()));
            }
            (Access::Key(key), _) => {
                let signed = [("x-ms-date", date.as_str()), ("x-ms-version", VERSION)];
                put("authorization", access::signature(key, &self.place.account, url, &signed)?);
            }
            _ => {}
        }
        let sent = self.connection.http.get(url.clone()).headers(headers).send().await;
        let response = match sent {
            Ok(response) => response,
            Err(error) => return Ok(Answer::Again(net::reason(error), None)),
        };
        let status = response.status().as_u16();
        let header = |name: &str| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
        let code = header("x-ms-error-code").unwrap_or_default();
        match status {
            200 => {
                let lock = lease::lock(&header);
                if response.content_length().is_some_and(|length| length > MAX_BYTES) {
                    return Err(self.unreachable("it is larger than 256 MiB".to_owned()));
                }
                Ok(match response.bytes().await {
                    Ok(bytes) => Answer::Blob(StateBlob { bytes: Some(bytes.into()), lock }),
                    Err(error) => Answer::Again(net::reason(error), None),
                })
            }
            404 if code == "BlobNotFound" => Ok(Answer::Blob(StateBlob { bytes: None, lock: None })),
            404 => Err(self.refused(status, code, "There is no such storage account or container.")),
            401 | 403 | 409 => {
                let hint = self.access.hint(&code);
                Err(self.refused(status, code, hint))
            }
            408 | 429 | 500..=599 => {
                let asked = header("retry-after").and_then(|s| s.parse().ok()).map(Duration::from_secs);
                Ok(Answer::Again(format!("{status} {code}").trim_end().to_owned(), asked))
            }
            _ => Err(self.unreachable(format!("{status} {code}").trim_end().to_owned())),
        }
    }

    fn refused(&self, status: u16, code: String, hint: &'static str) -> StateError {
        StateError::Refused { place: self.place.to_string(), status, code, hint }
    }

    fn unreachable(&self, reason: String) -> StateError {
        StateError::Unreachable { place: self.place.to_string(), reason }
    }
}
