//! Raw HTTP over TLS, without any client library.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::bench::Bench;

/// How long anything here may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// What says who we are.
pub(crate) const TOKEN: &str = "Authorization: Bearer k8s-aws-v1.good";

pub(crate) type Stream = TlsStream<TcpStream>;

pub(crate) async fn connect(bench: &Bench) -> std::io::Result<Stream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(bench.cluster.authority.ca.as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let stream = TcpStream::connect(bench.server.trim_start_matches("https://")).await?;
    let name = ServerName::try_from("127.0.0.1").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

/// A request for a path.
pub(crate) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\n{TOKEN}\r\n\r\n")
}

/// Reads until these words came, or everything; what was read.
pub(crate) async fn read_to(stream: &mut Stream, words: &str) -> String {
    let mut read = Vec::new();
    let reading = async {
        let mut piece = vec![0; 16 << 10];
        let mut looked = 0_usize;
        loop {
            match stream.read(&mut piece).await {
                Ok(0) | Err(_) => break,
                Ok(length) => read.extend_from_slice(&piece[..length]),
            }
            // What was looked through once is not looked through again.
            if String::from_utf8_lossy(&read[looked..]).contains(words) {
                break;
            }
            looked = read.len().saturating_sub(words.len());
        }
    };
    tokio::time::timeout(PATIENCE, reading).await.unwrap();
    String::from_utf8_lossy(&read).into_owned()
}

/// Sends a request on a connection of its own and reads until these words came.
pub(crate) async fn ask(bench: &Bench, request: &str, words: &str) -> (Stream, String) {
    let mut stream = connect(bench).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let answer = read_to(&mut stream, words).await;
    (stream, answer)
}

/// A client that keeps its connection.
#[derive(Default)]
pub(crate) struct Client(Option<Stream>);

impl Client {
    /// Sends a request; code and body of the answer.
    pub(crate) fn send(
        &mut self,
        bench: &Bench,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> (u16, Value) {
        let body = body.map(Value::to_string).unwrap_or_default();
        let headers: Vec<String> =
            headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\n{TOKEN}\r\n{}Content-Length: {}\r\n\r\n{body}",
            headers.concat(),
            body.len()
        );
        bench.runtime.block_on(async {
            let mut stream = match self.0.take() {
                Some(stream) => stream,
                None => connect(bench).await.unwrap(),
            };
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut read = Vec::new();
            let mut piece = vec![0; 16 << 10];
            let head = loop {
                if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
                    break end + 4;
                }
                let length = stream.read(&mut piece).await.unwrap();
                assert!(length > 0, "{method} {path}: {}", String::from_utf8_lossy(&read));
                read.extend_from_slice(&piece[..length]);
            };
            let text = String::from_utf8_lossy(&read[..head]).to_lowercase();
            let code = text.split_whitespace().nth(1).unwrap().parse().unwrap();
            let length = text.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
            let wanted = head + length.unwrap().parse::<usize>().unwrap();
            while read.len() < wanted {
                let length = stream.read(&mut piece).await.unwrap();
                assert!(length > 0);
                read.extend_from_slice(&piece[..length]);
            }
            self.0 = Some(stream);
            (code, serde_json::from_slice(&read[head..]).unwrap_or_default())
        })
    }

    /// The first event of a watch, on a connection of its own.
    #[expect(clippy::unused_self, reason = "it is a client's")]
    pub(crate) fn first_event(&self, bench: &Bench, path: &str) -> Value {
        let (_, told) = bench.runtime.block_on(ask(bench, &get(path), "}\n"));
        let event = told.lines().find(|line| line.starts_with('{')).unwrap_or_default();
        serde_json::from_str(event).unwrap_or_default()
    }
}
