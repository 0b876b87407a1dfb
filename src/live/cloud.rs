//! The clouds of Azure: where ARM is, who gives tokens, and what a token is for.

use azure_core::http::Url;

use crate::net::is_loopback;

/// One cloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cloud {
    /// Its name as Terraform's `environment` has it.
    pub name: &'static str,
    /// Where ARM answers. A token for it goes to this origin and to no other.
    pub arm: Url,
    /// Who gives tokens.
    pub authority: Url,
    /// Where state blobs are: `ACCOUNT.{blob_suffix}`.
    pub blob_suffix: &'static str,
    /// A stand-in for all storage accounts on this machine, for tests.
    blob: Option<Url>,
    /// What a token for ARM is asked for.
    audience: &'static str,
}

/// `(names, ARM, authority, blob suffix)`, facts of
/// <https://learn.microsoft.com/azure/developer/terraform> and the provider's `environment`.
const CLOUDS: [(&[&str], &str, &str, &str); 3] = [
    (
        &["public"],
        "https://management.azure.com",
        "https://login.microsoftonline.com",
        "blob.core.windows.net",
    ),
    (
        &["usgovernment", "usgovernmentl4", "usgovernmentl5"],
        "https://management.usgovcloudapi.net",
        "https://login.microsoftonline.us",
        "blob.core.usgovcloudapi.net",
    ),
    (
        &["china"],
        "https://management.chinacloudapi.cn",
        "https://login.chinacloudapi.cn",
        "blob.core.chinacloudapi.cn",
    ),
];

impl Cloud {
    /// The cloud of a name: `public`, `usgovernment`, `china`.
    pub fn named(name: &str) -> Option<Cloud> {
        let of =
            |(names, arm, authority, blob_suffix): &(&[&'static str], &'static str, &str, &'static str)| {
                Some(Cloud {
                    name: names.first()?,
                    arm: Url::parse(arm).ok()?,
                    authority: Url::parse(authority).ok()?,
                    blob_suffix,
                    blob: None,
                    audience: arm,
                })
            };
        CLOUDS.iter().find(|c| c.0.iter().any(|n| n.eq_ignore_ascii_case(name))).and_then(of)
    }

    /// This cloud with a stand-in for ARM and the authority on this machine, for tests. `None` for an
    /// address that leads anywhere else: a token must not leave the machine.
    pub fn on_this_machine(mut self, arm: &str, authority: &str) -> Option<Cloud> {
        (self.arm, self.authority) = (local(arm)?, local(authority)?);
        Some(self)
    }

    /// This cloud with a stand-in for its storage accounts on this machine, as [`Cloud::on_this_machine`]. The
    /// account is then the first part of the path, as Azurite has it.
    pub fn blobs_on_this_machine(mut self, blob: &str) -> Option<Cloud> {
        self.blob = Some(local(blob)?);
        Some(self)
    }

    /// Where the blobs of a storage account are; `None` when its name makes no address.
    pub fn blobs(&self, account: &str) -> Option<Url> {
        let Some(mut url) = self.blob.clone() else {
            return Url::parse(&format!("https://{account}.{}", self.blob_suffix)).ok();
        };
        url.set_path(account);
        Some(url)
    }

    /// The scope of a token for ARM.
    pub fn scope(&self) -> String {
        format!("{}/.default", self.audience)
    }

    /// True when ARM or a storage account is a stand-in on this machine.
    pub fn is_local(&self) -> bool {
        self.blob.is_some() || self.arm.host_str().is_some_and(is_loopback)
    }
}

/// An address on this machine.
fn local(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let known = matches!(url.scheme(), "http" | "https");
    (known && url.host_str().is_some_and(is_loopback)).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_provider() {
        for (name, host) in [
            ("public", "management.azure.com"),
            ("USGovernment", "management.usgovcloudapi.net"),
            ("china", "management.chinacloudapi.cn"),
        ] {
            let cloud = Cloud::named(name).unwrap();
            assert_eq!(cloud.arm.host_str(), Some(host));
            assert_eq!(cloud.scope(), format!("https://{host}/.default"));
        }
        assert!(Cloud::named("mars").is_none());
    }

    #[test]
    fn a_stand_in_is_on_this_machine_only() {
        let local = |arm| Cloud::named("public")?.on_this_machine(arm, "http://127.0.0.1:2");
        assert!(local("http://127.0.0.1:1").unwrap().is_local());
        assert!(local("https://[::1]:1").is_some() && local("https://localhost").is_some());
        for elsewhere in
            ["http://127.0.0.1.example.org", "https://example.org", "http://10.0.0.1", "ftp://[::1]"]
        {
            assert!(local(elsewhere).is_none(), "{elsewhere}");
        }
    }
}
