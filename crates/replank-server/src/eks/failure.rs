//! Exceptions of EKS, with the members of their shapes.

use replank_engine::ports::ReadError;
use replank_service::records::{ChangeError, RecordsError};
use replank_service::{Refusal, RefusalKind};
use serde_json::{Map, Value};

use crate::model::{Model, Operation};
use crate::wire::Reply;

/// An exception of EKS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exception {
    /// A value is invalid.
    InvalidParameter,
    /// Impossible in the present state.
    InvalidRequest,
    /// Upgrade insights prevent it.
    InvalidState,
    /// An error of the caller, often missing permissions.
    Client,
    /// A quota is reached.
    ResourceLimit,
    /// A tag operation is invalid.
    BadRequest,
    /// The resource does not exist.
    ResourceNotFound,
    /// The resource of a tag operation does not exist.
    NotFound,
    /// The resource exists, or an update of it is in progress.
    ResourceInUse,
    /// A fault of the server.
    Server,
    /// The body is not JSON, or a value has another type.
    Serialization,
    /// No operation has this method and path.
    UnknownOperation,
}

impl Exception {
    /// Name of the exception's shape.
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidParameter => "InvalidParameterException",
            Self::InvalidRequest => "InvalidRequestException",
            Self::InvalidState => "InvalidStateException",
            Self::Client => "ClientException",
            Self::ResourceLimit => "ResourceLimitExceededException",
            Self::BadRequest => "BadRequestException",
            Self::ResourceNotFound => "ResourceNotFoundException",
            Self::NotFound => "NotFoundException",
            Self::ResourceInUse => "ResourceInUseException",
            Self::Server => "ServerException",
            Self::Serialization => "SerializationException",
            Self::UnknownOperation => "UnknownOperationException",
        }
    }
}

/// An error response.
#[derive(Clone, Debug, PartialEq)]
pub struct EksError {
    /// Which of EKS's exceptions it is; it gives the HTTP status.
    pub exception: Exception,
    /// Message for people.
    pub message: String,
    /// Members that name the resource concerned.
    members: Map<String, Value>,
}

impl From<Refusal> for EksError {
    fn from(refusal: Refusal) -> Self {
        let exception = match refusal.kind {
            RefusalKind::NotFound => Exception::ResourceNotFound,
            RefusalKind::InvalidParameter => Exception::InvalidParameter,
            RefusalKind::InvalidRequest => Exception::InvalidRequest,
            RefusalKind::InUse => Exception::ResourceInUse,
            RefusalKind::Server => Exception::Server,
        };
        let mut failure = Self::new(exception, refusal.message);
        if let Some(cluster) = refusal.cluster {
            failure = failure.cluster(&cluster);
        }
        match refusal.group {
            Some(group) => failure.nodegroup(&group),
            None => failure,
        }
    }
}

impl EksError {
    /// An error that names no resource yet.
    pub fn new(exception: Exception, message: impl Into<String>) -> Self {
        Self { exception, message: message.into(), members: Map::new() }
    }

    /// The error for an invalid value, as this operation declares it.
    pub fn invalid_for(operation: &Operation, message: impl Into<String>) -> Self {
        let kinds = [
            Exception::InvalidParameter,
            Exception::BadRequest,
            Exception::InvalidRequest,
            Exception::Client,
        ];
        let declared = |kind: &Exception| operation.errors.iter().any(|error| error == kind.name());
        Self::new(kinds.into_iter().find(declared).unwrap_or(Exception::Client), message)
    }

    /// The same error as this operation declares it: operations name invalid values differently.
    #[must_use]
    pub fn declared_by(mut self, operation: &Operation) -> Self {
        if self.exception == Exception::InvalidParameter {
            self.exception = Self::invalid_for(operation, "").exception;
        }
        self
    }

    /// The error for an invalid value.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Exception::InvalidParameter, message)
    }

    /// The error for a cluster that does not exist.
    pub fn no_cluster(name: &str) -> Self {
        Self::new(Exception::ResourceNotFound, format!("No cluster found for name: {name}.")).cluster(name)
    }

    /// The error for a node group that does not exist.
    pub fn no_nodegroup(cluster: &str, name: &str) -> Self {
        Self::new(Exception::ResourceNotFound, format!("No node group found for name: {name}."))
            .cluster(cluster)
            .nodegroup(name)
    }

    /// The error for any resource that does not exist.
    pub fn missing(message: impl Into<String>) -> Self {
        Self::new(Exception::ResourceNotFound, message)
    }

    /// The error for an add-on that does not exist.
    pub fn no_addon(cluster: &str, name: &str) -> Self {
        let said = format!("No addon: {name} found in cluster: {cluster}");
        Self::missing(said).cluster(cluster).about("addonName", name)
    }

    /// The error for a Fargate profile that does not exist.
    pub fn no_profile(cluster: &str, name: &str) -> Self {
        let said = format!("No Fargate Profile found with name: {name}.");
        Self::missing(said).cluster(cluster).about("fargateProfileName", name)
    }

    /// The error for an access entry that does not exist.
    pub fn no_entry(cluster: &str, principal: &str) -> Self {
        let said = format!("The specified principalArn could not be found: {principal}");
        Self::missing(said).cluster(cluster)
    }

    /// The error for a pod identity association that does not exist.
    pub fn no_association(cluster: &str, id: &str) -> Self {
        Self::missing(format!("Unable to find pod identity association with id: {id}")).cluster(cluster)
    }

    /// The error for an update that does not exist.
    pub fn no_update(cluster: &str, id: &str) -> Self {
        Self::missing(format!("No update found for ID: {id}")).cluster(cluster)
    }

    /// Adds the cluster concerned.
    #[must_use]
    pub fn cluster(self, name: &str) -> Self {
        self.about("clusterName", name)
    }

    /// Adds the node group concerned.
    #[must_use]
    pub fn nodegroup(self, name: &str) -> Self {
        self.about("nodegroupName", name)
    }

    /// Adds a resource concerned, by the member of the exception that names it.
    #[must_use]
    pub fn about(mut self, member: &str, name: &str) -> Self {
        self.members.insert(member.to_owned(), name.into());
        self
    }

    /// The error as a response, with the members that the exception's shape has.
    pub fn reply(&self) -> Reply {
        let name = self.exception.name();
        let shape = Model::get().shapes.get(name);
        let status = shape.and_then(|shape| shape.error).unwrap_or(match self.exception {
            Exception::UnknownOperation => 404,
            _ => 400,
        });
        let mut body = Map::new();
        for (member, value) in &self.members {
            if shape.is_some_and(|shape| shape.members.contains_key(member)) {
                body.insert(member.clone(), value.clone());
            }
        }
        body.insert("message".into(), self.message.as_str().into());
        Reply::json_error(status, name, Value::Object(body).to_string())
    }
}

impl From<ReadError> for EksError {
    fn from(error: ReadError) -> Self {
        Self::new(Exception::Server, error.to_string())
    }
}

impl From<RecordsError> for EksError {
    fn from(error: RecordsError) -> Self {
        Self::new(Exception::Server, error.to_string())
    }
}

impl From<ChangeError<EksError>> for EksError {
    fn from(error: ChangeError<EksError>) -> Self {
        match error {
            ChangeError::Refused(failure) => failure,
            ChangeError::Records(error) => error.into(),
        }
    }
}
