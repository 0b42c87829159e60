//! The world as the engine sees it: the two ports, and what goes wrong between them and the world.

mod account;
mod ask;
mod cloud;
mod cluster;
mod convert;
mod members;
mod relabel;
mod stage;
mod throughput;

pub use account::{AccountFace, Founder};
pub use cloud::CloudFace;
pub use cluster::ClusterFace;

pub use crate::shared::Shared;

/// Taint key of the guard, and label of the node group (EKS).
pub const NODEGROUP: &str = "eks.amazonaws.com/nodegroup";
/// Value of the guard taint (EKS).
pub const GUARD_VALUE: &str = "unschedulable";
/// Label with the image a node runs (EKS).
pub const NODEGROUP_IMAGE: &str = "eks.amazonaws.com/nodegroup-image";
/// Label that keeps a node out of external load balancers (Kubernetes).
pub const EXCLUDE: &str = "node.kubernetes.io/exclude-from-external-load-balancers";
/// Annotation that says which marks an update set.
pub const MARKS: &str = "replank.dev/marks";
/// Annotation by which a person puts a node on hold.
pub const HOLD: &str = "replank.dev/hold";
