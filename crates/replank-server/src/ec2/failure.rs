//! The errors of EC2, by their codes.

use replank_service::launch_template::lookup::NotFound;

use crate::sts::escaped;
use crate::wire::Reply;

/// A request that was not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The status code.
    pub(super) status: u16,
    /// EC2's code.
    pub(crate) code: &'static str,
    /// In words.
    pub(crate) message: String,
}

impl Failure {
    /// A failure of the caller's.
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { status: 400, code, message: message.into() }
    }

    /// A parameter that must be there is not.
    pub(super) fn missing(name: &str) -> Self {
        Self::new("MissingParameter", format!("The request must contain the parameter {name}"))
    }

    /// The server's own.
    pub(super) fn internal(message: String) -> Self {
        Self { status: 500, code: "InternalError", message }
    }

    /// On the wire.
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

impl From<NotFound> for Failure {
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
