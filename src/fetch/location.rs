//! What a module source means: a module of a registry, a git repository, or an archive.
//!
//! The rules are Terraform's own for registry addresses and those of its go-getter for the rest.

use super::FetchError;
use super::url::{Url, query_value, without_query_value};

/// The registry of addresses without a host.
pub const PUBLIC: &str = "registry.terraform.io";

/// Where a package comes from. The folder in it is split off before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Location {
    /// `host/namespace/name/provider`
    Registry { host: String, path: String },
    /// Anything that git clones.
    Git { url: String, reference: Option<String> },
    /// A file to download and unpack.
    Archive { url: String, checksum: Option<String> },
    /// An address that says in `X-Terraform-Get` where the module is.
    Indirect { url: String },
}

/// Reads a source without its folder. `archive_from` lets a registry call any address an archive.
pub(super) fn parse(source: &str) -> Result<Location, FetchError> {
    let unsupported = |why: &str| Err(FetchError::Unsupported(format!("the source {source:?} {why}")));
    if source.chars().any(|c| c.is_control() || c == ' ') || source.is_empty() {
        return unsupported("holds characters that no address has");
    }
    if let Some((getter, rest)) = source.split_once("::")
        && getter.bytes().all(|b| b.is_ascii_alphanumeric())
    {
        return match getter {
            "git" => git(rest),
            "https" | "http" => parse(rest),
            _ => unsupported("needs a getter that trueup has not (it has git, https and registries)"),
        };
    }
    if let Some(registry) = registry(source) {
        return Ok(registry);
    }
    for host in ["github.com/", "gitlab.com/", "bitbucket.org/"] {
        if source.starts_with(host) {
            return git(&format!("https://{source}"));
        }
    }
    if is_scp(source) || source.starts_with("ssh://") {
        return git(source);
    }
    if source.starts_with("https://") || source.starts_with("http://") {
        return web(source);
    }
    unsupported("is no registry address, git repository or https archive")
}

/// `namespace/name/provider`, with a host before it or not.
fn registry(source: &str) -> Option<Location> {
    let parts: Vec<&str> = source.split('/').collect();
    let (host, path) = match parts.as_slice() {
        [_, _, _] => (PUBLIC, parts.as_slice()),
        [host, path @ ..] if path.len() == 3 => (*host, path),
        _ => return None,
    };
    // Three parts that begin with a host are a repository.
    let hosts = ["github.com", "bitbucket.org", "gitlab.com"];
    let first = parts.first()?;
    if hosts.contains(first) || (parts.len() == 3 && first.contains('.')) {
        return None;
    }
    let is_host = host == PUBLIC || ((host.contains('.') || host.contains(':')) && Url::is_authority(host));
    let [namespace, name, provider] = path else { return None };
    let is_name = |n: &str| {
        n.len() <= 64
            && n.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && n.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
    };
    let is_provider = provider.len() <= 64
        && !provider.is_empty()
        && provider.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    (is_host && is_name(namespace) && is_name(name) && is_provider)
        .then(|| Location::Registry { host: host.to_ascii_lowercase(), path: path.join("/") })
}

/// `git@host:path`
fn is_scp(source: &str) -> bool {
    let Some((before, _)) = source.split_once(':') else { return false };
    !source.contains("://") && before.contains('@') && !before.contains('/')
}

fn git(address: &str) -> Result<Location, FetchError> {
    let reference = query_value(address, "ref").filter(|r| !r.is_empty());
    let url = address.split('?').next().unwrap_or(address);
    let url = if is_scp(url) { url.replacen(':', "/", 1).replace("//", "/") } else { url.to_owned() };
    let url = if url.contains("://") {
        url
    } else if is_scp(address) {
        format!("ssh://{url}")
    } else if url.starts_with('/') {
        format!("file://{url}")
    } else {
        format!("https://{url}")
    };
    // The folder of a repository at a known host may follow it with one slash.
    let known = ["https://github.com/", "https://gitlab.com/", "https://bitbucket.org/"];
    let url = match known.iter().find_map(|k| url.strip_prefix(k).map(|rest| (*k, rest))) {
        Some((host, rest)) => {
            let mut parts = rest.splitn(3, '/');
            let (owner, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            if owner.is_empty() || name.is_empty() {
                return Err(FetchError::Unsupported(format!("{address:?} names no repository")));
            }
            if host == "https://gitlab.com/" && parts.next().is_some() {
                // Groups of groups: the whole path is the repository.
                url.clone()
            } else {
                format!("{host}{owner}/{}.git", name.trim_end_matches(".git"))
            }
        }
        None => url,
    };
    if let Some(reference) = &reference
        && !is_reference(reference)
    {
        return Err(FetchError::Unsupported(format!("{reference:?} is no name of a branch, tag or commit")));
    }
    Ok(Location::Git { url, reference })
}

/// The rest of a `github.com/org/repo/sub` address: the folder that stands without `//`.
pub(super) fn short_folder(package: &str) -> (String, String) {
    for host in ["github.com/", "bitbucket.org/"] {
        let Some(rest) = package.strip_prefix(host) else { continue };
        let (path, query) = rest.split_at(rest.find('?').unwrap_or(rest.len()));
        let parts: Vec<&str> = path.splitn(3, '/').collect();
        if let [owner, name, folder] = parts.as_slice() {
            return (format!("{host}{owner}/{name}{query}"), folder.trim_matches('/').to_owned());
        }
    }
    (package.to_owned(), String::new())
}

fn is_reference(reference: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"._/-@+#=".contains(&b);
    reference.bytes().all(fits)
        && !reference.starts_with(['-', '+', '.', '/'])
        && !reference.contains("..")
        && !reference.contains("@{")
}

/// An archive by its name or by `archive=`, else an address that leads to one.
fn web(source: &str) -> Result<Location, FetchError> {
    let named = query_value(source, "archive");
    let checksum = query_value(source, "checksum");
    let url = ["archive", "checksum"].iter().fold(source.to_owned(), |u, k| without_query_value(&u, k));
    let path = url.split('?').next().unwrap_or_default();
    let kinds = ["tar.gz", "tgz", "tar"];
    let unknown = ["zip", "tar.bz2", "tbz2", "tar.xz", "txz", "tar.zst"];
    let is = |kind: &str| match &named {
        Some(named) => named == kind,
        None => path.ends_with(&format!(".{kind}")),
    };
    if let Some(kind) = unknown.iter().find(|k| is(k)) {
        return Err(FetchError::Unsupported(format!(
            "{path:?} is a {kind} archive; trueup reads tar and tar.gz. `terraform init` gets it"
        )));
    }
    if kinds.iter().any(|k| is(k)) {
        return Ok(Location::Archive { url, checksum });
    }
    match named {
        Some(named) if named != "false" => {
            Err(FetchError::Unsupported(format!("{named:?} is no kind of archive that trueup reads")))
        }
        _ => Ok(Location::Indirect { url }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registry(host: &str, path: &str) -> Option<Location> {
        Some(Location::Registry { host: host.into(), path: path.into() })
    }

    fn git(url: &str, reference: Option<&str>) -> Option<Location> {
        Some(Location::Git { url: url.into(), reference: reference.map(str::to_owned) })
    }

    #[test]
    fn sources_as_terraform_reads_them() {
        for (source, want) in [
            ("Azure/naming/azurerm", registry(PUBLIC, "Azure/naming/azurerm")),
            ("app.example.org/team/net/azurerm", registry("app.example.org", "team/net/azurerm")),
            ("localhost:8080/team/net/azurerm", registry("localhost:8080", "team/net/azurerm")),
            ("Azure/naming/azure_rm", None),
            ("team/-net/azurerm", None),
            ("github.com/o/r", git("https://github.com/o/r.git", None)),
            ("github.com/o/r.git?ref=v1", git("https://github.com/o/r.git", Some("v1"))),
            ("git@github.com:o/r.git?ref=a/b", git("ssh://git@github.com/o/r.git", Some("a/b"))),
            ("git::https://h/r.git?depth=1&ref=v1.2", git("https://h/r.git", Some("v1.2"))),
            ("git::ssh://git@h:22/r.git", git("ssh://git@h:22/r.git", None)),
            ("git::git@h:o/r.git", git("ssh://git@h/o/r.git", None)),
            ("git::file:///tmp/r", git("file:///tmp/r", None)),
            ("git::https://h/r?ref=feature%2Fx", git("https://h/r", Some("feature/x"))),
            ("git::https://h/r?ref=--upload-pack=x", None),
            ("git::https://h/r?ref=a..b", None),
            ("git::https://h/r?ref=%2Ba", None),
            ("s3::https://h/r.zip", None),
            ("hg::https://h/r", None),
            ("https://h/x.zip", None),
            ("a b/c/d", None),
            ("/etc", None),
        ] {
            assert_eq!(parse(source).ok(), want, "{source}");
        }
    }

    #[test]
    fn archives_by_name_or_by_argument() {
        let archive = |url: &str| Some(Location::Archive { url: url.into(), checksum: None });
        for (source, want) in [
            ("https://h/m.tar.gz", archive("https://h/m.tar.gz")),
            ("https://h/m.tgz?token=a", archive("https://h/m.tgz?token=a")),
            ("https://h/m?archive=tar.gz&token=a", archive("https://h/m?token=a")),
            ("https://h/m?archive=zip", None),
            ("https://h/m", Some(Location::Indirect { url: "https://h/m".into() })),
        ] {
            assert_eq!(parse(source).ok(), want, "{source}");
        }
    }

    #[test]
    fn folders_without_two_slashes() {
        let want = ("github.com/o/r?ref=v1".to_owned(), "modules/net".to_owned());
        assert_eq!(short_folder("github.com/o/r/modules/net?ref=v1"), want);
        assert_eq!(short_folder("github.com/o/r").1, "");
        assert_eq!(short_folder("a/b/c").1, "");
    }
}
