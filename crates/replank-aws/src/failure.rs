//! What a failed call means: for now, for good, or nobody knows.

use std::fmt;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use thiserror::Error;

use crate::policies;

/// A call that did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{operation}: {said}")]
pub struct CallError {
    /// Name of the operation, such as `DescribeAutoScalingGroups`.
    pub operation: &'static str,
    /// AWS's error code; empty when there was no answer.
    pub code: String,
    /// Message of AWS with its code, or of the transport.
    pub said: String,
    /// What it means.
    pub kind: FailureKind,
}

/// What a failure means for whoever asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// Too many calls, of this account or of this process.
    Throttled,
    /// The group is busy, or AWS is: worth asking again.
    Busy,
    /// The credentials have expired or are not valid any more: new ones may come.
    Credentials,
    /// The caller lacks a permission.
    Denied,
    /// Refused for good, as asked.
    Refused,
    /// No answer, or one that does not tell: it may have been carried out.
    Unknown,
}

/// Codes of throttling (AWS SDKs agree on this list).
const THROTTLED: [&str; 8] = [
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
    "EC2ThrottledException",
];
/// Codes with which a service asks to come again. `ResourceContention` comes as a server error (500) and was refused
/// all the same; `ScalingActivityInProgress` comes as a client error (400).
const BUSY: [&str; 6] = [
    "ResourceContention",
    "ResourceContentionFault",
    "ScalingActivityInProgress",
    "ScalingActivityInProgressFault",
    "IdempotentCallInProgress",
    "ResourceInUseException",
];
const CREDENTIALS: [&str; 8] = [
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "AuthFailure",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "SignatureDoesNotMatch",
    "InvalidAccessKeyId",
];
const DENIED: [&str; 4] =
    ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Client.UnauthorizedOperation"];

impl FailureKind {
    /// What an answer of AWS with this code and HTTP status means.
    pub(crate) fn of(code: &str, status: u16) -> Self {
        let is = |codes: &[&str]| codes.contains(&code);
        if is(&THROTTLED) {
            Self::Throttled
        } else if is(&BUSY) {
            Self::Busy
        } else if is(&CREDENTIALS) {
            Self::Credentials
        } else if is(&DENIED) {
            Self::Denied
        } else if status >= 500 || code.is_empty() {
            Self::Unknown
        } else {
            Self::Refused
        }
    }
}

impl CallError {
    /// The failure of a call of an SDK.
    pub(crate) fn of<E>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
    {
        match error {
            SdkError::ServiceError(answered) => {
                let status = answered.raw().status().as_u16();
                let meta = answered.err().meta();
                Self::answered(operation, status, meta.code(), meta.message())
            }
            other => {
                let said = DisplayErrorContext(other).to_string();
                let is_local = matches!(other, SdkError::ConstructionFailure(_)) || lacks_credentials(&said);
                let kind = if is_local { FailureKind::Credentials } else { FailureKind::Unknown };
                Self { operation, code: String::new(), said: short(&said), kind }
            }
        }
    }

    /// The failure that AWS answered.
    pub(crate) fn answered(
        operation: &'static str,
        status: u16,
        code: Option<&str>,
        message: Option<&str>,
    ) -> Self {
        let code = code.unwrap_or_default().to_owned();
        let kind = FailureKind::of(&code, status);
        let said = match message {
            Some(message) if !message.is_empty() => format!("{code}: {message}"),
            _ if code.is_empty() => format!("HTTP {status} without an error of AWS"),
            _ => code.clone(),
        };
        let statement = if kind == FailureKind::Denied { policies::statement(operation) } else { None };
        let said = match statement {
            Some(statement) => {
                format!(
                    "{said}; the statement {statement} permits it (`replank iam --cluster NAME` prints all, narrowed to a cluster)"
                )
            }
            None => said,
        };
        Self { operation, code, said, kind }
    }

    /// Whether AWS's message contains `words`: some refusals have one code and differ in words alone.
    pub(crate) fn says(&self, words: &str) -> bool {
        self.said.contains(words)
    }
}

/// An answer, or `None` where AWS answered with `code`, which says that there is no such thing.
pub(crate) fn if_there<T>(code: &str, answer: Result<T, CallError>) -> Result<Option<T>, CallError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(failure) if failure.code == code => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Whether the call was never made, since there was nothing to sign it with.
fn lacks_credentials(said: &str) -> bool {
    ["credentials provider", "no providers in chain", "CredentialsNotLoaded", "credential provider"]
        .iter()
        .any(|words| said.contains(words))
}

/// What the SDK writes behind the sentences that are for people: the error once more, for programmers.
const FOR_PROGRAMMERS: [&str; 4] =
    [" (DispatchFailure(", " (TimeoutError(", " (ResponseError(", " Attempted:"];

/// The first line of a text, at most 300 characters, without what is for programmers.
fn short(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let end = FOR_PROGRAMMERS.iter().filter_map(|words| line.find(words)).min();
    line.get(..end.unwrap_or(line.len())).unwrap_or(line).chars().take(300).collect()
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Throttled => "throttled",
            Self::Busy => "busy",
            Self::Credentials => "no valid credentials",
            Self::Denied => "not permitted",
            Self::Refused => "refused",
            Self::Unknown => "no answer",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_failure_means_is_read_off_its_code() {
        for (code, status, kind) in [
            ("ResourceContention", 500, FailureKind::Busy),
            ("ScalingActivityInProgress", 400, FailureKind::Busy),
            ("RequestLimitExceeded", 503, FailureKind::Throttled),
            ("ExpiredToken", 403, FailureKind::Credentials),
            ("UnauthorizedOperation", 403, FailureKind::Denied),
            ("ValidationError", 400, FailureKind::Refused),
            ("InternalFailure", 500, FailureKind::Unknown),
            ("", 500, FailureKind::Unknown),
            ("", 404, FailureKind::Unknown),
        ] {
            assert_eq!(FailureKind::of(code, status), kind, "{code} {status}");
        }
    }

    #[test]
    fn what_the_sdk_writes_for_programmers_is_left_out() {
        let told = "dispatch failure: io error: tcp connect error: Connection refused (os error 111) (DispatchFailure(\
                    DispatchFailure { source: .. }))\nmore";
        assert_eq!(
            short(told),
            "dispatch failure: io error: tcp connect error: Connection refused (os error 111)"
        );
        assert_eq!(short("no credentials found in chain. Attempted:"), "no credentials found in chain.");
    }

    #[test]
    fn a_failure_names_operation_code_and_message() {
        let failure =
            CallError::answered("SetDesiredCapacity", 400, Some("ValidationError"), Some("too many"));
        assert_eq!(failure.to_string(), "SetDesiredCapacity: ValidationError: too many");
        let denied = CallError::answered("LaunchInstances", 403, Some("AccessDenied"), Some("no"));
        let permits = "\"Action\":[\"autoscaling:LaunchInstances\"]";
        assert!(denied.said.starts_with("AccessDenied: no; ") && denied.said.contains(permits), "{denied}");
        let failure = CallError::answered("DescribeImages", 502, None, None);
        assert_eq!(failure.to_string(), "DescribeImages: HTTP 502 without an error of AWS");
    }
}
