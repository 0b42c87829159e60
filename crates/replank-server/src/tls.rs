//! TLS of the endpoint, with a certificate and key given by the operator.

use std::sync::Arc;

use replank_engine::secret::Unreadable;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use thiserror::Error;

/// Why a certificate or key cannot be used.
#[derive(Debug, Error)]
pub enum TlsError {
    /// The certificate file does not parse.
    #[error("the certificate is no PEM: {0}")]
    Certificate(Unreadable),
    /// The certificate file has no certificate.
    #[error(
        "there is no certificate in it; a PEM file has one between BEGIN CERTIFICATE and END CERTIFICATE"
    )]
    NoCertificate,
    /// The key file does not parse.
    #[error("the key is no PEM: {0}")]
    Key(Unreadable),
    /// Certificate and key do not match.
    #[error("certificate and key cannot be used together: {0}")]
    Unfit(rustls::Error),
}

/// TLS settings from a certificate chain, the server's own first, and its key; both in PEM.
pub fn config(chain: &[u8], key: &[u8]) -> Result<Arc<ServerConfig>, TlsError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain).collect();
    let chain = chain.map_err(|error| TlsError::Certificate(no_pem(&error)))?;
    if chain.is_empty() {
        return Err(TlsError::NoCertificate);
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| TlsError::Key(no_pem(&error)))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Unfit)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(TlsError::Unfit)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// What is wrong with a PEM file, without its content: the library quotes the line it rejects, which may be a key.
pub fn no_pem(error: &pem::Error) -> Unreadable {
    Unreadable::new(match error {
        pem::Error::MissingSectionEnd { .. } => {
            "a section that begins with BEGIN has no END, so it is cut short"
        }
        pem::Error::IllegalSectionStart { .. } => {
            "a line that begins with -----BEGIN does not end with -----, so it is none"
        }
        pem::Error::Base64Decode(_) => "what stands between BEGIN and END is no base64",
        pem::Error::Io(_) => "it cannot be read to its end",
        pem::Error::NoItemsFound => "there is none in it",
        pem::Error::SectionTooLarge => "a section of it is larger than 10 MB",
        _ => "it cannot be read",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_is_repeated() {
        let marker = "mQ4vXz71kTb0";
        for key in [
            format!("-----BEGIN PRIVATE KEY-----{marker}-----END PRIVATE KEY-----"),
            format!("-----BEGIN PRIVATE KEY-----\n{marker}\n"),
            format!("-----BEGIN {marker}\n{marker}\n-----END {marker}-----\n"),
            format!("-----BEGIN PRIVATE KEY-----\n\u{1}{marker}!\n-----END PRIVATE KEY-----\n"),
            format!("-----BEGIN PRIVATE KEY-----\n{marker}\n-----END {marker}-----\n"),
            format!("-----BEGIN PRIVATE KEY-----\n{marker}\n-----END PRIVATE KEY-----\n"),
            marker.to_owned(),
            String::new(),
        ] {
            let certificate = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
            for (chain, key) in [(certificate, &*key), (&*key, certificate)] {
                let error = config(chain.as_bytes(), key.as_bytes()).unwrap_err();
                assert!(!format!("{error} {error:?}").contains(marker), "{error:?}");
            }
        }
    }
}
