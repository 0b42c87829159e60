//! The certificate authority of the API, its server certificate, and the administrator's client certificate.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use replank_engine::secret;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Certificates and keys, in PEM. Stored as a whole, so that clients keep trusting it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Authority {
    /// Certificate of the authority, which clients trust.
    pub ca: String,
    /// Certificate of the server.
    pub server: String,
    /// Private key of the server.
    #[serde(with = "secret::kept")]
    pub server_key: SecretString,
    /// Client certificate of the administrator: `kubernetes-admin`, group `system:masters`.
    pub admin: String,
    /// Private key of the administrator.
    #[serde(with = "secret::kept")]
    pub admin_key: SecretString,
}

/// Why certificates cannot be used.
#[derive(Debug, Error)]
pub enum AuthorityError {
    /// They could not be generated.
    #[error("certificates of the Kubernetes API cannot be made: {0}")]
    Make(#[from] rcgen::Error),
    /// They do not parse.
    #[error("certificates of the Kubernetes API cannot be read: they are no PEM")]
    Read,
    /// Certificate and key do not match.
    #[error("TLS of the Kubernetes API: {0}")]
    Tls(#[from] rustls::Error),
    /// Client certificates cannot be verified with them.
    #[error("TLS of the Kubernetes API: {0}")]
    Verifier(#[from] rustls::server::VerifierBuilderError),
}

impl Authority {
    /// A new authority, with a server certificate for these host names and addresses.
    pub fn new(hosts: &[String]) -> Result<Self, AuthorityError> {
        let ca_key = KeyPair::generate()?;
        let mut ca = params("kubernetes", &[])?;
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let ca_pem = ca.self_signed(&ca_key)?.pem();
        let issuer = Issuer::new(ca, ca_key);
        let server_key = KeyPair::generate()?;
        let mut server = params("kube-apiserver", hosts)?;
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let admin_key = KeyPair::generate()?;
        let mut admin = params("kubernetes-admin", &[])?;
        admin.distinguished_name.push(DnType::OrganizationName, "system:masters");
        admin.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        Ok(Self {
            ca: ca_pem,
            server: server.signed_by(&server_key, &issuer)?.pem(),
            server_key: server_key.serialize_pem().into(),
            admin: admin.signed_by(&admin_key, &issuer)?.pem(),
            admin_key: admin_key.serialize_pem().into(),
        })
    }

    /// A kubeconfig for the administrator at URL `server`, with one context called `name`.
    pub fn kubeconfig(&self, name: &str, server: &str) -> String {
        let pems = [&*self.ca, &*self.admin, self.admin_key.expose_secret()];
        let [ca, cert, key] = pems.map(|pem| base64(pem.as_bytes()));
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: {name}\nclusters:\n- name: {name}\n  cluster:\n    \
             server: {server}\n    certificate-authority-data: {ca}\ncontexts:\n- name: {name}\n  context:\n    \
             cluster: {name}\n    user: {name}\nusers:\n- name: {name}\n  user:\n    \
             client-certificate-data: {cert}\n    client-key-data: {key}\n"
        )
    }

    /// Certificate of the authority in base64 (EKS: `certificateAuthority.data`).
    pub fn ca_data(&self) -> String {
        base64(self.ca.as_bytes())
    }

    /// TLS settings with these certificates; client certificates are optional.
    pub(crate) fn tls(&self) -> Result<Arc<ServerConfig>, AuthorityError> {
        let provider = Arc::new(default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.ca.as_bytes()).map_err(no_pem)?)?;
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone());
        let verifier = verifier.allow_unauthenticated().build()?;
        let chain = vec![CertificateDer::from_pem_slice(self.server.as_bytes()).map_err(no_pem)?];
        let key = PrivateKeyDer::from_pem_slice(self.server_key.expose_secret().as_bytes());
        let key = key.map_err(no_pem)?;
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

/// The error for PEM that does not parse, without the library's message, which may quote a key.
fn no_pem(_: pem::Error) -> AuthorityError {
    AuthorityError::Read
}

/// A certificate without an end of validity that matters: it is thrown away with its world.
fn params(name: &str, hosts: &[String]) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(hosts)?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2049, 12, 31);
    Ok(params)
}

/// Encodes base64 with padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::{Authority, base64};

    #[test]
    fn certificates_fit_together() {
        let authority = Authority::new(&["127.0.0.1".to_owned(), "localhost".to_owned()]).unwrap();
        authority.tls().unwrap();
        let text = serde_json::to_string(&authority).unwrap();
        let read: Authority = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
        let key = authority.admin_key.expose_secret();
        assert!(!format!("{authority:?}").contains(key.lines().nth(1).unwrap()));
        let config = authority.kubeconfig("eks-workshop", "https://127.0.0.1:1");
        assert!(config.contains("current-context: eks-workshop\n") && config.contains(&authority.ca_data()));
    }

    #[test]
    fn base64_is_padded() {
        for (bytes, wanted) in
            [("", ""), ("a", "YQ=="), ("ab", "YWI="), ("abc", "YWJj"), ("~~~?", "fn5+Pw==")]
        {
            assert_eq!(base64(bytes.as_bytes()), wanted);
        }
    }
}
