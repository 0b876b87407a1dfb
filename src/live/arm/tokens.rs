//! The token of a run: got once, renewed when it runs out or is refused.

use azure_core::credentials::{AccessToken, Secret};
use azure_core::time::OffsetDateTime;
use tokio::sync::Mutex;

use crate::live::sign_in::{SignIn, SignInError};

/// A token is renewed this long before it runs out.
const EARLY: time::Duration = time::Duration::minutes(2);

/// Tokens of one scope.
#[derive(Debug)]
pub(in crate::live) struct Tokens {
    sign_in: SignIn,
    scope: String,
    held: Mutex<Option<Held>>,
}

/// A token. Its text is shown by no `Debug`: [`Secret`] sees to that.
#[derive(Debug)]
struct Held {
    token: AccessToken,
    /// How many tokens there were before it.
    number: u64,
}

impl Tokens {
    /// Makes sure that the method has what it needs; asks for nothing yet.
    pub(in crate::live) fn new(sign_in: SignIn, scope: String) -> Result<Tokens, SignInError> {
        sign_in.credential()?;
        Ok(Tokens { sign_in, scope, held: Mutex::default() })
    }

    /// A token that is good for some minutes. One that is given for less is asked for anew every time.
    pub(in crate::live) async fn get(&self) -> Result<Secret, SignInError> {
        let mut held = self.held.lock().await;
        if let Some(held) = held.as_ref()
            && held.token.expires_on > OffsetDateTime::now_utc() + EARLY
        {
            return Ok(held.token.token.clone());
        }
        let fresh = self.ask(number(&held)).await?;
        Ok(held.insert(fresh).token.token.clone())
    }

    /// How many tokens were got.
    pub(super) async fn number(&self) -> u64 {
        number(&*self.held.lock().await)
    }

    /// A new token in the place of the one with this number, which was refused; several requests that
    /// were refused together renew it once.
    pub(super) async fn renew(&self, refused: u64) -> Result<(), SignInError> {
        let mut held = self.held.lock().await;
        if number(&held) == refused {
            *held = Some(self.ask(refused).await?);
        }
        Ok(())
    }

    /// Credentials keep tokens of their own; a fresh one has none.
    async fn ask(&self, number: u64) -> Result<Held, SignInError> {
        let credential = self.sign_in.credential()?;
        let token = credential.get_token(&[&self.scope], None).await.map_err(|e| self.failed(told(&e)))?;
        Ok(Held { token, number: number + 1 })
    }

    pub(super) fn failed(&self, reason: String) -> SignInError {
        self.sign_in.failed(reason)
    }
}

/// An error with its innermost cause, which says most; links to help pages are left to the hint.
fn told(error: &azure_core::Error) -> String {
    let text = error.to_string();
    let text = text.split("\nTo troubleshoot").next().unwrap_or_default().to_owned();
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    let cause = cause.to_string();
    let cause = cause.split("\nTo troubleshoot").next().unwrap_or_default();
    if text.contains(cause) { text } else { format!("{text} ({cause})") }
}

fn number(held: &Option<Held>) -> u64 {
    held.as_ref().map_or(0, |h| h.number)
}
