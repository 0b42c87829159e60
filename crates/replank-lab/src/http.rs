//! A minimal HTTPS client for an API server: one request at a time per connection, connections are reused, with a time
//! limit.

use anyhow::{Context, Result, anyhow, bail};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::pki::Pair;

/// Time limit of a request; watches are not supported.
const DEADLINE: Duration = Duration::from_mins(1);

/// Most idle connections that are kept.
const KEPT: usize = 16;

type Connection = BufReader<StreamOwned<ClientConnection, TcpStream>>;

/// A client of a server on this machine.
pub(crate) struct Client {
    tls: Arc<ClientConfig>,
    port: u16,
    idle: Mutex<Vec<Connection>>,
}

/// A response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Client {
    /// A client with this certificate, trusting this authority; both in PEM.
    pub(crate) fn new(port: u16, authority: &str, own: &Pair) -> Result<Self> {
        let mut roots = RootCertStore::empty();
        let parse = |pem: &str| CertificateDer::from_pem_slice(pem.as_bytes()).context("no certificate");
        roots.add(parse(authority)?).context("the authority's certificate is refused")?;
        let key = PrivateKeyDer::from_pem_slice(own.key.as_bytes()).context("no key")?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .context("TLS cannot be set up")?
            .with_root_certificates(roots)
            .with_client_auth_cert(vec![parse(&own.certificate)?], key)
            .context("the client's certificate is refused")?;
        Ok(Self { tls: Arc::new(tls), port, idle: Mutex::default() })
    }

    /// Sends a request and waits for the response.
    pub(crate) fn ask(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Result<Answer> {
        let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(mut connection) = kept {
            // A server that was stopped has closed it: then nothing was done, and a new one is tried.
            if let Ok(sent) = self.exchange(&mut connection, method, path, kind, body) {
                return Ok(self.done(connection, sent));
            }
            if method != "GET" {
                self.forget();
                bail!("{method} {path}: the connection broke before the answer");
            }
        }
        let mut connection = self.connect()?;
        let sent = self
            .exchange(&mut connection, method, path, kind, body)
            .with_context(|| format!("{method} {path}: no answer from port {}", self.port))?;
        Ok(self.done(connection, sent))
    }

    /// Closes idle connections, after the server was stopped.
    pub(crate) fn forget(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn done(&self, connection: Connection, (answer, again): (Answer, bool)) -> Answer {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if again && idle.len() < KEPT {
            idle.push(connection);
        }
        answer
    }

    fn connect(&self) -> Result<Connection> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let stream = TcpStream::connect_timeout(&address, Duration::from_secs(5))
            .with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true).context("cannot set up the connection")?;
        stream.set_read_timeout(Some(DEADLINE)).context("cannot set up the connection")?;
        stream.set_write_timeout(Some(DEADLINE)).context("cannot set up the connection")?;
        let name = ServerName::IpAddress(Ipv4Addr::LOCALHOST.into());
        let tls = ClientConnection::new(self.tls.clone(), name).context("TLS cannot be set up")?;
        Ok(BufReader::new(StreamOwned::new(tls, stream)))
    }

    fn exchange(
        &self,
        connection: &mut Connection,
        method: &str,
        path: &str,
        kind: &str,
        body: &[u8],
    ) -> Result<(Answer, bool)> {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{}\r\naccept: application/json\r\n\
             user-agent: replank-lab\r\ncontent-length: {}\r\n",
            self.port,
            body.len()
        );
        if !body.is_empty() {
            request.push_str(&format!("content-type: {kind}\r\n"));
        }
        request.push_str("\r\n");
        let stream = connection.get_mut();
        stream.write_all(request.as_bytes())?;
        stream.write_all(body)?;
        stream.flush()?;
        read(connection)
    }
}

/// Reads a response; true when the connection can be reused.
fn read(from: &mut impl BufRead) -> Result<(Answer, bool)> {
    let first = line(from)?;
    let status = first.split(' ').nth(1).and_then(|word| word.parse().ok());
    let status = status.ok_or_else(|| anyhow!("`{first}` is no answer of HTTP"))?;
    let (mut length, mut chunked, mut again) = (None, false, true);
    loop {
        let header = line(from)?;
        let Some((name, value)) = header.split_once(':') else { break };
        match (name.to_ascii_lowercase().as_str(), value.trim()) {
            ("content-length", value) => length = Some(value.parse::<u64>().context("a bad content-length")?),
            ("transfer-encoding", value) => chunked = value.eq_ignore_ascii_case("chunked"),
            ("connection", value) => again = !value.eq_ignore_ascii_case("close"),
            _ => {}
        }
    }
    let mut body = Vec::new();
    if chunked {
        while let size @ 1.. = u64::from_str_radix(line(from)?.trim(), 16).context("a bad chunk")? {
            from.take(size).read_to_end(&mut body)?;
            line(from)?;
        }
        line(from)?;
    } else if let Some(length) = length {
        from.take(length).read_to_end(&mut body)?;
        if (body.len() as u64) < length {
            bail!("the answer ends early");
        }
    }
    Ok((Answer { status, body }, again))
}

fn line(from: &mut impl BufRead) -> Result<String> {
    let mut text = String::new();
    if from.take(64 * 1024).read_line(&mut text)? == 0 {
        bail!("the connection was closed");
    }
    Ok(text.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn answers_with_a_length_and_in_chunks() {
        for (text, status, body) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP", 200, "ok"),
            (
                "HTTP/1.1 429 Too Many\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n",
                429,
                "abcd",
            ),
            ("HTTP/1.1 204 No Content\r\n\r\n", 204, ""),
        ] {
            let (answer, again) = read(&mut text.as_bytes()).expect("an answer");
            assert_eq!((answer.status, answer.body.as_slice(), again), (status, body.as_bytes(), true));
        }
        assert!(read(&mut "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nab".as_bytes()).is_err());
    }
}
