//! Errors of EC2.

use replank_service::launch_template::lookup::NotFound;
use replank_service::ports::ReadError;

use crate::wire::Reply;
use crate::xml::escaped;

/// An error response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ec2Error {
    /// HTTP status.
    pub(crate) status: u16,
    /// Error code of EC2.
    pub(crate) code: &'static str,
    /// Error message.
    pub(crate) message: String,
}

impl Ec2Error {
    /// An error of the caller (400).
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: 400, code, message: message.into() }
    }

    /// The error for a missing parameter.
    pub(super) fn missing(name: &str) -> Self {
        Self::new("MissingParameter", format!("The request must contain the parameter {name}"))
    }

    /// An error of the server (500).
    pub(super) fn internal(message: String) -> Self {
        Self { status: 500, code: "InternalError", message }
    }

    /// The error as an XML response.
    pub(super) fn reply(&self) -> Reply {
        let (code, message) = (self.code, escaped(&self.message));
        Reply::xml(
            self.status,
            format!(
                "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors>\
                 <RequestID>{}</RequestID></Response>",
                replank_service::uuid()
            ),
        )
    }
}

impl From<ReadError> for Ec2Error {
    fn from(error: ReadError) -> Self {
        Self::internal(error.to_string())
    }
}

impl From<NotFound> for Ec2Error {
    fn from(missing: NotFound) -> Self {
        let code = match missing {
            NotFound::Id(_) => "InvalidLaunchTemplateId.NotFound",
            NotFound::Name(_) => "InvalidLaunchTemplateName.NotFoundException",
            NotFound::Version { .. } => "InvalidLaunchTemplateId.VersionNotFound",
            NotFound::Unread(error) => return Self::internal(error.to_string()),
        };
        Self::new(code, missing.to_string())
    }
}
