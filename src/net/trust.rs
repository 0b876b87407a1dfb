//! A certificate that the user trusts by name of file.
//!
//! `SSL_CERT_FILE` adds roots. Where it holds the very certificate that a server shows (a self-signed one,
//! as stand-ins and appliances have), that is trusted as well: OpenSSL and Go do so, webpki calls it
//! a root that must not serve.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use rustls_platform_verifier::Verifier;

/// The roots of the machine, and the certificates of a file themselves.
#[derive(Debug)]
struct Trust {
    roots: Verifier,
    named: Vec<CertificateDer<'static>>,
}

/// TLS that trusts the roots of the machine and the certificates of `file`.
pub(super) fn config(file: &str, provider: Arc<CryptoProvider>) -> Result<ClientConfig, Error> {
    let failed = |e: &dyn std::fmt::Display| Error::General(format!("SSL_CERT_FILE {file}: {e}"));
    let named: Result<Vec<_>, _> = CertificateDer::pem_file_iter(file).map_err(|e| failed(&e))?.collect();
    let trust = Trust { roots: Verifier::new(provider.clone())?, named: named.map_err(|e| failed(&e))? };
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(trust)).with_no_client_auth())
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let by_roots =
            self.roots.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        if by_roots.is_err() && self.named.iter().any(|named| named == end_entity) {
            verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
            return Ok(ServerCertVerified::assertion());
        }
        by_roots
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.roots.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.roots.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.roots.supported_verify_schemes()
    }
}
