//! Errors of `CloudFormation`.

use replank_stacks::{Code, StackError};

use super::NAMESPACE;
use crate::wire::Reply;
use crate::xml;

/// A refusal as an XML response.
pub(super) fn reply(refused: &StackError) -> Reply {
    let kind = if refused.code == Code::Internal { "Receiver" } else { "Sender" };
    xml::refused(NAMESPACE, refused.code.status(), kind, refused.code.name(), &refused.message)
}
