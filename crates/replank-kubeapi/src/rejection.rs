//! Rejections: the fields of a `Status`, independent of HTTP.

use serde_json::{Map, Value, json};

/// A rejection with the wording of the API server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Rejection {
    /// HTTP status.
    pub code: u16,
    /// `reason`, such as `BadRequest`; may be empty.
    pub reason: &'static str,
    /// `message`, for people.
    pub message: String,
    /// `details.causes`, one per fault.
    pub causes: Vec<Cause>,
    /// `metadata.continue`, with which a list can go on inconsistently.
    pub resume: Option<String>,
}

/// One of several causes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// `reason`, such as `FieldManagerConflict`.
    pub reason: &'static str,
    /// `message`, for people.
    pub message: String,
    /// `field`: path in the object.
    pub field: String,
}

impl Rejection {
    /// A refusal without causes.
    pub fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, message: message.into(), causes: Vec::new(), resume: None }
    }

    /// 400: the request does not parse or makes no sense.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    /// 422: the request is well-formed and its content invalid.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(422, "Invalid", message)
    }

    /// The rejection as a `Status` object.
    pub fn status(&self) -> Value {
        let mut metadata = Map::new();
        if let Some(token) = &self.resume {
            metadata.insert("continue".to_owned(), Value::from(token.as_str()));
        }
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": metadata, "status": "Failure",
            "message": self.message, "reason": self.reason,
        });
        if !self.causes.is_empty() {
            status["details"]["causes"] = self.causes.iter().map(Cause::value).collect();
        }
        status["code"] = Value::from(self.code);
        status
    }
}

impl Cause {
    fn value(&self) -> Value {
        json!({"reason": self.reason, "message": self.message, "field": self.field})
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Cause, Rejection};

    #[test]
    fn a_status_has_the_fields_that_say_something() {
        let mut refused = Rejection::new(410, "Expired", "too old");
        assert_eq!(
            refused.status(),
            json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                "message": "too old", "reason": "Expired", "code": 410})
        );
        refused.resume = Some("abc".into());
        refused.causes.push(Cause { reason: "R", message: "m".into(), field: ".spec".into() });
        assert_eq!(refused.status()["metadata"], json!({"continue": "abc"}));
        let causes = json!([{"reason": "R", "message": "m", "field": ".spec"}]);
        assert_eq!(refused.status()["details"]["causes"], causes);
    }
}
