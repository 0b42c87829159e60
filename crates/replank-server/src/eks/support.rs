//! What each operation of the model does here. A reference page is generated from it, and a test compares it with the
//! routes.

use std::fmt::Write;

use super::{EksError, Exception};
use crate::model::Model;

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// What EKS does.
    Acts,
    /// Records what is given and returns it; nothing else changes.
    Stored,
    /// Answers that there are no such resources, which is true.
    None,
    /// Answers every request with an error that says so.
    Refused,
}

/// What this operation does.
pub fn of(operation: &str) -> Support {
    match operation {
        "CancelUpdate"
        | "CreateCluster"
        | "CreateFargateProfile"
        | "CreateNodegroup"
        | "DeleteCluster"
        | "DeleteFargateProfile"
        | "DeleteNodegroup"
        | "DescribeCluster"
        | "DescribeClusterVersions"
        | "DescribeFargateProfile"
        | "DescribeInsight"
        | "DescribeNodegroup"
        | "DescribeUpdate"
        | "ListClusters"
        | "ListFargateProfiles"
        | "ListInsights"
        | "ListNodegroups"
        | "ListTagsForResource"
        | "ListUpdates"
        | "TagResource"
        | "UntagResource"
        | "UpdateAddon"
        | "UpdateClusterVersion"
        | "UpdateNodegroupConfig"
        | "UpdateNodegroupVersion" => Support::Acts,
        "AssociateAccessPolicy"
        | "CreateAccessEntry"
        | "CreateAddon"
        | "CreatePodIdentityAssociation"
        | "DeleteAccessEntry"
        | "DeleteAddon"
        | "DeletePodIdentityAssociation"
        | "DescribeAccessEntry"
        | "DescribeAddon"
        | "DescribeAddonConfiguration"
        | "DescribeAddonVersions"
        | "DescribeInsightsRefresh"
        | "DescribePodIdentityAssociation"
        | "DisassociateAccessPolicy"
        | "ListAccessEntries"
        | "ListAccessPolicies"
        | "ListAddons"
        | "ListAssociatedAccessPolicies"
        | "ListPodIdentityAssociations"
        | "StartInsightsRefresh"
        | "UpdateAccessEntry"
        | "UpdateClusterConfig"
        | "UpdatePodIdentityAssociation" => Support::Stored,
        "ListCapabilities"
        | "ListCertificateAuthorities"
        | "ListEksAnywhereSubscriptions"
        | "ListIdentityProviderConfigs" => Support::None,
        _ => Support::Refused,
    }
}

/// The error for an operation that is not supported: one that it declares, never a server error, since clients repeat
/// requests after those.
pub(super) fn refusal(operation: &str) -> EksError {
    let said = format!("{operation} is not supported by this server.");
    match operation {
        "DescribeIdentityProviderConfig" | "DisassociateIdentityProviderConfig" => {
            EksError::missing("The cluster has no identity provider config of that name.")
        }
        _ => EksError::new(declared(operation), said),
    }
}

/// The exception that an operation declares and that comes closest to "not supported".
fn declared(operation: &str) -> Exception {
    let kinds = [
        Exception::InvalidRequest,
        Exception::Client,
        Exception::InvalidParameter,
        Exception::BadRequest,
        Exception::ResourceNotFound,
    ];
    let errors = Model::get().operations.get(operation).map_or(&[][..], |operation| &operation.errors);
    let is_declared = |kind: &Exception| errors.iter().any(|error| error == kind.name());
    kinds.into_iter().find(is_declared).unwrap_or(Exception::InvalidRequest)
}

/// `docs/reference/eks-operations.md`.
pub fn page() -> String {
    let mut page = String::from(
        "# EKS operations\n\nEvery operation of the service's model and what it does here. *Acts*: it does what it \
         says. *Stored*: what it\nsays is kept and returned, and changes nothing yet. *None*: it answers that there \
         is none, which is so here.\n*Refused*: it is answered with an error that it declares itself.\n\nA request is \
         looked at in this order, and the first thing that is wrong is the answer: its signature (key, time, region\n\
         and service), whether what its path and query name is there (`ResourceNotFoundException`), its input by the \
         model, and\nits input by the rules of the service. A request that is refused leaves nothing.\n\n\
         | Operation | Method and path | Here |\n|---|---|---|\n",
    );
    for (name, operation) in &Model::get().operations {
        let word = match of(name) {
            Support::Acts => "acts",
            Support::Stored => "stored",
            Support::None => "none",
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

    #[test]
    fn what_is_refused_is_refused_by_an_error_of_its_own() {
        let refused = Model::get().operations.iter().filter(|(name, _)| of(name) == Support::Refused).map(
            |(name, it)| {
                let error = refusal(name).exception.name();
                assert!(it.errors.iter().any(|declared| declared == error), "{name}: {error}");
                let status = Model::get().shapes[error].error;
                assert!(status.is_some_and(|status| status < 500), "{name}: {error} {status:?}");
            },
        );
        assert!(refused.count() > 10);
    }
}
