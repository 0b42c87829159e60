//! Errors of requests, as `Status` objects.

use std::ops::{Deref, DerefMut};

use replank_world::refusal::Refusal;
use serde_json::{Map, Value, json};

use crate::rejection::Rejection;
use crate::resource::Resource;

/// An error of a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StatusError(Box<Answer>);

/// Content of the `Status`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) code: u16,
    /// `reason`; may be empty.
    pub(crate) reason: &'static str,
    pub(crate) message: String,
    /// `details`, without `retryAfterSeconds`.
    pub(crate) details: Map<String, Value>,
    pub(crate) retry_after_seconds: Option<u32>,
    /// `metadata.continue`, with which a list can go on inconsistently.
    pub(crate) go_on: Option<String>,
}

impl Deref for StatusError {
    type Target = Answer;

    fn deref(&self) -> &Answer {
        &self.0
    }
}

impl DerefMut for StatusError {
    fn deref_mut(&mut self) -> &mut Answer {
        &mut self.0
    }
}

impl StatusError {
    pub(crate) fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        let details = Map::new();
        Self(Box::new(Answer { code, reason, message, details, retry_after_seconds: None, go_on: None }))
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    pub(crate) fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized")
    }

    pub(crate) fn not_allowed() -> Self {
        let message = "the server does not allow this method on the requested resource";
        Self::new(405, "MethodNotAllowed", message)
    }

    pub(crate) fn no_resource() -> Self {
        Self::new(404, "NotFound", "the server could not find the requested resource")
    }

    pub(crate) fn not_found(resource: &Resource, name: &str) -> Self {
        let message = format!("{} \"{name}\" not found", resource.qualified());
        Self::new(404, "NotFound", message).about(resource, name)
    }

    pub(crate) fn already_exists(resource: &Resource, name: &str) -> Self {
        let message = format!("{} \"{name}\" already exists", resource.qualified());
        Self::new(409, "AlreadyExists", message).about(resource, name)
    }

    pub(crate) fn conflict(resource: &Resource, name: &str, why: &str) -> Self {
        let message = format!("Operation cannot be fulfilled on {} \"{name}\": {why}", resource.qualified());
        Self::new(409, "Conflict", message).about(resource, name)
    }

    /// 409 for an object that has changed meanwhile.
    pub(crate) fn modified(resource: &Resource, name: &str) -> Self {
        let why =
            "the object has been modified; please apply your changes to the latest version and try again";
        Self::conflict(resource, name, why)
    }

    /// 429 with `Retry-After` of one second.
    pub(crate) fn too_many(message: &str) -> Self {
        let mut failure = Self::new(429, "TooManyRequests", message);
        failure.retry_after_seconds = Some(1);
        failure
    }

    pub(crate) fn expired(message: impl Into<String>) -> Self {
        Self::new(410, "Expired", message)
    }

    pub(crate) fn unsupported_media_type(accepted: &[&str]) -> Self {
        let message = format!(
            "the body of the request was in an unknown format - accepted media types include: {}",
            accepted.join(", ")
        );
        Self::new(415, "UnsupportedMediaType", message)
    }

    /// Adds the object concerned.
    pub(crate) fn about(mut self, resource: &Resource, name: &str) -> Self {
        let mut set = |key: &str, value: &str| {
            if !value.is_empty() {
                self.details.insert(key.to_owned(), json!(value));
            }
        };
        set("name", name);
        set("group", &resource.group);
        set("kind", &resource.plural);
        self
    }

    /// The error for a rejection of the JSON parts, about an object.
    pub(crate) fn rejected(rejection: Rejection, resource: &Resource, name: &str) -> Self {
        let failure = Self::from(rejection);
        // A conflict of managers names their fields and not the object.
        let of_managers = failure.details.contains_key("causes");
        if failure.code == 409 && !of_managers { failure.about(resource, name) } else { failure }
    }

    /// The error for a refusal of the world, about an object.
    pub(crate) fn refused(refusal: Refusal, resource: &Resource, name: &str) -> Self {
        let Refusal { code, reason, mut message, causes, retry_after_seconds } = refusal;
        // The world speaks of kinds as clients print them; the API names their group.
        let plain = message.strip_prefix("The ").unwrap_or(&message);
        if code == 422
            && let Some(rest) = plain.strip_prefix(&resource.kind).filter(|rest| rest.starts_with(" \""))
        {
            let group = if resource.group.is_empty() { "" } else { "." };
            message = format!("{}{group}{}{rest}", resource.kind, resource.group);
        }
        let mut failure = Self::new(code, reason, message);
        if matches!(code, 403 | 404 | 409) {
            failure = failure.about(resource, name);
        }
        if code == 422 {
            failure = failure.about(resource, name);
            failure.details.insert("kind".to_owned(), json!(resource.kind));
        }
        if !causes.is_empty() {
            let causes: Vec<Value> = causes.iter().map(|(reason, message)| cause(reason, message)).collect();
            failure.details.insert("causes".to_owned(), Value::Array(causes));
        }
        failure.retry_after_seconds = retry_after_seconds;
        failure
    }

    /// The error as a `Status` object.
    pub(crate) fn status(&self) -> Value {
        let mut details = self.details.clone();
        if let Some(seconds) = self.retry_after_seconds {
            details.insert("retryAfterSeconds".to_owned(), json!(seconds));
        }
        let mut meta = Map::new();
        if let Some(go_on) = &self.go_on {
            meta.insert("continue".to_owned(), json!(go_on));
        }
        let mut status = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": meta, "status": "Failure", "message": self.message,
        });
        if !self.reason.is_empty() {
            status["reason"] = json!(self.reason);
        }
        // Answers to a path rather than to an object have an empty one.
        let is_generic = matches!(self.code, 404 | 405)
            || self.message.starts_with("the server rejected our request")
            || self.message.starts_with("415: ");
        if !details.is_empty() || is_generic {
            status["details"] = Value::Object(details);
        }
        status["code"] = json!(self.code);
        status
    }
}

impl From<Rejection> for StatusError {
    fn from(rejection: Rejection) -> Self {
        let Rejection { code, reason, message, causes, resume } = rejection;
        let mut failure = Self::new(code, reason, message);
        if !causes.is_empty() {
            let cause = |one: &crate::rejection::Cause| json!({"reason": one.reason, "message": one.message, "field": one.field});
            failure.details.insert("causes".to_owned(), causes.iter().map(cause).collect());
        }
        failure.go_on = resume;
        failure
    }
}

/// A cause; the field is what stands before the colon of the world's message.
fn cause(reason: &str, message: &str) -> Value {
    match message.split_once(": ") {
        Some((field, why)) if reason.starts_with("FieldValue") && !field.contains(' ') => {
            json!({"reason": reason, "message": why, "field": field})
        }
        _ => json!({"reason": reason, "message": message}),
    }
}

#[cfg(test)]
mod tests {
    use replank_world::refusal::Refusal;
    use serde_json::json;

    use super::StatusError;
    use crate::resource::built_in;

    #[test]
    fn the_status_of_a_budget_in_the_way_is_the_real_one() {
        let pods = built_in().iter().find(|one| one.plural == "pods").unwrap();
        let message = "Cannot evict pod as it would violate the pod's disruption budget.";
        let cause = "The disruption budget web needs 2 healthy pods and has 2 currently";
        let refusal = Refusal {
            causes: vec![("DisruptionBudget", cause.to_owned())],
            ..Refusal::new(429, "TooManyRequests", message)
        };
        let wanted = json!({
            "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message,
            "reason": "TooManyRequests",
            "details": {"causes": [{"reason": "DisruptionBudget", "message": cause}]}, "code": 429,
        });
        assert_eq!(StatusError::refused(refusal, pods, "web-1").status(), wanted);
    }

    #[test]
    fn who_is_not_there_is_named_with_group_and_resource() {
        let find = |plural: &str| built_in().iter().find(|one| one.plural == plural).unwrap();
        let status = StatusError::not_found(find("deployments"), "web").status();
        assert_eq!(status["message"], "deployments.apps \"web\" not found");
        assert_eq!(status["details"], json!({"name": "web", "group": "apps", "kind": "deployments"}));
        assert_eq!(
            StatusError::not_found(find("pods"), "x").status()["details"],
            json!({"name": "x", "kind": "pods"})
        );
    }
}
