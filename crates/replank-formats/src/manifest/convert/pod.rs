//! Parses pods and pod templates.

use std::sync::Arc;

use super::super::names;
use super::super::wrong::{
    Wrong, duplicate, forbidden, invalid, invalid_value, not_found, required, unsupported,
};
use super::{Reader, affinity, raw, resources, spread};
use crate::yaml::Field;
use replank_world::object::{
    HostPort, Meta, Phase, Pod, PodSpec, PodTemplate, PreemptionPolicy, Probe, Ready, RestartPolicy,
    Scheduled, Volume,
};
use replank_world::store::ClaimId;
use replank_world::time::{Span, Time};
use replank_world::vocab::labels::{LabelSetId, Map};
use replank_world::vocab::quantity::Resources;
use replank_world::vocab::selector::Selector;

const HOLDER: &str = "PodSpec";

/// The rules for templates, which differ by controller.
pub(super) struct For<'a> {
    /// Accepted values of `restartPolicy`.
    pub(super) restarts: &'a [&'a str],
    /// Whether the controller adds tolerations before admission (DaemonSet).
    pub(super) tolerates_by_itself: bool,
    /// Names of the claims that the controller creates for each pod.
    pub(super) claims: &'a [Arc<str>],
}

/// The rules of controllers whose pods must always restart.
pub(super) const FOR_EVER: For<'_> = For { restarts: &["Always"], tolerates_by_itself: false, claims: &[] };

/// Seconds for which admission lets pods tolerate `not-ready` and `unreachable` (`DefaultTolerationSeconds`).
const TOLERATED_SECONDS: i64 = 300;

/// Parses a `Pod`.
pub(super) fn pod(root: &Field<'_>, meta: Meta, reader: &mut Reader<'_>) -> Pod {
    let policy = For { restarts: &["Always", "OnFailure", "Never"], ..FOR_EVER };
    let template = template(root, &policy, reader);
    let mirror = meta.annotations.contains_key("kubernetes.io/config.mirror");
    Pod {
        meta,
        template: Arc::new(template),
        node: None,
        nominated: None,
        pinned: None,
        phase: Phase::Pending,
        ready: Ready { is: false, since: Time::default() },
        gates_closed: false,
        scheduled: Scheduled::Waiting,
        disruption: None,
        started_at: None,
        finished_at: None,
        waiting: None,
        restarts: 0,
        claims: Vec::<ClaimId>::new(),
        ordinal: None,
        mirror,
        counted: false,
    }
}

/// Parses a pod template from `metadata` and `spec` in `field`. Its number is 0 until it enters a world.
pub(super) fn template(field: &Field<'_>, policy: &For<'_>, reader: &mut Reader<'_>) -> PodTemplate {
    let meta = field.get("metadata");
    let labels: Map = reader.labels(&meta.get("labels"), "ObjectMeta");
    let annotations = reader.annotations(&meta.get("annotations"), "ObjectMeta");
    PodTemplate {
        id: 0,
        labels: Arc::new(labels),
        label_set: LabelSetId(0),
        annotations: Arc::new(annotations),
        spec: spec(&field.get("spec"), policy, reader),
        raw: raw(field),
    }
}

fn spec(field: &Field<'_>, policy: &For<'_>, reader: &mut Reader<'_>) -> PodSpec {
    let mut spec = PodSpec { grace_seconds: 30, ..PodSpec::default() };
    volumes(&field.get("volumes"), policy, &mut spec, reader);
    containers(field, policy, &mut spec, reader);
    spec.node_name = reader.shared(&field.get("nodeName"), HOLDER).filter(|name| !name.is_empty());
    spec.node_selector = Selector::of_labels(&reader.labels(&field.get("nodeSelector"), HOLDER));
    affinity::read(&field.get("affinity"), &mut spec, reader);
    spec.spread = spread::constraints(&field.get("topologySpreadConstraints"), reader);
    spec.tolerations = spread::tolerations(&field.get("tolerations"), reader);
    if !policy.tolerates_by_itself {
        spread::add_default_tolerations(&mut spec.tolerations, TOLERATED_SECONDS);
    }
    priority(field, &mut spec, reader);
    let grace = field.get("terminationGracePeriodSeconds");
    if grace.value().and_then(serde_json::Value::as_i64).is_some_and(|seconds| seconds < 0) {
        // As the API server has it: taken, and counted as one second.
        spec.grace_seconds = 1;
    } else if let Some(seconds) = reader.count(&grace, HOLDER, "int64") {
        spec.grace_seconds = seconds;
    }
    spec.host_network = reader.flag(&field.get("hostNetwork"), HOLDER).unwrap_or(false);
    spec.restart = restart(&field.get("restartPolicy"), policy, reader);
    spec.readiness_gates = reader
        .items(&field.get("readinessGates"), HOLDER, "[]v1.PodReadinessGate")
        .iter()
        .filter_map(|gate| reader.shared(&gate.get("conditionType"), HOLDER))
        .collect();
    spec.gated = !reader.items(&field.get("schedulingGates"), HOLDER, "[]v1.PodSchedulingGate").is_empty();
    spec
}

fn restart(field: &Field<'_>, policy: &For<'_>, reader: &mut Reader<'_>) -> RestartPolicy {
    match reader.text(field, HOLDER).unwrap_or("Always") {
        "Always" if !policy.restarts.contains(&"Always") => {
            reader.wrong.push(required(field, "valid values: \"OnFailure\", \"Never\""));
            RestartPolicy::Never
        }
        word if !policy.restarts.contains(&word) => {
            reader.wrong.push(unsupported(field, policy.restarts));
            RestartPolicy::Always
        }
        "OnFailure" => RestartPolicy::OnFailure,
        "Never" => RestartPolicy::Never,
        _ => RestartPolicy::Always,
    }
}

/// Resolves the priority as admission does (Kubernetes: plugin `Priority`).
fn priority(field: &Field<'_>, spec: &mut PodSpec, reader: &mut Reader<'_>) {
    let name = field.get("priorityClassName");
    let given = reader.int(&field.get("priority"), HOLDER, "int32");
    let known = &reader.known.priority_classes;
    let class = match reader.text(&name, HOLDER).filter(|name| !name.is_empty()) {
        None => known.values().find(|class| class.is_default).copied(),
        Some(wanted) => {
            let class = known.get(wanted).copied();
            if class.is_none() {
                // Of a pod admission says this and no field; of a template nothing, and its pods are refused.
                let is_pod = name.path() == "spec.priorityClassName";
                let field = if is_pod { String::new() } else { format!("{}: ", name.path()) };
                let text = format!("{field}no PriorityClass with name {wanted} was found");
                spec.unknown_class = Some(Arc::from(wanted));
                if is_pod || reader.checks_pods {
                    reader.wrong.push(Wrong { place: name.place(), cause: Some("Forbidden"), text });
                }
            }
            class
        }
    };
    spec.priority = class.map_or(0, |class| class.value);
    spec.preemption = class.map_or(PreemptionPolicy::default(), |class| class.preemption);
    if spec.unknown_class.is_none() && given.is_some_and(|given| given != i64::from(spec.priority)) {
        let detail = format!(
            "the integer value of priority must not be provided in pod spec; priority admission controller computed \
             {} from the given PriorityClass name",
            spec.priority
        );
        reader.wrong.push(forbidden(&field.get("priority"), &detail));
    }
    let policy = field.get("preemptionPolicy");
    match reader.one_of(&policy, HOLDER, &["Never", "PreemptLowerPriority"]) {
        Some("Never") => spec.preemption = PreemptionPolicy::Never,
        Some(_) => spec.preemption = PreemptionPolicy::PreemptLowerPriority,
        None => {}
    }
}

fn volumes(field: &Field<'_>, policy: &For<'_>, spec: &mut PodSpec, reader: &mut Reader<'_>) {
    let items = reader.items(field, HOLDER, "[]v1.Volume");
    reader.unique(&items, "name");
    for item in items {
        let name = reader.required(&item.get("name"), "Volume");
        if !name.is_empty()
            && let Some(detail) = names::dns_label(&name)
        {
            reader.wrong.push(invalid(&item.get("name"), detail));
        }
        // A template of the StatefulSet with the same name takes the volume's place.
        if policy.claims.contains(&name) {
            continue;
        }
        let mut types: Vec<_> = item.entries().into_iter().filter(|(key, _)| *key != "name").collect();
        types.retain(|(_, value)| value.value().is_some());
        let more = types.iter().skip(1);
        let more = more.map(|(_, field)| forbidden(field, "may not specify more than 1 volume type"));
        reader.wrong.extend(more);
        let claim = item.get("persistentVolumeClaim");
        if !claim.is_absent() {
            let name = reader.required(&claim.get("claimName"), "PersistentVolumeClaimVolumeSource");
            spec.volumes.push(Volume::Claim(name));
        } else if item.get("emptyDir").value().is_some() || types.is_empty() {
            // Kubernetes: `SetDefaults_Volume`.
            spec.volumes.push(Volume::EmptyDir);
        } else if item.get("hostPath").value().is_some() {
            let path = item.get("hostPath").get("path");
            reader.required(&path, "HostPathVolumeSource");
            spec.volumes.push(Volume::HostPath);
        }
    }
    spec.volumes.extend(policy.claims.iter().cloned().map(Volume::ClaimTemplate));
}

fn containers(field: &Field<'_>, policy: &For<'_>, spec: &mut PodSpec, reader: &mut Reader<'_>) {
    let main = field.get("containers");
    let items = reader.items(&main, HOLDER, "[]v1.Container");
    if items.is_empty()
        && reader.wrong.iter().all(|wrong| wrong.place != main.place() || wrong.cause.is_some())
    {
        reader.wrong.push(required(&main, ""));
    }
    let init = reader.items(&field.get("initContainers"), HOLDER, "[]v1.Container");
    let all: Vec<_> = init.iter().chain(&items).cloned().collect();
    reader.unique(&all, "name");
    let host_network = field.get("hostNetwork").value() == Some(&true.into());
    let (mut asked, mut scored) = (Resources::default(), Resources::default());
    spec.best_effort = true;
    for item in &items {
        let one = container(item, field, policy, spec, reader);
        asked.add(&one.requests, 1);
        scored.add(&one.nonzero, 1);
        spec.best_effort &= one.nothing;
        ports(&item.get("ports"), host_network, spec, reader);
        probe(item, spec, reader);
    }
    // Restartable init containers run beside all that come later; others run alone, one after the other
    // (Kubernetes: `resourcehelper.PodRequests`).
    let (mut beside, mut beside_scored) = (Resources::default(), Resources::default());
    let (mut step, mut step_scored) = (Resources::default(), Resources::default());
    for item in &init {
        let one = container(item, field, policy, spec, reader);
        spec.best_effort &= one.nothing;
        let (mut now, mut now_scored) = (beside.clone(), beside_scored.clone());
        now.add(&one.requests, 1);
        now_scored.add(&one.nonzero, 1);
        if reader.one_of(&item.get("restartPolicy"), "Container", &["Always"]).is_some() {
            asked.add(&one.requests, 1);
            scored.add(&one.nonzero, 1);
            (beside, beside_scored) = (now.clone(), now_scored.clone());
        }
        Resources::max(&mut step, &now);
        Resources::max(&mut step_scored, &now_scored);
    }
    Resources::max(&mut asked, &step);
    Resources::max(&mut scored, &step_scored);
    let overhead = resources::plain(&field.get("overhead"), reader);
    asked.add(&overhead, 1);
    scored.add(&overhead, 1);
    (spec.requests, spec.nonzero) = (asked, scored);
}

fn container(
    item: &Field<'_>,
    pod: &Field<'_>,
    policy: &For<'_>,
    spec: &mut PodSpec,
    reader: &mut Reader<'_>,
) -> resources::Asked {
    const HOLDER: &str = "Container";
    let name = item.get("name");
    let text = reader.required(&name, HOLDER);
    if let Some(detail) = names::dns_label(&text).filter(|_| !text.is_empty()) {
        reader.wrong.push(invalid(&name, detail));
    }
    let image = reader.required(&item.get("image"), HOLDER);
    if !image.is_empty() && !spec.images.contains(&image) {
        spec.images.push(image);
    }
    // Environments decide nothing, but a number where a text belongs is what people get wrong most often.
    for variable in reader.items(&item.get("env"), HOLDER, "[]v1.EnvVar") {
        reader.required(&variable.get("name"), "EnvVar");
        reader.text(&variable.get("value"), "EnvVar");
    }
    for mount in reader.items(&item.get("volumeMounts"), HOLDER, "[]v1.VolumeMount") {
        let name = mount.get("name");
        let wanted = reader.required(&name, "VolumeMount");
        let known =
            pod.get("volumes").items().iter().any(|volume| volume.get("name").text() == Some(&wanted));
        if !wanted.is_empty() && !known && !policy.claims.contains(&wanted) {
            reader.wrong.push(not_found(&name));
        }
    }
    let sleep = item.get("lifecycle").get("preStop").get("sleep").get("seconds");
    let seconds = reader.count(&sleep, "SleepAction", "int64");
    let exec = item.get("lifecycle").get("preStop").get("exec").get("command");
    let slept = seconds.or_else(|| sleeps(&reader.texts(&exec, "ExecAction"))).unwrap_or(0);
    spec.pre_stop = spec.pre_stop.max(Span::secs(slept.min(1 << 31)));
    resources::of_container(&item.get("resources"), reader)
}

/// The seconds for which a hook command sleeps: `sleep 15`, also inside `sh -c`.
fn sleeps(command: &[Arc<str>]) -> Option<i64> {
    let words: Vec<&str> = command.iter().flat_map(|part| part.split_whitespace()).collect();
    let at = words.iter().position(|word| *word == "sleep" || word.ends_with("/sleep"))?;
    let digits = words.get(at + 1)?.trim_end_matches(['s', ';', '"', '\'']);
    digits.parse().ok().filter(|seconds| *seconds >= 0)
}

fn ports(field: &Field<'_>, host_network: bool, spec: &mut PodSpec, reader: &mut Reader<'_>) {
    const HOLDER: &str = "ContainerPort";
    for item in reader.items(field, "Container", "[]v1.ContainerPort") {
        let number = item.get("containerPort");
        if number.is_absent() {
            reader.wrong.push(required(&number, ""));
            continue;
        }
        let inside = reader.port(&number, HOLDER);
        let host = item.get("hostPort");
        let outside = match host.value().and_then(serde_json::Value::as_i64) {
            Some(0) => None,
            _ => reader.port(&host, HOLDER),
        };
        if host_network && outside.is_some() && outside != inside {
            let value = outside.unwrap_or_default().to_string();
            let detail = "must match `hostPort` when `hostNetwork` is true";
            reader.wrong.push(invalid_value(&number, &value, detail));
        }
        let protocols = ["SCTP", "TCP", "UDP"];
        let protocol = reader.one_of(&item.get("protocol"), HOLDER, &protocols).unwrap_or("TCP");
        let ip = reader.shared(&item.get("hostIP"), HOLDER).filter(|ip| !ip.is_empty());
        // With the host's network every port is the host's.
        let Some(port) = outside.or(if host_network { inside } else { None }) else { continue };
        let port = HostPort { ip: ip.unwrap_or_else(|| "0.0.0.0".into()), protocol: protocol.into(), port };
        if spec.host_ports.contains(&port) && !host.is_absent() {
            reader.wrong.push(duplicate(&host));
        }
        spec.host_ports.push(port);
    }
}

/// Parses the readiness probe of a container; of several the one with the longest initial delay counts.
fn probe(container: &Field<'_>, spec: &mut PodSpec, reader: &mut Reader<'_>) {
    const PERIOD_SECONDS: i64 = 10;
    let field = container.get("readinessProbe");
    if field.is_absent() {
        return;
    }
    let initial = reader.count(&field.get("initialDelaySeconds"), "Probe", "int32").unwrap_or(0);
    let period = reader.count(&field.get("periodSeconds"), "Probe", "int32").filter(|seconds| *seconds > 0);
    let one = Probe { initial: Span::secs(initial), period: Span::secs(period.unwrap_or(PERIOD_SECONDS)) };
    if spec.probe.is_none_or(|known| known.initial < one.initial) {
        spec.probe = Some(one);
    }
}
