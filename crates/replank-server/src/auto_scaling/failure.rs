//! Errors of Auto Scaling.

use replank_service::launch_template::lookup::NotFound;
use replank_service::ports::ReadError;
use replank_service::ports::auto_scaling::Declined;

use super::NAMESPACE;
use crate::wire::Reply;
use crate::xml;

/// An error response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AutoScalingError {
    /// Error code.
    pub(super) code: String,
    /// Error message.
    pub(super) message: String,
}

impl AutoScalingError {
    /// `ValidationError`: what is wrong with a request.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self { code: "ValidationError".into(), message: message.into() }
    }

    /// A member that a request must have.
    pub(super) fn missing(name: &str) -> Self {
        let mut letters = name.chars();
        let first = letters.next().map(|letter| letter.to_ascii_lowercase());
        let member: String = first.into_iter().chain(letters).collect();
        Self::invalid(format!(
            "1 validation error detected: Value at '{member}' failed to satisfy constraint: Member must not be null"
        ))
    }

    /// A member that this endpoint does not act on.
    pub(super) fn not_here(name: &str) -> Self {
        Self::invalid(format!(
            "{name} is not supported by this endpoint: nothing of its groups follows it. Leave it out."
        ))
    }

    /// A group that is not there.
    pub(super) fn no_group(name: &str) -> Self {
        Self::invalid(format!("AutoScalingGroup name not found - no such group: {name}"))
    }

    /// The error as an XML response. Contention and what is wrong here is 500 (model of the service).
    pub(super) fn reply(&self) -> Reply {
        let (status, kind) = match &*self.code {
            "ResourceContention" | "InternalFailure" => (500, "Receiver"),
            _ => (400, "Sender"),
        };
        xml::refused(NAMESPACE, status, kind, &self.code, &self.message)
    }
}

impl From<Declined> for AutoScalingError {
    fn from(Declined { code, message }: Declined) -> Self {
        Self { code, message }
    }
}

impl From<ReadError> for AutoScalingError {
    fn from(error: ReadError) -> Self {
        Self { code: "InternalFailure".into(), message: error.to_string() }
    }
}

impl From<NotFound> for AutoScalingError {
    fn from(missing: NotFound) -> Self {
        match missing {
            NotFound::Id(_) | NotFound::Name(_) | NotFound::Version { .. } => {
                Self::invalid(format!("You must use a valid fully-formed launch template. {missing}"))
            }
            NotFound::Unread(error) => error.into(),
        }
    }
}
