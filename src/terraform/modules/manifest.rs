//! `.trueup/modules.json`: which package stands for which source.

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use crate::terraform::files::{FileSource, join};

/// The manifest, relative to the root module.
pub const MANIFEST: &str = ".trueup/modules.json";

/// Where packages seem to stand, relative to the root module.
const PACKAGES: &str = ".trueup/modules";

/// The form of the manifest.
pub const FORMAT: &str = "trueup-modules/1";

/// The packages that a root module and its modules use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// Ordered by source and version.
    pub modules: Vec<Entry>,
}

/// One package.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The source of a call without the folder in it: `Azure/naming/azurerm`.
    pub source: String,
    /// The version constraint of the call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What was chosen: a version of a registry, or a commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<String>,
    /// The checksum of all files of the package: see [`tree_digest`](super::tree_digest).
    pub sha256: String,
    /// The folder of the package that the source means; empty for the package itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub dir: String,
    /// When it was fetched (RFC 3339).
    pub fetched: String,
}

impl Default for Manifest {
    fn default() -> Manifest {
        Manifest { format: FORMAT.into(), modules: Vec::new() }
    }
}

impl Manifest {
    /// The manifest of a root module; an empty one when there is none or none that can be read.
    pub fn read(files: &dyn FileSource, root: &Utf8Path) -> Manifest {
        let bytes = files.read(&root.join(MANIFEST)).unwrap_or_default();
        let manifest = serde_json::from_slice::<Manifest>(&bytes).ok();
        manifest.filter(|m| m.format == FORMAT).unwrap_or_default()
    }

    /// The package for a source (without folder) and a version constraint.
    pub fn find(&self, source: &str, version: Option<&str>) -> Option<&Entry> {
        self.modules.iter().find(|e| e.source == source && e.version.as_deref() == version)
    }
}

/// Where a package seems to stand, relative to the checkout; `None` for what is no checksum.
pub fn mount(root: &Utf8Path, sha256: &str) -> Option<Utf8PathBuf> {
    is_checksum(sha256).then(|| packages(root).join(sha256))
}

/// Where all packages seem to stand, relative to the checkout.
pub(super) fn packages(root: &Utf8Path) -> Utf8PathBuf {
    root.join(PACKAGES)
}

pub(super) fn is_checksum(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

impl Entry {
    /// The directory of a call with this package, relative to the checkout; `None` when the manifest says
    /// something that cannot be, such as a folder outside the package.
    pub fn directory(&self, root: &Utf8Path, folder: &str) -> Option<Utf8PathBuf> {
        let package = mount(root, &self.sha256)?;
        let inside = join(&join(Utf8Path::new(""), &self.dir)?, folder)?;
        Some(if inside.as_str().is_empty() { package } else { package.join(inside) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_stay_in_their_package() {
        let sha256 = "0123456789abcdef".repeat(4);
        let at = |sha256: &str, dir: &str, folder: &str| {
            let entry = Entry {
                source: "a/b/c".into(),
                version: None,
                resolved: None,
                sha256: sha256.into(),
                dir: dir.into(),
                fetched: String::new(),
            };
            entry.directory("env".into(), folder).map(Utf8PathBuf::into_string)
        };
        let base = format!("env/.trueup/modules/{sha256}");
        assert_eq!(at(&sha256, "", ""), Some(base.clone()));
        assert_eq!(at(&sha256, "top", "modules/net"), Some(format!("{base}/top/modules/net")));
        for (sha256, dir, folder) in [
            (sha256.as_str(), "..", ""),
            (&sha256, "", "../x"),
            (&sha256, "/etc", ""),
            (&sha256, "a", "../../../x"),
            ("../../..", "", ""),
            ("", "", ""),
            (&sha256.to_uppercase(), "", ""),
        ] {
            assert_eq!(at(sha256, dir, folder), None, "{sha256} {dir} {folder}");
        }
    }
}
