//! Which server is meant and whose keys are used: flags, then the environment, then the last `replank up`.

use std::env;

use hyper::Uri;
use serde_json::Value;

use super::Trouble;
use crate::up::installation::{self, Installation};

/// A server and the keys for it.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The URL as it was given.
    pub(crate) url: String,
    /// Who named it.
    pub(crate) named_by: &'static str,
    /// Whether it is spoken to by TLS.
    pub(crate) is_tls: bool,
    /// Host and port, as in the URL.
    pub(crate) authority: String,
    /// The host to connect to.
    pub(crate) host: String,
    /// The port to connect to.
    pub(crate) port: u16,
    /// What stands before every path.
    pub(crate) prefix: String,
    /// The keys.
    pub(crate) keys: Keys,
}

/// Credentials.
#[derive(Clone)]
pub(crate) struct Keys {
    /// The access key.
    pub(crate) access: String,
    /// The secret key.
    pub(crate) secret: String,
    /// The session token, or nothing.
    pub(crate) token: String,
    /// The region they are used in.
    pub(crate) region: String,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys")
            .field("access", &self.access)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

impl Place {
    /// The one that is meant.
    pub(crate) fn find(flag: Option<&str>) -> Result<Self, Trouble> {
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
        let named = flag.map(|url| (url.to_owned(), "--endpoint-url"));
        let named = named.or_else(|| Some((set("REPLANK_ENDPOINT")?, "REPLANK_ENDPOINT")));
        let named = named.or_else(|| Some((set("AWS_ENDPOINT_URL")?, "AWS_ENDPOINT_URL")));
        let last = told.filter(|told| told.pid.is_some());
        let named = named.or_else(|| Some((last?.endpoint.clone(), "the last replank up")));
        let (url, named_by) = named.ok_or(Trouble::Nowhere)?;
        let own = told.filter(|told| told.endpoint == url.trim_end_matches('/'));
        let own = own.map(|told| Keys {
            access: told.access_key.clone(),
            secret: told.secret_key.clone(),
            token: String::new(),
            region: told.region.clone(),
        });
        let region = set("AWS_REGION").or_else(|| set("AWS_DEFAULT_REGION"));
        let from_environment = || {
            let (access, secret) = (set("AWS_ACCESS_KEY_ID")?, set("AWS_SECRET_ACCESS_KEY")?);
            let region = region.or_else(|| Some(own.as_ref()?.region.clone()))?;
            Some(Keys { access, secret, token: set("AWS_SESSION_TOKEN").unwrap_or_default(), region })
        };
        // Keys of the environment belong to the endpoint of the environment; those of another account would only be
        // refused by the last `replank up`.
        let keys = match named_by {
            "the last replank up" => own.clone(),
            _ => from_environment().or_else(|| own.clone()),
        };
        let Some(keys) = keys else { return Err(Trouble::NoCredentials { url }) };
        Self::parsed(url, named_by, keys)
    }

    fn parsed(url: String, named_by: &'static str, keys: Keys) -> Result<Self, Trouble> {
        let wrong = || Trouble::BadUrl { url: url.clone(), named_by };
        let uri: Uri = url.parse().map_err(|_| wrong())?;
        let is_tls = match uri.scheme_str() {
            Some("http") => false,
            Some("https") => true,
            _ => return Err(wrong()),
        };
        let authority = uri.authority().filter(|it| !it.as_str().contains('@')).ok_or_else(wrong)?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        if uri.query().is_some() || host.is_empty() {
            return Err(wrong());
        }
        Ok(Self {
            named_by,
            is_tls,
            authority: authority.to_string(),
            host,
            port: authority.port_u16().unwrap_or(if is_tls { 443 } else { 80 }),
            prefix: uri.path().trim_end_matches('/').to_owned(),
            keys,
            url,
        })
    }

    /// A connection that could not be made.
    pub(super) fn unreachable(&self, why: impl Into<String>) -> Trouble {
        Trouble::Unreachable { url: self.url.clone(), named_by: self.named_by, why: why.into() }
    }

    /// A connection that broke before the answer was there.
    pub(super) fn broke(&self, why: String) -> Trouble {
        Trouble::Broke { url: self.url.clone(), why }
    }

    /// What the server said.
    pub(super) fn understood(&self, status: u16, body: &[u8]) -> Result<Value, Trouble> {
        let read = serde_json::from_slice::<Value>(body);
        let text = |name: &str| read.as_ref().ok().and_then(|body| body[name].as_str()).map(str::to_owned);
        match (status, text("code"), text("message")) {
            (200, ..) if let Ok(answer) = read => Ok(answer),
            (403, _, Some(said)) => {
                let access = self.keys.access.clone();
                Err(Trouble::NotAccepted { url: self.url.clone(), access, said })
            }
            (_, Some(code), Some(message)) => Err(Trouble::Said { status, code, message }),
            _ => Err(Trouble::Stranger { url: self.url.clone(), status }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(endpoint: &str, pid: Option<u32>) -> Installation {
        Installation {
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
            let place = Place::of(flag, &value, Some(&told)).unwrap();
            assert_eq!((&*place.url, &*place.keys.access), (url, access), "{flag:?} {set:?}");
        }
        let place = Place::of(Some(HERE), &|_| None, Some(&told)).unwrap();
        assert_eq!((&*place.keys.access, place.port), ("TOLD", 7300));
    }

    #[test]
    fn what_is_missing_or_wrong_is_said() {
        let ended = told(HERE, None);
        let none = |_: &str| None;
        assert!(matches!(Place::of(None, &none, Some(&ended)), Err(Trouble::Nowhere)));
        assert!(matches!(Place::of(None, &none, None), Err(Trouble::Nowhere)));
        assert!(matches!(Place::of(Some("http://a"), &none, None), Err(Trouble::NoCredentials { .. })));
        let keys = |name: &str| Some(name.to_owned()).filter(|name| name != "AWS_ENDPOINT_URL");
        for url in ["a", "ftp://a", "http://", "http://u@a", "http://a?b", ""] {
            let found = Place::of(Some(url), &keys, None);
            assert!(matches!(found, Err(Trouble::BadUrl { .. })), "{url}: {found:?}");
        }
        let place = Place::of(Some("https://[::1]:8443/x/"), &keys, None).unwrap();
        assert_eq!((&*place.host, place.port, &*place.prefix, place.is_tls), ("::1", 8443, "/x", true));
        assert_eq!(Place::of(Some("https://a"), &keys, None).unwrap().port, 443);
    }
}
