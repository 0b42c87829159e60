//! `Fn::Sub`: a text with `${Name}`, `${Name.Attribute}` and `${!literal}`.

use serde_json::{Map, Value};

/// A piece of such a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// A text as it is.
    Text(&'a str),
    /// A name, or a name and its attribute.
    Name(&'a str),
}

/// The text and the names of its own that the function has.
pub(super) fn parts(argument: &Value) -> (&str, Option<&Map<String, Value>>) {
    match argument {
        Value::String(text) => (text, None),
        other => (other[0].as_str().unwrap_or_default(), other[1].as_object()),
    }
}

/// The pieces of a text. What is not closed is a text.
pub(super) fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let Some(end) = rest[at..].find('}') else { break };
        let inner = &rest[at + 2..at + end];
        found.push(Piece::Text(&rest[..at]));
        match inner.strip_prefix('!') {
            // `${!Name}` stands for `${Name}`.
            Some(literal) => found.extend([Piece::Text("${"), Piece::Text(literal), Piece::Text("}")]),
            None => found.push(Piece::Name(inner.trim())),
        }
        rest = &rest[at + end + 1..];
    }
    found.push(Piece::Text(rest));
    found
}

/// Names in a text.
pub(super) fn names(text: &str) -> Vec<String> {
    let named = |piece| match piece {
        Piece::Name(name) => Some(name.to_owned()),
        Piece::Text(_) => None,
    };
    pieces(text).into_iter().filter_map(named).collect()
}
