//! The exceptions of EKS, with the members their shapes have.

use replank_engine::ports::ReadError;
use replank_service::records::{ChangeError, RecordsError};
use replank_service::{Refusal, RefusalKind};
use serde_json::{Map, Value};

use crate::model::{Model, Operation};
use crate::wire::Reply;

/// Which exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exception {
    /// A bad value.
    InvalidParameter,
    /// A valid request in the wrong state.
    InvalidRequest,
    /// Upgrade insights are in the way.
    InvalidState,
    /// The caller's side, often rights.
    Client,
    /// A quota.
    ResourceLimit,
    /// A bad tag operation.
    BadRequest,
    /// Missing.
    ResourceNotFound,
    /// Missing, of tag operations.
    NotFound,
    /// It exists, or an update runs.
    ResourceInUse,
    /// The server's side.
    Server,
    /// The body is no JSON or of other types.
    Serialization,
    /// No operation has that path.
    UnknownOperation,
}

impl Exception {
    /// The name of its shape.
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

/// A request that was not carried out.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// Which exception.
    pub exception: Exception,
    /// In words.
    pub message: String,
    /// The members that name what it is about.
    members: Map<String, Value>,
}

impl From<Refusal> for Failure {
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

impl Failure {
    /// A failure.
    pub fn new(exception: Exception, message: impl Into<String>) -> Self {
        Self { exception, message: message.into(), members: Map::new() }
    }

    /// A value that cannot be, as this operation declares such errors.
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

    /// The same as this operation declares it: a bad value is not called alike everywhere.
    #[must_use]
    pub fn declared_by(mut self, operation: &Operation) -> Self {
        if self.exception == Exception::InvalidParameter {
            self.exception = Self::invalid_for(operation, "").exception;
        }
        self
    }

    /// A bad value.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Exception::InvalidParameter, message)
    }

    /// There is no such cluster.
    pub fn no_cluster(name: &str) -> Self {
        Self::new(Exception::ResourceNotFound, format!("No cluster found for name: {name}.")).cluster(name)
    }

    /// There is no such node group.
    pub fn no_nodegroup(cluster: &str, name: &str) -> Self {
        Self::new(Exception::ResourceNotFound, format!("No node group found for name: {name}."))
            .cluster(cluster)
            .nodegroup(name)
    }

    /// There is nothing of that name.
    pub fn missing(message: impl Into<String>) -> Self {
        Self::new(Exception::ResourceNotFound, message)
    }

    /// There is no such add-on.
    pub fn no_addon(cluster: &str, name: &str) -> Self {
        let said = format!("No addon: {name} found in cluster: {cluster}");
        Self::missing(said).cluster(cluster).about("addonName", name)
    }

    /// There is no such Fargate profile.
    pub fn no_profile(cluster: &str, name: &str) -> Self {
        let said = format!("No Fargate Profile found with name: {name}.");
        Self::missing(said).cluster(cluster).about("fargateProfileName", name)
    }

    /// There is no such access entry.
    pub fn no_entry(cluster: &str, principal: &str) -> Self {
        let said = format!("The specified principalArn could not be found: {principal}");
        Self::missing(said).cluster(cluster)
    }

    /// There is no such pod identity association.
    pub fn no_association(cluster: &str, id: &str) -> Self {
        Self::missing(format!("Unable to find pod identity association with id: {id}")).cluster(cluster)
    }

    /// There is no such update.
    pub fn no_update(cluster: &str, id: &str) -> Self {
        Self::missing(format!("No update found for ID: {id}")).cluster(cluster)
    }

    /// Names the cluster it is about.
    #[must_use]
    pub fn cluster(self, name: &str) -> Self {
        self.about("clusterName", name)
    }

    /// Names the node group it is about.
    #[must_use]
    pub fn nodegroup(self, name: &str) -> Self {
        self.about("nodegroupName", name)
    }

    /// Names what it is about.
    #[must_use]
    pub fn about(mut self, member: &str, name: &str) -> Self {
        self.members.insert(member.to_owned(), name.into());
        self
    }

    /// On the wire: only members that the exception's shape has.
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
        let mut reply = Reply::json(status, Value::Object(body).to_string());
        reply.error = Some(name.to_owned());
        reply
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        Self::new(Exception::Server, error.to_string())
    }
}

impl From<RecordsError> for Failure {
    fn from(error: RecordsError) -> Self {
        Self::new(Exception::Server, error.to_string())
    }
}

impl From<ChangeError<Failure>> for Failure {
    fn from(error: ChangeError<Failure>) -> Self {
        match error {
            ChangeError::Refused(failure) => failure,
            ChangeError::Records(error) => error.into(),
        }
    }
}
