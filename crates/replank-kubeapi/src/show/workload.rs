//! Controllers of pods that run forever.

use replank_world::object::{Condition, DaemonSet, Deployment, ReplicaSet, StatefulSet, Truth};
use replank_world::store::{Ref, StatefulSetId};
use serde_json::{Map, Value, json};

use super::defaults::set;
use super::meta::meta;
use super::selector::{amount, selector};
use super::template::{completed, template};
use super::{View, fields, specs, whole};

/// `spec` as given; typed fields are set over it.
fn given(raw: &Value) -> Map<String, Value> {
    raw["spec"].as_object().cloned().unwrap_or_default()
}

pub(super) fn replica_set(view: View<'_>, set: &ReplicaSet) -> Value {
    let metadata = meta(view, &set.meta);
    let mut selector = selector(&set.selector);
    if set.is_controller {
        selector = selector["matchLabels"].take();
    }
    let mut spec = fields([
        ("replicas", set.replicas.into()),
        ("selector", selector),
        ("template", template(&set.template)),
    ]);
    if set.min_ready.0 > 0 {
        spec["minReadySeconds"] = json!(set.min_ready.as_secs());
    }
    let [replicas, ready, available] = set.status;
    let mut status = json!({
        "replicas": replicas, "observedGeneration": set.meta.generation,
    });
    for (key, count) in
        [("fullyLabeledReplicas", replicas), ("readyReplicas", ready), ("availableReplicas", available)]
    {
        if count > 0 {
            status[key] = json!(count);
        }
    }
    if let Some(terminating) = set.terminating {
        status["terminatingReplicas"] = json!(terminating);
    }
    conditions(view, &mut status, &[("ReplicaFailure", set.failure.as_ref())]);
    whole(metadata, spec, status)
}

/// Adds the conditions that there are. Those of a ReplicaSet have no `lastUpdateTime`.
fn conditions(view: View<'_>, status: &mut Value, all: &[(&str, Option<&Condition>)]) {
    let shown = all.iter().filter_map(|(kind, condition)| {
        let condition = (*condition)?;
        let is = match condition.truth {
            Truth::True => "True",
            Truth::False => "False",
            Truth::Unknown => "Unknown",
        };
        Some(json!({
            "type": kind, "status": is, "reason": condition.reason, "message": *condition.message,
            "lastTransitionTime": view.time(condition.since),
        }))
    });
    let shown: Vec<Value> = shown.collect();
    if !shown.is_empty() {
        status["conditions"] = Value::Array(shown);
    }
}

pub(super) fn deployment(view: View<'_>, it: &Deployment) -> Value {
    let metadata = meta(view, &it.meta);
    let mut spec = given(&it.raw);
    spec.insert("replicas".into(), json!(it.replicas));
    set(&mut spec, "selector", selector(&it.selector));
    specs::deployment(&mut spec);
    if let Some(deadline) = it.progress_deadline {
        spec.insert("progressDeadlineSeconds".into(), json!(deadline.as_secs()));
    }
    if it.paused {
        spec.insert("paused".into(), json!(true));
    } else {
        spec.remove("paused");
    }
    let strategy = if it.recreate {
        json!({"type": "Recreate"})
    } else {
        json!({"type": "RollingUpdate", "rollingUpdate": {
            "maxSurge": amount(it.max_surge), "maxUnavailable": amount(it.max_unavailable),
        }})
    };
    spec.insert("strategy".into(), strategy);
    spec.insert("template".into(), completed(&it.template.raw));
    whole(metadata, spec, rollout(view, it))
}

fn rollout(view: View<'_>, it: &Deployment) -> Value {
    let [replicas, ready, available] = it.status;
    let mut status = json!({"observedGeneration": it.observed});
    for (key, count) in [
        ("replicas", replicas),
        ("updatedReplicas", it.updated),
        ("readyReplicas", ready),
        ("availableReplicas", available),
        ("unavailableReplicas", (it.replicas.max(replicas) - available).max(0)),
    ] {
        if count > 0 {
            status[key] = json!(count);
        }
    }
    if let Some(terminating) = it.terminating {
        status["terminatingReplicas"] = json!(terminating);
    }
    let all = [
        ("Available", it.available.as_ref()),
        ("Progressing", it.progressing.as_ref()),
        ("ReplicaFailure", it.failure.as_ref()),
    ];
    conditions(view, &mut status, &all);
    let updated = all.iter().filter_map(|(_, condition)| Some((*condition)?.updated_at));
    // An index would leave a `null` where there are none.
    let shown = status.get_mut("conditions").and_then(Value::as_array_mut).into_iter().flatten();
    for (condition, at) in shown.zip(updated) {
        condition["lastUpdateTime"] = json!(view.time(at));
    }
    status
}

pub(super) fn stateful_set(view: View<'_>, id: StatefulSetId, it: &StatefulSet) -> Value {
    let mut spec = given(&it.raw);
    spec.insert("replicas".into(), json!(it.replicas));
    set(&mut spec, "selector", selector(&it.selector));
    specs::stateful_set(&mut spec);
    let strategy = match it.partition {
        Some(partition) => json!({"type": "RollingUpdate", "rollingUpdate": {"partition": partition}}),
        None => json!({"type": "OnDelete"}),
    };
    spec.insert("updateStrategy".into(), strategy);
    spec.insert("template".into(), completed(&it.template.raw));
    let [replicas, ready, available] = it.status;
    let (current, update) = view.world.revisions_of(id).unwrap_or_default();
    let count = |revision: &str| {
        let store = &view.world.store;
        let pods = store.index.pods_of(Ref::StatefulSet(id)).filter_map(|pod| store.pods.get(pod));
        let of = |pod: &&replank_world::object::Pod| {
            let labels = store.labels.get(pod.meta.labels);
            labels.get("controller-revision-hash").is_some_and(|value| **value == *revision)
        };
        pods.filter(of).count()
    };
    let mut status = json!({
        "observedGeneration": it.meta.generation, "replicas": replicas, "availableReplicas": available,
        "collisionCount": 0, "currentRevision": *current, "updateRevision": *update,
    });
    for (key, count) in [
        ("readyReplicas", ready as usize),
        ("currentReplicas", count(&current)),
        ("updatedReplicas", count(&update)),
    ] {
        if count > 0 {
            status[key] = json!(count);
        }
    }
    whole(meta(view, &it.meta), spec, status)
}

pub(super) fn daemon_set(view: View<'_>, it: &DaemonSet) -> Value {
    let mut spec = given(&it.raw);
    set(&mut spec, "selector", selector(&it.selector));
    specs::daemon_set(&mut spec);
    let strategy = match it.max_unavailable {
        Some(away) => json!({"type": "RollingUpdate", "rollingUpdate": {
            "maxSurge": amount(it.max_surge), "maxUnavailable": amount(away),
        }}),
        None => json!({"type": "OnDelete"}),
    };
    spec.insert("updateStrategy".into(), strategy);
    spec.insert("template".into(), completed(&it.template.raw));
    let [desired, current, ready, misplaced] = it.status;
    let [updated, available, unavailable] = it.rollout;
    let mut status = json!({
        "currentNumberScheduled": current, "desiredNumberScheduled": desired, "numberReady": ready,
        "numberMisscheduled": misplaced, "observedGeneration": it.observed,
    });
    for (key, count) in [
        ("updatedNumberScheduled", updated),
        ("numberAvailable", available),
        ("numberUnavailable", unavailable),
    ] {
        if count > 0 {
            status[key] = json!(count);
        }
    }
    let mut metadata = meta(view, &it.meta);
    metadata["annotations"]["deprecated.daemonset.template.generation"] =
        json!(it.meta.generation.to_string());
    whole(metadata, spec, status)
}
