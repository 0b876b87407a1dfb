//! Sign-in: which credential, from where, and what to do when it fails.
//!
//! One method is chosen, told, and used; a second one is never tried behind the user's back. The
//! variables are those that Terraform's azurerm provider and the Azure SDKs read.

mod assertion;
mod choose;
mod credential;
mod variables;

pub use choose::{Chosen, Method};
pub use variables::Variables;

use std::sync::Arc;

use azure_core::credentials::TokenCredential;

use super::cloud::Cloud;

/// A sign-in that failed, with what would be right.
#[derive(Clone, Debug, thiserror::Error)]
#[error("cannot sign in to Azure by {method}: {reason}\n{hint}")]
pub struct SignInError {
    /// The method.
    pub method: &'static str,
    /// What went wrong, without any secret.
    pub reason: String,
    /// What to do about it.
    pub hint: String,
}

/// A method with all it needs; makes credentials.
#[derive(Clone)]
pub struct SignIn {
    /// What was chosen and why.
    pub chosen: Chosen,
    cloud: Cloud,
    variables: Arc<Variables>,
    http: reqwest::Client,
}

impl SignIn {
    /// Chooses the method; `wanted` is a setting, [`Method::Auto`] looks at the variables.
    pub fn new(wanted: Method, cloud: Cloud, variables: Arc<Variables>, http: reqwest::Client) -> SignIn {
        SignIn { chosen: choose::choose(wanted, &variables), cloud, variables, http }
    }

    /// A fresh credential, without any token that was given before.
    pub(super) fn credential(&self) -> Result<Arc<dyn TokenCredential>, SignInError> {
        credential::make(self.chosen.method, &self.cloud, &self.variables, &self.http)
            .map_err(|reason| self.failed(reason))
    }

    /// The error of this sign-in.
    pub(super) fn failed(&self, reason: String) -> SignInError {
        let method = self.chosen.method;
        SignInError { method: method.word(), reason, hint: method.hint(&self.cloud) }
    }
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignIn").field("chosen", &self.chosen).finish_non_exhaustive()
    }
}
