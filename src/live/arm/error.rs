//! What can go wrong with a request, in words that may be shown: no token, no header, no body of a request.

use azure_core::error::ErrorKind;
use serde_json::Value as Json;

use crate::live::sign_in::SignInError;

/// A request that brought no answer to use.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ArmError {
    /// ARM says no.
    #[error("{status} {code}: {}", first(message))]
    Status {
        /// The HTTP status.
        status: u16,
        /// ARM's code, such as `AuthorizationFailed`.
        code: String,
        /// ARM's own words.
        message: String,
    },
    /// ARM asks to wait longer than this run does, or throttles on and on.
    #[error("throttled ({code}): Azure asks to come back in {seconds} s")]
    Throttled {
        /// ARM's code.
        code: String,
        /// How long.
        seconds: u64,
    },
    /// No connection, or it broke.
    #[error("no answer: {0}")]
    Unreachable(String),
    /// The body is not whole.
    #[error("the answer is broken: {0}")]
    Broken(String),
    /// An address that leads to another host.
    #[error("the next page would come from another host ({0}), where no token is sent")]
    ForeignHost(String),
    /// A list that does not end.
    #[error("the list does not end after {0} pages")]
    Endless(usize),
    /// No token.
    #[error(transparent)]
    SignIn(SignInError),
    /// The deadline.
    #[error("the time is up (--live-timeout)")]
    TimeUp,
}

impl ArmError {
    /// The error of an answer that is no success.
    pub fn of_status(status: u16, body: &[u8]) -> ArmError {
        let (code, message) = code_of(body);
        let code = if code.is_empty() { name_of(status).to_owned() } else { code };
        ArmError::Status { status, code, message }
    }

    /// The error of a request that was not answered.
    pub(super) fn of_transport(error: azure_core::Error) -> ArmError {
        if matches!(error.kind(), ErrorKind::Credential) {
            let reason = error.to_string();
            return match error.into_inner().ok().and_then(|inner| inner.downcast::<SignInError>().ok()) {
                Some(sign_in) => ArmError::SignIn(*sign_in),
                None => ArmError::Unreachable(reason),
            };
        }
        // The innermost cause says most: "connection refused" rather than "error sending request".
        let mut cause: &dyn std::error::Error = &error;
        while let Some(next) = cause.source() {
            cause = next;
        }
        ArmError::Unreachable(cause.to_string())
    }

    /// The HTTP status, when there is one.
    pub fn status(&self) -> Option<u16> {
        match self {
            ArmError::Status { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// True when ARM says that the resource, its parent or its group is not there. A subscription that
    /// cannot be seen says nothing of the kind.
    pub fn is_absence(&self) -> bool {
        matches!(self, ArmError::Status { status: 404, code, .. }
            if !matches!(code.as_str(), "SubscriptionNotFound" | "InvalidSubscriptionId" | "InvalidResourceType" | "InvalidResourceNamespace"))
    }

    /// True when the namespace is not registered: then nothing of it can be there.
    pub fn is_unregistered(&self) -> bool {
        matches!(self, ArmError::Status { code, .. }
            if matches!(code.as_str(), "MissingSubscriptionRegistration" | "SubscriptionNotRegistered"))
    }
}

/// `code` and `message` of an error body, in each of the forms that providers use.
pub(super) fn code_of(body: &[u8]) -> (String, String) {
    let json: Json = serde_json::from_slice(body).unwrap_or_default();
    let error = json.get("error").filter(|e| e.is_object()).unwrap_or(&json);
    let text = |name: &str| error.get(name).and_then(Json::as_str).unwrap_or_default();
    let detail = error["details"][0]["code"].as_str().unwrap_or_default();
    let code = if detail.is_empty() || text("code") != "BadRequest" { text("code") } else { detail };
    (code.to_owned(), text("message").to_owned())
}

/// The beginning of a message: what follows are correlation ids and links.
fn first(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    let mut text: String = line.chars().take(240).collect();
    if text.len() < line.len() {
        text.push('…');
    }
    text
}

fn name_of(status: u16) -> &'static str {
    match status {
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "NotFound",
        429 => "TooManyRequests",
        500..=599 => "ServerError",
        _ => "Unexpected",
    }
}
