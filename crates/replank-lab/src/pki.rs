//! Certificates of a lab: an authority, a certificate for every program and user, and the key of service account
//! tokens.

use anyhow::{Context, Result};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, date_time_ymd,
};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Validity of certificates that are not meant to expire.
pub(crate) const LONG: Duration = Duration::from_hours(10 * 365 * 24);

/// A certificate and its key, in PEM.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

/// The certificate authority that all programs of a lab trust.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its certificate, in PEM.
    pub(crate) certificate: String,
}

impl Authority {
    /// Makes a key, and a certificate that it signs itself.
    pub(crate) fn new() -> Result<Self> {
        let key = KeyPair::generate().context("cannot make a key")?;
        let mut params = params("replank-lab", &[], LONG)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let certificate = params.self_signed(&key).context("cannot sign the authority's certificate")?.pem();
        Ok(Self { issuer: Issuer::new(params, key), certificate })
    }

    /// A certificate for a server that is also a client, on this machine.
    pub(crate) fn server(&self, name: &str, hosts: &[&str]) -> Result<Pair> {
        let params = params(name, hosts, LONG)?;
        self.sign(params, vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth])
    }

    /// A client certificate for this user, in this group.
    pub(crate) fn user(&self, name: &str, group: Option<&str>, valid: Duration) -> Result<Pair> {
        let mut params = params(name, &[], valid)?;
        if let Some(group) = group {
            params.distinguished_name.push(DnType::OrganizationName, group);
        }
        self.sign(params, vec![ExtendedKeyUsagePurpose::ClientAuth])
    }

    fn sign(&self, mut params: CertificateParams, usages: Vec<ExtendedKeyUsagePurpose>) -> Result<Pair> {
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = usages;
        let key = KeyPair::generate().context("cannot make a key")?;
        let certificate = params.signed_by(&key, &self.issuer).context("cannot sign a certificate")?.pem();
        Ok(Pair { certificate, key: key.serialize_pem() })
    }
}

/// Signing key of service account tokens, and the public key that verifies them, in PEM.
pub(crate) fn signer() -> Result<(String, String)> {
    let key = KeyPair::generate().context("cannot make a key")?;
    Ok((key.serialize_pem(), key.public_key_pem()))
}

fn params(name: &str, hosts: &[&str], valid: Duration) -> Result<CertificateParams> {
    let hosts: Vec<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    let mut params = CertificateParams::new(hosts).context("cannot read the host names")?;
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    // A minute back, for clocks that were just set.
    params.not_before = date_time_ymd(1970, 1, 1) + now.saturating_sub(Duration::from_mins(1));
    params.not_after = date_time_ymd(1970, 1, 1) + (now + valid);
    Ok(params)
}
