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
    /// A pod (`v1`).
    PodId Pod "Pod";
    /// A node (`v1`).
    NodeId Node "Node";
    /// A disruption budget.
    BudgetId Budget "PodDisruptionBudget";
    /// A replica set (`apps/v1`), or a replication controller (`v1`).
    ReplicaSetId ReplicaSet "ReplicaSet";
    /// A deployment (`apps/v1`).
    DeploymentId Deployment "Deployment";
    /// A stateful set (`apps/v1`).
    StatefulSetId StatefulSet "StatefulSet";
    /// A daemon set (`apps/v1`).
    DaemonSetId DaemonSet "DaemonSet";
    /// A job (`batch/v1`).
    JobId Job "Job";
    /// A cron job (`batch/v1`).
    CronJobId CronJob "CronJob";
    /// A service (`v1`).
    ServiceId Service "Service";
    /// A volume claim.
    ClaimId Claim "PersistentVolumeClaim";
    /// A storage class (`storage.k8s.io/v1`).
    StorageClassId StorageClass "StorageClass";
}
