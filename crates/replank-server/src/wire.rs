//! A request and a reply, whole: nothing of HTTP's own machinery beyond this.

use bytes::Bytes;
use hyper::{HeaderMap, Method};

/// A request that was read to its end.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path as it was sent, percent encoding and all.
    pub path: String,
    /// The query as it was sent, without its question mark.
    pub query: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Request {
    /// The first value of a header, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// A reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The type of the body.
    pub content_type: &'static str,
    /// The error's name for clients that read it from a header (`x-amzn-ErrorType`).
    pub error: Option<String>,
    /// The body.
    pub body: String,
}

impl Reply {
    /// JSON, as EKS sends it.
    pub fn json(status: u16, body: String) -> Self {
        Self { status, content_type: "application/json", error: None, body }
    }

    /// XML, as the query protocols send it.
    pub fn xml(status: u16, body: String) -> Self {
        Self { status, content_type: "text/xml", error: None, body }
    }
}
