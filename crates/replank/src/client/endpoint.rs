//! Finds endpoint and credentials: from flags, else the environment, else the last `replank up`, or of a process that runs
//! an update.

use std::env;
use std::path::Path;

use hyper::Uri;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;

use super::Trouble;
use crate::cli::remote::Server;
use crate::up::installation::{self, Installation};
use crate::up::update_process::{self, UpdateProcess};

/// Flag with the URL of a server.
const FLAG: &str = "--endpoint-url";
/// Flag with the data directory of one.
const DATA: &str = "--data";
/// What names the process of an update.
pub(super) const PROCESS: &str = "its data directory";

/// Endpoint and credentials of a server.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    /// URL as it may be shown: of one from an environment variable only scheme, host and port.
    pub(crate) url: String,
    /// Flag, variable or file that named it.
    pub(crate) named_by: &'static str,
    /// Whether the endpoint uses TLS.
    pub(crate) is_tls: bool,
    /// Host and port, as in the URL.
    pub(crate) authority: String,
    /// Path of the URL, put before every request path.
    pub(crate) prefix: String,
    /// Credentials.
    pub(crate) keys: Keys,
}

/// AWS credentials with their region.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    /// Access key id.
    pub(crate) access: String,
    /// Secret access key.
    pub(crate) secret: SecretString,
    /// Session token; empty without one.
    pub(crate) token: SecretString,
    /// Region for the signature.
    pub(crate) region: String,
}

impl Keys {
    /// Those of a `replank up`.
    fn of(told: &Installation) -> Self {
        Self {
            access: told.access_key.clone(),
            secret: told.secret_key.clone(),
            token: SecretString::default(),
            region: told.region.clone(),
        }
    }

    /// Access key id, if it has the form of one (AWS: `AKIA...`) and is not a secret that was put in its place.
    fn named(&self) -> Option<String> {
        let fits = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
        (self.access.len() <= 32 && self.access.chars().all(fits)).then(|| self.access.clone())
    }

    /// First line of an error message of a server, without our own secrets. AWS puts the canonical request with the
    /// session token on the lines below.
    fn hidden_from(&self, said: &str) -> String {
        let mut said = said.lines().next().unwrap_or_default().to_owned();
        for secret in [&self.secret, &self.token].map(ExposeSecret::expose_secret) {
            if !secret.is_empty() {
                said = said.replace(secret, "***");
            }
        }
        said
    }
}

impl Endpoint {
    /// Finds the endpoint and credentials to use.
    pub(crate) fn find(flags: &Server) -> Result<Self, Trouble> {
        match &flags.data {
            Some(data) => Self::of_data(data),
            None => Self::named(flags.endpoint_url.as_deref()),
        }
    }

    /// The server, or the update of a real cluster, that runs in a data directory.
    fn of_data(data: &Path) -> Result<Self, Trouble> {
        let unread = |error: anyhow::Error| Trouble::BadDirectory(format!("{error:#}"));
        if let Some(process) = UpdateProcess::of_data(data).map_err(unread)? {
            return Self::of_process(&process);
        }
        let told = Installation::read(data).map_err(unread)?.filter(|told| told.pid.is_some());
        let Some(told) = told else { return Err(Trouble::NobodyIn(data.display().to_string())) };
        let Address { is_tls, authority, prefix, .. } = Address::of(&told.endpoint, DATA)?;
        let keys = Keys::of(&told);
        Ok(Self { url: told.endpoint, named_by: DATA, is_tls, authority, prefix, keys })
    }

    /// The process that runs an update.
    pub(crate) fn of_process(process: &UpdateProcess) -> Result<Self, Trouble> {
        let Address { is_tls, authority, prefix, .. } = Address::of(&process.endpoint, PROCESS)?;
        let keys = Keys {
            access: process.access_key.clone(),
            secret: process.secret_key.clone(),
            token: SecretString::default(),
            region: update_process::REGION.to_owned(),
        };
        Ok(Self { url: process.endpoint.clone(), named_by: PROCESS, is_tls, authority, prefix, keys })
    }

    /// The server that a flag, the environment or the last `replank up` names.
    fn named(flag: Option<&str>) -> Result<Self, Trouble> {
        let told = installation::home().as_deref().map(Installation::read);
        // A damaged file is no reason not to go where flags or the environment say.
        let told = told.and_then(Result::ok).flatten();
        Self::of(flag, &|name| env::var(name).ok(), told.as_ref())
    }

    fn of(
        flag: Option<&str>,
        variable: &dyn Fn(&str) -> Option<String>,
        told: Option<&Installation>,
    ) -> Result<Self, Trouble> {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let named = flag.map(|url| (url.to_owned(), FLAG));
        let named = named.or_else(|| Some((set("REPLANK_ENDPOINT")?, "REPLANK_ENDPOINT")));
        let named = named.or_else(|| Some((set("AWS_ENDPOINT_URL")?, "AWS_ENDPOINT_URL")));
        let last = told.filter(|told| told.pid.is_some());
        let named = named.or_else(|| Some((last?.endpoint.clone(), "the last replank up")));
        let (url, named_by) = named.ok_or(Trouble::Nowhere)?;
        let address = Address::of(&url, named_by)?;
        let own = told.filter(|told| told.endpoint == url.trim_end_matches('/'));
        let own = own.map(Keys::of);
        let region = set("AWS_REGION").or_else(|| set("AWS_DEFAULT_REGION"));
        let from_environment = || {
            let (access, secret) = (set("AWS_ACCESS_KEY_ID")?, set("AWS_SECRET_ACCESS_KEY")?);
            let region = region.or_else(|| Some(own.as_ref()?.region.clone()))?;
            let token = set("AWS_SESSION_TOKEN").unwrap_or_default();
            Some(Keys { access, secret: secret.into(), token: token.into(), region })
        };
        // Keys of the environment belong to the endpoint of the environment; those of another account would only be
        // refused by the last `replank up`.
        let keys = match named_by {
            "the last replank up" => own.clone(),
            _ => from_environment().or_else(|| own.clone()),
        };
        let Some(keys) = keys else { return Err(Trouble::NoCredentials { url: address.shown }) };
        let Address { shown: url, is_tls, authority, prefix } = address;
        Ok(Self { url, named_by, is_tls, authority, prefix, keys })
    }

    /// Error: no connection could be made.
    pub(super) fn unreachable(&self, why: impl Into<String>) -> Trouble {
        Trouble::Unreachable { url: self.url.clone(), named_by: self.named_by, why: why.into() }
    }

    /// Error: the connection broke before the answer was complete.
    pub(super) fn broke(&self, why: String) -> Trouble {
        Trouble::Broke { url: self.url.clone(), why }
    }

    /// Parses an answer; an error status becomes the matching [`Trouble`].
    pub(super) fn understood(&self, status: u16, body: &[u8]) -> Result<Value, Trouble> {
        let ErrorBody { code, message } = serde_json::from_slice(body).unwrap_or_default();
        match (status, code, message) {
            (200, ..) if let Ok(answer) = serde_json::from_slice(body) => Ok(answer),
            (403, _, Some(said)) => {
                let (access, said) = (self.keys.named(), self.keys.hidden_from(&said));
                Err(Trouble::NotAccepted { url: self.url.clone(), access, said })
            }
            (_, Some(code), Some(message)) => Err(Trouble::Said { status, code, message }),
            _ => Err(Trouble::NotReplank { url: self.url.clone(), status }),
        }
    }
}

/// An answer other than 200: an [`ErrorAnswer`](replank_server::control::api::ErrorAnswer) of the control API, or a
/// refusal before it, which has no code.
#[derive(Default, Deserialize)]
#[serde(default)]
struct ErrorBody {
    code: Option<String>,
    message: Option<String>,
}

/// Parts of a URL.
struct Address {
    shown: String,
    is_tls: bool,
    authority: String,
    prefix: String,
}

impl Address {
    /// Parses a URL. One from an environment variable is shown only as its parsed parts, and not at all when it cannot
    /// be parsed: a variable may hold a secret.
    fn of(url: &str, named_by: &'static str) -> Result<Self, Trouble> {
        let is_flag = named_by == FLAG;
        let wrong = || {
            let shown = is_flag && !url.contains(['@', '?']);
            Trouble::BadUrl { url: shown.then(|| url.to_owned()), named_by }
        };
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        let is_tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(wrong()),
        };
        let authority = uri.authority().filter(|it| !it.as_str().contains('@')).ok_or_else(wrong)?;
        let is_no_host = authority.host().trim_matches(['[', ']']).is_empty();
        if uri.query().is_some() || is_no_host {
            return Err(wrong());
        }
        let scheme = if is_tls { "https" } else { "http" };
        Ok(Self {
            shown: if is_flag { url.to_owned() } else { format!("{scheme}://{authority}") },
            is_tls,
            authority: authority.to_string(),
            prefix: uri.path().trim_end_matches('/').to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(endpoint: &str, pid: Option<u32>) -> Installation {
        Installation {
            data: None,
            pid,
            endpoint: endpoint.into(),
            kubernetes: String::new(),
            access_key: "TOLD".into(),
            secret_key: "s".into(),
            region: "us-west-2".into(),
            account: String::new(),
            cluster: String::new(),
            nodegroup: String::new(),
            kubeconfig: "kubeconfig".into(),
        }
    }

    const HERE: &str = "http://127.0.0.1:7300";

    #[test]
    fn flags_go_before_the_environment_and_that_before_the_last_one() {
        let told = told(HERE, Some(1));
        let keys =
            [("AWS_ACCESS_KEY_ID", "ENV"), ("AWS_SECRET_ACCESS_KEY", "s"), ("AWS_REGION", "eu-west-1")];
        let rows: [(Option<&str>, &[(&str, &str)], &str, &str); 6] = [
            (None, &[], HERE, "TOLD"),
            (None, &[("AWS_ENDPOINT_URL", "http://a")], "http://a", "ENV"),
            (None, &[("AWS_ENDPOINT_URL", "http://a"), ("REPLANK_ENDPOINT", "http://b")], "http://b", "ENV"),
            (Some("http://c"), &[("REPLANK_ENDPOINT", "http://b")], "http://c", "ENV"),
            (None, &[("AWS_ENDPOINT_URL", ""), ("REPLANK_ENDPOINT", "")], HERE, "TOLD"),
            (Some(HERE), &[], HERE, "ENV"),
        ];
        for (flag, set, url, access) in rows {
            let value = |name: &str| {
                let found = set.iter().chain(&keys).find(|(key, _)| *key == name);
                found.map(|(_, value)| (*value).to_owned())
            };
            let place = Endpoint::of(flag, &value, Some(&told)).unwrap();
            assert_eq!((&*place.url, &*place.keys.access), (url, access), "{flag:?} {set:?}");
        }
        let place = Endpoint::of(Some(HERE), &|_| None, Some(&told)).unwrap();
        assert_eq!((&*place.keys.access, &*place.authority), ("TOLD", "127.0.0.1:7300"));
    }

    #[test]
    fn what_is_missing_or_wrong_is_said() {
        let ended = told(HERE, None);
        let none = |_: &str| None;
        assert!(matches!(Endpoint::of(None, &none, Some(&ended)), Err(Trouble::Nowhere)));
        assert!(matches!(Endpoint::of(None, &none, None), Err(Trouble::Nowhere)));
        assert!(matches!(Endpoint::of(Some("http://a"), &none, None), Err(Trouble::NoCredentials { .. })));
        let keys = |name: &str| Some(name.to_owned()).filter(|name| name != "AWS_ENDPOINT_URL");
        for url in ["a", "ftp://a", "http://", "http://u@a", "http://a?b", ""] {
            let found = Endpoint::of(Some(url), &keys, None);
            assert!(matches!(found, Err(Trouble::BadUrl { .. })), "{url}: {found:?}");
        }
        let mark = |name: &str| Some(name.to_owned()).map(|name| format!("mark {name}"));
        let said = Endpoint::of(None, &mark, None).unwrap_err().to_string();
        assert!(said.starts_with("REPLANK_ENDPOINT: not a URL") && !said.contains("mark"), "{said}");
        let place = Endpoint::of(Some("https://[::1]:8443/x/"), &keys, None).unwrap();
        assert_eq!((&*place.authority, &*place.prefix, place.is_tls), ("[::1]:8443", "/x", true));
    }

    #[test]
    fn what_a_server_repeats_is_not_told_on() {
        let keys = |name: &str| (name != "REPLANK_ENDPOINT").then(|| format!("mark-{name}"));
        let place = Endpoint::of(Some("http://a"), &keys, None).unwrap();
        let message =
            "mark-AWS_SECRET_ACCESS_KEY and mark-AWS_SESSION_TOKEN\nx-amz-security-token:mark-encoded";
        let body = serde_json::json!({"code": "SignatureDoesNotMatch", "message": message}).to_string();
        let said = place.understood(403, body.as_bytes()).unwrap_err().to_string();
        assert!(said.contains("*** and ***") && !said.contains("mark-"), "{said}");
        assert!(!format!("{place:?}").contains("mark-AWS_S"), "{place:?}");
    }
}
