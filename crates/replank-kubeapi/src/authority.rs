//! Who signs for the API: a certificate authority of its own, the server's certificate, the administrator's.

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

/// Certificates and keys, each as PEM. To be kept as a whole, so that clients go on trusting it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Authority {
    /// The certificate of the authority, which clients trust.
    pub ca: String,
    /// The certificate of the server.
    pub server: String,
    /// The key of the server.
    #[serde(with = "secret::kept")]
    pub server_key: SecretString,
    /// The certificate of the administrator, `kubernetes-admin` of the group `system:masters`.
    pub admin: String,
    /// The key of the administrator.
    #[serde(with = "secret::kept")]
    pub admin_key: SecretString,
}

/// Certificates that cannot be made or read.
#[derive(Debug, Error)]
pub enum AuthorityError {
    /// They cannot be made.
    #[error("certificates of the Kubernetes API cannot be made: {0}")]
    Make(#[from] rcgen::Error),
    /// They cannot be read.
    #[error("certificates of the Kubernetes API cannot be read: they are no PEM")]
    Read,
    /// They do not fit together.
    #[error("TLS of the Kubernetes API: {0}")]
    Tls(#[from] rustls::Error),
    /// Client certificates cannot be checked against them.
    #[error("TLS of the Kubernetes API: {0}")]
    Verifier(#[from] rustls::server::VerifierBuilderError),
}

impl Authority {
    /// A new authority, with a server certificate for these hosts: names and addresses.
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

    /// A kubeconfig for the administrator, whose one context is `name`.
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

    /// The certificate of the authority in base64, as `DescribeCluster` has it (`certificateAuthority.data`).
    pub fn ca_data(&self) -> String {
        base64(self.ca.as_bytes())
    }

    /// TLS with these certificates; a client may show one of them.
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

/// Valid from long ago to long after: it is thrown away with its world.
/// The library repeats what it does not understand, and this is keys.
fn no_pem(_: pem::Error) -> AuthorityError {
    AuthorityError::Read
}

fn params(name: &str, hosts: &[String]) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(hosts)?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2049, 12, 31);
    Ok(params)
}

/// Base64 with padding.
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
