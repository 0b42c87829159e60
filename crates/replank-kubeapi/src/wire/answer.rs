//! Responses.

use bytes::Bytes;
use hyper::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WARNING};
use hyper::{Response, StatusCode};
use replank_formats::yaml;
use replank_listener::content::{self, Content, whole};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::accept::YAML;
use crate::failure::StatusError;

const JSON: &str = "application/json";

/// A response.
#[derive(Debug)]
pub(crate) enum Answer {
    /// An object with an HTTP status.
    Object(u16, Value),
    /// An object with an HTTP status, and warnings for the client to print.
    Warned(u16, Value, Vec<String>),
    /// JSON with its own media type.
    Form(&'static str, Value),
    /// Bytes with their own media type.
    Raw(&'static str, Bytes),
    /// JSON text in pieces.
    Pieces(Vec<Bytes>),
    /// Plain text with an HTTP status.
    Text(u16, String),
    /// Events of a watch, with their media type.
    Stream(&'static str, mpsc::Receiver<Bytes>),
}

/// A response of pieces, with its length.
fn in_pieces(pieces: Vec<Bytes>) -> Response<Content> {
    let length: usize = pieces.iter().map(Bytes::len).sum();
    let mut response = Response::new(content::pieces(pieces));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    headers.insert(CONTENT_LENGTH, length.into());
    response
}

/// How objects are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Writing {
    /// As JSON.
    #[default]
    Json,
    /// As YAML.
    Yaml,
}

impl Writing {
    fn media_type(self) -> &'static str {
        match self {
            Self::Json => JSON,
            Self::Yaml => YAML,
        }
    }

    fn write(self, object: &Value) -> Bytes {
        match self {
            Self::Json => written(object),
            Self::Yaml => yaml::write(object).into(),
        }
    }
}

/// The response as HTTP.
pub(crate) fn response(answer: Result<Answer, StatusError>, writing: Writing) -> Response<Content> {
    let mut warnings = Vec::new();
    let object = |object: &Value| (writing.media_type(), whole(writing.write(object)));
    let (code, (form, body)) = match answer {
        Ok(Answer::Warned(code, it, told)) => {
            warnings = told;
            (code, object(&it))
        }
        Ok(Answer::Object(code, it)) => (code, object(&it)),
        Ok(Answer::Pieces(all)) if writing == Writing::Yaml => {
            let read: Value = serde_json::from_slice(&all.concat()).unwrap_or_default();
            (200, object(&read))
        }
        Ok(Answer::Form(form, it)) => (200, (form, whole(written(&it)))),
        Ok(Answer::Raw(form, bytes)) => (200, (form, whole(bytes))),
        Ok(Answer::Pieces(all)) => return in_pieces(all),
        Ok(Answer::Text(code, text)) => (code, ("text/plain; charset=utf-8", whole(text))),
        Ok(Answer::Stream(form, stream)) => (200, (form, content::channel(stream))),
        Err(failure) => return failed(&failure, writing),
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(form));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    for warning in warnings {
        // The text is quoted; what would end the quotation is escaped.
        let text = warning.replace('\\', "\\\\").replace('"', "\\\"");
        if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{text}\"")) {
            headers.append(WARNING, value);
        }
    }
    response
}

fn failed(failure: &StatusError, writing: Writing) -> Response<Content> {
    let mut answer = response(Ok(Answer::Object(failure.code, failure.status())), writing);
    if let Some(seconds) = failure.retry_after_seconds.filter(|seconds| *seconds > 0) {
        answer.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    answer
}

/// The `Status` of a success.
pub(crate) fn success(code: u16) -> Value {
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": code})
}

/// An object as JSON text.
pub(crate) fn written(object: &Value) -> Bytes {
    let mut text = serde_json::to_vec(object).unwrap_or_default();
    text.push(b'\n');
    text.into()
}
