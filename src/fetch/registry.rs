//! The module registry protocol: service discovery, versions, download.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::FetchError;
use super::http::{Client, Token, failed, header, token_variable};
use super::url::Url;
use crate::terraform::configuration::{Constraints, Version};

/// How many existing versions an error names.
const SHOWN: usize = 8;

/// Registries, and what is known of them.
pub(super) struct Registries<'a> {
    pub(super) client: &'a Client,
    /// Where a host's registry really is, for tests.
    pub(super) overrides: &'a BTreeMap<String, String>,
    pub(super) environment: &'a BTreeMap<String, String>,
    pub(super) found: &'a mut BTreeMap<String, Registry>,
}

/// One registry.
#[derive(Clone)]
pub(super) struct Registry {
    origin: Url,
    modules: Url,
    token: Option<String>,
}

impl Registry {
    fn token(&self) -> Option<Token<'_>> {
        self.token.as_deref().map(|secret| Token { origin: &self.origin, secret })
    }
}

impl Registries<'_> {
    /// The newest version of a module that a constraint admits.
    pub(super) fn select(
        &mut self,
        host: &str,
        path: &str,
        constraint: Option<&str>,
    ) -> Result<String, FetchError> {
        let text = constraint.unwrap_or_default();
        constraints(text)?;
        let registry = self.registry(host)?;
        let url = address(&registry.modules, &format!("{path}/versions"))?;
        let Some((_, listing)) = self.client.json(&url, registry.token().as_ref())? else {
            return Err(FetchError::Unsupported(format!("the registry {host} has no module {path}")));
        };
        newest(&listing, path, text)
    }

    /// The source that a version of a module is downloaded from.
    pub(super) fn download(&mut self, host: &str, path: &str, version: &str) -> Result<String, FetchError> {
        let fits = |b: u8| b.is_ascii_alphanumeric() || b".-+_".contains(&b);
        if !version.bytes().all(fits) || version.contains("..") {
            return Err(FetchError::Protocol(format!("{version:?} is no version")));
        }
        let registry = self.registry(host)?;
        let url = address(&registry.modules, &format!("{path}/{version}/download"))?;
        let answer = self.client.get(&url, registry.token().as_ref())?;
        if answer.response.status().as_u16() == 404 {
            return Err(failed(&answer.url, 404));
        }
        let source = match header(&answer.response, "x-terraform-get") {
            Some(source) => source.to_owned(),
            None => {
                let body = answer.response.text().unwrap_or_default();
                let body: Json = serde_json::from_str(&body).unwrap_or_default();
                body["location"].as_str().unwrap_or_default().to_owned()
            }
        };
        absolute(&answer.url, &source)
    }

    /// Service discovery.
    fn registry(&mut self, host: &str) -> Result<Registry, FetchError> {
        if let Some(known) = self.found.get(host) {
            return Ok(known.clone());
        }
        let base = self.overrides.get(host).cloned().unwrap_or_else(|| format!("https://{host}"));
        let none = || FetchError::Unsupported(format!("{host} is no module registry"));
        let origin = Url::parse(&base).ok_or_else(none)?;
        let token = self.environment.get(&token_variable(host)).filter(|t| !t.is_empty()).cloned();
        let well_known = origin.join("/.well-known/terraform.json").ok_or_else(none)?;
        let asked = token.as_deref().map(|secret| Token { origin: &origin, secret });
        let (at, services) = self.client.json(&well_known, asked.as_ref())?.ok_or_else(none)?;
        let modules = services["modules.v1"].as_str().and_then(|m| at.join(m)).ok_or_else(none)?;
        let registry = Registry { origin, modules, token };
        self.found.insert(host.to_owned(), registry.clone());
        Ok(registry)
    }
}

fn constraints(text: &str) -> Result<Constraints, FetchError> {
    Constraints::parse(text)
        .ok_or_else(|| FetchError::Unsupported(format!("{text:?} is no version constraint")))
}

/// The newest version of a listing that a constraint admits.
pub(super) fn newest(listing: &Json, path: &str, constraint: &str) -> Result<String, FetchError> {
    let constraints = constraints(constraint)?;
    let names = listing["modules"].as_array().into_iter().flatten();
    let names = names.flat_map(|m| m["versions"].as_array().into_iter().flatten());
    let names = names.filter_map(|v| v["version"].as_str());
    let mut versions: Vec<(Version, &str)> = names.filter_map(|n| Some((Version::parse(n)?, n))).collect();
    versions.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    match versions.iter().find(|(version, _)| constraints.select(version)) {
        Some((_, name)) => Ok((*name).to_owned()),
        None => {
            let shown: Vec<&str> = versions.iter().take(SHOWN).map(|(_, n)| *n).collect();
            let more = versions.len().saturating_sub(SHOWN);
            let more = if more > 0 { format!(" and {more} older") } else { String::new() };
            let existing = if shown.is_empty() { "none".into() } else { shown.join(", ") + &more };
            Err(FetchError::NoVersion { module: path.into(), constraint: constraint.into(), existing })
        }
    }
}

/// A path below the address of a service, which may be written without the slash at its end.
fn address(service: &Url, path: &str) -> Result<Url, FetchError> {
    let base = service.path.trim_end_matches('/');
    let absolute = format!("{}://{}{base}/{path}", service.scheme, service.authority);
    Url::parse(&absolute).ok_or_else(|| FetchError::Protocol(format!("{absolute:?} is no address")))
}

/// What `X-Terraform-Get` means: a source, or an address relative to the document that said so.
pub(super) fn absolute(at: &Url, source: &str) -> Result<String, FetchError> {
    if source.is_empty() {
        return Err(FetchError::Protocol(format!("{} does not say where the module is", at.shown())));
    }
    let relative = source.starts_with('/') || source.starts_with("./") || source.starts_with("../");
    if !relative {
        return Ok(source.to_owned());
    }
    // The folder is kept apart: its `//` is no part of the path.
    let (package, folder) = crate::terraform::modules::split(source);
    let url = at.join(&package);
    let url = url.ok_or_else(|| FetchError::Protocol(format!("{source:?} is no address")))?;
    let (path, query) = url.path.split_at(url.path.find('?').unwrap_or(url.path.len()));
    let folder = if folder.is_empty() { String::new() } else { format!("//{folder}") };
    Ok(format!("{}://{}{path}{folder}{query}", url.scheme, url.authority))
}
