//! Why instances do not become nodes, version 1.

use std::sync::Arc;

use replank_core::observed;

use crate::serialized::form_enum;

form_enum! {
    /// One thing that keeps an instance from becoming a Ready node.
    pub JoinTrouble = observed::JoinTrouble {
        /// The machine does not run.
        NotRunning {
            /// State in the cloud's word.
            state: Arc<str>,
            /// The cloud's reason; empty where it gives none.
            reason: Arc<str>,
        },
        /// A check of the cloud finds the machine impaired.
        StatusCheck {
            /// `system` for the host, `instance` for the guest.
            check: Arc<str>,
        },
        /// It has no instance profile.
        NoProfile,
        /// The cluster lets nobody in who has its role.
        NotMapped {
            /// ARN of the role.
            role: Arc<str>,
        },
        /// Its launch template has no user data.
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
            node: String,
        },
        /// No kubelet has registered a node, and nothing else shows why.
        Unregistered,
    }
}
