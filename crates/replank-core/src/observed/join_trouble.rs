//! Why an instance does not become a node, as far as its cloud shows it.

use std::sync::Arc;

use crate::names::NodeName;

/// One thing that keeps an instance from becoming a Ready node, or the lack of any that shows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum JoinTrouble {
    /// The machine does not run.
    NotRunning {
        /// State in the cloud's word, such as `stopped`.
        state: Arc<str>,
        /// The cloud's reason; empty where it gives none.
        reason: Arc<str>,
    },
    /// A check of the cloud finds the machine impaired (EC2: status checks).
    StatusCheck {
        /// Which one: `system` for the host, `instance` for the guest.
        check: Arc<str>,
    },
    /// It has no instance profile, and so no role by which it could join.
    NoProfile,
    /// The cluster lets nobody in who has its role (EKS: access entries and the ConfigMap `aws-auth`).
    NotMapped {
        /// ARN of the role.
        role: Arc<str>,
    },
    /// Its launch template has no user data, so nothing tells it which cluster to join.
    NoUserData,
    /// Its user data names another cluster.
    OtherCluster {
        /// The cluster in the user data.
        named: Arc<str>,
        /// The cluster that it is to join.
        cluster: Arc<str>,
    },
    /// Its user data names another API server.
    OtherEndpoint {
        /// URL in the user data.
        named: Arc<str>,
        /// URL of the cluster's API server.
        endpoint: Arc<str>,
    },
    /// Its subnet has no address left for pods.
    NoAddresses {
        /// Id of the subnet.
        subnet: Arc<str>,
    },
    /// The last line of its console that tells of a failure.
    Console {
        /// The line, without control characters.
        line: Arc<str>,
    },
    /// Its kubelet has registered a node, which is not Ready.
    NotReady {
        /// Name of the node.
        node: NodeName,
    },
    /// No kubelet has registered a node, and nothing else shows why.
    Unregistered,
}
