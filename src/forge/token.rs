//! A secret of a code host.

use super::ForgeError;
use super::ci::{Environment, HostKind, NO_HOST, Place};

/// Where people keep the tokens of their Atlassian account.
pub(super) const ATLASSIAN: &str = "ATLASSIAN_API_TOKEN";

/// A token and the variable it came from. It is sent to its host and shown nowhere.
#[derive(Clone)]
pub struct Token {
    secret: String,
    variable: &'static str,
}

impl Token {
    /// The token of a host: of the first of its variables that is set ([`HostKind::token_variables`]).
    pub fn find(environment: &Environment, host: HostKind) -> Option<Token> {
        host.token_variables().iter().find_map(|variable| {
            let secret = environment.get(variable)?.trim().to_owned();
            // Of a person, and sent with the address of their account.
            let account = environment.get("ATLASSIAN_ACCOUNT_EMAIL").filter(|_| *variable == ATLASSIAN);
            let secret = account.map_or_else(|| secret.clone(), |account| format!("{account}:{secret}"));
            Some(Token { secret, variable })
        })
    }

    /// The token for a place: that of its host. Fails with [`ForgeError::Settings`], which says what to set.
    pub fn of(environment: &Environment, place: &Place) -> Result<Token, ForgeError> {
        let host = place.host.ok_or_else(|| ForgeError::Settings(NO_HOST.to_owned()))?;
        let token = Token::find(environment, host);
        token.ok_or_else(|| ForgeError::Settings(host.how_to_give_a_token().to_owned()))
    }

    /// A token of a variable.
    pub fn new(secret: &str, variable: &'static str) -> Token {
        Token { secret: secret.to_owned(), variable }
    }

    /// The secret itself, for the header of a request.
    pub(super) fn secret(&self) -> &str {
        &self.secret
    }

    /// True for a token that stands behind the name of its user: `USER:TOKEN`.
    pub(super) fn has_user(&self) -> bool {
        self.secret.contains(':')
    }

    /// Everything of it that no message may hold.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &str> {
        let bare = self.secret.split_once(':').map(|(_, token)| token);
        std::iter::once(self.secret.as_str()).chain(bare).filter(|s| !s.is_empty())
    }

    /// The variable it came from, for messages.
    pub fn variable(&self) -> &'static str {
        self.variable
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Token of {}", self.variable)
    }
}
