//! Pieces of XML as the query protocol has them.

use serde_json::Value;

use crate::wire::Reply;

/// The answer to `action` of a query-protocol service: its result element with content that is XML already.
pub(crate) fn answered(namespace: &str, action: &str, inner: &str) -> Reply {
    let id = replank_service::uuid();
    let result = element(&format!("{action}Result"), inner);
    Reply::xml(
        200,
        format!(
            "<{action}Response xmlns=\"{namespace}\">{result}<ResponseMetadata><RequestId>{id}</RequestId>\
             </ResponseMetadata></{action}Response>"
        ),
    )
}

/// The error of a query-protocol service; `kind` says whose fault it is: `Sender` or `Receiver`.
pub(crate) fn refused(namespace: &str, status: u16, kind: &str, code: &str, message: &str) -> Reply {
    let (code, message) = (escaped(code), escaped(message));
    Reply::xml(
        status,
        format!(
            "<ErrorResponse xmlns=\"{namespace}\"><Error><Type>{kind}</Type><Code>{code}</Code><Message>{message}\
             </Message></Error><RequestId>{}</RequestId></ErrorResponse>",
            replank_service::uuid()
        ),
    )
}

/// Escapes a text for XML.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// An element with content that is XML already.
pub(crate) fn element(name: &str, inner: &str) -> String {
    format!("<{name}>{inner}</{name}>")
}

/// An element with a text.
#[expect(clippy::needless_pass_by_value, reason = "texts, numbers and switches are given as they come")]
pub(crate) fn text(name: &str, value: impl ToString) -> String {
    element(name, &escaped(&value.to_string()))
}

/// An element with a text, or nothing.
pub(crate) fn maybe(name: &str, value: Option<impl ToString>) -> String {
    value.map_or(String::new(), |value| text(name, value))
}

/// A list of items that are XML already.
pub(crate) fn list(name: &str, items: impl IntoIterator<Item = String>) -> String {
    let members: String = items.into_iter().map(|item| element("member", &item)).collect();
    element(name, &members)
}

/// A list of texts.
pub(crate) fn texts(name: &str, items: impl IntoIterator<Item = impl ToString>) -> String {
    list(name, items.into_iter().map(|item| escaped(&item.to_string())))
}

/// A value as the members of an element: objects by name, arrays as lists; what is null is left out.
pub(crate) fn members(value: &Value) -> String {
    match value {
        Value::Object(members) => members.iter().map(|(name, it)| member(name, it)).collect(),
        Value::Array(items) => items.iter().map(|it| element("member", &members(it))).collect(),
        Value::Null => String::new(),
        Value::String(text) => escaped(text),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

fn member(name: &str, value: &Value) -> String {
    if value.is_null() {
        return String::new();
    }
    element(name, &members(value))
}
