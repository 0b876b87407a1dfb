//! HTTPS for the stages that open connections: one set-up of TLS, roots, proxies and the name that
//! servers see.
//!
//! TLS is rustls with ring. Trusted roots are those of the machine (`SSL_CERT_FILE` and `SSL_CERT_DIR`
//! name others), or the given ones alone. Proxies are those of `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`.
//! Redirects are never followed here: whoever sends a token decides where it goes.

mod trust;

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Certificate, Client, ClientBuilder, Proxy, redirect::Policy};

/// The name that servers see.
pub const USER_AGENT: &str = concat!("trueup/", env!("CARGO_PKG_VERSION"));

/// How long a connection may take to be made, and how long it may stay silent.
const CONNECT: Duration = Duration::from_secs(20);
const SILENCE: Duration = Duration::from_secs(100);

/// What differs between clients.
#[derive(Debug, Default)]
pub struct Settings {
    /// PEM text of the only certificates to trust; without it those of the machine.
    pub authorities: Option<Vec<u8>>,
    /// No proxy, whatever the environment says: for requests to this machine.
    pub direct: bool,
    /// This proxy for everything, whatever the environment says.
    pub proxy: Option<String>,
    /// Bodies as they are sent: an archive that is called `gzip` on the way stays what it is.
    pub raw: bool,
}

/// A client that could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// The client.
    #[error("cannot set up HTTPS: {0}")]
    Client(#[from] reqwest::Error),
    /// Certificates.
    #[error("cannot set up HTTPS: {0}")]
    Tls(#[from] rustls::Error),
}

/// A client that keeps its connections; one is enough for a process.
pub fn client(settings: &Settings) -> Result<Client, NetError> {
    Ok(builder(settings)?.read_timeout(SILENCE).build()?)
}

/// The same for callers that wait. How long a request may take, each says itself.
pub fn blocking(settings: &Settings) -> Result<reqwest::blocking::Client, NetError> {
    Ok(reqwest::blocking::ClientBuilder::from(builder(settings)?).timeout(None).build()?)
}

/// Why a request failed, without its address, which may hold a token: the innermost cause, which says most.
pub fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

fn builder(settings: &Settings) -> Result<ClientBuilder, NetError> {
    let provider = rustls::crypto::ring::default_provider();
    // An error means that a provider is there already, which is this one.
    let _ = provider.clone().install_default();
    let mut builder = Client::builder()
        .user_agent(USER_AGENT)
        .gzip(!settings.raw)
        .connect_timeout(CONNECT)
        .redirect(Policy::none());
    let named = std::env::var("SSL_CERT_FILE").ok().filter(|file| !file.is_empty());
    builder = match (&settings.authorities, named) {
        (Some(pem), _) => builder.tls_certs_only(Certificate::from_pem_bundle(pem)?),
        (None, Some(file)) => builder.tls_backend_preconfigured(trust::config(&file, Arc::new(provider))?),
        (None, None) => builder,
    };
    if settings.direct {
        builder = builder.no_proxy();
    }
    if let Some(proxy) = &settings.proxy {
        builder = builder.proxy(Proxy::all(proxy)?);
    }
    Ok(builder)
}

/// True for a host of this machine, as it stands in an address.
pub fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || bare.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
