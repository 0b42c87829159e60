//! Requests and responses, complete and independent of the HTTP library's connections.

use std::fmt;
use std::pin::Pin;

use bytes::Bytes;
use futures_util::Stream;
use hyper::header::HeaderName;
use hyper::{HeaderMap, Method};

/// A request, read completely.
#[derive(Clone)]
pub struct Request {
    /// HTTP method.
    pub method: Method,
    /// Path as sent, with percent encoding.
    pub path: String,
    /// Query as sent, without the question mark.
    pub query: String,
    /// Headers as sent, several of one name included.
    pub headers: HeaderMap,
    /// Body as sent, complete; empty when there is none.
    pub body: Bytes,
}

impl fmt::Debug for Request {
    /// Prints names of headers only, neither query nor body: each may hold a signature or secret.
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
    /// First value of a header, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// What a request is answered with.
pub enum Answer {
    /// A response that is complete.
    Reply(Reply),
    /// A complete response with headers of its own.
    Headed(Headed),
    /// Server-sent events, as they come.
    Events(Events),
}

/// A response whose headers are all given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headed {
    /// HTTP status.
    pub status: u16,
    /// Headers, that of the content type among them.
    pub headers: Vec<(HeaderName, String)>,
    /// Body as it is sent, of the type that the headers say.
    pub body: Bytes,
}

/// Server-sent events, written; asked for as the client takes them, dropped when it is gone.
pub type Events = Pin<Box<dyn Stream<Item = Bytes> + Send>>;

impl From<Reply> for Answer {
    fn from(reply: Reply) -> Self {
        Self::Reply(reply)
    }
}

/// A response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Content type of the body.
    pub content_type: &'static str,
    /// Value of `x-amzn-ErrorType`, from which some clients read the error's name.
    pub error: Option<String>,
    /// Text as it is sent, of that content type.
    pub body: String,
}

impl Reply {
    /// A JSON response.
    pub fn json(status: u16, body: String) -> Self {
        Self { status, content_type: "application/json", error: None, body }
    }

    /// An error in JSON, named in the header too.
    pub fn json_error(status: u16, name: &str, body: String) -> Self {
        Self { error: Some(name.to_owned()), ..Self::json(status, body) }
    }

    /// An XML response, for the query protocols.
    pub fn xml(status: u16, body: String) -> Self {
        Self { status, content_type: "text/xml", error: None, body }
    }
}
