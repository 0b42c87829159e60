//! Refusals of the service in the terms of EKS, which every edge translates into its own form.

use std::fmt;

use crate::records::{ChangeError, RecordsError};

/// Kinds of refusals, as EKS tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// The resource does not exist (EKS: `ResourceNotFoundException`).
    NotFound,
    /// A value is invalid (EKS: `InvalidParameterException`).
    InvalidParameter,
    /// Impossible in the present state (EKS: `InvalidRequestException`).
    InvalidRequest,
    /// Another operation on the resource is in progress (EKS: `ResourceInUseException`).
    InUse,
    /// A fault of the service (EKS: `ServerException`).
    Server,
}

/// Why a request was refused. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong with the request, by which edges choose their error.
    pub kind: RefusalKind,
    /// Message with the value and a way out.
    pub message: String,
    /// Name of the cluster concerned.
    pub cluster: Option<String>,
    /// Name of the node group concerned.
    pub group: Option<String>,
}

impl Refusal {
    /// A refusal that names no cluster or group yet.
    pub fn new(kind: RefusalKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), cluster: None, group: None }
    }

    /// A refusal of an invalid value.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(RefusalKind::InvalidParameter, message)
    }

    /// The refusal for a cluster that does not exist.
    pub fn no_cluster(name: &str) -> Self {
        Self::new(RefusalKind::NotFound, format!("No cluster found for name: {name}.")).of_cluster(name)
    }

    /// The refusal for a node group that does not exist.
    pub fn no_group(cluster: &str, name: &str) -> Self {
        Self::new(RefusalKind::NotFound, format!("No node group found for name: {name}."))
            .about(cluster, name)
    }

    /// Adds the cluster concerned.
    #[must_use]
    pub fn of_cluster(self, cluster: &str) -> Self {
        Self { cluster: Some(cluster.to_owned()), ..self }
    }

    /// Adds the cluster and node group concerned.
    #[must_use]
    pub fn about(self, cluster: &str, group: &str) -> Self {
        Self { cluster: Some(cluster.to_owned()), group: Some(group.to_owned()), ..self }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}

impl From<RecordsError> for Refusal {
    fn from(error: RecordsError) -> Self {
        Self::new(RefusalKind::Server, error.to_string())
    }
}

impl From<ChangeError<Self>> for Refusal {
    fn from(error: ChangeError<Self>) -> Self {
        match error {
            ChangeError::Refused(refusal) => refusal,
            ChangeError::Records(error) => error.into(),
        }
    }
}

impl From<crate::ports::ReadError> for Refusal {
    fn from(error: crate::ports::ReadError) -> Self {
        Self::new(RefusalKind::Server, error.to_string())
    }
}
