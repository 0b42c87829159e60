//! Recreates the objects of a snapshot in a world: with their uids, on their nodes, in their states. What cannot
//! be taken over is reported.

mod admitted;
mod meta;
mod nodes;
mod objects;
mod owners;
mod pods;
mod status;
mod trouble;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use replank_components::autoscaler;
use replank_components::control;
use replank_formats::snapshot::paces::{Above, Paces};
use replank_formats::snapshot::{Census, Snapshot};
use replank_formats::worldfile::spec::Cluster;
use replank_world::known::PriorityClass;
use replank_world::object::{PreemptionPolicy, Uid};
use replank_world::store::Ref;
use replank_world::world::World;

/// Notes for the user on a world made from a snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// Assumptions about what the snapshot does not tell.
    pub assumed: Vec<String>,
    /// Parts of the snapshot that have no effect in the world.
    pub left_out: Vec<String>,
}

/// The context for recreating objects.
struct Seeding<'a> {
    snapshot: &'a Snapshot,
    paces: Paces,
    /// The workload of each pod.
    above: Above<'a>,
    /// Recreated objects by their uid in the cluster.
    by_uid: BTreeMap<Uid, Ref>,
    /// How many volumes the CSI drivers of each node can attach.
    attachable: BTreeMap<&'a str, u32>,
    notes: Notes,
    /// Controllers whose pods were already compared with the template.
    looked_at: BTreeSet<Ref>,
    /// Objects about which something was assumed, by the assumption.
    assumed: BTreeMap<&'static str, Vec<String>>,
    /// Objects that could not be taken over, by the reason.
    refused: BTreeMap<String, Vec<String>>,
}

/// How many names are listed for each note.
const NAMES_MAX: usize = 5;

/// Recreates a snapshot in an empty world whose cloud has the node groups already.
pub(crate) fn seed(world: &mut World, snapshot: &Snapshot, cluster: &Cluster) -> Notes {
    let census = Census::of(snapshot);
    let mut seeding = Seeding {
        snapshot,
        paces: Paces::of(snapshot),
        above: Above::of(snapshot),
        by_uid: BTreeMap::new(),
        attachable: nodes::attachable(snapshot),
        notes: Notes::default(),
        looked_at: BTreeSet::new(),
        assumed: BTreeMap::new(),
        refused: BTreeMap::new(),
    };
    priority_classes(world, snapshot);
    nodes::seed(world, &mut seeding, &census, cluster);
    objects::seed(world, &mut seeding);
    owners::seed(world, &mut seeding, cluster);
    control::operator::set_pause(world, cluster.operators.pause());
    pods::seed(world, &mut seeding);
    control::budget::learn_scales(world);
    seeding.notes.assumed.extend(control::operator::told(world));
    trouble::rules(world, &mut seeding);
    seeding.told(&census, cluster)
}

/// Adds the priority classes, which pods resolve. A deleted class is restored from the pods that have it.
fn priority_classes(world: &mut World, snapshot: &Snapshot) {
    let policy = |value: &Value| match value.as_str() {
        Some("Never") => PreemptionPolicy::Never,
        _ => PreemptionPolicy::default(),
    };
    let known = &mut world.known.priority_classes;
    for class in snapshot.of("PriorityClass") {
        let Some(name) = class["metadata"]["name"].as_str() else { continue };
        let one = PriorityClass {
            value: class["value"].as_i64().unwrap_or(0) as i32,
            is_default: class["globalDefault"] == true,
            preemption: policy(&class["preemptionPolicy"]),
        };
        known.insert(name.to_owned(), one);
    }
    for pod in snapshot.of("Pod") {
        let spec = &pod["spec"];
        let Some((name, value)) = spec["priorityClassName"].as_str().zip(spec["priority"].as_i64()) else {
            continue;
        };
        let preemption = policy(&spec["preemptionPolicy"]);
        let one = PriorityClass { value: value as i32, is_default: false, preemption };
        known.entry(name.to_owned()).or_insert(one);
    }
}

impl Seeding<'_> {
    /// Notes an object that could not be taken over.
    fn refuse(&mut self, object: &Value, why: impl Into<String>) {
        let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default();
        let kind = object["kind"].as_str().unwrap_or_default();
        let namespace = text("namespace");
        let slash = if namespace.is_empty() { "" } else { "/" };
        let name = format!("{kind} {namespace}{slash}{}", text("name"));
        self.refused.entry(why.into()).or_default().push(name);
    }

    /// Notes an assumption about an object.
    fn assume(&mut self, what: &'static str, object: &Value) {
        self.assumed.entry(what).or_default().push(place(object));
    }

    fn told(mut self, census: &Census<'_>, cluster: &Cluster) -> Notes {
        let mut left_out = Vec::new();
        for (why, names) in &self.refused {
            left_out.push(format!("{}: {why}", some(names)));
        }
        let outside: Vec<String> = census
            .members
            .iter()
            .filter(|member| member.of_karpenter())
            .map(|member| member.name().to_owned())
            .collect();
        if !outside.is_empty() {
            let what = "made by Karpenter and in no node group: they stay as they are";
            left_out.push(format!("nodes {}: {what}", some(&outside)));
        }
        self.autoscalers(cluster, &mut left_out);
        self.webhooks(&mut left_out);
        self.notes.left_out.extend(left_out);
        let assumed = self.assumed.iter().map(|(what, names)| format!("{what}: {}", some(names)));
        self.notes.assumed.extend(assumed);
        self.notes.assumed.extend(self.paces.told());
        self.notes
    }

    /// Notes autoscalers of pods and nodes that do not act in the world.
    fn autoscalers(&self, cluster: &Cluster, left_out: &mut Vec<String>) {
        let names: Vec<String> = self.snapshot.of("HorizontalPodAutoscaler").map(place).collect();
        if !names.is_empty() {
            left_out.push(format!("horizontal pod autoscalers {}: replicas stay as they are", some(&names)));
        }
        let scaler = |deployment: &&Value| {
            deployment["metadata"]["name"]
                .as_str()
                .is_some_and(|name| name.contains(replank_world::vocab::CLUSTER_AUTOSCALER))
        };
        let found = self.snapshot.of("Deployment").find(scaler).map(place);
        match (found, cluster.autoscaler.enabled) {
            (Some(found), false) => left_out.push(format!(
                "{found}: it does not act unless the world file says `autoscaler: {{enabled: true}}`"
            )),
            (None, true) => left_out.push(autoscaler::NOT_THERE.to_owned()),
            (Some(_), true) | (None, false) => {}
        }
    }

    /// Notes webhooks on evictions, whose answers are unknown.
    fn webhooks(&self, left_out: &mut Vec<String>) {
        let evictions = |webhook: &Value| {
            let rules = webhook["rules"].as_array().into_iter().flatten();
            let has = |list: &Value, wanted: &[&str]| {
                list.as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .any(|one| wanted.contains(&one))
            };
            rules.into_iter().any(|rule| {
                has(&rule["resources"], &["pods/eviction", "pods/*", "*/*"])
                    && has(&rule["operations"], &["CREATE", "*"])
            })
        };
        let configurations = self.snapshot.of("ValidatingWebhookConfiguration");
        let hooks = configurations.flat_map(|one| one["webhooks"].as_array().into_iter().flatten());
        let names: BTreeSet<&str> =
            hooks.filter(|hook| evictions(hook)).filter_map(|hook| hook["name"].as_str()).collect();
        for name in names {
            left_out.push(format!("webhook {name}: it may refuse evictions; here it allows all"));
        }
    }
}

/// Namespace and name of a pod.
fn place(object: &Value) -> String {
    let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default();
    [text("namespace"), text("name")]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("/")
}

/// The first names and the number of the others.
fn some(names: &[String]) -> String {
    let shown = names.iter().take(NAMES_MAX).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMES_MAX) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// A shared string.
fn shared(text: &str) -> Arc<str> {
    Arc::from(text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::seed;
    use replank_formats::snapshot::Snapshot;
    use replank_world::object::Uid;
    use replank_world::time::Time;
    use replank_world::timings::Timings;

    use replank_formats::worldfile;

    #[test]
    fn whether_an_autoscaler_acts_is_told() {
        for (there, enabled, wanted) in [
            (true, false, "kube-system/acme-cluster-autoscaler: it does not act unless the world file says"),
            (false, true, "autoscaler: it is switched on and never acts"),
            (true, true, ""),
            (false, false, ""),
        ] {
            let deployment = json!({
                "apiVersion": "apps/v1", "kind": "Deployment",
                "metadata": {"name": "acme-cluster-autoscaler", "namespace": "kube-system", "uid": Uid(7).to_string()},
                "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "a"}}, "template": {
                    "metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}},
            });
            let snapshot = Snapshot {
                taken_at: jiff::Timestamp::UNIX_EPOCH,
                server: "v1.34.4".into(),
                replank: "0.1.0".into(),
                cluster: None,
                anonymized: false,
                objects: if there { vec![deployment] } else { Vec::new() },
            };
            let text = format!("clusters: [{{autoscaler: {{enabled: {enabled}}}, nodeGroups: [{{}}]}}]");
            let spec = worldfile::read("w.yaml", text.as_bytes()).unwrap();
            let mut world = replank_components::kubernetes::world(1, Time(0), Timings::default());
            let notes = seed(&mut world, &snapshot, &spec.clusters[0]);
            let said = notes.left_out.join("; ");
            assert!(
                said.starts_with(wanted) && said.is_empty() == wanted.is_empty(),
                "{there} {enabled}: {said}"
            );
        }
    }
}
