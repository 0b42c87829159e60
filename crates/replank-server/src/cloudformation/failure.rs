//! Errors of `CloudFormation`.

use replank_stacks::{Code, StackError};

use super::NAMESPACE;
use crate::sts::escaped;
use crate::wire::Reply;

/// A refusal as an XML response.
pub(super) fn reply(refused: &StackError) -> Reply {
    let kind = if refused.code == Code::Internal { "Receiver" } else { "Sender" };
    let (code, message) = (refused.code.name(), escaped(&refused.message));
    Reply::xml(
        refused.code.status(),
        format!(
            "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>{kind}</Type><Code>{code}</Code><Message>{message}\
             </Message></Error><RequestId>{}</RequestId></ErrorResponse>",
            replank_service::uuid()
        ),
    )
}
