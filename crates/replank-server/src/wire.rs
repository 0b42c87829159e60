//! A request and a reply, whole: nothing of HTTP's own machinery beyond this.

use std::fmt;

use bytes::Bytes;
use hyper::header::HeaderName;
use hyper::{HeaderMap, Method};

/// A request that was read to its end.
#[derive(Clone)]
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

impl fmt::Debug for Request {
    /// Headers by their names alone, and neither query nor body: any of them may hold a signature or a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.keys().map(HeaderName::as_str).collect();
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("headers", &names)
            .finish_non_exhaustive()
    }
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
