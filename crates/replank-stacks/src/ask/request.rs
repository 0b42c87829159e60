//! What requests that bring a template have in common.

use crate::error::StackError;
use crate::template::Given;

/// Longest name of a stack or change set (CloudFormation: 128).
const NAME_MAX: usize = 128;

/// A request that brings a template, or keeps that of the stack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// Name or id of the stack.
    pub name: String,
    /// The template; `None` keeps the stack's.
    pub body: Option<String>,
    /// Values for parameters of the template; those left out have their default.
    pub parameters: Vec<Given>,
    /// Tags; `None` keeps the stack's. Of a name given twice the last counts.
    pub tags: Option<Vec<(String, String)>>,
    /// Capabilities that are acknowledged.
    pub capabilities: Vec<String>,
    /// Whether a failure stays as it is.
    pub keeps_failures: bool,
    /// A role for its operations.
    pub role: Option<String>,
    /// Topics for its events.
    pub topics: Vec<String>,
    /// Client token.
    pub token: Option<String>,
}

/// Checks the name of a stack (`stackName`) or change set (`changeSetName`).
pub fn check_name(member: &str, name: &str) -> Result<(), StackError> {
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic());
    let said = if name.is_empty() {
        format!(
            "Value at '{member}' failed to satisfy constraint: Member must have length greater than or equal to 1"
        )
    } else if !starts || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        format!(
            "Value '{name}' at '{member}' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
        )
    } else if name.len() > NAME_MAX {
        format!(
            "Value '{name}' at '{member}' failed to satisfy constraint: Member must have length less than or equal to {NAME_MAX}"
        )
    } else {
        return Ok(());
    };
    Err(StackError::invalid(format!("1 validation error detected: {said}")))
}
