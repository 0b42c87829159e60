//! Decodes objects of requests by their types: unknown and duplicate fields are refused, reported or dropped, as
//! `fieldValidation` says.

use serde_json::Value;

use super::options::refused;
use super::secret;
use crate::asked::Asked;
use crate::duplicate;
use crate::failure::StatusError;
use crate::rejection::Rejection;
use crate::schema::{Schema, TypedValue};
use crate::strict::{Decoded, Patched, decode, decode_patched, refused_patch};
use crate::validate;

/// Most warnings per request.
const WARNINGS_MAX: usize = 10;

/// What to do with unknown fields (`fieldValidation`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Directive {
    Ignore,
    Warn,
    Strict,
}

/// The object in the body, decoded, and warnings for the client.
pub(crate) fn decoded(
    asked: &Asked,
    object: Value,
    options: &'static str,
) -> Result<(Value, Vec<String>), StatusError> {
    let directive = directive(asked, options)?;
    let object = validate::filled(asked, secret::encoded(asked, object)?);
    let custom = asked.custom_schema();
    validate::custom(asked, &object)?;
    let place =
        custom.as_ref().unwrap_or_else(|| Schema::builtin()).root(&asked.api_version, &asked.resource.kind);
    let Decoded { object, mut complaints } = decode(object, &asked.api_version, &asked.resource.kind, place)?;
    if directive != Directive::Ignore && asked.is_json() {
        complaints.extend(duplicate::fields(&asked.body));
    }
    match directive {
        Directive::Strict => {
            let object = Decoded { object, complaints }.strictly(&asked.api_version, &asked.resource.kind)?;
            Ok((object, Vec::new()))
        }
        Directive::Warn => Ok((object, told(complaints))),
        Directive::Ignore => Ok((object, Vec::new())),
    }
}

/// `object`, made by the patch in the body, decoded, and warnings for the client. Unknown fields that `present` has may
/// stay.
pub(crate) fn decoded_patch(
    asked: &Asked,
    object: Value,
    present: &Value,
) -> Result<(Value, Vec<String>), StatusError> {
    let directive = directive(asked, "PatchOptions")?;
    let object = validate::filled(asked, secret::encoded(asked, object)?);
    let custom = asked.custom_schema();
    validate::custom(asked, &object)?;
    let (kind, builtin) = (&asked.resource.kind, Schema::builtin());
    let place = custom.as_ref().unwrap_or(builtin).root(&asked.api_version, kind);
    let patched = match asked.media_type.as_str() {
        "application/strategic-merge-patch+json" => {
            Patched::is(&serde_json::from_slice(&asked.body).unwrap_or_default())
        }
        _ => Patched::makes(&object),
    };
    let refused = |rejection: Rejection| StatusError::rejected(rejection, &asked.resource, asked.name());
    let Decoded { object, mut complaints } =
        decode_patched(object, kind, place, &patched).map_err(refused)?;
    if !complaints.is_empty() {
        let before = decode(present.clone(), &asked.api_version, kind, place);
        let before = before.map(|before| before.complaints).unwrap_or_default();
        complaints.retain(|complaint| !before.contains(complaint));
    }
    if asked.media_type != "application/json-patch+json" && directive != Directive::Ignore {
        complaints.splice(0..0, duplicate::fields(&asked.body));
    }
    match directive {
        Directive::Strict if !complaints.is_empty() => {
            let why = format!("strict decoding error: {}", complaints.join(", "));
            Err(refused(refused_patch(&patched, &why)))
        }
        Directive::Warn => Ok((object, told(complaints))),
        Directive::Strict | Directive::Ignore => Ok((object, Vec::new())),
    }
}

/// A stored object, decoded, so that equal objects compare equal.
pub(crate) fn plain(asked: &Asked, object: &Value) -> Value {
    let place = Schema::builtin().root(&asked.api_version, &asked.resource.kind);
    let read = decode(object.clone(), &asked.api_version, &asked.resource.kind, place);
    read.map_or_else(|_| object.clone(), |decoded| decoded.object)
}

/// A pod template, decoded in the same way.
pub(crate) fn plain_template(template: &Value) -> Value {
    let schema = Schema::builtin();
    let Some(found) = schema.named("io.k8s.api.core.v1.PodTemplateSpec") else { return template.clone() };
    let read = decode(template.clone(), "v1", "PodTemplateSpec", TypedValue::of_type(schema, found));
    read.map_or_else(|_| template.clone(), |decoded| decoded.object)
}

fn told(mut complaints: Vec<String>) -> Vec<String> {
    complaints.truncate(WARNINGS_MAX);
    complaints
}

fn directive(asked: &Asked, options: &str) -> Result<Directive, StatusError> {
    match asked.parameters.get("fieldValidation") {
        Some("Ignore") => Ok(Directive::Ignore),
        Some("Strict") => Ok(Directive::Strict),
        None | Some("Warn") => Ok(Directive::Warn),
        Some(other) => {
            let all = "\"\", \"Ignore\", \"Strict\", \"Warn\"";
            let why = format!("Unsupported value: \"{other}\": supported values: {all}");
            Err(refused(options, "fieldValidation", "FieldValueNotSupported", &why))
        }
    }
}
