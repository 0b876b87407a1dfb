//! What an address of a repository says: a clone address, or that of a pull request in a browser.

use super::HostKind;

/// A repository, by its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// The kind of host, where the address tells.
    pub host: Option<HostKind>,
    /// Its web root.
    pub web: String,
    /// The repository, in the form of [`super::Place::repository`].
    pub repository: String,
}

impl Remote {
    /// Reads a clone address: `https://`, `ssh://`, or `git@host:path`. User names are dropped.
    pub fn parse(address: &str) -> Option<Remote> {
        let (scheme, host, path) = parts(address)?;
        let path = path.strip_suffix(".git").unwrap_or(&path);
        let bare = host.split(':').next().unwrap_or_default().to_ascii_lowercase();
        if let Some(remote) = of_azure(&scheme, &host, &bare, path) {
            return Some(remote);
        }
        // A port of ssh is none of the web's.
        let web = match scheme.as_str() {
            "ssh" => format!("https://{bare}"),
            scheme => format!("{scheme}://{host}"),
        };
        // Data Center: `/scm/KEY/slug`, under a path of its own perhaps; ssh on port 7999 without `scm`.
        if let Some((context, name)) =
            path.split_once("scm/").filter(|(c, _)| c.is_empty() || c.ends_with('/'))
        {
            let web = format!("{web}/{context}").trim_end_matches('/').to_owned();
            return Some(Remote { host: Some(HostKind::BitbucketServer), web, repository: name.to_owned() });
        }
        let kind = match bare.as_str() {
            "github.com" => Some(HostKind::GitHub),
            "gitlab.com" => Some(HostKind::GitLab),
            "bitbucket.org" => Some(HostKind::Bitbucket),
            _ if bare.ends_with(".ghe.com") => Some(HostKind::GitHub),
            _ if host.ends_with(":7999") => Some(HostKind::BitbucketServer),
            // What companies call their hosts.
            _ if bare.starts_with("github.") => Some(HostKind::GitHub),
            _ if bare.starts_with("gitlab.") => Some(HostKind::GitLab),
            _ => None,
        };
        let repository = path.trim_matches('/').to_owned();
        repository.contains('/').then_some(Remote { host: kind, web, repository })
    }
}

/// Azure Repos, whose addresses have four forms.
fn of_azure(scheme: &str, host: &str, bare: &str, path: &str) -> Option<Remote> {
    let remote = |web: String, project: &str, name: &str| {
        let repository = format!("{}/{}", decoded(project), decoded(name));
        Some(Remote { host: Some(HostKind::AzureDevOps), web, repository })
    };
    let parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty()).collect();
    if matches!(bare, "ssh.dev.azure.com" | "vs-ssh.visualstudio.com") {
        let [_, organisation, project, name] = parts.as_slice() else { return None };
        return remote(format!("https://dev.azure.com/{organisation}"), project, name);
    }
    let at = parts.iter().position(|p| *p == "_git")?;
    let name = parts.get(at + 1)?;
    // Where a project and its repository have one name, the project may be missing.
    let has_organisation = !bare.ends_with(".visualstudio.com");
    let before = &parts[..at];
    let (collection, project) = match before {
        [] => (&[][..], *name),
        [.., "DefaultCollection"] if !has_organisation => (before, *name),
        [_] if has_organisation => (before, *name),
        [collection @ .., project] => (collection, *project),
    };
    let web = format!("{scheme}://{host}/{}", collection.join("/")).trim_end_matches('/').to_owned();
    remote(web, project, name)
}

/// The repository and number of a pull request, by its address in a browser.
pub(super) fn pull_request(address: &str) -> Option<(Remote, u64)> {
    let (scheme, host, path) = parts(address)?;
    let number = |rest: &str| rest.split(['/', '?', '#']).next()?.parse::<u64>().ok();
    let web = format!("{scheme}://{host}");
    let remote = |host, web: String, repository: &str| Remote {
        host: Some(host),
        web,
        repository: repository.trim_matches('/').to_owned(),
    };
    if let Some((repository, rest)) = path.split_once("/-/merge_requests/") {
        return Some((remote(HostKind::GitLab, web, repository), number(rest)?));
    }
    if let Some((before, rest)) = path.split_once("/pullrequest/") {
        return Some((Remote::parse(&format!("{web}/{before}"))?, number(rest)?));
    }
    if let Some((before, rest)) = path.split_once("/pull-requests/") {
        if let Some((context, named)) = before.split_once("projects/").or_else(|| before.split_once("users/"))
        {
            let personal = if before.contains("users/") { "~" } else { "" };
            let (key, slug) = named.split_once("/repos/")?;
            let web = format!("{web}/{context}").trim_end_matches('/').to_owned();
            let name = format!("{personal}{key}/{slug}");
            return Some((remote(HostKind::BitbucketServer, web, &name), number(rest)?));
        }
        return Some((remote(HostKind::Bitbucket, web, before), number(rest)?));
    }
    let (repository, rest) = path.split_once("/pull/")?;
    Some((remote(HostKind::GitHub, web, repository), number(rest)?))
}

/// Scheme, host with its port, and path without a slash at either end.
fn parts(address: &str) -> Option<(String, String, String)> {
    let address = address.trim();
    let (scheme, rest) = match address.split_once("://") {
        Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest.to_owned()),
        // git@host:path
        None => ("ssh".to_owned(), address.split_once(':').map(|(host, path)| format!("{host}/{path}"))?),
    };
    let (host, path) = rest.split_once('/')?;
    let host = host.rsplit('@').next()?;
    let fits = |b: u8| b.is_ascii_alphanumeric() || b".-_:[]".contains(&b);
    let known = matches!(scheme.as_str(), "https" | "http" | "ssh" | "git");
    (known && !host.is_empty() && host.bytes().all(fits)).then(|| {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let scheme = if scheme == "git" { "https".to_owned() } else { scheme };
        (scheme, host.to_ascii_lowercase(), path.trim_matches('/').to_owned())
    })
}

/// A part of an address as it was meant: names of projects hold blanks and letters of all languages.
fn decoded(name: &str) -> String {
    percent_encoding::percent_decode_str(name).decode_utf8_lossy().into_owned()
}
