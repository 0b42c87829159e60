//! Pods.

use std::sync::Arc;

use replank_core::behaviour::Behaviour;
use replank_world::api::{EVICTED, EVICTED_MESSAGE};
use replank_world::fargate;
use replank_world::object::{Node, Phase, Pod, PreemptionPolicy, Scheduled};
use replank_world::time::Time;
use replank_world::vocab::taint::Toleration;
use serde_json::{Value, json};

use super::defaults::{items, set};
use super::meta::{hash, meta};
use super::{View, fields, template, whole};

pub(super) fn pod(view: View<'_>, pod: &Pod) -> Value {
    let mut metadata = meta(view, &pod.meta);
    if !view.world.known.version.has(Behaviour::PodGeneration)
        && let Some(fields) = metadata.as_object_mut()
    {
        fields.remove("generation");
    }
    if pod.mirror {
        metadata["annotations"]["kubernetes.io/config.mirror"] = json!(format!("{:x}", pod.meta.uid.0));
    }
    whole(metadata, spec(view, pod), status(view, pod))
}

fn spec(view: View<'_>, pod: &Pod) -> Value {
    let typed = &pod.template.spec;
    let mut spec = template::spec(&pod.template.raw);
    let Some(fields) = spec.as_object_mut() else { return spec };
    set(fields, "serviceAccountName", "default");
    set(fields, "serviceAccount", "default");
    set(fields, "enableServiceLinks", true);
    fields.insert("priority".into(), json!(typed.priority));
    if fargate::runs(view.world, pod) {
        // EKS: what its admission gives pods of a Fargate profile.
        fields.insert("schedulerName".into(), json!(fargate::SCHEDULER));
        fields.insert("priority".into(), json!(fargate::PRIORITY_CLASS.1));
        fields.insert("priorityClassName".into(), json!(fargate::PRIORITY_CLASS.0));
    }
    let policy = match typed.preemption {
        PreemptionPolicy::PreemptLowerPriority => "PreemptLowerPriority",
        PreemptionPolicy::Never => "Never",
    };
    fields.insert("preemptionPolicy".into(), json!(policy));
    if let Some(owner) = pod.meta.owner.as_ref().filter(|owner| *owner.kind == *"StatefulSet") {
        set(fields, "hostname", &*pod.meta.name);
        let sets = &view.world.store.stateful_sets;
        let set_of = sets.find(&pod.meta.namespace, &owner.name).and_then(|id| sets.get(id));
        if let Some(service) = set_of.and_then(|one| one.raw["spec"]["serviceName"].as_str()) {
            set(fields, "subdomain", service);
        }
    }
    if let Some(node) = node(view, pod) {
        fields.insert("nodeName".into(), json!(*node.meta.name));
    }
    if !typed.tolerations.is_empty() {
        let tolerations: Vec<Value> = typed.tolerations.iter().map(toleration).collect();
        fields.insert("tolerations".into(), Value::Array(tolerations));
    }
    if let Some(name) = &pod.pinned {
        let required = json!({"nodeSelectorTerms": [
            {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [**name]}]}
        ]});
        spec["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"] = required;
    }
    if let Some(fields) = spec.as_object_mut() {
        claims(view, pod, fields);
    }
    spec
}

/// Volumes from a stateful set's claim templates.
fn claims(view: View<'_>, pod: &Pod, spec: &mut serde_json::Map<String, Value>) {
    let known: Vec<String> = items(spec, "volumes")
        .filter_map(|volume| {
            volume.get("persistentVolumeClaim")?.get("claimName")?.as_str().map(str::to_owned)
        })
        .collect();
    let claims = pod.claims.iter().filter_map(|id| view.world.store.claims.get(*id));
    for claim in claims.filter(|claim| !known.iter().any(|known| **known == *claim.meta.name)) {
        let suffix = format!("-{}", pod.meta.name);
        let name = claim.meta.name.strip_suffix(&suffix).unwrap_or(&claim.meta.name);
        let volume = json!({"name": name, "persistentVolumeClaim": {"claimName": *claim.meta.name}});
        if let Some(volumes) = spec.entry("volumes").or_insert_with(|| json!([])).as_array_mut() {
            volumes.push(volume);
        }
    }
}

fn toleration(toleration: &Toleration) -> Value {
    let mut out = json!({});
    if let Some(key) = &toleration.key {
        out["key"] = json!(**key);
    }
    match &toleration.value {
        Some(value) => {
            out["operator"] = json!("Equal");
            out["value"] = json!(**value);
        }
        None => out["operator"] = json!("Exists"),
    }
    if let Some(effect) = toleration.effect {
        out["effect"] = json!(effect.as_str());
    }
    if let Some(seconds) = toleration.seconds {
        out["tolerationSeconds"] = json!(seconds);
    }
    out
}

fn node<'a>(view: View<'a>, pod: &Pod) -> Option<&'a Node> {
    pod.node.and_then(|node| view.world.store.nodes.get(node))
}

fn status(view: View<'_>, pod: &Pod) -> Value {
    let phase = match pod.phase {
        Phase::Pending => "Pending",
        Phase::Running => "Running",
        Phase::Succeeded => "Succeeded",
        Phase::Failed => "Failed",
    };
    let mut status = fields([
        ("phase", phase.into()),
        ("qosClass", qos(pod).into()),
        ("conditions", conditions(view, pod)),
    ]);
    if let Some(node) = pod.nominated.and_then(|node| view.world.store.nodes.get(node)) {
        status["nominatedNodeName"] = json!(*node.meta.name);
    }
    let Some(node) = node(view, pod) else { return status };
    let host = super::node::address(node);
    status["hostIP"] = json!(host);
    status["hostIPs"] = json!([{"ip": host}]);
    status["startTime"] = view.time(pod.meta.created_at);
    if pod.started_at.is_some() && !pod.finished() {
        let own = if pod.template.spec.host_network { host } else { address(pod) };
        status["podIPs"] = json!([{"ip": own}]);
        status["podIP"] = json!(own);
    }
    status["containerStatuses"] = containers(view, pod, "containers");
    let init = containers(view, pod, "initContainers");
    if init.as_array().is_some_and(|init| !init.is_empty()) {
        status["initContainerStatuses"] = init;
    }
    status
}

/// IP address of a pod: its own, or its node's with host networking.
pub(super) fn reached_at(view: View<'_>, pod: &Pod) -> String {
    let host = node(view, pod).filter(|_| pod.template.spec.host_network);
    host.map_or_else(|| address(pod), super::node::address)
}

/// IP address derived from a pod's uid.
fn address(pod: &Pod) -> String {
    let bits = hash(&pod.meta.uid.to_string());
    format!("10.42.{}.{}", (bits >> 8) as u8, (bits as u8).clamp(2, 254))
}

fn qos(pod: &Pod) -> &'static str {
    if pod.template.spec.best_effort {
        return "BestEffort";
    }
    let mut containers = pod.template.raw["spec"]["containers"].as_array().into_iter().flatten();
    let guaranteed = containers.all(|container| {
        let (limits, requests) = (&container["resources"]["limits"], &container["resources"]["requests"]);
        ["cpu", "memory"].iter().all(|name| {
            !limits[*name].is_null() && (requests[*name].is_null() || requests[*name] == limits[*name])
        })
    });
    if guaranteed { "Guaranteed" } else { "Burstable" }
}

fn conditions(view: View<'_>, pod: &Pod) -> Value {
    let mut out = Vec::new();
    let mut push = |kind: &str, is: bool, since: Time, reason: Option<(&str, String)>| {
        let mut condition = fields([
            ("type", kind.into()),
            ("status", if is { "True" } else { "False" }.into()),
            ("lastProbeTime", Value::Null),
            ("lastTransitionTime", view.time(since)),
        ]);
        if let Some((reason, message)) = reason {
            condition["reason"] = json!(reason);
            if !message.is_empty() {
                condition["message"] = json!(message);
            }
        }
        out.push(condition);
    };
    let created = pod.meta.created_at;
    if let Some(reason) = pod.disruption {
        let message = if reason == EVICTED { EVICTED_MESSAGE.to_owned() } else { String::new() };
        let since = pod.meta.deletion.map_or(created, |deletion| deletion.asked_at);
        push("DisruptionTarget", true, since, Some((reason, message)));
    }
    match &pod.scheduled {
        Scheduled::Waiting => {}
        Scheduled::Unschedulable(message) => {
            push("PodScheduled", false, created, Some(("Unschedulable", message.to_string())));
        }
        Scheduled::Bound => {
            let started = pod.started_at.is_some();
            let names = || {
                let containers = pod.template.raw["spec"]["containers"].as_array().into_iter().flatten();
                let names = containers.filter_map(|container| container["name"].as_str());
                format!("containers with unready status: [{}]", names.collect::<Vec<_>>().join(" "))
            };
            let not_ready = match pod.phase {
                Phase::Succeeded => Some(("PodCompleted", String::new())),
                Phase::Failed => Some(("PodFailed", String::new())),
                Phase::Pending | Phase::Running => Some(("ContainersNotReady", names())),
            };
            let not_ready = not_ready.filter(|_| !pod.ready.is && !pod.gates_closed);
            let gated = pod.gates_closed.then(|| ("ReadinessGatesNotReady", closed_gates(view, pod)));
            push(
                "PodReadyToStartContainers",
                started && !pod.finished(),
                pod.started_at.unwrap_or(created),
                None,
            );
            let completed = pod.phase == Phase::Succeeded;
            push("Initialized", true, created, completed.then(|| ("PodCompleted", String::new())));
            push("Ready", pod.ready.is, pod.ready.since, gated.or_else(|| not_ready.clone()));
            push("ContainersReady", pod.ready.is || pod.gates_closed, pod.ready.since, not_ready);
            push("PodScheduled", true, created, None);
        }
    }
    Value::Array(out)
}

/// What each open readiness gate waits for, with the message of the kubelet.
fn closed_gates(view: View<'_>, pod: &Pod) -> String {
    let said = view.world.store.said.get(&pod.meta.uid);
    let conditions = said.and_then(|said| said["conditions"].as_array()).map_or(&[][..], Vec::as_slice);
    let word = |gate: &Arc<str>| match conditions.iter().find(|condition| condition["type"] == **gate) {
        None => Some(format!("corresponding condition of pod readiness gate \"{gate}\" does not exist.")),
        Some(condition) if condition["status"] == "True" => None,
        Some(condition) => Some(format!(
            "the status of pod readiness gate \"{gate}\" is not \"True\", but {}",
            condition["status"].as_str().unwrap_or_default()
        )),
    };
    pod.template.spec.readiness_gates.iter().filter_map(word).collect::<Vec<_>>().join(", ")
}

fn containers(view: View<'_>, pod: &Pod, key: &str) -> Value {
    let containers = pod.template.raw["spec"][key].as_array().into_iter().flatten();
    let init = key == "initContainers";
    let one = |container: &Value| {
        let name = container["name"].as_str().unwrap_or_default();
        let image = container["image"].as_str().unwrap_or_default();
        let beside = init && container["restartPolicy"] == "Always";
        let ended = init && !beside && pod.started_at.is_some();
        let state = if ended { done(view, pod, Phase::Succeeded) } else { state(view, pod) };
        let running = state.get("running").is_some();
        let id = format!("containerd://{:032x}{:032x}", pod.meta.uid.0, hash(name));
        let ready = ended || (running && (pod.ready.is || pod.gates_closed || beside));
        let mut out = fields([
            ("name", name.into()),
            ("image", image.into()),
            ("state", state),
            ("lastState", json!({})),
            ("ready", ready.into()),
            ("started", running.into()),
            ("restartCount", if init { 0 } else { pod.restarts }.into()),
            ("imageID", if running || ended || pod.finished() { image } else { "" }.into()),
        ]);
        if running || ended || pod.finished() {
            out["containerID"] = json!(id);
        }
        if !init && pod.restarts > 0 {
            out["lastState"] = done(view, pod, Phase::Failed);
        }
        out
    };
    Value::Array(containers.map(one).collect())
}

fn state(view: View<'_>, pod: &Pod) -> Value {
    if pod.finished() {
        return done(view, pod, pod.phase);
    }
    let waits =
        |reason: &Arc<str>| json!({"waiting": {"reason": **reason, "message": waiting_message(reason)}});
    match (&pod.waiting, pod.started_at) {
        (Some(reason), _) => waits(reason),
        (None, Some(at)) => fields([("running", fields([("startedAt", view.time(at))]))]),
        (None, None) => json!({"waiting": {"reason": "ContainerCreating"}}),
    }
}

fn waiting_message(reason: &str) -> &'static str {
    match reason {
        "CrashLoopBackOff" => "back-off restarting failed container",
        "ImagePullBackOff" => "Back-off pulling image",
        "ErrImagePull" => "failed to pull image: not found",
        _ => "",
    }
}

fn done(view: View<'_>, pod: &Pod, phase: Phase) -> Value {
    let (code, reason) = if phase == Phase::Succeeded { (0, "Completed") } else { (1, "Error") };
    let end = pod.finished_at.or(pod.started_at).unwrap_or(pod.ready.since);
    let begin = pod.started_at.unwrap_or(end);
    json!({"terminated": {
        "exitCode": code, "reason": reason, "startedAt": view.time(begin), "finishedAt": view.time(end),
        "containerID": format!("containerd://{:064x}", pod.meta.uid.0),
    }})
}
