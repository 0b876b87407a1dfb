//! Code hosts: the review as one comment on a pull request, and as comments on its lines.
//!
//! [`ci`] says where a run is: which CI system, which host, which pull request. [`Host`] is what is asked
//! of a host, [`post`] the one algorithm that brings a comment up to date over it, [`http`] the client.
//!
//! # A new host
//!
//! A folder of its own with a `connect(&Place, Token, Patience) -> Result<impl Host, ForgeError>`, named in
//! [`connect`]; a [`http::Manners`] that says what its answers mean; every method of [`Host`] as its
//! documentation asks. It decides nothing: which comment is kept, what is edited and what is left alone
//! stands in [`post`]. Its stand-in for tests is a `Site` in `tests/it/forge/`.

pub mod aligned;
mod azure_devops;
pub mod bitbucket;
pub mod changed;
pub mod chat;
pub mod ci;
mod diff;
mod error;
mod github;
mod gitlab;
mod host;
pub mod http;
pub mod inline;
pub mod issues;
pub mod post;
mod token;

pub use changed::Changed;
pub use ci::{HostKind, Place};
pub use error::ForgeError;
pub use host::{Comment, Host, Inline, Post, State, Status, Thread};
pub use inline::{Note, notes};
pub use token::Token;

use http::Patience;

/// The host of a place, ready to be asked. Nothing is sent yet.
///
/// Fails with [`ForgeError::Settings`] when the place does not say enough.
pub fn connect(place: &Place, token: Token, patience: Patience) -> Result<Box<dyn Host>, ForgeError> {
    match place.host.ok_or_else(|| ForgeError::Settings(ci::NO_HOST.to_owned()))? {
        HostKind::GitHub => Ok(Box::new(github::GitHub::connect(place, token, patience)?)),
        HostKind::AzureDevOps => Ok(Box::new(azure_devops::AzureDevOps::connect(place, token, patience)?)),
        HostKind::GitLab => Ok(Box::new(gitlab::GitLab::connect(place, token, patience)?)),
        HostKind::Bitbucket => Ok(Box::new(bitbucket::Cloud::connect(place, token, patience)?)),
        HostKind::BitbucketServer => Ok(Box::new(bitbucket::Server::connect(place, token, patience)?)),
    }
}

/// The one open pull request whose source branch is at the commit of a place, for runs that name none, such as
/// those of a push. `None` where there is none or several, or where the host cannot be asked for it.
pub fn pull_request_of(place: &Place, token: Token, patience: Patience) -> Result<Option<u64>, ForgeError> {
    match (place.host, &place.head) {
        (Some(HostKind::GitHub), Some(head)) => github::pull_request_of(place, head, token, patience),
        (Some(HostKind::AzureDevOps), Some(head)) => {
            azure_devops::pull_request_of(place, head, token, patience)
        }
        (Some(HostKind::Bitbucket), Some(head)) => bitbucket::pull_request_of(place, head, token, patience),
        _ => Ok(None),
    }
}
