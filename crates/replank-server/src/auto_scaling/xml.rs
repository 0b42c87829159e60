//! Pieces of XML as the query protocol has them.

use crate::sts::escaped;

/// An element with content that is XML already.
pub(super) fn element(name: &str, inner: &str) -> String {
    format!("<{name}>{inner}</{name}>")
}

/// An element with a text.
#[expect(clippy::needless_pass_by_value, reason = "texts, numbers and switches are given as they come")]
pub(super) fn text(name: &str, value: impl ToString) -> String {
    element(name, &escaped(&value.to_string()))
}

/// An element with a text, or nothing.
pub(super) fn maybe(name: &str, value: Option<impl ToString>) -> String {
    value.map_or(String::new(), |value| text(name, value))
}

/// A list of items that are XML already.
pub(super) fn list(name: &str, items: impl IntoIterator<Item = String>) -> String {
    let members: String = items.into_iter().map(|item| element("member", &item)).collect();
    element(name, &members)
}

/// A list of texts.
pub(super) fn texts(name: &str, items: impl IntoIterator<Item = impl ToString>) -> String {
    list(name, items.into_iter().map(|item| escaped(&item.to_string())))
}
