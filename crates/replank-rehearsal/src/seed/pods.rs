//! Recreates pods on their nodes, in their states.

use replank_formats::snapshot::fields;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::meta::{meta, uid};
use super::objects::claim_names;
use super::{Seeding, admitted, owners, trouble};
use replank_components::{control, kubelet, schedule};
use replank_formats::manifest::{self, Object};
use replank_formats::snapshot::paces::Paces;
use replank_world::object::{Phase, Pod, PodTemplate, Ready, Scheduled, Uid};
use replank_world::store::{NodeId, PodId, Ref};
use replank_world::world::World;

/// Reason of condition `DisruptionTarget` in the world.
const DISRUPTED: &str = replank_world::api::EVICTED;

/// What is assumed of scheduling gates.
const GATES_STAY: &str = "nobody lifts scheduling gates, so what has them gets no node; `--what-if 'gates lifted'` \
                          rehearses the other";

/// Whether a pod spec has scheduling gates.
fn is_gated(spec: &Value) -> bool {
    spec["schedulingGates"].as_array().is_some_and(|gates| !gates.is_empty())
}

/// Recreates all pods. Those on nodes that are not in the snapshot are reported.
pub(super) fn seed(world: &mut World, seeding: &mut Seeding<'_>) {
    for kind in ["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job"] {
        let gated = |owner: &&Value| {
            manifest::controller(owner).is_none() && is_gated(&owner["spec"]["template"]["spec"])
        };
        for owner in seeding.snapshot.of(kind).filter(gated).collect::<Vec<_>>() {
            seeding.assume(GATES_STAY, owner);
        }
    }
    let owners: BTreeMap<Uid, &Value> = ["StatefulSet", "DaemonSet"]
        .into_iter()
        .flat_map(|kind| seeding.snapshot.of(kind))
        .filter_map(|owner| Some((uid(&owner["metadata"]["uid"])?, owner)))
        .collect();
    for given in seeding.snapshot.of("Pod") {
        if given["spec"]["nodeName"].is_null() && is_gated(&given["spec"]) {
            seeding.assume(GATES_STAY, given);
        }
        match pod(world, seeding, given, &owners) {
            Ok(pod) => {
                let uid = pod.meta.uid;
                let id = world.add_pod(pod);
                seeding.by_uid.insert(uid, Ref::Pod(id));
                settle(world, seeding, id, given);
            }
            Err(why) => seeding.refuse(given, why),
        }
    }
}

fn pod(
    world: &mut World,
    seeding: &mut Seeding<'_>,
    given: &Value,
    owners: &BTreeMap<Uid, &Value>,
) -> Result<Pod, String> {
    let meta = meta(world, seeding, given);
    let node = match given["spec"]["nodeName"].as_str().filter(|name| !name.is_empty()) {
        Some(name) => Some(world.store.nodes.find("", name).ok_or("its node is not in the snapshot")?),
        None => None,
    };
    if world.store.pods.find(&meta.namespace, &meta.name).is_some() {
        return Err("a pod of that name is in the snapshot already".into());
    }
    let at = meta.owner.as_ref().and_then(|owner| owner.at);
    if at.is_none()
        && let Some(controller) = manifest::controller(given)
    {
        control::operator::note(world, &meta.namespace, controller);
    }
    if manifest::foreign_scheduler(given).is_some() {
        seeding.assume("pods of other schedulers are placed as the default scheduler would", given);
    }
    let current = meta.owner.as_ref().and_then(|owner| owners.get(&owner.uid));
    let current = current.is_none_or(|owner| owners::is_current(given, owner));
    let owner = at.filter(|_| current);
    if let Some(owner) = owner {
        admitted::look(world, seeding, owner, given);
    }
    let shared = owner.and_then(|owner| control::found::template_of(world, owner));
    let template = match shared {
        Some(template) => template,
        None => own_template(world, given)?,
    };
    let names = claim_names(given);
    let is_unseen = |name: &&Arc<str>| world.store.claims.find(&meta.namespace, name).is_none();
    let unseen: Vec<Arc<str>> = names.iter().filter(is_unseen).cloned().collect();
    // It runs, so its claims were there: whoever read the cluster did not see them.
    for name in unseen.iter().filter(|_| node.is_some()) {
        schedule::take_claim_to_be_there(world, &meta.namespace, name);
        seeding.assume("claims that were not read are taken to be there, in every zone", given);
    }
    let claims = names.iter().filter_map(|name| world.store.claims.find(&meta.namespace, name)).collect();
    let status = &given["status"];
    Ok(Pod {
        pinned: pinned(at, given, node, world),
        ordinal: ordinal(at, given),
        mirror: meta.annotations.contains_key("kubernetes.io/config.mirror"),
        nominated: status["nominatedNodeName"].as_str().and_then(|name| world.store.nodes.find("", name)),
        phase: phase(status),
        ready: ready(world, given),
        scheduled: if node.is_some() { Scheduled::Bound } else { Scheduled::Waiting },
        disruption: fields::condition(given, "DisruptionTarget")
            .filter(|condition| condition["status"] == "True")
            .map(|_| DISRUPTED),
        started_at: started_at(given),
        finished_at: finished_at(given),
        waiting: waiting(given).map(Arc::from),
        restarts: fields::restarts(given),
        claims,
        template,
        node,
        meta,
        counted: false,
        gates_closed: false,
    })
}

/// A template made from a pod itself, for one whose controller the world does not run.
fn own_template(world: &mut World, given: &Value) -> Result<Arc<PodTemplate>, String> {
    let mut object = given.clone();
    if let Some(spec) = object["spec"].as_object_mut() {
        spec.shift_remove("nodeName");
    }
    if let Some(fields) = object.as_object_mut() {
        fields.shift_remove("status");
    }
    let given = manifest::admit(&object, &world.known).map_err(|refusal| refusal.message)?;
    match given.object {
        Object::Pod(pod) => Ok(world.enter_template(PodTemplate::clone(&pod.template))),
        _ => Err("it is no pod".into()),
    }
}

fn pinned(at: Option<Ref>, given: &Value, node: Option<NodeId>, world: &World) -> Option<Arc<str>> {
    let Some(Ref::DaemonSet(_)) = at else { return None };
    let bound = node.and_then(|node| world.store.nodes.get(node)).map(|node| node.meta.name.clone());
    let required =
        &given["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
    bound.or_else(|| required["nodeSelectorTerms"][0]["matchFields"][0]["values"][0].as_str().map(Arc::from))
}

fn ordinal(at: Option<Ref>, given: &Value) -> Option<i64> {
    match at? {
        Ref::StatefulSet(_) => given["metadata"]["name"].as_str()?.rsplit('-').next()?.parse().ok(),
        Ref::Job(_) => {
            let index = &given["metadata"]["annotations"]["batch.kubernetes.io/job-completion-index"];
            index.as_str()?.parse().ok()
        }
        _ => None,
    }
}

fn phase(status: &Value) -> Phase {
    match status["phase"].as_str() {
        Some("Running") => Phase::Running,
        Some("Succeeded") => Phase::Succeeded,
        Some("Failed") => Phase::Failed,
        Some(_) | None => Phase::Pending,
    }
}

fn ready(world: &World, given: &Value) -> Ready {
    let condition = fields::condition(given, "Ready");
    let since = condition.and_then(|condition| fields::time(&condition["lastTransitionTime"]));
    let since = since.or_else(|| fields::time(&given["metadata"]["creationTimestamp"])).unwrap_or(world.now);
    Ready {
        is: condition.is_some_and(|condition| condition["status"] == "True"),
        since: since.min(world.now),
    }
}

pub(super) fn started_at(given: &Value) -> Option<replank_world::time::Time> {
    let started =
        fields::containers(given).filter_map(|one| fields::time(&one["state"]["running"]["startedAt"])).max();
    let running = given["status"]["phase"] == "Running";
    started.or_else(|| fields::time(&given["status"]["startTime"]).filter(|_| running))
}

fn finished_at(given: &Value) -> Option<replank_world::time::Time> {
    fields::containers(given).filter_map(|one| fields::time(&one["state"]["terminated"]["finishedAt"])).max()
}

/// The reason why a container waits.
pub(super) fn waiting(given: &Value) -> Option<&str> {
    fields::containers(given).find_map(|one| one["state"]["waiting"]["reason"].as_str())
}

/// Sets the kubelet's state for a pod that hangs, is not Ready or runs to an end.
fn settle(world: &mut World, seeding: &mut Seeding<'_>, id: PodId, given: &Value) {
    let Some(pod) = world.store.pods.get(id) else { return };
    if pod.node.is_none() || pod.finished() {
        return;
    }
    if let Some(deletion) = pod.meta.deletion {
        if deletion.until + trouble::OVERDUE < world.now && pod.meta.finalizers.is_empty() {
            kubelet::found_stuck(world, id);
            seeding.assume("pods past their grace are taken to hang in termination", given);
        }
        return;
    }
    if pod.phase != Phase::Running {
        return;
    }
    if let Some(Ref::Job(job)) = pod.meta.owner.as_ref().and_then(|owner| owner.at) {
        let started = pod.started_at.unwrap_or(pod.meta.created_at);
        match world.store.jobs.get(job).and_then(|job| job.work) {
            Some(work) => {
                kubelet::found_working(world, id, Paces::works_until(started, Some(work), world.now));
            }
            None => {
                kubelet::found_working(world, id, Paces::works_on(started, world.now));
                let soonest = Paces::works_until(started, None, world.now);
                kubelet::assume_work(world, id, soonest);
                let what = "pods of Jobs of which no run was seen to its end, nor is said: they are taken to work for as \
                            long again, for an hour at least, and not past their deadline";
                seeding.assume(what, given);
            }
        }
        return;
    }
    if !pod.ready.is {
        let left = trouble::left(seeding, given, world.now);
        match left {
            None => seeding.assume(
                "pods that are not Ready for long, that were so, or that restarted are taken to stay so",
                given,
            ),
            Some(_) => {
                kubelet::assume_ready(world, id);
                seeding.assume("pods that are not Ready yet are taken to become so as others did", given);
            }
        }
        kubelet::found_unready(world, id, left);
    }
}

#[cfg(test)]
mod tests;
