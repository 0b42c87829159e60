//! Why the service does not do what was asked, in the terms of EKS, so that every edge can say it in its own form.

use std::fmt;

use crate::records::RecordsError;

/// What kind of refusal it is. The kinds are those that EKS tells apart; a command or an operator needs no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalKind {
    /// There is nothing of that name (EKS: `ResourceNotFoundException`).
    NotFound,
    /// A value cannot be (EKS: `InvalidParameterException`).
    InvalidParameter,
    /// It cannot be done as things stand (EKS: `InvalidRequestException`).
    InvalidRequest,
    /// Something else is being done with it (EKS: `ResourceInUseException`).
    InUse,
    /// The fault is on this side (EKS: `ServerException`).
    Server,
}

/// Why something is not done. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Which kind.
    pub kind: RefusalKind,
    /// In words, with the value and the way out.
    pub message: String,
    /// The cluster it is about.
    pub cluster: Option<String>,
    /// The node group it is about.
    pub group: Option<String>,
}

impl Refusal {
    /// A refusal that is about nothing in particular yet.
    pub fn new(kind: RefusalKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), cluster: None, group: None }
    }

    /// A value that cannot be.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(RefusalKind::InvalidParameter, message)
    }

    /// There is no such cluster.
    pub fn no_cluster(name: &str) -> Self {
        Self::new(RefusalKind::NotFound, format!("No cluster found for name: {name}.")).of_cluster(name)
    }

    /// There is no such node group.
    pub fn no_group(cluster: &str, name: &str) -> Self {
        Self::new(RefusalKind::NotFound, format!("No node group found for name: {name}."))
            .about(cluster, name)
    }

    /// The same, about a cluster.
    #[must_use]
    pub fn of_cluster(self, cluster: &str) -> Self {
        Self { cluster: Some(cluster.to_owned()), ..self }
    }

    /// The same, about a node group.
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

impl From<crate::ports::ReadError> for Refusal {
    fn from(error: crate::ports::ReadError) -> Self {
        Self::new(RefusalKind::Server, error.to_string())
    }
}
