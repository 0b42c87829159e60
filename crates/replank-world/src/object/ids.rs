//! Numbers of objects in their tables: dense for each kind and never used again.

macro_rules! ids {
    ($($(#[$doc:meta])* $id:ident $kind:ident $name:literal;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub struct $id(pub u32);
        )*

        /// Any object of the store.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Ref {
            $($(#[$doc])* $kind($id),)*
            /// An object of a kind that no part of the world acts on.
            Other(OtherId),
        }

        impl Ref {
            /// The value of `kind`; `Other` for untyped objects, `ReplicaSet` for replication controllers
            /// (see `Store::kind_of`).
            pub fn kind(self) -> &'static str {
                match self {
                    $(Self::$kind(_) => $name,)*
                    Self::Other(_) => "Other",
                }
            }
        }
    };
}

/// The number of an object of a kind that no part of the world acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OtherId(pub u32);

ids! {
    /// A pod.
    PodId Pod "Pod";
    /// A node.
    NodeId Node "Node";
    /// A disruption budget.
    BudgetId Budget "PodDisruptionBudget";
    /// A replica set.
    ReplicaSetId ReplicaSet "ReplicaSet";
    /// A deployment.
    DeploymentId Deployment "Deployment";
    /// A stateful set.
    StatefulSetId StatefulSet "StatefulSet";
    /// A daemon set.
    DaemonSetId DaemonSet "DaemonSet";
    /// A job.
    JobId Job "Job";
    /// A cron job.
    CronJobId CronJob "CronJob";
    /// A service.
    ServiceId Service "Service";
    /// A volume claim.
    ClaimId Claim "PersistentVolumeClaim";
    /// A storage class.
    StorageClassId StorageClass "StorageClass";
}
