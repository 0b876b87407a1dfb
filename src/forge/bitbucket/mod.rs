//! Bitbucket Cloud, and Bitbucket Data Center with its predecessor Server. They share the name and little of
//! their APIs.

mod cloud;
pub mod insights;
mod server;

use serde_json::Value as Json;

use super::http::Scheme;
use super::{ForgeError, Place, Token};

pub(super) use cloud::{Cloud, pull_request_of};
pub(super) use server::Server;

/// How a token is shown: `USER:TOKEN` as user and password, an access token by itself.
fn scheme(token: &Token) -> Scheme {
    if token.has_user() { Scheme::Pair } else { Scheme::Bearer }
}

/// The two parts of a repository's name.
fn repository<'a>(place: &'a Place, form: &str) -> Result<(&'a str, &'a str), ForgeError> {
    let name = place.repository()?;
    let parts = name.split_once('/').filter(|(a, b)| !a.is_empty() && !b.is_empty() && !b.contains('/'));
    parts.ok_or_else(|| ForgeError::Settings(format!("the repository \"{name}\" is not {form}")))
}

fn id(json: &Json) -> Option<String> {
    json.get("id").and_then(Json::as_u64).map(|id| id.to_string())
}

fn text(json: &Json, name: &str) -> String {
    json.get(name).and_then(Json::as_str).unwrap_or_default().to_owned()
}

fn is(json: &Json, name: &str) -> bool {
    json.get(name).and_then(Json::as_bool) == Some(true)
}
