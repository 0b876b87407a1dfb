//! A secret of a code host.

use super::ci::{Environment, HostKind};

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
            Some(Token { secret, variable })
        })
    }

    /// A token of a variable.
    pub fn new(secret: &str, variable: &'static str) -> Token {
        Token { secret: secret.to_owned(), variable }
    }

    /// The secret itself, for the header of a request.
    pub(super) fn secret(&self) -> &str {
        &self.secret
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
