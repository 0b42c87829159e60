//! Why instances do not become nodes, version 1.

use std::sync::Arc;

use replank_core::observed;

use crate::serialized::form_enum;

form_enum! {
    /// One thing that keeps an instance from becoming a Ready node.
    #[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
    pub JoinTrouble = observed::JoinTrouble {
        /// The machine does not run.
        #[serde(alias = "not_running")]
        NotRunning {
            /// State in the cloud's word.
            state: Arc<str>,
            /// The cloud's reason; empty where it gives none.
            reason: Arc<str>,
        },
        /// A check of the cloud finds the machine impaired.
        #[serde(alias = "status_check")]
        StatusCheck {
            /// `system` for the host, `instance` for the guest.
            check: Arc<str>,
        },
        /// It has no instance profile.
        #[serde(alias = "no_profile")]
        NoProfile,
        /// The cluster lets nobody in who has its role.
        #[serde(alias = "not_mapped")]
        NotMapped {
            /// ARN of the role.
            role: Arc<str>,
        },
        /// Its launch template has no user data.
        #[serde(alias = "no_user_data")]
        NoUserData,
        /// Its user data names another cluster.
        #[serde(alias = "other_cluster")]
        OtherCluster {
            /// The cluster in the user data.
            named: Arc<str>,
            /// The cluster that it is to join.
            cluster: Arc<str>,
        },
        /// Its user data names another API server.
        #[serde(alias = "other_endpoint")]
        OtherEndpoint {
            /// URL in the user data.
            named: Arc<str>,
            /// URL of the cluster's API server.
            endpoint: Arc<str>,
        },
        /// Its subnet has no address left for pods.
        #[serde(alias = "no_addresses")]
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
        #[serde(alias = "not_ready")]
        NotReady {
            /// Name of the node.
            node: String,
        },
        /// No kubelet has registered a node, and nothing else shows why.
        Unregistered,
    }
}
