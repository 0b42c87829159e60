//! What each operation of the service's model does here. A page of the reference is printed from this table.

use super::{Exception, Failure};

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// It does what it says.
    Acts,
    /// What it says is kept and returned, and changes nothing yet.
    Stored,
    /// It is refused.
    Refused,
}

/// What an operation does.
pub fn of(operation: &str) -> Support {
    match operation {
        "DescribeCluster"
        | "DescribeNodegroup"
        | "DescribeUpdate"
        | "ListClusters"
        | "ListNodegroups"
        | "ListUpdates"
        | "UpdateNodegroupVersion" => Support::Acts,
        _ => Support::Refused,
    }
}

/// How an operation is refused that is not there.
pub(super) fn refusal(operation: &str) -> Failure {
    Failure::new(Exception::Server, format!("{operation} is not supported by this server"))
}
