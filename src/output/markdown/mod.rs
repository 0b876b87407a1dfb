//! The review as a comment on a pull request: the verdict first, one screen, the rest folded.
//!
//! Everything that came from code or from Azure is redacted and made inert ([`Dialect::prose`] and its kin);
//! attribute values stand only in code blocks and code spans. What differs from host to host is a [`Dialect`].

mod blockers;
mod comment;
mod context;
mod dialect;
mod folds;
mod inert;
mod marker;
mod template;
mod view;

pub use comment::{Comment, Options, comment};
pub use dialect::{
    AZURE_DEVOPS, AZURE_DEVOPS_SERVER, AZURE_PIPELINES_SUMMARY, BITBUCKET, BITBUCKET_SERVER, DIALECTS,
    Dialect, Edit, GITHUB, GITLAB, Limit, Suggestion, Web,
};
pub use marker::Marker;
pub use template::Template;
