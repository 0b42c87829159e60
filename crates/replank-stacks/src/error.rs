//! Refusals in the words of CloudFormation.

use std::fmt;

use replank_service::Refusal;
use replank_service::records::{ChangeError, RecordsError};

/// Error codes of CloudFormation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// A request or template that is not valid, or that does not fit the status of the stack.
    Validation,
    /// A stack or change set of that name exists.
    AlreadyExists,
    /// No change set has that name or id.
    ChangeSetNotFound,
    /// The template needs capabilities that were not acknowledged.
    InsufficientCapabilities,
    /// The change set cannot be executed.
    InvalidChangeSetStatus,
    /// The token was used for another operation.
    TokenAlreadyExists,
    /// There is no such operation.
    InvalidAction,
    /// A fault of this program.
    Internal,
}

impl Code {
    /// The code as responses have it (model of the service).
    pub fn name(self) -> &'static str {
        match self {
            Self::Validation => "ValidationError",
            Self::AlreadyExists => "AlreadyExistsException",
            Self::ChangeSetNotFound => "ChangeSetNotFound",
            Self::InsufficientCapabilities => "InsufficientCapabilitiesException",
            Self::InvalidChangeSetStatus => "InvalidChangeSetStatus",
            Self::TokenAlreadyExists => "TokenAlreadyExistsException",
            Self::InvalidAction => "InvalidAction",
            Self::Internal => "InternalFailure",
        }
    }

    /// The HTTP status that comes with it.
    pub fn status(self) -> u16 {
        match self {
            Self::ChangeSetNotFound => 404,
            Self::Internal => 500,
            Self::Validation
            | Self::AlreadyExists
            | Self::InsufficientCapabilities
            | Self::InvalidChangeSetStatus
            | Self::TokenAlreadyExists
            | Self::InvalidAction => 400,
        }
    }
}

/// Why a request was refused. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackError {
    /// Error code.
    pub code: Code,
    /// Message as CloudFormation words it.
    pub message: String,
}

impl StackError {
    /// A refusal with a code.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// A `ValidationError`.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::Validation, message)
    }

    /// The refusal for a stack that does not exist.
    pub fn no_stack(name: &str) -> Self {
        Self::invalid(format!("Stack with id {name} does not exist"))
    }
}

impl fmt::Display for StackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for StackError {}

impl From<Refusal> for StackError {
    fn from(refusal: Refusal) -> Self {
        Self::new(Code::Internal, refusal.message)
    }
}

impl From<RecordsError> for StackError {
    fn from(error: RecordsError) -> Self {
        Self::new(Code::Internal, error.to_string())
    }
}

impl From<ChangeError<Self>> for StackError {
    fn from(error: ChangeError<Self>) -> Self {
        match error {
            ChangeError::Refused(refused) => refused,
            ChangeError::Records(error) => error.into(),
        }
    }
}
