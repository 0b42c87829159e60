//! The errors of EC2, by their codes.

use crate::app;
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

    /// There is no template of that id.
    pub(crate) fn no_template(id: &str) -> Self {
        let said = format!("The specified launch template, with template ID {id}, does not exist.");
        Self::new("InvalidLaunchTemplateId.NotFound", said)
    }

    /// There is no template of that name.
    pub(crate) fn no_name(name: &str) -> Self {
        let said = format!("The specified launch template, with template name {name}, does not exist.");
        Self::new("InvalidLaunchTemplateName.NotFoundException", said)
    }

    /// The template has no such version.
    pub(crate) fn no_version(id: &str, version: &str) -> Self {
        let said =
            format!("Could not find the specified version {version} for the launch template with ID {id}.");
        Self::new("InvalidLaunchTemplateId.VersionNotFound", said)
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
                app::uuid()
            ),
        )
    }
}
