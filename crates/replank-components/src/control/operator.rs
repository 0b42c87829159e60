//! Owners that the world does not run, such as custom resources of operators (Strimzi, CloudNativePG): a pod of
//! theirs that is deleted is assumed to be created again under its name.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::make;
use crate::kubernetes::{components, components_mut};
use replank_formats::manifest;
use replank_world::object::{OwnerRef, Phase, Pod, Ready, Scheduled, Uid};
use replank_world::queue::Work;
use replank_world::store::PodId;
use replank_world::time::Span;
use replank_world::world::World;

/// What is known of such owners and their deleted pods.
#[derive(Clone, Debug, Default)]
pub(crate) struct Operators {
    /// How long after its removal a pod is created again; `None` when it never is.
    pause: Option<Span>,
    owners: BTreeMap<Uid, Foreign>,
    gone: BTreeMap<u32, Pod>,
    counted: u32,
}

/// An owner of a kind that the world does not run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Foreign {
    /// Kind, namespace and name, as shown to users.
    place: String,
    /// API group and version of its kind, such as `apps.kruise.io/v1alpha1`.
    api_version: String,
    kind: String,
    /// Replicas, where its `scale` subresource is known.
    pub(crate) replicas: Option<i64>,
    /// How many pods it had when the world was made.
    pods: usize,
}

impl Operators {
    /// The owner of that uid.
    pub(crate) fn owner(&self, uid: Uid) -> Option<&Foreign> {
        self.owners.get(&uid)
    }

    /// Sets how many replicas an owner has.
    pub(crate) fn scale(&mut self, uid: Uid, replicas: i64) {
        if let Some(owner) = self.owners.get_mut(&uid) {
            owner.replicas = Some(replicas);
        }
    }
}

impl Foreign {
    /// Plural resource and group as the API server would name them, the plural guessed from the kind.
    pub(crate) fn resource(&self) -> String {
        let kind = self.kind.to_lowercase();
        let plural = match kind.strip_suffix('y') {
            Some(stem) => format!("{stem}ies"),
            None if kind.ends_with('s') => format!("{kind}es"),
            None => format!("{kind}s"),
        };
        match self.api_version.split_once('/') {
            Some((group, _)) => format!("{plural}.{group}"),
            None => plural,
        }
    }
}

/// Says how long after a pod is gone its owner makes it again; `None` is that nobody does.
pub fn set_pause(world: &mut World, pause: Option<Span>) {
    components_mut(&mut world.state).operators.pause = pause;
}

/// Notes the controller of a pod from a snapshot, if the world does not run its kind; returns the reference to
/// keep on the pod.
pub fn note(world: &mut World, namespace: &str, controller: &Value) -> Option<OwnerRef> {
    let text = |key: &str| controller[key].as_str().unwrap_or_default();
    let (api_version, kind, name) = (text("apiVersion"), text("kind"), text("name"));
    // A static pod belongs to its node.
    if manifest::acts(api_version, kind) || (api_version, kind) == ("v1", "Node") {
        return None;
    }
    let uid = Uid::try_from(text("uid").to_owned()).ok()?;
    if let Some(owner) = components_mut(&mut world.state).operators.owners.get_mut(&uid) {
        owner.pods += 1;
    } else {
        let owner = Foreign {
            place: format!("{kind} {namespace}/{name}"),
            api_version: api_version.to_owned(),
            kind: kind.to_owned(),
            replicas: replicas(world, api_version, kind, namespace, name),
            pods: 1,
        };
        components_mut(&mut world.state).operators.owners.insert(uid, owner);
    }
    Some(OwnerRef { kind: manifest::owner_kind(api_version, kind), name: Arc::from(name), uid, at: None })
}

/// `specReplicasPath` of a custom resource, where its definition serves the `scale` subresource.
fn replicas(world: &World, api_version: &str, kind: &str, namespace: &str, name: &str) -> Option<i64> {
    let (group, version) = api_version.split_once('/')?;
    let others = &world.store.others;
    let defines = |raw: &Value| raw["spec"]["group"] == *group && raw["spec"]["names"]["kind"] == *kind;
    let mut definitions = others.of("apiextensions.k8s.io", "CustomResourceDefinition");
    let (_, definition) = definitions.find(|(_, it)| defines(&it.raw))?;
    let versions = definition.raw["spec"]["versions"].as_array().into_iter().flatten();
    let served = versions.into_iter().find(|it| it["name"] == *version)?;
    let path = served["subresources"]["scale"]["specReplicasPath"].as_str()?;
    let owner = others.get(others.find_in(group, kind, namespace, name)?)?;
    owner.raw.pointer(&path.replace('.', "/"))?.as_i64()
}

/// What is assumed of such owners, in sentences for the user.
pub fn told(world: &World) -> Vec<String> {
    let makes = match components(&world.state).operators.pause {
        Some(pause) => format!(
            "nothing here acts for their owner, which is taken to make each again {} after it is gone \
             (--assume-recreated=false: nobody does)",
            replank_formats::words::Length(pause.into())
        ),
        None => "nothing here acts for their owner, and nobody makes them again (--assume-recreated=true: their owner \
                 does)"
            .to_owned(),
    };
    let owners = components(&world.state).operators.owners.values();
    let one = |owner: &Foreign| {
        let pods = if owner.pods == 1 { "1 pod".to_owned() } else { format!("{} pods", owner.pods) };
        format!("{pods} of {} ({}): {makes}", owner.place, owner.api_version)
    };
    owners.map(one).collect()
}

/// A pod is removed: if its owner is such and it had not finished by itself, it is scheduled to be created again.
pub(crate) fn pod_gone(world: &mut World, id: PodId) {
    let operators = &components(&world.state).operators;
    let Some(pause) = operators.pause else { return };
    let Some(pod) = world.store.pods.get(id) else { return };
    let is_ours = pod.meta.owner.as_ref().is_some_and(|owner| operators.owner(owner.uid).is_some());
    let asked_at = pod.meta.deletion.map(|deletion| deletion.asked_at);
    let had_ended = pod.finished_at.is_some_and(|at| asked_at.is_none_or(|asked| at < asked));
    if !is_ours || had_ended {
        return;
    }
    let pod = pod.clone();
    let operators = &mut components_mut(&mut world.state).operators;
    let number = operators.counted;
    operators.counted += 1;
    operators.gone.insert(number, pod);
    world.after(pause, Work::Operator(number));
}

/// Creates such a pod again, unless its name is taken or its namespace is terminating.
pub(crate) fn sync(world: &mut World, number: u32) {
    let Some(old) = components_mut(&mut world.state).operators.gone.remove(&number) else { return };
    let (namespace, name) = (old.meta.namespace.clone(), old.meta.name.clone());
    if world.store.pods.find(&namespace, &name).is_some() || world.store.index.ending.contains(&*namespace) {
        return;
    }
    let mut meta = make::meta(world, namespace, name, old.meta.owner.clone());
    meta.labels = old.meta.labels;
    meta.annotations = old.meta.annotations.clone();
    meta.references.clone_from(&old.meta.references);
    let claims = old.claims.iter().copied().filter(|id| world.store.claims.get(*id).is_some()).collect();
    let pod = Pod {
        meta,
        node: None,
        nominated: None,
        phase: Phase::Pending,
        ready: Ready { is: false, since: world.now },
        gates_closed: false,
        scheduled: Scheduled::Waiting,
        disruption: None,
        started_at: None,
        finished_at: None,
        waiting: None,
        restarts: 0,
        claims,
        counted: false,
        ..old
    };
    world.add_pod(pod);
}
