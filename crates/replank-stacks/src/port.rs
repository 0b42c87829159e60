//! The port through which stacks act: the operations that any client of EKS and EC2 has.
//!
//! Updates of node groups go this way as every other request does, so they start where all updates start.

use std::future::Future;

use replank_service::Identity;
use replank_service::records::Records;
use serde_json::Value;

/// The operations of an account.
pub trait Api: Send + Sync {
    /// Account and region.
    fn identity(&self) -> &Identity;
    /// Where stacks and change sets are kept.
    fn records(&self) -> &Records;
    /// Runs an operation of EKS, such as `CreateNodegroup`, on the members that its model has.
    fn eks(&self, operation: &str, input: Value) -> impl Future<Output = Result<Value, Declined>> + Send;
    /// Runs an operation on launch templates of EC2, with the parameters of the query protocol.
    fn ec2(
        &self,
        operation: &str,
        given: Vec<(String, String)>,
    ) -> impl Future<Output = Result<LaunchTemplate, Declined>> + Send;
    /// The value of a public parameter of SSM; `None` when there is none.
    fn parameter(&self, name: &str) -> impl Future<Output = Option<String>> + Send;
    /// Names of the zones of the region.
    fn zones(&self) -> impl Future<Output = Vec<String>> + Send;
}

/// A launch template after an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchTemplate {
    /// Such as `lt-0123456789abcdef0`.
    pub id: String,
    /// Its default version.
    pub default: u64,
    /// Its latest version.
    pub latest: u64,
}

/// An operation was declined by its service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declined {
    /// The service, as stack events name it: `Eks`, `Ec2`.
    pub service: &'static str,
    /// HTTP status of the response.
    pub status: u16,
    /// Error code of the service.
    pub code: String,
    /// Message of the service.
    pub message: String,
}

impl Declined {
    /// Whether the resource is not there.
    pub fn is_missing(&self) -> bool {
        self.code == "ResourceNotFoundException" || self.code.ends_with("NotFound")
    }

    /// Whether another operation on the resource is in progress.
    pub fn is_busy(&self) -> bool {
        self.code == "ResourceInUseException"
    }
}
