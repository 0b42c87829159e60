//! The client for what is sent to others: notices and traces.

use anyhow::Result;
use bytes::Bytes;
use http_body_util::Full;
use hyper::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;

use super::trust;
use crate::errors::bad;

/// Sends requests with whole bodies.
pub(crate) type Post = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// A client that trusts the authorities of this machine.
pub(crate) fn client(flag: &str) -> Result<Post> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    let tls = trust::verified(None).map_err(|trouble| bad(format!("{flag}: {trouble}")))?;
    let https =
        HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(tcp);
    Ok(Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(https))
}

/// The address that a flag names. It is not repeated: a part of it may be a secret.
pub(crate) fn address(flag: &str, url: &str, such_as: &str) -> Result<Uri> {
    let wrong = || {
        bad(format!("{flag}: it is no http:// or https:// address without a user in it; such as {such_as}"))
    };
    let parsed: Uri = url.parse().map_err(|_| wrong())?;
    let is_web = matches!(parsed.scheme_str(), Some("http" | "https")) && parsed.host().is_some();
    // A name and a word in the URL would stand in every log on the way.
    if !is_web || parsed.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(wrong());
    }
    Ok(parsed)
}
