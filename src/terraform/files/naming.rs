//! How reports name files, and which file of the checkout a name means.

use camino::{Utf8Path, Utf8PathBuf};

use super::{join, relative, tidy};

/// Reports name files as a person sees them from where they stand; code hosts, fingerprints and settings
/// name them by their path in the checkout.
#[derive(Clone, Debug, Default)]
pub struct Naming {
    /// Absolute path of the checkout.
    checkout: Utf8PathBuf,
    /// Directory of the root module, relative to the checkout.
    root: Utf8PathBuf,
    /// How reports name that directory.
    shown: Utf8PathBuf,
}

impl Naming {
    /// The names of one root module.
    pub fn new(checkout: &Utf8Path, root: &Utf8Path, shown: &Utf8Path) -> Naming {
        Naming { checkout: checkout.to_owned(), root: root.to_owned(), shown: plain(tidy(shown)) }
    }

    /// The root module's directory, relative to the checkout.
    pub fn root(&self) -> &Utf8Path {
        &self.root
    }

    /// The checkout's directory.
    pub fn checkout(&self) -> &Utf8Path {
        &self.checkout
    }

    /// How reports name a path relative to the checkout.
    pub fn shown(&self, path: &Utf8Path) -> Utf8PathBuf {
        tidy(&self.shown.join(relative(&self.root, path)))
    }

    /// The path in the checkout of a file that reports name so; `None` for one outside of it.
    pub fn in_checkout(&self, shown: &Utf8Path) -> Option<Utf8PathBuf> {
        if shown.is_absolute() && !self.shown.is_absolute() {
            return shown.strip_prefix(&self.checkout).ok().map(Utf8Path::to_owned);
        }
        join(&self.root, relative(&self.shown, &plain(tidy(shown))).as_str())
    }

    /// The path in the checkout, else the name itself.
    pub fn path(&self, shown: &Utf8Path) -> Utf8PathBuf {
        self.in_checkout(shown).unwrap_or_else(|| shown.to_owned())
    }
}

/// The working directory has no name of its own.
fn plain(path: Utf8PathBuf) -> Utf8PathBuf {
    if path == "." { Utf8PathBuf::new() } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_back_to_the_checkout() {
        for (root, shown) in [
            ("env/prod", "env/prod"),
            ("env/prod", "."),
            ("env/prod", ""),
            ("env/prod", "prod"),
            ("env/prod", "../../env/prod"),
            ("env/prod", "origin/main:env/prod"),
            ("env/prod", "main:."),
            ("env/prod", "/srv/repo/env/prod"),
            ("", "."),
            ("", "sub/.."),
        ] {
            let naming = Naming::new("/srv/repo".into(), root.into(), shown.into());
            for path in ["env/prod/main.tf", "modules/aks/main.tf", "main.tf"] {
                let name = naming.shown(path.into());
                assert_eq!(
                    naming.in_checkout(&name).as_deref(),
                    Some(Utf8Path::new(path)),
                    "{shown}: {name}"
                );
            }
        }
        let naming = Naming::new("/srv/repo".into(), "env".into(), "env".into());
        assert_eq!(naming.in_checkout("/srv/repo/x.tfvars".into()).unwrap(), "x.tfvars");
        assert_eq!(naming.in_checkout("../outside.tfvars".into()), None);
    }
}
