//! A client of the Kubernetes API, with the administrator's certificate, over HTTP/2.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2::{self, SendRequest};
use hyper::{Method, Request, Response, body::Incoming};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::Outcome;
use crate::served::Server;

/// A connection.
#[derive(Clone)]
pub(crate) struct Client {
    sender: SendRequest<Full<Bytes>>,
    place: SocketAddr,
}

fn tls(server: &Server) -> Outcome<TlsConnector> {
    let authority = server.authority()?;
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.ca.as_bytes())?)?;
    let chain = vec![CertificateDer::from_pem_slice(authority.admin.as_bytes())?];
    let key = PrivateKeyDer::from_pem_slice(authority.admin_key.expose_secret().as_bytes())?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let mut config = config.with_root_certificates(roots).with_client_auth_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

impl Client {
    pub(crate) async fn connect(server: &Server) -> Outcome<Self> {
        let place = server.kubernetes.ok_or("no Kubernetes API")?;
        let stream = TcpStream::connect(place).await?;
        stream.set_nodelay(true)?;
        let stream = tls(server)?.connect(ServerName::try_from("127.0.0.1")?, stream).await?;
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.initial_connection_window_size(16 << 20).initial_stream_window_size(4 << 20);
        let (sender, connection) = builder.handshake(TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self { sender, place })
    }

    /// Asks; what is no success is an error.
    pub(crate) async fn open(&self, method: Method, path: &str, body: Bytes) -> Outcome<Response<Incoming>> {
        let mut sender = self.sender.clone();
        let kind = match method {
            Method::PATCH => "application/merge-patch+json",
            _ => "application/json",
        };
        let request = Request::builder().method(method).uri(format!("https://{}{path}", self.place));
        let request = request.header("content-type", kind).body(Full::new(body))?;
        sender.ready().await?;
        let response = sender.send_request(request).await?;
        if !response.status().is_success() {
            let said = response.into_body().collect().await?.to_bytes();
            return Err(format!("{path}: {}", String::from_utf8_lossy(&said)).into());
        }
        Ok(response)
    }

    /// Reads, to the end.
    pub(crate) async fn get(&self, path: &str) -> Outcome<Bytes> {
        let response = self.open(Method::GET, path, Bytes::new()).await?;
        Ok(response.into_body().collect().await?.to_bytes())
    }

    /// Writes.
    pub(crate) async fn send(&self, method: Method, path: &str, body: &Value) -> Outcome {
        let response = self.open(method, path, body.to_string().into()).await?;
        response.into_body().collect().await?;
        Ok(())
    }
}
