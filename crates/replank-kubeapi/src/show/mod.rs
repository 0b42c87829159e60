//! The world's objects as the JSON that clients read, one file per kind: what users gave, with the API server's
//! defaults, and over it what the world knows (status, counts, times).
//!
//! Reads only. Times are wall times.

pub(crate) mod autoscaler;
mod budget;
mod claim;
mod defaults;
pub(crate) mod event;
mod job;
mod kept;
mod meta;
mod node;
mod pod;
pub(crate) mod said;
mod selector;
mod service;
mod specs;
mod template;
mod workload;

use std::sync::Arc;

use replank_world::store::{Ref, Row, Table};
use replank_world::time::Time;
use replank_world::vocab::labels::Map;
use replank_world::wall_clock_map::WallClockMap;
use replank_world::world::World;
use serde_json::{Map as Members, Value};

use crate::resource::{Resource, Source};

pub(crate) use specs::complete as complete_spec;
pub(crate) use template::completed as completed_template;

/// A world and its map to wall time, read together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    pub(crate) world: &'a World,
    pub(crate) clock_map: &'a WallClockMap,
}

/// Namespace (empty for cluster-scoped objects) and name, in the order of lists.
pub(crate) type NamespacedName = (Arc<str>, Arc<str>);

/// Identifies an object of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    /// This object of the world, or what is derived from it.
    Of(Ref),
    /// An event, by its number.
    Event(u64),
}

impl View<'_> {
    /// A time of the world as clients read it.
    pub(crate) fn time(&self, at: Time) -> Value {
        stamp(self.clock_map.wall(at))
    }
}

/// An object from metadata, spec and status.
fn whole(metadata: Value, spec: impl Into<Value>, status: Value) -> Value {
    fields([("metadata", metadata), ("spec", spec.into()), ("status", status)])
}

/// An object from these members, which are moved; `json!` would copy them.
fn fields<const N: usize>(members: [(&str, Value); N]) -> Value {
    // Kind and version come later.
    let mut object = Members::with_capacity(N + 2);
    for (key, value) in members {
        object.insert(key.to_owned(), value);
    }
    Value::Object(object)
}

/// A timestamp with whole seconds.
pub(crate) fn stamp(at: jiff::Timestamp) -> Value {
    let seconds = jiff::Timestamp::from_second(at.as_second()).unwrap_or_default();
    Value::String(seconds.to_string())
}

/// All objects of a resource, or of one namespace, in the order of lists.
pub(crate) fn all(view: View<'_>, resource: &Resource, namespace: Option<&str>) -> Vec<(NamespacedName, At)> {
    let mut found = Vec::new();
    let store = &view.world.store;
    let out = &mut found;
    match resource.source {
        Source::Pods => rows(&store.pods, namespace, Ref::Pod, out),
        Source::Nodes | Source::CsiNodes => rows(&store.nodes, None, Ref::Node, out),
        Source::Budgets => rows(&store.budgets, namespace, Ref::Budget, out),
        Source::ReplicaSets | Source::ReplicationControllers => {
            rows(&store.replica_sets, namespace, Ref::ReplicaSet, out);
            out.retain(|(_, at)| matches!(at, At::Of(at) if store.kind_of(*at) == resource.kind));
        }
        Source::Deployments => rows(&store.deployments, namespace, Ref::Deployment, out),
        Source::StatefulSets => rows(&store.stateful_sets, namespace, Ref::StatefulSet, out),
        Source::DaemonSets => rows(&store.daemon_sets, namespace, Ref::DaemonSet, out),
        Source::Jobs => rows(&store.jobs, namespace, Ref::Job, out),
        Source::CronJobs => rows(&store.cron_jobs, namespace, Ref::CronJob, out),
        Source::Services | Source::Endpoints => rows(&store.services, namespace, Ref::Service, out),
        Source::Slices => {
            rows(&store.services, namespace, Ref::Service, out);
            out.retain_mut(|(place, at)| service::slice_name(view, *at).map(|name| place.1 = name).is_some());
        }
        Source::Claims => rows(&store.claims, namespace, Ref::Claim, out),
        Source::Volumes => {
            rows(&store.claims, None, Ref::Claim, out);
            out.retain_mut(|(place, at)| {
                claim::volume_name(view, *at).map(|name| *place = (Arc::from(""), name)).is_some()
            });
        }
        Source::StorageClasses => rows(&store.storage_classes, None, Ref::StorageClass, out),
        Source::Leases => {
            if namespace.is_none_or(|namespace| namespace == node::LEASES) {
                rows(&store.nodes, None, Ref::Node, out);
                out.iter_mut().for_each(|(place, _)| place.0 = Arc::from(node::LEASES));
            }
        }
        Source::Events => event::all(view, namespace, out),
        Source::Kept | Source::Custom | Source::Posted => {}
    }
    kept::all(view, resource, namespace, out);
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

fn rows<T: Row>(
    table: &Table<T>,
    namespace: Option<&str>,
    at: fn(T::Id) -> Ref,
    out: &mut Vec<(NamespacedName, At)>,
) {
    let entry = |(id, row): (T::Id, &T)| {
        let meta = row.meta();
        ((meta.namespace.clone(), meta.name.clone()), At::Of(at(id)))
    };
    match namespace {
        Some(namespace) => out.extend(table.in_namespace(namespace).map(entry)),
        None => out.extend(table.in_order().map(entry)),
    }
}

/// The object with this namespace and name.
pub(crate) fn find(view: View<'_>, resource: &Resource, namespace: &str, name: &str) -> Option<At> {
    let kind = match resource.source {
        Source::Pods
        | Source::Nodes
        | Source::Budgets
        | Source::ReplicaSets
        | Source::ReplicationControllers
        | Source::Deployments
        | Source::StatefulSets
        | Source::DaemonSets
        | Source::Jobs
        | Source::CronJobs
        | Source::Services
        | Source::Claims
        | Source::StorageClasses => Some(resource.kind.as_str()),
        Source::CsiNodes => Some("Node"),
        Source::Leases => (namespace == node::LEASES).then_some("Node"),
        Source::Endpoints => Some("Service"),
        Source::Slices
        | Source::Volumes
        | Source::Events
        | Source::Kept
        | Source::Custom
        | Source::Posted => None,
    };
    let place = if matches!(resource.source, Source::Leases) { "" } else { namespace };
    if let Some(at) = kind.and_then(|kind| view.world.store.find(kind, place, name)) {
        return Some(At::Of(at));
    }
    match resource.source {
        Source::Slices | Source::Volumes | Source::Events => {
            let all = all(view, resource, resource.namespaced.then_some(namespace));
            all.into_iter().find(|(place, _)| &*place.1 == name).map(|(_, at)| at)
        }
        _ => kept::find(view, resource, namespace, name),
    }
}

/// The object as clients read it; `None` when it is gone.
pub(crate) fn object(view: View<'_>, resource: &Resource, at: At) -> Option<Value> {
    let mut object = known(view, resource, at)?;
    if let At::Of(of) = at
        && view.world.store.kind_of(of) == resource.kind
        && let Some(said) = view.world.store.meta(of).and_then(|meta| view.world.store.said.get(&meta.uid))
    {
        said::over(&mut object["status"], said);
    }
    Some(object)
}

/// The object as the world knows it, without status members that clients wrote.
pub(crate) fn known(view: View<'_>, resource: &Resource, at: At) -> Option<Value> {
    let store = &view.world.store;
    let mut object = match (at, resource.source) {
        (At::Of(Ref::Other(id)), _) => kept::object(view, store.others.get(id)?),
        (At::Event(number), _) => event::object(view, number)?,
        (At::Of(Ref::Node(id)), Source::Leases) => node::lease(view, store.nodes.get(id)?),
        (At::Of(Ref::Node(id)), Source::CsiNodes) => node::csi_node(view, store.nodes.get(id)?),
        (At::Of(Ref::Node(id)), _) => node::node(view, store.nodes.get(id)?),
        (At::Of(Ref::Pod(id)), _) => pod::pod(view, store.pods.get(id)?),
        (At::Of(Ref::Budget(id)), _) => budget::budget(view, store.budgets.get(id)?),
        (At::Of(Ref::ReplicaSet(id)), _) => workload::replica_set(view, store.replica_sets.get(id)?),
        (At::Of(Ref::Deployment(id)), _) => workload::deployment(view, store.deployments.get(id)?),
        (At::Of(Ref::StatefulSet(id)), _) => workload::stateful_set(view, id, store.stateful_sets.get(id)?),
        (At::Of(Ref::DaemonSet(id)), _) => workload::daemon_set(view, store.daemon_sets.get(id)?),
        (At::Of(Ref::Job(id)), _) => job::job(view, id, store.jobs.get(id)?),
        (At::Of(Ref::CronJob(id)), _) => job::cron_job(view, id, store.cron_jobs.get(id)?),
        (At::Of(Ref::Service(id)), Source::Endpoints) => service::endpoints(view, store.services.get(id)?),
        (At::Of(Ref::Service(id)), Source::Slices) => service::slice(view, store.services.get(id)?),
        (At::Of(Ref::Service(id)), _) => service::service(view, store.services.get(id)?),
        (At::Of(Ref::Claim(id)), Source::Volumes) => claim::volume(view, store.claims.get(id)?)?,
        (At::Of(Ref::Claim(id)), _) => claim::claim(view, store.claims.get(id)?),
        (At::Of(Ref::StorageClass(id)), _) => claim::class(view, store.storage_classes.get(id)?),
    };
    object["kind"] = Value::String(resource.kind.clone());
    object["apiVersion"] = Value::String(resource.api_version());
    if resource.group == "autoscaling" && resource.version == "v1" {
        autoscaler::to_version_1(&mut object);
    }
    if resource.group == "events.k8s.io" {
        event::to_new_form(&mut object);
    }
    Some(object)
}

/// Labels of an object.
pub(crate) fn labels(view: View<'_>, resource: &Resource, at: At) -> Arc<Map> {
    match (at, resource.source) {
        (At::Of(Ref::Other(_)), _) => labels_of_object(view, resource, at),
        (At::Of(_), Source::Leases | Source::CsiNodes | Source::Endpoints | Source::Volumes) => {
            Arc::default()
        }
        (At::Of(at), source) if source != Source::Slices => {
            let meta = view.world.store.meta(at);
            meta.map(|meta| view.world.store.labels.get(meta.labels).clone()).unwrap_or_default()
        }
        (at, _) => labels_of_object(view, resource, at),
    }
}

fn labels_of_object(view: View<'_>, resource: &Resource, at: At) -> Arc<Map> {
    Arc::new(labels_of(&object(view, resource, at).unwrap_or_default()))
}

/// The labels in an object's JSON.
pub(crate) fn labels_of(object: &Value) -> Map {
    let labels = object["metadata"]["labels"].as_object().into_iter().flatten();
    labels.filter_map(|(key, value)| Some((Arc::from(key.as_str()), Arc::from(value.as_str()?)))).collect()
}
