//! Reviews: who the client is, and what it may do. Authenticated users may do everything, impersonated ones nothing.

use hyper::Method;
use serde_json::{Value, json};

use crate::asked::Asked;
use crate::authorize;
use crate::failure::StatusError;
use crate::wire::answer::Answer;

/// Paths that everybody may read (Kubernetes: `system:discovery`).
const OPEN: [&str; 14] = [
    "/api",
    "/api/*",
    "/apis",
    "/apis/*",
    "/healthz",
    "/livez",
    "/openapi",
    "/openapi/*",
    "/readyz",
    "/version",
    "/version/",
    "/healthz/*",
    "/livez/*",
    "/readyz/*",
];

/// POST of a review, which is answered and not stored.
pub(super) fn review(asked: &Asked) -> Result<Answer, StatusError> {
    let mut review = asked.object()?.unwrap_or_default();
    if !review.is_object() {
        return Err(StatusError::bad_request("the body of the request is no object"));
    }
    review["kind"] = json!(asked.resource.kind);
    review["apiVersion"] = json!(asked.resource.api_version());
    if review["metadata"].is_null() {
        review["metadata"] = json!({"creationTimestamp": null});
    }
    let user = json!({"username": asked.user.name, "groups": asked.user.groups});
    review["status"] = match asked.resource.kind.as_str() {
        "SelfSubjectReview" => json!({"userInfo": user}),
        "SelfSubjectRulesReview" if !asked.may => {
            let rule = |group: &str, resources: &[&str]| json!({"verbs": ["create"], "apiGroups": [group], "resources": resources});
            let accesses = ["selfsubjectaccessreviews", "selfsubjectrulesreviews"];
            let rules = [
                rule("authentication.k8s.io", &["selfsubjectreviews"]),
                rule("authorization.k8s.io", &accesses),
            ];
            let open = |urls: &[&str]| json!({"verbs": ["get"], "nonResourceURLs": urls});
            json!({"incomplete": false, "resourceRules": rules, "nonResourceRules": [open(&OPEN)]})
        }
        "SelfSubjectRulesReview" => {
            let all = json!(["*"]);
            json!({
                "incomplete": false, "resourceRules": [{"verbs": all, "apiGroups": all, "resources": all}],
                "nonResourceRules": [{"verbs": all, "nonResourceURLs": all}],
            })
        }
        "SelfSubjectAccessReview" => json!({"allowed": asked.may}),
        "SubjectAccessReview" | "LocalSubjectAccessReview" if !asked.may => {
            return Err(authorize::forbidden(asked, &Method::POST));
        }
        "SubjectAccessReview" | "LocalSubjectAccessReview" => {
            let groups = review["spec"]["groups"].as_array().into_iter().flatten();
            let known = review["spec"]["user"] == asked.user.name.as_str();
            json!({"allowed": known || groups.into_iter().any(|group| group == "system:masters")})
        }
        // Tokens of others are not ours to judge.
        "TokenReview" => json!({"authenticated": false, "user": Value::Null}),
        _ => return Err(StatusError::not_allowed()),
    };
    Ok(Answer::Object(201, review))
}
