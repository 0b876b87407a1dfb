//! From settings to a connection: cloud, sign-in and HTTPS together.

use std::sync::Arc;
use std::time::Instant;

use super::arm::ArmClient;
use super::cloud::Cloud;
use super::sign_in::{Method, SignIn, SignInError, Variables};
use crate::net::{self, NetError};

/// Stand-ins for ARM and the authority on this machine, for tests.
const ENDPOINT: &str = "TRUEUP_ARM_ENDPOINT";
const AUTHORITY: &str = "TRUEUP_AUTHORITY";
/// The same for storage accounts.
const BLOBS: &str = "TRUEUP_BLOB_ENDPOINT";

/// What a user may say about the way to Azure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// `public`, `usgovernment` or `china`; without one `ARM_ENVIRONMENT` says, else it is `public`.
    pub cloud: Option<String>,
    /// How to sign in.
    pub auth: Method,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// No such cloud.
    #[error("\"{0}\" is no cloud; there are public, usgovernment, china")]
    Cloud(String),
    /// The stand-in is elsewhere.
    #[error("{ENDPOINT}, {AUTHORITY} and {BLOBS} may name this machine only, such as http://127.0.0.1:8080")]
    Elsewhere,
    /// HTTPS.
    #[error(transparent)]
    Net(#[from] NetError),
    /// Sign-in.
    #[error(transparent)]
    SignIn(#[from] SignInError),
}

/// A cloud, a way to sign in to it, and HTTPS.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The cloud.
    pub cloud: Cloud,
    /// How tokens are got.
    pub sign_in: SignIn,
    /// HTTPS without any token.
    pub http: reqwest::Client,
}

impl Connection {
    /// Prepares everything; connects to nothing yet.
    pub fn new(settings: &Settings, variables: Variables) -> Result<Connection, ConnectError> {
        let name = settings.cloud.as_deref().or(variables.first(&["ARM_ENVIRONMENT"])).unwrap_or("public");
        let mut cloud = Cloud::named(name).ok_or_else(|| ConnectError::Cloud(name.to_owned()))?;
        if let Some(arm) = variables.first(&[ENDPOINT]) {
            let authority = variables.first(&[AUTHORITY]).unwrap_or(arm);
            cloud = cloud.on_this_machine(arm, authority).ok_or(ConnectError::Elsewhere)?;
        }
        if let Some(blobs) = variables.first(&[BLOBS]) {
            cloud = cloud.blobs_on_this_machine(blobs).ok_or(ConnectError::Elsewhere)?;
        }
        // A proxy must not see the token of a stand-in that is spoken to without TLS.
        let http = net::client(&net::Settings { direct: cloud.is_local(), ..net::Settings::default() })?;
        let sign_in = SignIn::new(settings.auth, cloud.clone(), Arc::new(variables), http.clone());
        Ok(Connection { cloud, sign_in, http })
    }

    /// The client of ARM, done at `deadline`.
    pub fn arm(&self, deadline: Instant) -> Result<ArmClient, SignInError> {
        let (origin, scope) = (self.cloud.arm.clone(), self.cloud.scope());
        ArmClient::new(origin, scope, self.sign_in.clone(), self.http.clone(), deadline)
    }
}
