//! Client of the control API of a running server: one signed connection and one deadline for each request.
//!
//! It does not interpret the answers: that is done by the commands.

mod connect;
mod endpoint;
mod fetch;
pub(crate) mod post;
mod trouble;
pub(crate) mod trust;

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue};
use hyper::{HeaderMap, Method, Uri};
use jiff::Timestamp;
use replank_server::auth::{Key, Signer};
pub(crate) use replank_server::uri::encode as encoded;
use replank_server::wire::Request;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio::time::timeout;

use crate::cli::remote::Server;
use crate::interrupt::Interrupt;
use crate::runtime;
use crate::up::update_process::UpdateProcess;
use connect::Http;
pub(crate) use connect::reason;
use endpoint::Endpoint;
pub(crate) use fetch::{fetched, shown};
pub(crate) use trouble::Trouble;

/// Service name in the `SigV4` signature.
const SERVICE: &str = "replank";
/// Time limit for an answer, on top of the time that the server may wait.
const PATIENCE: Duration = Duration::from_mins(1);
/// Largest accepted answer, in bytes.
const ANSWER_BYTES_MAX: usize = 256 << 20;
/// Number of attempts to begin something when the answer is lost.
const TRIES: u32 = 3;

/// Client of one server.
#[derive(Debug)]
pub(crate) struct Client {
    runtime: Runtime,
    http: Http,
    place: Endpoint,
}

impl Client {
    /// Client for the server that flags or environment name. Does not connect yet.
    pub(crate) fn new(flags: &Server) -> Result<Self, Trouble> {
        Self::of(Endpoint::find(flags)?, flags.ca_file.as_deref())
    }

    /// Client for a process that runs an update. Does not connect yet.
    pub(crate) fn to_process(process: &UpdateProcess) -> Result<Self, Trouble> {
        Self::of(Endpoint::of_process(process)?, None)
    }

    fn of(place: Endpoint, ca_file: Option<&Path>) -> Result<Self, Trouble> {
        let http = connect::http(place.is_tls, ca_file)?;
        let runtime = runtime::this_thread().map_err(|error| Trouble::Machine(error.to_string()))?;
        Ok(Self { runtime, http, place })
    }

    /// URL of the server, as a browser of this machine opens it.
    pub(crate) fn url(&self) -> String {
        let scheme = if self.place.is_tls { "https" } else { "http" };
        format!("{scheme}://{}{}", self.place.authority, self.place.prefix)
    }

    /// Sends a GET request.
    pub(crate) fn get<T: DeserializeOwned>(&self, path: &str, query: &[(&str, &str)]) -> Result<T, Trouble> {
        read(self.runtime.block_on(self.call(Method::GET, path, query, None, PATIENCE))?)
    }

    /// Sends a GET request that the server may take `waits` to answer; `None` when the user interrupts meanwhile.
    pub(crate) fn get_patiently<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        waits: Duration,
        interrupt: &Interrupt,
    ) -> Result<Option<T>, Trouble> {
        let answer = self.runtime.block_on(async {
            tokio::select! {
                answer = self.call(Method::GET, path, query, None, PATIENCE + waits) => answer.map(Some),
                () = interrupt.wait() => Ok(None),
            }
        })?;
        answer.map(read).transpose()
    }

    /// Lets so much time pass, unless somebody asks to leave: then it answers true, at once.
    pub(crate) fn rest(&self, most: Duration, interrupt: &Interrupt) -> bool {
        self.runtime.block_on(async { timeout(most, interrupt.wait()).await.is_ok() })
    }

    /// Sends a POST request with a JSON body.
    pub(crate) fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        body: &impl Serialize,
    ) -> Result<T, Trouble> {
        read(self.runtime.block_on(self.call(Method::POST, path, query, Some(&json!(body)), PATIENCE))?)
    }

    /// Sends a POST request that carries a client token, again when its answer is lost: the server begins it once.
    pub(crate) fn begin<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, Trouble> {
        let mut tries = 1;
        loop {
            match self.post(path, &[], body) {
                Err(Trouble::Broke { .. }) if tries < TRIES => tries += 1,
                answer => return answer,
            }
        }
    }

    async fn call(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
        patience: Duration,
    ) -> Result<Value, Trouble> {
        let request = self.request(method, path, query, body)?;
        match timeout(patience, self.exchange(request)).await {
            Ok(answer) => answer,
            Err(_) => Err(self.place.broke(format!("no answer within {} s", patience.as_secs()))),
        }
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Request, Trouble> {
        let mut headers = HeaderMap::new();
        let wrong = |_| Trouble::Machine("the endpoint cannot stand in a header".to_owned());
        headers.insert(HOST, HeaderValue::from_str(&self.place.authority).map_err(wrong)?);
        if body.is_some() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let pairs = query.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
        let mut request = Request {
            method,
            path: format!("{}/replank/v1/{path}", self.place.prefix),
            query: pairs.collect::<Vec<_>>().join("&"),
            headers,
            body: Bytes::from(body.map(Value::to_string).unwrap_or_default()),
        };
        let keys = &self.place.keys;
        let key = Key { secret: keys.secret.clone(), session_token: keys.token.clone() };
        let signer = Signer { access_key: &keys.access, key: &key, region: &keys.region, service: SERVICE };
        let signed = signer.sign(&mut request, Timestamp::now());
        signed.map_err(|refusal| Trouble::BadCredentials(refusal.message()))?;
        Ok(request)
    }

    async fn exchange(&self, request: Request) -> Result<Value, Trouble> {
        let place = &self.place;
        let scheme = if place.is_tls { "https" } else { "http" };
        let mut target = format!("{scheme}://{}{}", place.authority, request.path);
        if !request.query.is_empty() {
            target = format!("{target}?{}", request.query);
        }
        let target: Uri = target.parse().map_err(|_| Trouble::Machine(format!("{target} is no URL")))?;
        let mut built = hyper::Request::new(Full::new(request.body));
        (*built.method_mut(), *built.uri_mut(), *built.headers_mut()) =
            (request.method, target, request.headers);
        let answer = self.http.request(built).await.map_err(|error| {
            let why = connect::reason(&error);
            if error.is_connect() { place.unreachable(why) } else { place.broke(why) }
        });
        let (parts, body) = answer?.into_parts();
        let body = Limited::new(body, ANSWER_BYTES_MAX).collect().await;
        let body = body.map_err(|error| place.broke(connect::reason(&*error)))?.to_bytes();
        place.understood(parts.status.as_u16(), &body)
    }
}

/// An answer as the type that server and client share. What serde says of one that is not is not shown: it repeats values
/// that the other side sent.
fn read<T: DeserializeOwned>(answer: Value) -> Result<T, Trouble> {
    serde_json::from_value(answer).map_err(|_| Trouble::Unread)
}

#[cfg(test)]
mod tests {
    use super::encoded;

    #[test]
    fn names_are_encoded() {
        assert_eq!(encoded("a-b/c d~ü"), "a-b%2Fc%20d~%C3%BC");
    }
}
