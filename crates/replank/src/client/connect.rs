//! HTTP connections over TCP, with TLS for `https` endpoints.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use replank_server::tls::no_pem;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::{Place, Trouble};

/// Time limit for establishing a connection.
const PATIENCE: Duration = Duration::from_secs(5);
/// Files in which Linux distributions keep the certificates of public authorities.
const BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
    "/etc/ssl/ca-bundle.pem",
];

/// Opens connections, with TLS if the endpoint needs it.
pub(super) struct Connector {
    tls: Option<TlsConnector>,
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connector").field("tls", &self.tls.is_some()).finish()
    }
}

impl Connector {
    /// Connector for an endpoint; certificates are read only for `https`.
    pub(super) fn new(place: &Place, ca_file: Option<&Path>) -> Result<Self, Trouble> {
        if !place.is_tls {
            return Ok(Self { tls: None });
        }
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()));
        let config = config.with_safe_default_protocol_versions();
        let config = config.map_err(|error| Trouble::Machine(error.to_string()))?;
        let config = config.with_root_certificates(authorities(ca_file)?).with_no_client_auth();
        Ok(Self { tls: Some(TlsConnector::from(Arc::new(config))) })
    }

    /// Opens a connection, within the time limit.
    pub(super) async fn connect(&self, place: &Place) -> Result<SendRequest<Full<Bytes>>, Trouble> {
        match timeout(PATIENCE, self.connected(place)).await {
            Ok(connected) => connected,
            Err(_) => Err(place.unreachable(format!("no connection within {} s", PATIENCE.as_secs()))),
        }
    }

    async fn connected(&self, place: &Place) -> Result<SendRequest<Full<Bytes>>, Trouble> {
        let stream = TcpStream::connect((place.host.as_str(), place.port)).await;
        let stream = stream.map_err(|error| place.unreachable(reason(&error)))?;
        let _without = stream.set_nodelay(true);
        let Some(tls) = &self.tls else { return driven(stream, place).await };
        let name = ServerName::try_from(place.host.clone());
        let name = name.map_err(|error| place.unreachable(error.to_string()))?;
        let stream = tls.connect(name, stream).await;
        driven(stream.map_err(|error| place.unreachable(error.to_string()))?, place).await
    }
}

async fn driven<S>(stream: S, place: &Place) -> Result<SendRequest<Full<Bytes>>, Trouble>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let made = handshake(TokioIo::new(stream)).await;
    let (sender, connection) = made.map_err(|error| place.unreachable(error.to_string()))?;
    // How it ends is heard by whoever waits for the answer.
    tokio::spawn(async move { drop(connection.await) });
    Ok(sender)
}

/// Text of an I/O error without the `(os error N)` at its end.
fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

/// Trusted root certificates: those of the given file, else of the environment, else of the system.
fn authorities(ca_file: Option<&Path>) -> Result<RootCertStore, Trouble> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let named = ca_file.map(|file| (file.to_path_buf(), "--ca-file"));
    let from = |name: &'static str| Some((set(name)?, name));
    let named = named.or_else(|| from("AWS_CA_BUNDLE")).or_else(|| from("SSL_CERT_FILE"));
    let there =
        || BUNDLES.iter().map(|file| (PathBuf::from(file), "--ca-file")).find(|(file, _)| file.exists());
    let Some((file, by)) = named.or_else(there) else {
        return Err(Trouble::BadAuthority {
            file: "none".into(),
            why: "there are none on this machine".into(),
        });
    };
    // A variable may hold anything: what it holds is shown once it is known to be the name of a file.
    let shown = if by == "--ca-file" || file.exists() { file.display().to_string() } else { by.to_owned() };
    let bad = |why: String| Trouble::BadAuthority { file: shown.clone(), why };
    let text = fs::read(&file).map_err(|error| bad(reason(&error)))?;
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let mut store = RootCertStore::empty();
    let (added, _ignored) =
        store.add_parsable_certificates(read.map_err(|error| bad(no_pem(&error).to_string()))?);
    if added == 0 {
        return Err(bad("no certificate stands in it".to_owned()));
    }
    Ok(store)
}
