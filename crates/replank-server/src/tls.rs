//! TLS of the endpoint, with a certificate and a key that whoever runs the server brings.

use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;

/// A certificate or a key that cannot be used.
#[derive(Debug, Error)]
pub enum TlsError {
    /// The certificates cannot be read.
    #[error("the certificate is no PEM: {0}")]
    Certificate(pem::Error),
    /// There is no certificate.
    #[error(
        "there is no certificate in it; a PEM file has one between BEGIN CERTIFICATE and END CERTIFICATE"
    )]
    NoCertificate,
    /// The key cannot be read.
    #[error("the key is no PEM: {0}")]
    Key(pem::Error),
    /// They do not fit together.
    #[error("certificate and key cannot be used together: {0}")]
    Unfit(rustls::Error),
}

/// TLS with a chain of certificates, the server's own first, and its key; both are PEM.
pub fn config(chain: &[u8], key: &[u8]) -> Result<Arc<ServerConfig>, TlsError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain).collect();
    let chain = chain.map_err(TlsError::Certificate)?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate);
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(TlsError::Key)?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Unfit)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(TlsError::Unfit)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
