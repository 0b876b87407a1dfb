//! Where the state of an `azurerm` backend is.

use azure_core::credentials::Secret;
use azure_core::http::Url;

use crate::live::cloud::Cloud;
use crate::terraform::configuration::Backend;

/// What Terraform puts between the key and the name of a workspace other than `default`.
const WORKSPACE: &str = "env:";

/// A blob, and what the backend says about how it is read.
#[derive(Clone, Debug)]
pub struct Place {
    /// Storage account.
    pub account: String,
    /// Container.
    pub container: String,
    /// Name of the blob, with the workspace.
    pub blob: String,
    /// `environment` of the backend.
    pub(super) cloud: Option<String>,
    /// `use_azuread_auth` of the backend.
    pub(super) entra: bool,
    pub(super) access_key: Option<Secret>,
    pub(super) sas_token: Option<Secret>,
}

/// A backend whose state cannot be read from a blob.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// Another backend.
    #[error(
        "--state backend reads the state of a backend \"azurerm\"; the code has \"{0}\": give --state FILE"
    )]
    Kind(String),
    /// A setting is missing.
    #[error("the backend leaves open {0}: give --backend-config, as for terraform init")]
    Open(String),
    /// A name that Azure does not have.
    #[error("the backend's {0} is no name that Azure has: {1:?}")]
    Name(&'static str, String),
    /// A setting that leads elsewhere.
    #[error("the backend sets {0}, with which the state cannot be read: give --state FILE")]
    Setting(&'static str),
}

/// Settings with which the blob is elsewhere than its names say.
const ELSEWHERE: [&str; 2] = ["metadata_host", "lookup_blob_endpoint"];

impl Place {
    /// The place that a backend names, in a workspace.
    ///
    /// Names are held against Azure's rules, so that no text of the code leads to another host.
    pub fn of(backend: &Backend, workspace: &str) -> Result<Place, PlaceError> {
        if backend.kind != "azurerm" {
            return Err(PlaceError::Kind(backend.kind.clone()));
        }
        let open: Vec<_> = backend.open();
        if !open.is_empty() {
            return Err(PlaceError::Open(open.join(" and ")));
        }
        let yes = |name: &str| backend.get(name).is_some_and(|v| v.eq_ignore_ascii_case("true"));
        let set = |name: &&&str| backend.get(name).is_some_and(|v| !v.eq_ignore_ascii_case("false"));
        if let Some(name) = ELSEWHERE.iter().find(set) {
            return Err(PlaceError::Setting(name));
        }
        let text = |name: &str| backend.get(name).unwrap_or_default().to_owned();
        let named = |name: &'static str, len: std::ops::RangeInclusive<usize>, more: &[char]| {
            let text = text(name);
            let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || more.contains(&c);
            match len.contains(&text.len()) && text.chars().all(fits) {
                true => Ok(text),
                false => Err(PlaceError::Name(name, text)),
            }
        };
        let key = text("key");
        let blob = match workspace {
            "default" => key,
            other => format!("{key}{WORKSPACE}{other}"),
        };
        if blob.len() > 1024 || blob.split('/').any(|s| matches!(s, "." | "..")) {
            return Err(PlaceError::Name("key", blob));
        }
        let secret = |name: &str| backend.get(name).map(|v| Secret::new(v.to_owned()));
        Ok(Place {
            account: named("storage_account_name", 3..=24, &[])?,
            container: named("container_name", 1..=63, &['-', '$'])?,
            blob,
            cloud: backend.get("environment").map(str::to_owned),
            entra: yes("use_azuread_auth"),
            access_key: secret("access_key"),
            sas_token: secret("sas_token"),
        })
    }

    /// Its address in a cloud.
    pub(super) fn url(&self, cloud: &Cloud) -> Result<Url, PlaceError> {
        let url = cloud.blobs(&self.account);
        let mut url = url.ok_or_else(|| PlaceError::Name("storage_account_name", self.account.clone()))?;
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push(&self.container).extend(self.blob.split('/'));
        }
        Ok(url)
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}", self.account, self.container, self.blob)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backend(settings: &[(&str, &str)]) -> Backend {
        let settings = settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Backend { kind: "azurerm".into(), settings }
    }

    const NAMED: [(&str, &str); 3] =
        [("storage_account_name", "sttf1"), ("container_name", "tfstate"), ("key", "prod/a b.tfstate")];

    #[test]
    fn the_blob_of_a_workspace_is_in_its_cloud() {
        let place = Place::of(&backend(&NAMED), "default").unwrap();
        let public = Cloud::named("public").unwrap();
        assert_eq!(
            place.url(&public).unwrap().as_str(),
            "https://sttf1.blob.core.windows.net/tfstate/prod/a%20b.tfstate"
        );
        let china = Cloud::named("china").unwrap();
        let place = Place::of(&backend(&NAMED), "blue").unwrap();
        assert_eq!(
            place.url(&china).unwrap().as_str(),
            "https://sttf1.blob.core.chinacloudapi.cn/tfstate/prod/a%20b.tfstateenv:blue"
        );
    }

    #[test]
    fn no_name_leads_elsewhere() {
        for (name, value) in [
            ("storage_account_name", "evil.example/"),
            ("storage_account_name", "a@b"),
            ("container_name", "../x"),
            ("key", "../../other/x"),
            ("metadata_host", "evil.example"),
            ("lookup_blob_endpoint", "true"),
        ] {
            let mut settings = NAMED.to_vec();
            settings.retain(|(n, _)| *n != name);
            settings.push((name, value));
            assert!(Place::of(&backend(&settings), "default").is_err(), "{name} {value}");
        }
        let open = Place::of(&backend(&NAMED[..2]), "default").unwrap_err();
        assert!(open.to_string().contains("leaves open key"), "{open}");
    }

    #[test]
    fn secrets_are_shown_by_no_debug() {
        let settings = [&NAMED[..], &[("access_key", "hunter2")]].concat();
        let (backend, place) = (backend(&settings), Place::of(&backend(&settings), "default").unwrap());
        assert!(!format!("{backend:?}{place:?}").contains("hunter2"));
    }
}
