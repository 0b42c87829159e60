//! Secrets: `stringData` is moved to `data` in base64 (Kubernetes: `Convert_v1_Secret_To_core_Secret`).

use serde_json::{Value, json};

use crate::asked::Asked;
use crate::authority::base64;
use crate::failure::StatusError;
use crate::strict::{Patched, refused_patch};

/// A secret with its `stringData` encoded; other objects unchanged. Refuses `data` that is not base64.
pub(crate) fn encoded(asked: &Asked, mut object: Value) -> Result<Value, StatusError> {
    if asked.resource.kind != "Secret" || !asked.resource.group.is_empty() || !object.is_object() {
        return Ok(object);
    }
    let data = object["data"].as_object().into_iter().flatten();
    let wrong = data.filter_map(|(_, value)| value.as_str()).find_map(not_base64);
    if let Some(at) = wrong {
        let why = format!("illegal base64 data at input byte {at}");
        if asked.media_type.contains("patch") && !asked.media_type.starts_with("application/apply") {
            let refusal = refused_patch(&Patched::makes(&object), &why);
            return Err(StatusError::rejected(refusal, &asked.resource, asked.name()));
        }
        let message = format!("Secret in version \"v1\" cannot be handled as a Secret: {why}");
        return Err(StatusError::bad_request(message));
    }
    let plain = object["stringData"].as_object().cloned().unwrap_or_default();
    for (key, value) in plain {
        if let Some(text) = value.as_str() {
            object["data"][key] = json!(base64(text.as_bytes()));
        }
    }
    if let Some(secret) = object.as_object_mut() {
        secret.shift_remove("stringData");
        if secret.get("data").is_some_and(Value::is_null) {
            secret.shift_remove("data");
        }
    }
    Ok(object)
}

/// Position at which a text is no base64; `None` when it is.
fn not_base64(text: &str) -> Option<usize> {
    let is_letter = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'/');
    let plain: Vec<u8> = text.bytes().filter(|c| !matches!(c, b'\n' | b'\r')).collect();
    let padding = plain.iter().rev().take_while(|c| **c == b'=').count().min(2);
    let letters = &plain[..plain.len() - padding];
    match letters.iter().position(|c| !is_letter(*c)) {
        Some(at) => Some(at),
        None => (!plain.len().is_multiple_of(4)).then_some(plain.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::not_base64;

    #[test]
    fn what_is_not_encoded_is_found() {
        for (text, wanted) in [
            ("MQ==", None),
            ("", None),
            ("YWJj\n", None),
            ("not base64!", Some(3)),
            ("abc", Some(3)),
            ("a===", Some(1)),
        ] {
            assert_eq!(not_base64(text), wanted, "{text}");
        }
    }
}
