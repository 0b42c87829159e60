//! Where objects are: one table per kind, the indices that controllers ask, and the log of what changed.
//!
//! Nothing in here scans a table: whatever an event needs it finds by an index.

mod changes;
mod index;
mod others;
mod references;
mod standing;
mod table;
mod templates;

pub use crate::object::ids::{
    BudgetId, ClaimId, CronJobId, DaemonSetId, DeploymentId, JobId, NodeId, OtherId, PodId, Ref,
    ReplicaSetId, ServiceId, StatefulSetId, StorageClassId,
};
pub use changes::{Change, Changes, Verb};
pub(crate) use index::drop_from;
pub use index::{Index, Users};
pub use others::{Other, Others};
pub(crate) use references::read as read_references;
pub use references::{Reference, References};
pub(crate) use standing::Whose;
pub use table::{Row, Table};
pub use templates::Templates;
pub(crate) use templates::Variant;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::object::{
    Budget, Claim, CronJob, DaemonSet, Deployment, Job, Meta, Node, Pod, ReplicaSet, Service, StatefulSet,
    StorageClass, Uid,
};
use crate::vocab::labels::LabelSets;

macro_rules! kinds {
    ($($(#[$doc:meta])* $id:ident $kind:ident $field:ident $name:literal;)*) => {
        $(
            impl Row for $kind {
                type Id = $id;

                fn id(number: u32) -> $id {
                    $id(number)
                }

                fn number(id: $id) -> u32 {
                    id.0
                }

                fn meta(&self) -> &Meta {
                    &self.meta
                }

                fn meta_mut(&mut self) -> &mut Meta {
                    &mut self.meta
                }
            }
        )*

        /// All objects of a world.
        #[derive(Clone, Debug, Default)]
        pub struct Store {
            $($(#[$doc])* pub $field: Table<$kind>,)*
            /// Objects of kinds that decide nothing.
            pub others: Others,
            /// `managedFields` of objects that clients wrote.
            pub managed: BTreeMap<Uid, Arc<Value>>,
            /// `ownerReferences` that clients gave.
            pub references: References,
            /// What clients say of the state of objects, beside what the world knows: parts of `status`.
            pub said: BTreeMap<Uid, Arc<Value>>,
            /// Label sets.
            pub labels: LabelSets,
            /// Pod templates.
            pub templates: Templates,
            /// Indices over all of it.
            pub index: Index,
            /// What changed.
            pub changes: Changes,
        }

        impl Store {
            /// The meta of an object, while it is there.
            pub fn meta(&self, at: Ref) -> Option<&Meta> {
                match at {
                    $(Ref::$kind(id) => self.$field.get(id).map(|object| &object.meta),)*
                    Ref::Other(id) => self.others.get(id).map(|object| &object.meta),
                }
            }

            /// The meta of an object, to change.
            pub fn meta_mut(&mut self, at: Ref) -> Option<&mut Meta> {
                match at {
                    $(Ref::$kind(id) => self.$field.get_mut(id).map(|object| &mut object.meta),)*
                    Ref::Other(id) => self.others.get_mut(id).map(|object| &mut object.meta),
                }
            }

            /// Takes an object out of its table.
            pub(crate) fn take(&mut self, at: Ref) {
                match at {
                    $(Ref::$kind(id) => drop(self.$field.remove(id)),)*
                    Ref::Other(id) => self.others.remove(id),
                }
            }

            /// Everything in a namespace. Costs what is in it.
            pub(crate) fn in_namespace(&self, namespace: &str) -> Vec<Ref> {
                let mut found = Vec::new();
                $(found.extend(self.$field.in_namespace(namespace).map(|(id, _)| Ref::$kind(id)));)*
                found.extend(self.others.in_namespace(namespace).map(Ref::Other));
                found
            }

            /// The row of that kind, namespace and name.
            fn row(&self, kind: &str, namespace: &str, name: &str) -> Option<Ref> {
                match kind {
                    $($name => self.$field.find(namespace, name).map(Ref::$kind),)*
                    _ => self.others.find(kind, namespace, name).map(Ref::Other),
                }
            }
        }
    };
}

impl Store {
    /// The object of that kind, namespace and name. Replication controllers stand among the replica sets.
    pub fn find(&self, kind: &str, namespace: &str, name: &str) -> Option<Ref> {
        let table = if kind == CONTROLLER { Ref::ReplicaSet(ReplicaSetId(0)).kind() } else { kind };
        self.row(table, namespace, name)
            .filter(|at| !matches!(at, Ref::ReplicaSet(_)) || self.kind_of(*at) == kind)
    }

    /// The object of that group, kind, namespace and name. Kinds of the same name in other groups are others.
    pub fn find_in(&self, group: &str, kind: &str, namespace: &str, name: &str) -> Option<Ref> {
        let own = match kind {
            "Pod" | "Node" | "Service" | "PersistentVolumeClaim" | CONTROLLER => "",
            "ReplicaSet" | "Deployment" | "StatefulSet" | "DaemonSet" => "apps",
            "Job" | "CronJob" => "batch",
            "PodDisruptionBudget" => "policy",
            "StorageClass" => "storage.k8s.io",
            _ => return self.others.find_in(group, kind, namespace, name).map(Ref::Other),
        };
        let found = if own == group { self.find(kind, namespace, name) } else { None };
        found.or_else(|| self.others.find_in(group, kind, namespace, name).map(Ref::Other))
    }

    /// The kind of an object, as in `kind`.
    pub fn kind_of(&self, at: Ref) -> &'static str {
        match at {
            Ref::ReplicaSet(id) if self.replica_sets.get(id).is_some_and(|set| set.is_controller) => {
                CONTROLLER
            }
            at => at.kind(),
        }
    }
}

/// The kind that is older than replica sets and does the same.
const CONTROLLER: &str = "ReplicationController";

kinds! {
    /// A pod.
    PodId Pod pods "Pod";
    /// A node.
    NodeId Node nodes "Node";
    /// A disruption budget.
    BudgetId Budget budgets "PodDisruptionBudget";
    /// A replica set.
    ReplicaSetId ReplicaSet replica_sets "ReplicaSet";
    /// A deployment.
    DeploymentId Deployment deployments "Deployment";
    /// A stateful set.
    StatefulSetId StatefulSet stateful_sets "StatefulSet";
    /// A daemon set.
    DaemonSetId DaemonSet daemon_sets "DaemonSet";
    /// A job.
    JobId Job jobs "Job";
    /// A cron job.
    CronJobId CronJob cron_jobs "CronJob";
    /// A service.
    ServiceId Service services "Service";
    /// A volume claim.
    ClaimId Claim claims "PersistentVolumeClaim";
    /// A storage class.
    StorageClassId StorageClass storage_classes "StorageClass";
}
