//! Objects of requests read as their types have them: what nobody knows is refused, told or dropped, as the client
//! wishes (`fieldValidation`).

use serde_json::Value;

use super::Asked;
use crate::failure::Failure;
use crate::schema::Schema;
use crate::strict::{Decoded, decode};

/// Warnings beyond this many are not told.
const WARNINGS_MAX: usize = 10;

/// The object as its type has it, and warnings for the client. `known` is what is there already: what it has may stay.
pub(super) fn decoded(
    asked: &Asked,
    object: Value,
    known: Option<&Value>,
) -> Result<(Value, Vec<String>), Failure> {
    let custom = asked.custom_schema();
    let place =
        custom.as_ref().unwrap_or_else(|| Schema::builtin()).root(&asked.api_version, &asked.resource.kind);
    let read = |object: Value| decode(object, &asked.api_version, &asked.resource.kind, place);
    let Decoded { object, mut complaints } = read(object)?;
    if let Some(known) = known.filter(|_| !complaints.is_empty()) {
        let before = read(known.clone()).map(|before| before.complaints).unwrap_or_default();
        complaints.retain(|complaint| !before.contains(complaint));
    }
    match asked.parameters.get("fieldValidation") {
        Some("Ignore") => Ok((object, Vec::new())),
        Some("Strict") => {
            let object = Decoded { object, complaints }.strictly(&asked.api_version, &asked.resource.kind)?;
            Ok((object, Vec::new()))
        }
        None | Some("Warn") => {
            complaints.truncate(WARNINGS_MAX);
            Ok((object, complaints))
        }
        Some(other) => {
            let why =
                format!("Unsupported value: \"{other}\": supported values: \"Ignore\", \"Strict\", \"Warn\"");
            let message = format!("CreateOptions.meta.k8s.io \"\" is invalid: fieldValidation: {why}");
            Err(Failure::new(422, "Invalid", message))
        }
    }
}
