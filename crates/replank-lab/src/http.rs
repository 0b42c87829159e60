//! Asking an API server of this machine: TLS with certificates of both sides, connections that are used again, a deadline.
//! Knows nothing of what is asked.

use anyhow::{Context, Result};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use ureq::Agent;
use ureq::config::Config;
use ureq::http::Request;
use ureq::tls::{Certificate, ClientCert, PrivateKey, RootCerts, TlsConfig, TlsProvider};

use crate::pki::Pair;

/// No answer of an API server takes longer that is not a watch.
const DEADLINE: Duration = Duration::from_mins(1);
/// A server of this machine is there at once, or not at all.
const CONNECTS: Duration = Duration::from_secs(5);
/// Connections kept for later.
const KEPT: usize = 16;
/// The largest answer that is read: lists of tens of thousands of objects.
const ANSWER_BYTES_MAX: u64 = 1 << 30;

/// A client of one server on this machine.
pub(crate) struct Client {
    config: Config,
    port: u16,
    /// Holds the connections that are kept.
    agent: Mutex<Agent>,
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

impl Client {
    /// A client that shows this certificate and trusts this authority, given as PEM.
    pub(crate) fn new(port: u16, authority: &str, own: &Pair) -> Result<Self> {
        let parse = |pem: &str| Certificate::from_pem(pem.as_bytes()).context("no certificate");
        let key = PrivateKey::from_pem(own.key.as_bytes()).context("no key")?;
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .root_certs(RootCerts::new_with_certs(&[parse(authority)?]))
            .client_cert(Some(ClientCert::new_with_certs(&[parse(&own.certificate)?], key)))
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .https_only(true)
            .proxy(None)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(DEADLINE))
            .timeout_connect(Some(CONNECTS))
            .max_idle_connections(KEPT)
            .max_idle_connections_per_host(KEPT)
            .user_agent("replank-lab")
            .accept("application/json")
            .build();
        let agent = Mutex::new(config.new_agent());
        Ok(Self { config, port, agent })
    }

    /// Asks and waits for the answer.
    pub(crate) fn ask(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Result<Answer> {
        let answer = self.once(method, path, kind, body).or_else(|error| {
            // A server that was stopped has closed the connections kept: then nothing was done, and a new one is tried.
            self.forget();
            let is_late = matches!(error.downcast_ref(), Some(ureq::Error::Timeout(_)));
            if method == "GET" && !is_late { self.once(method, path, kind, body) } else { Err(error) }
        });
        answer.with_context(|| format!("{method} {path}: no answer from port {}", self.port))
    }

    /// Closes the connections kept: the server was stopped.
    pub(crate) fn forget(&self) {
        *self.agent.lock().unwrap_or_else(PoisonError::into_inner) = self.config.new_agent();
    }

    fn once(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Result<Answer> {
        let agent = self.agent.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let uri = format!("https://{}:{}{path}", Ipv4Addr::LOCALHOST, self.port);
        let request = Request::builder().method(method).uri(uri);
        let mut answer = if body.is_empty() {
            agent.run(request.body(())?)?
        } else {
            agent.run(request.header("content-type", kind).body(body)?)?
        };
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec()?;
        Ok(Answer { status, body })
    }
}
