//! Flags of `replank utils`.

use clap::{Args, Subcommand};

use super::Reach;
use super::remote::AwsAccount;

/// One command for each add-on that EKS may leave to its owner.
#[derive(Debug, Subcommand)]
#[expect(clippy::enum_variant_names, reason = "the names of the commands, which are eksctl's")]
pub(crate) enum AddOnUpdate {
    /// Update kube-proxy to the version of the control plane
    ///
    /// Where EKS manages it, EKS updates it. Else the tag of its image follows, and everything else of the
    /// DaemonSet stays as it is.
    ///
    /// Examples:
    ///   replank utils update-kube-proxy --cluster shop             # what would change
    ///   replank utils update-kube-proxy --cluster shop --approve   # change it, and wait until it is Ready
    ///
    /// Exit codes: 0 up to date or planned, 1 it did not become Ready and was undone, 2 bad input.
    #[command(verbatim_doc_comment)]
    UpdateKubeProxy(UpdateAddOn),
    /// Update CoreDNS to its version for the control plane
    ///
    /// Where EKS manages it, EKS updates it. Else everything that EKS ever shipped follows, and what you
    /// changed stays: replicas, resources, tolerations, environment. Of the Corefile only the lines change
    /// that the version does not understand; they are named before.
    ///
    /// Examples:
    ///   replank utils update-coredns --cluster shop             # what would change, what would stay
    ///   replank utils update-coredns --cluster shop --approve
    ///
    /// Exit codes: 0 up to date or planned, 1 it did not become Ready and was undone, 2 bad input.
    #[command(verbatim_doc_comment)]
    UpdateCoredns(UpdateAddOn),
    /// Update the network plug-in to its version for the control plane
    ///
    /// Where EKS manages it (as vpc-cni), EKS updates it. Else the tags of its two images follow, and the
    /// environment and everything else stays as it is.
    ///
    /// Examples:
    ///   replank utils update-aws-node --cluster shop             # what would change
    ///   replank utils update-aws-node --cluster shop --approve
    ///
    /// Exit codes: 0 up to date or planned, 1 it did not become Ready and was undone, 2 bad input.
    #[command(verbatim_doc_comment)]
    UpdateAwsNode(UpdateAddOn),
}

/// Flags that all of them have.
#[derive(Debug, Args)]
pub(crate) struct UpdateAddOn {
    /// The cluster, as EKS names it
    #[arg(value_name = "CLUSTER", required_unless_present = "cluster", conflicts_with = "cluster")]
    pub(crate) name: Option<String>,
    /// The cluster, as EKS names it
    #[arg(short, long, value_name = "CLUSTER")]
    pub(crate) cluster: Option<String>,
    /// Do it
    #[arg(long)]
    pub(crate) approve: bool,
    /// Undo it when it is not Ready after this
    #[arg(long, value_name = "LENGTH", default_value = "25m")]
    pub(crate) timeout: String,
    #[command(flatten)]
    pub(crate) account: AwsAccount,
    #[command(flatten)]
    pub(crate) reach: Reach,
}

impl UpdateAddOn {
    /// The cluster, whichever way it was named.
    pub(crate) fn cluster(&self) -> &str {
        self.cluster.as_deref().or(self.name.as_deref()).unwrap_or_default()
    }
}
