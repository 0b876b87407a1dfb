//! Why something could not be asked of a code host.

/// Why something could not be asked of a code host. No text in it holds a token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForgeError {
    /// Where to post, or with what, is not known.
    #[error("{0}")]
    Settings(String),
    /// No answer.
    #[error("cannot reach {host}: {reason}")]
    Unreachable {
        /// Name of the host.
        host: String,
        /// What the system says.
        reason: String,
    },
    /// The token itself is refused: wrong, expired, or of another host (401 and its relatives).
    #[error("{host} refuses the token of {variable} ({status}): {message}")]
    Unauthorised {
        /// Which kind of host.
        host: &'static str,
        /// The variable that the token came from.
        variable: &'static str,
        /// The HTTP status.
        status: u16,
        /// What the host says.
        message: String,
    },
    /// The token is good and may not do this (403): a fork's token, or a permission that is missing.
    #[error("{host} does not let the token of {variable} do this ({status}): {message}")]
    Forbidden {
        /// Which kind of host.
        host: &'static str,
        /// The variable that the token came from.
        variable: &'static str,
        /// The HTTP status.
        status: u16,
        /// What the host says, and which permission is missing where it is known.
        message: String,
    },
    /// There is no such thing, or none that the token can see (404, 410).
    #[error("{host} has nothing there, or nothing that the token may see ({status}): {message}")]
    Missing {
        /// Which kind of host.
        host: &'static str,
        /// The HTTP status.
        status: u16,
        /// What the host says.
        message: String,
    },
    /// The request is refused as it is (400, 409, 413, 422 and others): asking again changes nothing.
    #[error("{host} refuses it ({status}): {message}")]
    Refused {
        /// Which kind of host.
        host: &'static str,
        /// The HTTP status.
        status: u16,
        /// What the host says.
        message: String,
    },
    /// Too many requests, and the wait that is asked for is longer than there is patience.
    #[error("{host} has had too many requests and asks to come back in {seconds} s")]
    Limited {
        /// Which kind of host.
        host: &'static str,
        /// How long it asks to wait.
        seconds: u64,
    },
    /// It may have been done or not: a request that creates something was sent, and no good answer came.
    /// Who asked looks before asking again.
    #[error("{host} did not say whether it was done: {reason}")]
    Unsure {
        /// Which kind of host.
        host: &'static str,
        /// What happened.
        reason: String,
    },
    /// The host is in trouble (5xx), and stays so.
    #[error("{host} is in trouble ({status}): {message}")]
    Trouble {
        /// Which kind of host.
        host: &'static str,
        /// The HTTP status.
        status: u16,
        /// What the host says.
        message: String,
    },
    /// An answer that is not what it should be.
    #[error("{host} answers something else than it should: {reason}")]
    Protocol {
        /// Which kind of host.
        host: &'static str,
        /// What.
        reason: String,
    },
    /// HTTPS could not be set up.
    #[error("{0}")]
    Net(String),
}

impl ForgeError {
    /// True when it is about a thing that is not there (any more).
    pub fn is_missing(&self) -> bool {
        matches!(self, ForgeError::Missing { .. })
    }

    /// True when the token may read and not write, as that of a fork's pull request.
    pub fn is_forbidden(&self) -> bool {
        matches!(self, ForgeError::Forbidden { .. })
    }
}
