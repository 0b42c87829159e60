//! The ReplicaSets of a Deployment: finds or creates the one of the current template, scales them, deletes old
//! revisions.

use std::cmp::Ordering;
use std::sync::Arc;

use serde_json::Value;

use crate::apiserver::{self};
use crate::control::{adopt, make};
use crate::kubernetes::{components, components_mut};
use replank_world::api::Propagation;
use replank_world::event_log::Severity;
use replank_world::object::{PodTemplate, ReplicaSet};
use replank_world::store::{DeploymentId, Ref, ReplicaSetId, Variant, Verb};
use replank_world::vocab::labels::Map;
use replank_world::vocab::selector::Selector;
use replank_world::world::World;

use super::{progress, room, wanted};

/// The label that separates the pods of different templates.
const HASH: &str = "pod-template-hash";
const REVISION: &str = "deployment.kubernetes.io/revision";
const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
const MAX: &str = "deployment.kubernetes.io/max-replicas";
const EARLIER: &str = "deployment.kubernetes.io/revision-history";
/// Annotations of a Deployment that are not copied to its ReplicaSets (Kubernetes: `annotationsToSkip`).
const OWN: [&str; 6] = [
    REVISION,
    DESIRED,
    MAX,
    EARLIER,
    "kubectl.kubernetes.io/last-applied-configuration",
    "deprecated.deployment.rollback.to",
];
/// Default of `revisionHistoryLimit`.
const HISTORY: u64 = 10;

/// Declares a ReplicaSet to be that of the current template, without comparing templates.
pub(crate) fn found_new_set(world: &mut World, id: DeploymentId, set: ReplicaSetId) {
    if let Some(deployment) = world.store.deployments.get(id) {
        components_mut(&mut world.state).new_sets.of.insert(id, (deployment.template.clone(), set));
    }
}

/// The ReplicaSets of a Deployment.
pub(super) struct Sets {
    /// That of the current template, once it exists.
    pub(super) new: Option<ReplicaSetId>,
    /// All others, oldest first.
    pub(super) old: Vec<ReplicaSetId>,
}

/// The ReplicaSets that a Deployment owns, oldest first.
pub(super) fn owned(world: &World, id: DeploymentId) -> Vec<ReplicaSetId> {
    let owned = world.store.index.owned_by(Ref::Deployment(id));
    owned.filter_map(|at| if let Ref::ReplicaSet(set) = at { Some(set) } else { None }).collect()
}

/// The ReplicaSet of the current template, if it is known and exists.
pub(super) fn newest(world: &World, id: DeploymentId) -> Option<ReplicaSetId> {
    let (template, set) = components(&world.state).new_sets.of.get(&id)?;
    let deployment = world.store.deployments.get(id)?;
    let there = world.store.replica_sets.get(*set).is_some();
    (there && Arc::ptr_eq(template, &deployment.template)).then_some(*set)
}

/// Finds the new and the old ReplicaSets, and updates the new one's `minReadySeconds`, annotations and revision.
pub(super) fn find(world: &mut World, id: DeploymentId) -> Sets {
    if !components_mut(&mut world.state).new_sets.of.contains_key(&id) {
        adopt::replica_sets(world, id);
    }
    let all = owned(world, id);
    let Some(deployment) = world.store.deployments.get(id) else { return Sets { new: None, old: all } };
    let known = components_mut(&mut world.state).new_sets.of.get(&id);
    let known = known.filter(|(template, set)| {
        Arc::ptr_eq(template, &deployment.template) && world.store.replica_sets.get(*set).is_some()
    });
    let new = match known {
        Some((_, set)) => Some(*set),
        None => all.iter().copied().find(|set| {
            let set = world.store.replica_sets.get(*set);
            set.is_some_and(|set| same_template(&set.template, &deployment.template))
        }),
    };
    if known.is_none()
        && let Some(set) = new
    {
        components_mut(&mut world.state).new_sets.of.insert(id, (deployment.template.clone(), set));
        note_new_set(world, id, set, false);
        raise_revision(world, id, set, &all);
    }
    follow_min_ready(world, id, new);
    follow_annotations(world, id, new);
    Sets { new, old: all.into_iter().filter(|set| Some(*set) != new).collect() }
}

/// Copies the Deployment's `minReadySeconds` to the new ReplicaSet.
fn follow_min_ready(world: &mut World, id: DeploymentId, new: Option<ReplicaSetId>) {
    let (Some(deployment), Some(new)) = (world.store.deployments.get(id), new) else { return };
    let min_ready = deployment.min_ready;
    let Some(set) = world.store.replica_sets.get_mut(new).filter(|set| set.min_ready != min_ready) else {
        return;
    };
    set.min_ready = min_ready;
    set.meta.generation += 1;
    world.changed(Ref::ReplicaSet(new), Verb::Modified);
}

/// Copies the Deployment's annotations to the new ReplicaSet (Kubernetes: `SetNewReplicaSetAnnotations`).
fn follow_annotations(world: &mut World, id: DeploymentId, new: Option<ReplicaSetId>) {
    let (Some(deployment), Some(new)) = (world.store.deployments.get(id), new) else { return };
    let given = deployment.meta.annotations.clone();
    // Nearly all have the controller's own only.
    if given.len() <= 1 && given.contains_key(REVISION) {
        return;
    }
    let Some(set) = world.store.replica_sets.get_mut(new) else { return };
    let news = |(key, value): &(&Arc<str>, &Arc<str>)| {
        !OWN.contains(&&***key) && set.meta.annotations.get(*key) != Some(*value)
    };
    let news: Vec<_> = given.iter().filter(news).map(|(key, value)| (key.clone(), value.clone())).collect();
    if !news.is_empty() {
        Arc::make_mut(&mut set.meta.annotations).extend(news);
        world.changed(Ref::ReplicaSet(new), Verb::Modified);
    }
}

/// Whether two templates are equal apart from the label `pod-template-hash` (Kubernetes: `EqualIgnoreHash`).
fn same_template(a: &Arc<PodTemplate>, b: &Arc<PodTemplate>) -> bool {
    let plain = |template: &PodTemplate| {
        let mut labels = Map::clone(&template.labels);
        labels.remove(HASH);
        labels
    };
    let empty = |raw: &Value| raw.is_null();
    let raws = (a.raw.once(), b.raw.once());
    let specs = (&raws.0["spec"], &raws.1["spec"]);
    plain(a) == plain(b) && a.annotations == b.annotations && specs.0 == specs.1 && !empty(specs.0)
}

/// Creates the ReplicaSet of the current template with as many replicas as the surge allows. `None` when the name
/// is taken.
pub(super) fn create(world: &mut World, id: DeploymentId, sets: &Sets) -> Option<ReplicaSetId> {
    let deployment = world.store.deployments.get(id)?;
    let (surge, _) = room(deployment);
    let source = deployment.template.clone();
    let hash = make::hash_of(&source);
    let name: Arc<str> = Arc::from(format!("{}-{hash}", deployment.meta.name));
    if world.store.replica_sets.find(&deployment.meta.namespace, &name).is_some() {
        return None;
    }
    let label = (Arc::<str>::from(HASH), Arc::<str>::from(hash));
    let owner = make::owner_of("Deployment", &deployment.meta, Ref::Deployment(id));
    let (namespace, replicas, min_ready) =
        (deployment.meta.namespace.clone(), deployment.replicas, deployment.min_ready);
    let mut selector = deployment.selector.clone();
    selector.requirements.extend(Selector::of_labels(&[label.clone()].into()).requirements);
    let replicas = if deployment.recreate {
        replicas
    } else {
        (replicas + surge - wanted(world, &sets.old)).clamp(0, replicas)
    };
    let store = &mut world.store;
    let template = store.templates.derive(&source, Variant::Hashed, &mut store.labels, |template| {
        Arc::make_mut(&mut template.labels).insert(label.0.clone(), label.1.clone());
        template.raw.edit(|raw| raw["metadata"]["labels"][&*label.0] = Value::from(&*label.1));
    });
    let mut meta = make::meta(world, namespace, name, Some(owner));
    meta.labels = template.label_set;
    let (is_controller, status, terminating, failure, revision, made) = (false, [0; 3], None, None, 0, 0);
    let set = ReplicaSet {
        meta,
        replicas,
        selector,
        template,
        min_ready,
        status,
        terminating,
        failure,
        is_controller,
        revision,
        made,
    };
    let set = world.add(|store| &mut store.replica_sets, set, Ref::ReplicaSet);
    say_scaled(world, id, set, 0);
    components_mut(&mut world.state).new_sets.of.insert(id, (source, set));
    note_new_set(world, id, set, true);
    raise_revision(world, id, set, &sets.old);
    follow_annotations(world, id, Some(set));
    annotate(world, id, set);
    Some(set)
}

fn note_new_set(world: &mut World, id: DeploymentId, set: ReplicaSetId, made: bool) {
    let Some(name) = world.store.replica_sets.get(set).map(|set| set.meta.name.clone()) else { return };
    let now = world.now;
    if let Some(deployment) = world.store.deployments.get_mut(id) {
        progress::note_new_set(deployment, made, &name, now);
    }
}

/// Gives the new ReplicaSet the next revision number, and the Deployment the same.
fn raise_revision(world: &mut World, id: DeploymentId, new: ReplicaSetId, all: &[ReplicaSetId]) {
    let others = all.iter().filter(|set| **set != new).filter_map(|set| world.store.replica_sets.get(*set));
    let next = others.map(|set| set.revision).max().unwrap_or(0) + 1;
    let Some(set) = world.store.replica_sets.get_mut(new) else { return };
    let revision = set.revision.max(next);
    if set.revision != revision {
        if set.revision > 0 {
            let earlier = set.meta.annotations.get(EARLIER).map(|earlier| format!("{earlier},"));
            let earlier = format!("{}{}", earlier.unwrap_or_default(), set.revision);
            Arc::make_mut(&mut set.meta.annotations).insert(Arc::from(EARLIER), Arc::from(earlier));
        }
        set.revision = revision;
        note(&mut set.meta.annotations, REVISION, revision as i64);
        world.changed(Ref::ReplicaSet(new), Verb::Modified);
    }
    let Some(deployment) = world.store.deployments.get_mut(id) else { return };
    if note(&mut deployment.meta.annotations, REVISION, revision as i64) {
        world.changed(Ref::Deployment(id), Verb::Modified);
    }
}

/// Sets the annotations `desired-replicas` and `max-replicas` on a ReplicaSet; true when they changed.
fn annotate(world: &mut World, id: DeploymentId, set: ReplicaSetId) -> bool {
    let Some(deployment) = world.store.deployments.get(id) else { return false };
    let (desired, max) = (deployment.replicas, deployment.replicas + room(deployment).0);
    let Some(set) = world.store.replica_sets.get_mut(set) else { return false };
    let first = note(&mut set.meta.annotations, DESIRED, desired);
    note(&mut set.meta.annotations, MAX, max) || first
}

fn note(annotations: &mut Arc<Map>, key: &str, value: i64) -> bool {
    let value = value.to_string();
    if annotations.get(key).is_some_and(|present| **present == *value) {
        return false;
    }
    Arc::make_mut(annotations).insert(Arc::from(key), Arc::from(value));
    true
}

/// The annotation `desired-replicas`: the Deployment's size when the ReplicaSet was last scaled.
pub(super) fn sized_for(set: &ReplicaSet) -> Option<i64> {
    number(set, DESIRED)
}

/// The annotation `max-replicas`: that size and the surge it allowed.
pub(super) fn sized_at_most(set: &ReplicaSet) -> Option<i64> {
    number(set, MAX)
}

fn number(set: &ReplicaSet, key: &str) -> Option<i64> {
    set.meta.annotations.get(key).and_then(|value| value.parse().ok())
}

/// Scales a ReplicaSet; true when its replicas changed.
pub(super) fn resize(world: &mut World, id: DeploymentId, at: ReplicaSetId, replicas: i64) -> bool {
    let noted = annotate(world, id, at);
    let Some(set) = world.store.replica_sets.get_mut(at) else { return false };
    let before = set.replicas;
    let resized = before != replicas;
    if resized {
        set.replicas = replicas;
        set.meta.generation += 1;
    }
    if resized || noted {
        world.changed(Ref::ReplicaSet(at), Verb::Modified);
    }
    if resized {
        say_scaled(world, id, at, before);
    }
    resized
}

fn say_scaled(world: &mut World, id: DeploymentId, at: ReplicaSetId, before: i64) {
    let Some(set) = world.store.replica_sets.get(at) else { return };
    let (name, now) = (&set.meta.name, set.replicas);
    let way = match before.cmp(&now) {
        Ordering::Less => "up",
        Ordering::Greater => "down",
        Ordering::Equal => return,
    };
    let message = format!("Scaled {way} replica set {name} from {before} to {now}");
    let about = Ref::Deployment(id);
    world.record(about, Severity::Normal, "deployment-controller", "ScalingReplicaSet", message);
}

/// Deletes the oldest empty ReplicaSets beyond `revisionHistoryLimit`, once the rollout is complete (Kubernetes:
/// `cleanupDeployment`).
pub(super) fn forget_old_revisions(world: &mut World, id: DeploymentId) {
    let Some(deployment) = world.store.deployments.get(id) else { return };
    if world.store.index.owned_by(Ref::Deployment(id)).nth(1).is_none() {
        return;
    }
    let limit = deployment.raw["spec"]["revisionHistoryLimit"].as_u64().unwrap_or(HISTORY) as usize;
    let all = owned(world, id);
    let Some((_, new)) = components_mut(&mut world.state).new_sets.of.get(&id) else { return };
    let done = world.store.replica_sets.get(*new).is_some_and(|set| set.status[2] >= deployment.replicas);
    if !done || all.len() <= limit + 1 {
        return;
    }
    let empty = |at: &ReplicaSetId| {
        let set = world.store.replica_sets.get(*at);
        set.is_some_and(|set| set.replicas == 0 && set.status == [0; 3] && set.meta.deletion.is_none())
    };
    let mut old: Vec<ReplicaSetId> = all.into_iter().filter(|set| set != new).filter(empty).collect();
    old.sort_by_key(|at| world.store.replica_sets.get(*at).map(|set| set.revision));
    let surplus = old.len().saturating_sub(limit);
    for set in old.into_iter().take(surplus) {
        // A set without pods goes at once; a finalizer of somebody's own may hold it.
        let _ = apiserver::delete(world, Ref::ReplicaSet(set), Propagation::Background);
    }
}
