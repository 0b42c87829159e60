//! What each operation of the service's model does here. A page of the reference is printed from this table, and a
//! test holds the routes to it.

use std::fmt::Write;

use super::{Exception, Failure};
use crate::model::Model;

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
        "CancelUpdate"
        | "CreateCluster"
        | "CreateNodegroup"
        | "DeleteCluster"
        | "DeleteNodegroup"
        | "DescribeCluster"
        | "DescribeClusterVersions"
        | "DescribeNodegroup"
        | "DescribeUpdate"
        | "ListClusters"
        | "ListNodegroups"
        | "ListTagsForResource"
        | "ListUpdates"
        | "TagResource"
        | "UntagResource"
        | "UpdateNodegroupConfig"
        | "UpdateNodegroupVersion" => Support::Acts,
        "AssociateAccessPolicy"
        | "CreateAccessEntry"
        | "CreateAddon"
        | "CreateFargateProfile"
        | "CreatePodIdentityAssociation"
        | "DeleteAccessEntry"
        | "DeleteAddon"
        | "DeleteFargateProfile"
        | "DeletePodIdentityAssociation"
        | "DescribeAccessEntry"
        | "DescribeAddon"
        | "DescribeAddonConfiguration"
        | "DescribeAddonVersions"
        | "DescribeFargateProfile"
        | "DescribeInsight"
        | "DescribeInsightsRefresh"
        | "DescribePodIdentityAssociation"
        | "DisassociateAccessPolicy"
        | "ListAccessEntries"
        | "ListAccessPolicies"
        | "ListAddons"
        | "ListAssociatedAccessPolicies"
        | "ListFargateProfiles"
        | "ListInsights"
        | "ListPodIdentityAssociations"
        | "StartInsightsRefresh"
        | "UpdateAccessEntry"
        | "UpdateAddon"
        | "UpdateClusterConfig"
        | "UpdateClusterVersion"
        | "UpdatePodIdentityAssociation" => Support::Stored,
        _ => Support::Refused,
    }
}

/// How an operation is refused that is not there: 400, because clients repeat what looks like an outage.
pub(super) fn refusal(operation: &str) -> Failure {
    Failure::new(Exception::InvalidRequest, format!("{operation} is not supported by this server."))
}

/// The page of the reference.
pub fn page() -> String {
    let mut page = String::from(
        "# EKS operations\n\nEvery operation of the service's model and what it does here. *Acts*: it does what it \
         says. *Stored*: what it\nsays is kept and returned, and changes nothing yet. *Refused*: it is answered with \
         `InvalidRequestException`.\n\n| Operation | Method and path | Here |\n|---|---|---|\n",
    );
    for (name, operation) in &Model::get().operations {
        let word = match of(name) {
            Support::Acts => "acts",
            Support::Stored => "stored",
            Support::Refused => "refused",
        };
        // A string takes every text.
        let _written = writeln!(page, "| `{name}` | {} `{}` | {word} |", operation.method, operation.path);
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_operations_of_the_model() {
        let routes = include_str!("mod.rs");
        for name in Model::get().operations.keys() {
            let routed = routes.contains(&format!("\"{name}\" =>"));
            assert_eq!(routed, of(name) != Support::Refused, "{name}");
        }
    }
}
