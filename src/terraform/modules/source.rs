//! Module sources as far as evaluation has to know them.

/// A path relative to the calling module.
pub fn is_local(source: &str) -> bool {
    source.starts_with("./") || source.starts_with("../")
}

/// The package of a source and the folder in it that is meant, as go-getter splits them:
/// `git::https://host/repo.git//modules/net?ref=v1` is `git::https://host/repo.git?ref=v1` and `modules/net`.
pub fn split(source: &str) -> (String, String) {
    let (path, query) = match source.find('?') {
        Some(at) => source.split_at(at),
        None => (source, ""),
    };
    let scheme = path.find("://").map_or(0, |at| at + 3);
    let after = path.get(scheme..).unwrap_or_default();
    match after.split_once("//") {
        Some((before, folder)) => {
            let head = path.get(..scheme).unwrap_or_default();
            (format!("{head}{before}{query}"), folder.trim_matches('/').to_owned())
        }
        None => (source.to_owned(), String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_and_folders() {
        for (source, package, folder) in [
            ("Azure/naming/azurerm", "Azure/naming/azurerm", ""),
            ("a/b/c//modules/net", "a/b/c", "modules/net"),
            ("git::https://h/r.git//sub?ref=v1", "git::https://h/r.git?ref=v1", "sub"),
            ("git::ssh://git@h/r.git?ref=a//b", "git::ssh://git@h/r.git?ref=a//b", ""),
            ("git@github.com:o/r.git//x/y", "git@github.com:o/r.git", "x/y"),
            ("https://h/a.tar.gz//*?archive=tar.gz", "https://h/a.tar.gz?archive=tar.gz", "*"),
            ("file:///tmp/r//m/", "file:///tmp/r", "m"),
        ] {
            assert_eq!(split(source), (package.to_owned(), folder.to_owned()), "{source}");
        }
    }
}
