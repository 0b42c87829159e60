//! Who somebody else is and what they may do, asked of the API server (Kubernetes: `TokenReview`, `SubjectAccessReview`).
//! Whoever asks needs the role `system:auth-delegator`, or its two rules.

use std::collections::BTreeMap;
use std::time::Duration;

use kube::Client;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{failure, request};

/// Time limit for a review.
const DEADLINE: Duration = Duration::from_secs(5);

/// Somebody whom the API server knows (Kubernetes: `UserInfo`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct User {
    /// User name.
    pub username: String,
    /// Identity beyond the name.
    pub uid: String,
    /// Names of the groups that the user belongs to.
    pub groups: Vec<String>,
    /// What else is known of them.
    pub extra: BTreeMap<String, Vec<String>>,
}

/// A verb on all objects of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What is to be done, such as `get` or `patch`.
    pub verb: &'static str,
    /// API group.
    pub group: &'static str,
    /// Plural name, such as `nodes`; a subresource follows a slash.
    pub resource: &'static str,
}

/// Whose token it is; `None` when it is nobody's, or for another audience than the one that is given. Without one it has
/// to be for the API server itself. The error is a message for people, without the token.
pub async fn whose(client: &Client, token: &str, audience: Option<&str>) -> Result<Option<User>, String> {
    let audiences: Vec<&str> = audience.into_iter().collect();
    let review = json!({
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenReview",
        "spec": {"token": token, "audiences": audiences},
    });
    let answer = answered(client, "/apis/authentication.k8s.io/v1/tokenreviews", &review).await?;
    let status = &answer["status"];
    let is_for = |name: &str| {
        let named = status["audiences"].as_array().into_iter().flatten();
        // Who knows no audiences says none of them: such a token is for the API server alone.
        named.filter_map(Value::as_str).any(|known| known == name)
    };
    if status["authenticated"] != true || audience.is_some_and(|name| !is_for(name)) {
        return Ok(None);
    }
    let user = User::deserialize(&status["user"]).map_err(|_| "its answer names no user".to_owned())?;
    Ok(Some(user).filter(|user| !user.username.is_empty()))
}

/// Whether somebody may do something, in all namespaces. The error is a message for people.
pub async fn may(client: &Client, user: &User, asked: Asked) -> Result<bool, String> {
    let Asked { verb, group, resource } = asked;
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {
            "user": user.username, "uid": user.uid, "groups": user.groups, "extra": user.extra,
            "resourceAttributes": {"verb": verb, "group": group, "resource": resource},
        },
    });
    let answer = answered(client, "/apis/authorization.k8s.io/v1/subjectaccessreviews", &review).await?;
    Ok(answer["status"]["allowed"] == true)
}

async fn answered(client: &Client, path: &str, review: &Value) -> Result<Value, String> {
    let answer = request::send::<Value>(client, request::post(path, review));
    match tokio::time::timeout(DEADLINE, answer).await {
        Ok(answered) => answered.map_err(|error| failure(&error)),
        Err(_) => Err(format!("no answer within {} s", DEADLINE.as_secs())),
    }
}
