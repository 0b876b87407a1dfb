//! The assertion of OIDC: given, in a file, or asked from GitHub.

use azure_core::credentials::Secret;
use azure_core::error::ErrorKind;
use azure_core::http::{ClientMethodOptions, Url};
use azure_identity::ClientAssertion;
use serde::Deserialize;

use super::variables::Variables;
use crate::net::is_loopback;

/// Whom the assertion is for.
const AUDIENCE: &str = "api://AzureADTokenExchange";

/// Where an assertion comes from. It lives for minutes, so it is got anew for every token.
#[derive(Debug)]
pub(super) enum Assertion {
    /// `ARM_OIDC_TOKEN`
    Given(Secret),
    /// `ARM_OIDC_TOKEN_FILE_PATH`
    File(String),
    /// GitHub gives it to a job with `id-token: write`.
    Asked {
        /// Where.
        url: Url,
        /// The job's own token.
        token: Secret,
        /// What asks.
        http: reqwest::Client,
    },
}

impl Assertion {
    /// The source that the variables name.
    pub(super) fn new(variables: &Variables, http: &reqwest::Client) -> Result<Assertion, String> {
        if let Some(token) = variables.first(&["ARM_OIDC_TOKEN"]) {
            return Ok(Assertion::Given(token.to_owned().into()));
        }
        if let Some(path) = variables.first(&["ARM_OIDC_TOKEN_FILE_PATH"]) {
            return Ok(Assertion::File(path.to_owned()));
        }
        let url = variables.first(&["ARM_OIDC_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_URL"]);
        let url = url.ok_or("neither ARM_OIDC_TOKEN nor ACTIONS_ID_TOKEN_REQUEST_URL is set")?;
        let mut url =
            Url::parse(url).map_err(|e| format!("ACTIONS_ID_TOKEN_REQUEST_URL is no address: {e}"))?;
        if url.scheme() != "https" && !url.host_str().is_some_and(is_loopback) {
            return Err("ACTIONS_ID_TOKEN_REQUEST_URL is not https".to_owned());
        }
        url.query_pairs_mut().append_pair("audience", AUDIENCE);
        let token = variables.first(&["ARM_OIDC_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"]);
        let token = token.ok_or("ACTIONS_ID_TOKEN_REQUEST_TOKEN is not set")?.to_owned().into();
        Ok(Assertion::Asked { url, token, http: http.clone() })
    }
}

#[derive(Deserialize)]
struct Given {
    value: String,
}

#[async_trait::async_trait]
impl ClientAssertion for Assertion {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        let failed = |message: String| azure_core::Error::with_message(ErrorKind::Credential, message);
        match self {
            Assertion::Given(token) => Ok(token.secret().to_owned()),
            Assertion::File(path) => match std::fs::read_to_string(path) {
                Ok(text) => Ok(text.trim().to_owned()),
                Err(e) => Err(failed(format!("cannot read ARM_OIDC_TOKEN_FILE_PATH: {e}"))),
            },
            Assertion::Asked { url, token, http } => {
                let request = http.get(url.clone()).bearer_auth(token.secret());
                let answer = request
                    .send()
                    .await
                    .map_err(|e| failed(format!("GitHub gives no token: {}", e.without_url())))?;
                let status = answer.status();
                if !status.is_success() {
                    return Err(failed(format!("GitHub gives no token: it answers {status}")));
                }
                let given: Given = answer
                    .json()
                    .await
                    .map_err(|e| failed(format!("GitHub's answer has no token: {}", e.without_url())))?;
                Ok(given.value)
            }
        }
    }
}
