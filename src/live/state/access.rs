//! With what right the blob is read.

use azure_core::credentials::Secret;
use azure_core::http::Url;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::StateError;
use super::place::Place;
use crate::live::sign_in::Variables;

/// With what right, in the order in which Terraform's backend looks for it.
#[derive(Debug)]
pub(super) enum Access {
    /// The account's key: every request is signed.
    Key(Secret),
    /// A SAS token: the query of the address.
    Sas(Secret),
    /// A token of Microsoft Entra.
    Entra,
}

impl Access {
    /// A key or SAS token that the user gives (`-backend-config`, `ARM_ACCESS_KEY`, `ARM_SAS_TOKEN`) or the
    /// backend states, else Entra. `use_azuread_auth` asks for Entra whatever else is there.
    pub(super) fn of(place: &Place, variables: &Variables) -> Result<Access, StateError> {
        if place.entra || variables.says_yes("ARM_USE_AZUREAD") {
            return Ok(Access::Entra);
        }
        let given = |stated: &Option<Secret>, name: &str| {
            let variable = || variables.first(&[name]).map(|v| Secret::new(v.to_owned()));
            stated.clone().or_else(variable)
        };
        if let Some(key) = given(&place.access_key, "ARM_ACCESS_KEY") {
            let good = STANDARD.decode(key.secret().trim()).is_ok();
            return good.then_some(Access::Key(key)).ok_or(StateError::Key(
                "the access key of the storage account (access_key, ARM_ACCESS_KEY) is not in base64",
            ));
        }
        Ok(given(&place.sas_token, "ARM_SAS_TOKEN").map_or(Access::Entra, Access::Sas))
    }

    /// What to do when the service refuses.
    pub(super) fn hint(&self, code: &str) -> &'static str {
        match (self, code) {
            (_, "AuthorizationFailure") => {
                "The firewall of the storage account does not let this machine in, or the account is private."
            }
            (_, "KeyBasedAuthenticationNotPermitted") => {
                "The storage account takes no keys: leave ARM_ACCESS_KEY and ARM_SAS_TOKEN out, or set use_azuread_auth \
                 in the backend, to sign in with Microsoft Entra."
            }
            (Access::Entra, _) => {
                "Reading the state needs the role \"Storage Blob Data Reader\" on the container. A backend that works \
                 with keys needs ARM_ACCESS_KEY or ARM_SAS_TOKEN: trueup does not ask Azure for keys."
            }
            (Access::Key(_), _) => {
                "The access key (access_key, ARM_ACCESS_KEY) is not one of this storage account."
            }
            (Access::Sas(_), _) => {
                "The SAS token (sas_token, ARM_SAS_TOKEN) has run out, or does not allow to read this blob."
            }
        }
    }
}

/// The `Authorization` of a GET that the account's key signs; `signed` are its `x-ms-` headers, sorted.
///
/// Source: <https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key>.
pub(super) fn signature(
    key: &Secret,
    account: &str,
    url: &Url,
    signed: &[(&str, &str)],
) -> Result<String, StateError> {
    let wrong = || StateError::Key("the access key of the storage account cannot be used");
    let key = STANDARD.decode(key.secret().trim()).map_err(|_| wrong())?;
    // The verb and eleven headers that a GET does not have.
    let mut text = format!("GET{}", "\n".repeat(12));
    for (name, value) in signed {
        text.push_str(&format!("{name}:{value}\n"));
    }
    text.push_str(&format!("/{account}{}", url.path()));
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).map_err(|_| wrong())?;
    mac.update(text.as_bytes());
    Ok(format!("SharedKey {account}:{}", STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_the_documentation() {
        // The key of the storage emulator, which is public; the signature was computed with Python's hmac.
        let key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
        let url = Url::parse("http://127.0.0.1:10000/devstoreaccount1/tfstate/prod.tfstate").unwrap();
        let signed = [("x-ms-date", "Fri, 20 Nov 2026 17:00:00 GMT"), ("x-ms-version", "2021-12-02")];
        let found = signature(&Secret::new(key), "devstoreaccount1", &url, &signed).unwrap();
        assert_eq!(found, "SharedKey devstoreaccount1:do4voa6IZhG3FixGzEnu6XVykr+zOWkKldNZWqwwZBQ=");
    }
}
