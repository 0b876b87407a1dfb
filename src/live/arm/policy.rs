//! Puts the token on a request: the only place where a token and an address meet.

use std::sync::Arc;

use azure_core::Error;
use azure_core::error::ErrorKind;
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{Context, Request, Url};

use super::tokens::Tokens;

/// Authorises requests to ARM and refuses all others.
#[derive(Debug)]
pub(super) struct Authorise {
    arm: Url,
    tokens: Arc<Tokens>,
}

impl Authorise {
    pub(super) fn new(arm: Url, tokens: Arc<Tokens>) -> Authorise {
        Authorise { arm, tokens }
    }
}

#[async_trait::async_trait]
impl Policy for Authorise {
    async fn send(&self, context: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        if request.url().origin() != self.arm.origin() {
            let host = request.url().host_str().unwrap_or_default().to_owned();
            return Err(Error::with_message(ErrorKind::Other, format!("no token is sent to {host}")));
        }
        let token = self.tokens.get().await.map_err(|e| Error::new(ErrorKind::Credential, e))?;
        request.insert_header("authorization", format!("Bearer {}", token.secret()));
        match next.split_first() {
            Some((first, rest)) => first.send(context, request, rest).await,
            None => Err(Error::with_message(ErrorKind::Other, "no transport")),
        }
    }
}
