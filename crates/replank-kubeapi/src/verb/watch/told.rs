//! Watch events as lines of JSON.

use bytes::Bytes;
use serde_json::Value;

use crate::asked::Asked;
use crate::render;
use crate::wire::accept::Form;

/// An event with an object that is JSON text already.
pub(super) fn event(kind: &str, object: &[u8]) -> Bytes {
    let mut event = Vec::with_capacity(object.len() + 40);
    event.extend_from_slice(format!("{{\"type\":\"{kind}\",\"object\":").as_bytes());
    event.extend_from_slice(object);
    event.extend_from_slice(b"}\n");
    event.into()
}

/// The `ADDED` event of an object that exists when a watch begins.
pub(super) fn added(asked: &Asked, object: &Value, first: bool) -> Bytes {
    let text = match asked.form {
        Form::Plain | Form::Discovery(_) => serde_json::to_vec(object),
        Form::Table(_) | Form::Metadata(_) => serde_json::to_vec(&render::watched(
            asked.form,
            &asked.parameters,
            &asked.resource,
            object,
            first,
        )),
    };
    event("ADDED", &text.unwrap_or_default())
}
