//! Where objects are: one table per kind, the indices that controllers ask, and the log of what changed.
//!
//! Nothing in here scans a table: whatever an event needs it finds by an index.

mod changes;
mod healthy_pods;
mod index;
mod others;
mod references;
mod table;
mod templates;

pub use crate::object::ids::{
    BudgetId, ClaimId, CronJobId, DaemonSetId, DeploymentId, JobId, NodeId, OtherId, PodId, Ref,
    ReplicaSetId, ServiceId, StatefulSetId, StorageClassId,
};
pub use changes::{Change, Changes, Gone, Verb};
pub use healthy_pods::Whose;
pub(crate) use index::drop_from;
pub use index::{Index, Users};
pub use others::{Other, Others};
pub use references::read as read_references;
pub use references::{Reference, References};
pub use table::{Row, Table};
pub use templates::Templates;
pub use templates::Variant;

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

        /// Every object of a world, with what is known of them beside their typed fields.
        #[derive(Clone, Debug, Default)]
        pub struct Store {
            $($(#[$doc])* pub $field: Table<$kind>,)*
            /// Objects of kinds that no part of the world acts on.
            pub others: Others,
            /// `metadata.managedFields` of objects that clients applied or updated.
            pub managed: BTreeMap<Uid, Arc<Value>>,
            /// Which objects name which owners in `metadata.ownerReferences`, as clients wrote them.
            pub references: References,
            /// Parts of `status` that clients wrote and the world does not model, merged into what it shows of
            /// the object.
            pub said: BTreeMap<Uid, Arc<Value>>,
            /// The interned label sets of all objects.
            pub labels: LabelSets,
            /// The pod templates, shared by the pods made from them.
            pub templates: Templates,
            /// Indices over all tables, maintained on each write.
            pub index: Index,
            /// The log of writes.
            pub changes: Changes,
        }

        impl Store {
            /// The metadata of an object; `None` once it is removed.
            pub fn meta(&self, at: Ref) -> Option<&Meta> {
                match at {
                    $(Ref::$kind(id) => self.$field.get(id).map(|object| &object.meta),)*
                    Ref::Other(id) => self.others.get(id).map(|object| &object.meta),
                }
            }

            /// The metadata of an object, to change; `None` once it is removed. The caller records the change.
            pub fn meta_mut(&mut self, at: Ref) -> Option<&mut Meta> {
                match at {
                    $(Ref::$kind(id) => self.$field.get_mut(id).map(|object| &mut object.meta),)*
                    Ref::Other(id) => self.others.get_mut(id).map(|object| &mut object.meta),
                }
            }

            /// Removes an object from its table; indices and the log of changes are the caller's business.
            pub fn take(&mut self, at: Ref) {
                match at {
                    $(Ref::$kind(id) => drop(self.$field.remove(id)),)*
                    Ref::Other(id) => self.others.remove(id),
                }
            }

            /// Every object of a namespace. Costs as much as the namespace holds, plus one look at every object
            /// of an untyped kind.
            pub fn in_namespace(&self, namespace: &str) -> Vec<Ref> {
                let mut found = Vec::new();
                $(found.extend(self.$field.in_namespace(namespace).map(|(id, _)| Ref::$kind(id)));)*
                found.extend(self.others.in_namespace(namespace).map(Ref::Other));
                found
            }

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
    /// The object of that kind, namespace and name; `ReplicationController` finds those that share a table with
    /// ReplicaSets. Untyped kinds are looked for in every API group.
    pub fn find(&self, kind: &str, namespace: &str, name: &str) -> Option<Ref> {
        let table = if kind == CONTROLLER { Ref::ReplicaSet(ReplicaSetId(0)).kind() } else { kind };
        self.row(table, namespace, name)
            .filter(|at| !matches!(at, Ref::ReplicaSet(_)) || self.kind_of(*at) == kind)
    }

    /// The same within one API group: a kind of the same name in another group is another kind.
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

    /// The value of `kind`; a `ReplicationController` is told from a ReplicaSet.
    pub fn kind_of(&self, at: Ref) -> &'static str {
        match at {
            Ref::ReplicaSet(id) if self.replica_sets.get(id).is_some_and(|set| set.is_controller) => {
                CONTROLLER
            }
            at => at.kind(),
        }
    }
}

/// Stored as a [`ReplicaSet`] with `is_controller` set: it behaves the same.
const CONTROLLER: &str = "ReplicationController";

kinds! {
    /// Pods of all namespaces, terminating ones included.
    PodId Pod pods "Pod";
    /// Nodes, Ready or not.
    NodeId Node nodes "Node";
    /// `PodDisruptionBudgets`.
    BudgetId Budget budgets "PodDisruptionBudget";
    /// ReplicaSets and replication controllers.
    ReplicaSetId ReplicaSet replica_sets "ReplicaSet";
    /// Deployments of all namespaces.
    DeploymentId Deployment deployments "Deployment";
    /// StatefulSets of all namespaces.
    StatefulSetId StatefulSet stateful_sets "StatefulSet";
    /// DaemonSets of all namespaces.
    DaemonSetId DaemonSet daemon_sets "DaemonSet";
    /// Jobs of all namespaces, finished ones included.
    JobId Job jobs "Job";
    /// CronJobs of all namespaces.
    CronJobId CronJob cron_jobs "CronJob";
    /// Services of all namespaces.
    ServiceId Service services "Service";
    /// `PersistentVolumeClaims`.
    ClaimId Claim claims "PersistentVolumeClaim";
    /// Storage classes.
    StorageClassId StorageClass storage_classes "StorageClass";
}
