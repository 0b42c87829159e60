//! Addresses of the listeners of `replank up`: loopback, or, with explicit flags and with TLS and credentials, an
//! address that other machines reach.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result};
use replank_server::entrance::{Entrance, Right};
use replank_server::tls;
use rustls::ServerConfig;
use secrecy::SecretString;
use tokio::net::TcpListener;

use super::installation::Installation;
use crate::cli::Bind;
use crate::errors;
use crate::printer::Printer;

/// Minimal length of a secret key; those of AWS have 40 characters.
const SECRET_MIN: usize = 32;

/// Address of the listeners, and what protects them.
#[derive(Debug)]
pub(crate) struct Binding {
    /// Address to listen on.
    pub(crate) address: IpAddr,
    /// Hostname or address that clients use.
    pub(crate) host: String,
    /// TLS configuration of the EKS endpoint.
    pub(crate) tls: Option<Arc<ServerConfig>>,
    /// Access key id and secret access key that the user set.
    pub(crate) keys: Option<(String, SecretString)>,
}

impl Binding {
    /// Reads the flags; an error unless they protect an address that is not loopback.
    pub(crate) fn read(flags: &Bind) -> Result<Self> {
        let address = flags.address;
        let tls = tls_of(flags.tls_cert.as_deref(), flags.tls_key.as_deref())?;
        let keys = flags.credentials.as_deref().map(credentials).transpose()?;
        if !address.is_loopback() {
            let mut missing = Vec::new();
            if tls.is_none() {
                missing.push("--tls-cert and --tls-key, since signatures alone hide nothing of what is said");
            }
            if keys.is_none() {
                missing.push("--credentials, since keys that replank makes lie in a file of this machine");
            }
            if flags.host.is_none() && address.is_unspecified() {
                missing.push("--host, the name that clients use, since nobody can connect to that address");
            }
            if !missing.is_empty() {
                let missing = missing.join("; and ");
                return Err(bad(&format!("--bind {address}: others can reach that, so it needs {missing}")));
            }
        }
        let host = flags.host.clone().unwrap_or_else(|| match address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        });
        Ok(Self { address, host, tls, keys })
    }

    /// Socket address with a port.
    pub(crate) fn at(&self, port: u16) -> SocketAddr {
        SocketAddr::new(self.address, port)
    }

    /// Listens on the given port, else on the first free one of the usual ports, else on any.
    pub(crate) async fn listen(
        &self,
        flag: &str,
        port: Option<u16>,
        usual: [Option<u16>; 2],
    ) -> Result<TcpListener> {
        if let Some(port) = port {
            let listener = TcpListener::bind(self.at(port)).await;
            return listener.map_err(|error| errors::bad(format!("{flag} {port}: {error}")));
        }
        for port in usual.into_iter().flatten() {
            match TcpListener::bind(self.at(port)).await {
                Ok(listener) => return Ok(listener),
                Err(error) => {
                    Printer::complain(&format!("port {port} is taken ({error}); another one is used"));
                }
            }
        }
        let any = TcpListener::bind(self.at(0)).await;
        any.map_err(|error| errors::bad(format!("--bind {}: {error}", self.address)))
    }

    /// Credentials of clients: those that the user set, else those of the data directory, else new ones.
    pub(crate) fn keys(&self, before: Option<&Installation>) -> Result<(String, SecretString)> {
        match (&self.keys, before) {
            (Some(keys), _) => Ok(keys.clone()),
            (None, Some(before)) => Ok((before.access_key.clone(), before.secret_key.clone())),
            (None, None) => replank_server::auth::new_pair().context("no randomness for keys"),
        }
    }

    /// URL of the EKS endpoint.
    pub(crate) fn endpoint(&self, port: u16) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{}:{port}", self.host)
    }

    /// Path of a page that lets whoever opens it first into the dashboard: on loopback, where only users of this machine
    /// read what is printed.
    pub(crate) fn link(&self, entrance: &Entrance) -> Option<String> {
        if self.address.is_loopback() { entrance.link(Right::Acts, Instant::now()) } else { None }
    }

    /// URL of a Kubernetes API.
    pub(crate) fn kubernetes(&self, port: u16) -> String {
        format!("https://{}:{port}", self.host)
    }

    /// Hostnames and addresses for the certificate of a Kubernetes API.
    pub(crate) fn hosts(&self) -> Vec<String> {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let mut hosts = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
        if !hosts.contains(&bare) {
            hosts.push(bare);
        }
        hosts
    }
}

/// The configuration of a certificate and its key, which are given together or not at all.
pub(crate) fn tls_of(chain: Option<&Path>, key: Option<&Path>) -> Result<Option<Arc<ServerConfig>>> {
    match (chain, key) {
        (Some(chain), Some(key)) => certificate(chain, key).map(Some),
        (None, None) => Ok(None),
        (Some(_), None) => Err(bad("--tls-cert needs --tls-key: the key that belongs to it")),
        (None, Some(_)) => Err(bad("--tls-key needs --tls-cert: the certificate that belongs to it")),
    }
}

fn certificate(chain: &Path, key: &Path) -> Result<Arc<ServerConfig>> {
    let read = |flag: &str, file: &Path| {
        fs::read(file).map_err(|error| bad(&format!("{flag} {}: {error}", file.display())))
    };
    let (text, key_text) = (read("--tls-cert", chain)?, read("--tls-key", key)?);
    tls::config(&text, &key_text).map_err(|error| {
        let (flag, file) = match error {
            tls::TlsError::Key(_) => ("--tls-key", key),
            _ => ("--tls-cert", chain),
        };
        bad(&format!("{flag} {}: {error}", file.display()))
    })
}

/// Reads the first profile of a file in the format of `~/.aws/credentials`.
fn credentials(file: &Path) -> Result<(String, SecretString)> {
    let wrong = |what: &str| bad(&format!("--credentials {}: {what}", file.display()));
    let text = fs::read_to_string(file).map_err(|error| wrong(&error.to_string()))?;
    let mode = fs::metadata(file).map_err(|error| wrong(&error.to_string()))?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(wrong("others on this machine can read it; chmod 600"));
    }
    let value = |name: &str| {
        let found = text.lines().find_map(|line| {
            let (key, value) = line.split_once('=')?;
            (key.trim() == name).then(|| value.trim().to_owned())
        });
        found.filter(|value| !value.is_empty()).ok_or_else(|| wrong(&format!("there is no {name} in it")))
    };
    let (access, secret) = (value("aws_access_key_id")?, value("aws_secret_access_key")?);
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !(16..=128).contains(&access.len()) || !access.chars().all(word) {
        return Err(wrong("aws_access_key_id has 16 to 128 letters and digits"));
    }
    if secret.len() < SECRET_MIN {
        return Err(wrong(&format!("aws_secret_access_key has {SECRET_MIN} letters at least")));
    }
    Ok((access, secret.into()))
}

fn bad(text: &str) -> anyhow::Error {
    errors::bad(text.to_owned())
}
