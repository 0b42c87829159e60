//! Failures in the words that the handlers of CloudFormation have for them.

use serde_json::Value;

use crate::port::Declined;

/// Why a job did not get done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobFailure {
    /// Something else is going on with the resource; in a rollback it is waited for.
    Busy(String),
    /// It failed, with the reason for the events.
    Failed(String),
}

impl JobFailure {
    /// Sentence for the events of the stack.
    pub fn reason(&self) -> &str {
        match self {
            Self::Busy(said) | Self::Failed(said) => said,
        }
    }

    /// A request was declined.
    pub(super) fn declined(why: &Declined, token: &str, is_creation: bool) -> Self {
        let code = match &*why.code {
            "ResourceNotFoundException" => "NotFound",
            "ResourceInUseException" if is_creation => "AlreadyExists",
            "ResourceInUseException" => "ResourceConflict",
            "ResourceLimitExceededException" => "ServiceLimitExceeded",
            "InvalidParameterException" | "InvalidRequestException" | "SerializationException" => {
                "InvalidRequest"
            }
            "ServerException" => "ServiceInternalError",
            code if code.contains("AlreadyExists") => "AlreadyExists",
            code if code.contains("NotFound") => "NotFound",
            _ => "GeneralServiceException",
        };
        let request = replank_service::uuid();
        let Declined { service, status, message, .. } = why;
        let inner = format!("{message} (Service: {service}, Status Code: {status}, Request ID: {request})");
        let said = handled(&inner, token, code);
        if why.is_busy() && !is_creation { Self::Busy(said) } else { Self::Failed(said) }
    }

    /// A resource came to rest in a bad state. `what` is the name of the structure, `members` its members with the names
    /// that EKS and the handlers give them.
    pub(super) fn of_issues(what: &str, members: [(&str, &str); 3], issues: &Value, token: &str) -> Self {
        let one = |issue: &Value| {
            let shown = members.map(|(member, name)| match &issue[member] {
                Value::Array(ids) => {
                    let ids: Vec<&str> = ids.iter().filter_map(Value::as_str).collect();
                    format!("{name}=[{}]", ids.join(", "))
                }
                other => format!("{name}={}", other.as_str().unwrap_or_default()),
            });
            format!("{what}({})", shown.join(", "))
        };
        let all: Vec<String> = issues.as_array().into_iter().flatten().map(one).collect();
        let inner = format!("[{}] (Service: null, Status Code: 0, Request ID: null)", all.join(", "));
        Self::Failed(handled(&inner, token, "GeneralServiceException"))
    }

    /// A job that is refused before any request.
    pub(super) fn refused(said: &str, token: &str) -> Self {
        Self::Failed(handled(said, token, "InvalidRequest"))
    }
}

fn handled(inner: &str, token: &str, code: &str) -> String {
    format!(
        "Resource handler returned message: \"{inner}\" (RequestToken: {token}, HandlerErrorCode: {code})"
    )
}
