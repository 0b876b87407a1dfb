//! Makes the credential of a method.

use std::path::PathBuf;
use std::sync::Arc;

use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::TokenCredential;
use azure_core::http::{
    AsyncRawResponse, ClientOptions, ExponentialRetryOptions, HttpClient, Request, RetryOptions, Transport,
};
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, AzurePipelinesCredential, AzurePipelinesCredentialOptions,
    ClientAssertionCredential, ClientAssertionCredentialOptions, ClientSecretCredential,
    ClientSecretCredentialOptions, ManagedIdentityCredential, ManagedIdentityCredentialOptions,
    UserAssignedId, WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};

use super::assertion::Assertion;
use super::choose::{CONNECTIONS, Method};
use super::variables::Variables;
use crate::live::cloud::Cloud;

/// A credential, or why there can be none.
pub(super) fn make(
    method: Method,
    cloud: &Cloud,
    variables: &Variables,
    http: &reqwest::Client,
) -> Result<Arc<dyn TokenCredential>, String> {
    let text = |e: azure_core::Error| e.to_string();
    let client_options = || options(cloud, http);
    let tenant = || variables.tenant().map(str::to_owned).ok_or("ARM_TENANT_ID is not set");
    let client = || variables.client().ok_or("ARM_CLIENT_ID is not set");
    let assertion_options = || ClientAssertionCredentialOptions { client_options: client_options() };
    Ok(match method {
        Method::Auto | Method::Cli => {
            let tenant_id = variables.first(&["ARM_TENANT_ID"]).map(str::to_owned);
            let options = AzureCliCredentialOptions { tenant_id, ..AzureCliCredentialOptions::default() };
            AzureCliCredential::new(Some(options)).map_err(text)?
        }
        Method::Secret => {
            let secret = variables.secret().ok_or("ARM_CLIENT_SECRET is not set")?;
            let options = ClientSecretCredentialOptions { client_options: client_options() };
            ClientSecretCredential::new(&tenant()?, client()?, secret.into(), Some(options)).map_err(text)?
        }
        Method::OidcGithub => {
            let assertion = Assertion::new(variables, http)?;
            ClientAssertionCredential::new(tenant()?, client()?, assertion, Some(assertion_options()))
                .map_err(text)?
        }
        Method::Pipelines => {
            let connection = variables.first(&CONNECTIONS).ok_or("no service connection is named")?;
            let token = variables.first(&["SYSTEM_ACCESSTOKEN"]).ok_or("SYSTEM_ACCESSTOKEN is not set")?;
            let options = AzurePipelinesCredentialOptions { credential_options: assertion_options() };
            AzurePipelinesCredential::new(tenant()?, client()?, connection, token.to_owned(), Some(options))
                .map_err(text)?
        }
        Method::Workload => {
            let file = variables.first(&["ARM_OIDC_TOKEN_FILE_PATH", "AZURE_FEDERATED_TOKEN_FILE"]);
            let options = WorkloadIdentityCredentialOptions {
                credential_options: assertion_options(),
                client_id: variables.client(),
                tenant_id: variables.tenant().map(str::to_owned),
                token_file_path: file.map(PathBuf::from),
            };
            WorkloadIdentityCredential::new(Some(options)).map_err(text)?
        }
        Method::Managed => {
            let user_assigned_id = variables.client().map(UserAssignedId::ClientId);
            let options =
                ManagedIdentityCredentialOptions { user_assigned_id, client_options: client_options() };
            ManagedIdentityCredential::new(Some(options)).map_err(text)?
        }
    })
}

/// Where credentials ask, over our own HTTPS. How long all of it may take is up to whoever asks for a token.
fn options(cloud: &Cloud, http: &reqwest::Client) -> ClientOptions {
    let mut authority = cloud.authority.clone();
    let plain = authority.scheme() == "http";
    // The credentials insist on https; a stand-in on this machine may speak plain HTTP.
    let _ = authority.set_scheme("https");
    let mut custom = CustomConfiguration::default();
    custom.authority_host = authority.origin().ascii_serialization();
    let transport = Transport::new(match plain {
        true => Arc::new(Plain { host: custom.authority_host.clone(), http: http.clone() }),
        false => Arc::new(http.clone()),
    });
    ClientOptions {
        cloud: Some(Arc::new(CloudConfiguration::Custom(custom))),
        retry: RetryOptions::exponential(ExponentialRetryOptions { max_retries: 2, ..Default::default() }),
        transport: Some(transport),
        ..ClientOptions::default()
    }
}

/// Plain HTTP to the one stand-in, whose address was judged by [`Cloud::on_this_machine`].
#[derive(Debug)]
struct Plain {
    host: String,
    http: reqwest::Client,
}

#[async_trait::async_trait]
impl HttpClient for Plain {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let mut request = request.clone();
        if request.url().origin().ascii_serialization() == self.host {
            // `set_scheme` refuses nothing between http and https.
            let _ = request.url_mut().set_scheme("http");
        }
        self.http.execute_request(&request).await
    }
}
