//! Which servers are believed: whom an authority that is known here vouches for, and those whose own certificate was named.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use replank_server::tls::no_pem;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::Trouble;
use super::connect::without_number;

/// TLS that believes the certificates in a file: `--ca-file`, else `AWS_CA_BUNDLE`, else `SSL_CERT_FILE`, else those that
/// the system has.
pub(crate) fn verified(ca_file: Option<&Path>) -> Result<ClientConfig, Trouble> {
    let (file, named) = certificates(ca_file)?;
    of(named).map_err(|why| Trouble::BadAuthority { file, why })
}

/// TLS that believes nobody, for endpoints that are spoken to without.
pub(super) fn nobody() -> Result<ClientConfig, Trouble> {
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    let config = config.with_safe_default_protocol_versions();
    let config = config.map_err(|error| Trouble::Machine(error.to_string()))?;
    Ok(config.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

fn of(named: Vec<CertificateDer<'static>>) -> Result<ClientConfig, String> {
    let provider = Arc::new(default_provider());
    let mut roots = RootCertStore::empty();
    let (added, _ignored) = roots.add_parsable_certificates(named.iter().cloned());
    if added == 0 {
        return Err("no certificate stands in it".to_owned());
    }
    let usual = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider.clone());
    let usual = usual.build().map_err(|error| error.to_string())?;
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| error.to_string())?;
    // What is added to the usual verifier is said at its type.
    let verifier = Arc::new(Named { usual, named });
    Ok(config.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

/// The certificates, and where they stand.
fn certificates(ca_file: Option<&Path>) -> Result<(String, Vec<CertificateDer<'static>>), Trouble> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let named = ca_file.map(|file| (file.to_path_buf(), "--ca-file"));
    let from = |name: &'static str| Some((set(name)?, name));
    let Some((file, by)) = named.or_else(|| from("AWS_CA_BUNDLE")).or_else(|| from("SSL_CERT_FILE")) else {
        // One that cannot be read is nobody's trouble while there are others.
        let found = rustls_native_certs::load_native_certs().certs;
        let why = "there are none on this machine".to_owned();
        return if found.is_empty() {
            Err(Trouble::BadAuthority { file: "none".to_owned(), why })
        } else {
            Ok(("those of this machine".to_owned(), found))
        };
    };
    // A variable may hold anything: what it holds is shown once it is known to be the name of a file.
    let shown = if by == "--ca-file" || file.exists() { file.display().to_string() } else { by.to_owned() };
    let bad = |why: String| Trouble::BadAuthority { file: shown.clone(), why };
    let text = fs::read(&file).map_err(|error| bad(without_number(&error.to_string())))?;
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let read = read.map_err(|error| bad(no_pem(&error).to_string()))?;
    Ok((shown, read))
}

/// Believes what the usual verifier does, and a server whose very certificate was named, as OpenSSL and with it `aws` do.
/// The usual one takes no certificate that calls itself an authority for that of a server, which is what `openssl req
/// -x509` makes. Its dates were looked at before that; the host is compared here.
#[derive(Debug)]
struct Named {
    usual: Arc<WebPkiServerVerifier>,
    named: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for Named {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        host: &ServerName<'_>,
        revocation: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.usual.verify_server_cert(own, others, host, revocation, now) {
            Err(Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::Other(_)))
                if self.named.iter().any(|named| named.as_ref() == own.as_ref()) =>
            {
                verify_server_name(&ParsedCertificate::try_from(own)?, host)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        own: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls12_signature(message, own, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        own: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls13_signature(message, own, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.usual.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};

    use super::*;

    /// A self-signed certificate for this host that calls itself an authority or does not, with the year of its end.
    fn signed_by_itself(host: &str, is_authority: bool, until: i32) -> CertificateDer<'static> {
        let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
        if is_authority {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(until, 1, 1));
        params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().clone()
    }

    fn verify(named: &CertificateDer<'static>, shown: &CertificateDer<'static>) -> Result<(), Error> {
        let mut roots = RootCertStore::empty();
        roots.add(named.clone()).unwrap();
        let provider = Arc::new(default_provider());
        let usual = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
        let verifier = Named { usual, named: vec![named.clone()] };
        let (host, now) = (ServerName::try_from("replank.test").unwrap(), UnixTime::now());
        verifier.verify_server_cert(shown, &[], &host, &[], now).map(drop)
    }

    #[test]
    fn a_server_is_believed_whose_own_certificate_was_named() {
        for is_authority in [true, false] {
            let own = signed_by_itself("replank.test", is_authority, 2090);
            verify(&own, &own).unwrap();
            let elsewhere = signed_by_itself("other.test", is_authority, 2090);
            assert!(verify(&elsewhere, &elsewhere).is_err(), "the host still counts");
            let old = signed_by_itself("replank.test", is_authority, 2021);
            assert!(verify(&old, &old).is_err(), "the dates still count");
            let another = signed_by_itself("replank.test", is_authority, 2090);
            assert!(verify(&own, &another).is_err(), "it has to be this one");
        }
    }
}
