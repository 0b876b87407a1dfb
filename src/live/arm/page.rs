//! Lists that come in pages.

use std::collections::HashSet;

use azure_core::http::Url;
use serde_json::Value as Json;

use super::{ArmClient, ArmError, Call};

/// A list with more pages than this does not end.
pub const MAX_PAGES: usize = 2000;

/// What a list gave, and why it gave no more.
#[derive(Debug, Default)]
pub struct Pages {
    /// Members in the order of the pages.
    pub items: Vec<Json>,
    /// Set when it ended early.
    pub failure: Option<ArmError>,
}

impl ArmClient {
    /// All pages of a list. A page may be empty and still have a next one; one on another host is refused.
    pub async fn pages(&self, first: Call) -> Pages {
        let mut pages = Pages::default();
        let mut seen: HashSet<String> = HashSet::new();
        let mut next = Some(first);
        while let Some(call) = next {
            if seen.len() >= MAX_PAGES || !seen.insert(call.url.to_string()) {
                pages.failure = Some(ArmError::Endless(seen.len()));
                break;
            }
            match self.page(&call, &mut pages.items).await {
                Ok(following) => next = following,
                Err(error) => {
                    pages.failure = Some(error);
                    break;
                }
            }
        }
        pages
    }

    /// One page; its members are added, the call of the next page is returned.
    async fn page(&self, call: &Call, items: &mut Vec<Json>) -> Result<Option<Call>, ArmError> {
        let Json::Object(mut body) = self.send(call).await?.body else {
            return Err(ArmError::Broken("a list is expected".to_owned()));
        };
        match body.remove("value") {
            Some(Json::Array(members)) => items.extend(members),
            // One document where a list was possible.
            None if body.contains_key("id") => {
                items.push(Json::Object(body));
                return Ok(None);
            }
            // A list of nothing, as some providers write it.
            None | Some(Json::Null) if body.contains_key("nextLink") || body.is_empty() => {}
            _ => return Err(ArmError::Broken("the list has no members (value)".to_owned())),
        }
        match body.get("nextLink").and_then(Json::as_str).filter(|link| !link.is_empty()) {
            None => Ok(None),
            Some(link) => {
                let url =
                    Url::parse(link).map_err(|_| ArmError::Broken("nextLink is no address".to_owned()))?;
                self.at(call.kind, url).map(Some)
            }
        }
    }
}
