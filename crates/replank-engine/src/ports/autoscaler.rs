//! Traces of autoscalers in a cluster: programs, taints, labels, annotations and Events. The same for every
//! implementation of the Kubernetes port.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use replank_core::names::{NodeName, ObjectName};
use replank_core::observed::{Autoscaler, AutoscalerKind, Evidence, Running, TO_BE_DELETED};

/// Source of Cluster Autoscaler's Events, and name of its program.
pub const CLUSTER_AUTOSCALER: &str = "cluster-autoscaler";
/// Name of the `ConfigMap` with its status (flag `--status-config-map-name`).
pub const STATUS: &str = "cluster-autoscaler-status";
/// Annotation of that `ConfigMap`: when it was last written.
pub const STATUS_WRITTEN: &str = "cluster-autoscaler.kubernetes.io/last-updated";
/// Label of nodes that Karpenter launched.
pub const NODE_POOL: &str = "karpenter.sh/nodepool";

const KARPENTER: &str = "karpenter";
/// How old an Event may be and still explain why a node is gone; Cluster Autoscaler drains for two minutes.
const REMOVES_WITHIN: SignedDuration = SignedDuration::from_mins(15);
/// Suffixes of image names in registries that have one image per architecture.
const MACHINES: [&str; 4] = ["", "-amd64", "-arm64", "-s390x"];
/// Taints with which they mark nodes (Cluster Autoscaler: `utils/taints`; Karpenter: since version 1, and before).
const TAINTS: [(&str, AutoscalerKind); 4] = [
    (TO_BE_DELETED, AutoscalerKind::ClusterAutoscaler),
    ("DeletionCandidateOfClusterAutoscaler", AutoscalerKind::ClusterAutoscaler),
    ("karpenter.sh/disrupted", AutoscalerKind::Karpenter),
    ("karpenter.sh/disruption", AutoscalerKind::Karpenter),
];

/// The autoscaler whose image, or whose command in a container, this is.
pub fn of_program(program: &str) -> Option<AutoscalerKind> {
    let image = program.split_once('@').map_or(program, |(image, _)| image);
    let (path, last) = image.rsplit_once('/').unwrap_or(("", image));
    let last = last.split_once(':').map_or(last, |(name, _)| name);
    let machine = last.strip_prefix(CLUSTER_AUTOSCALER);
    if machine.is_some_and(|machine| MACHINES.contains(&machine)) {
        return Some(AutoscalerKind::ClusterAutoscaler);
    }
    let is_karpenter = last == KARPENTER || (last == "controller" && path.ends_with("/karpenter"));
    is_karpenter.then_some(AutoscalerKind::Karpenter)
}

/// The autoscaler that sets taints with this key.
pub fn of_taint(key: &str) -> Option<AutoscalerKind> {
    TAINTS.iter().find(|(taint, _)| *taint == key).map(|(_, kind)| *kind)
}

/// Whether a pod asks autoscalers to leave its node alone. The pods of Cluster Autoscaler itself do not count, since
/// its charts annotate them so.
pub fn keeps_node<'a>(annotation: impl Fn(&str) -> Option<&'a str>, owner: Option<&str>) -> bool {
    let unsafe_to_evict = annotation("cluster-autoscaler.kubernetes.io/safe-to-evict") == Some("false");
    // Karpenter also takes how long it holds.
    let undisrupted =
        annotation("karpenter.sh/do-not-disrupt").is_some_and(|value| !value.is_empty() && value != "false");
    let is_its_own = owner.is_some_and(|owner| owner.contains(CLUSTER_AUTOSCALER));
    (unsafe_to_evict || undisrupted) && !is_its_own
}

/// Time in the annotation of the status (Go: `time.Time.String`, in UTC); `None` when it does not parse.
pub fn written_at(annotation: &str) -> Option<Timestamp> {
    let (at, _zone) = annotation.split_once(" +0000")?;
    format!("{}Z", at.replacen(' ', "T", 1)).parse().ok()
}

/// An Event about a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Said<'a> {
    /// When it was last seen.
    pub at: Timestamp,
    /// Why it was written (Kubernetes: `reason`), such as `ScaleDown`.
    pub reason: &'a str,
    /// Its `source.component`, or `reportingController`.
    pub component: &'a str,
}

/// Who removed a node that is gone, by the Events about it: the last component that announced the removal and did not
/// report its failure since. `None` when no Event says so. `RemovingNode` of the node controller is ignored, since it
/// follows every removal; a person's deletion leaves no Event.
pub fn remover<'a>(said: impl IntoIterator<Item = Said<'a>>, now: Timestamp) -> Option<Arc<str>> {
    let mut said: Vec<Said<'_>> = said.into_iter().filter(|it| it.at + REMOVES_WITHIN > now).collect();
    said.sort();
    said.iter().fold(None, |by, it| match removes(it) {
        Some(true) => Some(it.component.into()),
        Some(false) => None,
        None => by,
    })
}

/// Whether the Event announces the removal of the node (true) or its failure (false).
fn removes(said: &Said<'_>) -> Option<bool> {
    match (said.component, said.reason) {
        (CLUSTER_AUTOSCALER, "ScaleDownFailed") => Some(false),
        (CLUSTER_AUTOSCALER, "ScaleDown" | "ScaleDownEmpty")
        | ("cloud-node-lifecycle-controller", "DeletingNode")
        | (KARPENTER, "DisruptionTerminating" | "TerminatingOnInterruption") => Some(true),
        _ => None,
    }
}

/// What a cluster shows of autoscalers.
#[derive(Clone, Debug, Default)]
pub struct Traces {
    /// Deployments that run one.
    pub deployments: Vec<Replicas>,
    /// Status of Cluster Autoscaler, if its `ConfigMap` exists.
    pub status: Option<Dated>,
    /// An Event of Cluster Autoscaler, where one was looked for and found.
    pub event: Option<Dated>,
    /// Number of `NodePool` objects (Karpenter).
    pub node_pools: u32,
    /// Nodes with taints of Cluster Autoscaler.
    tainted: BTreeSet<NodeName>,
    /// Nodes with taints of Karpenter.
    disrupted: BTreeSet<NodeName>,
    /// Nodes that Karpenter launched.
    launched: BTreeSet<NodeName>,
}

/// Something that an autoscaler wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dated {
    /// When it was last written, if that can be read.
    pub at: Option<Timestamp>,
}

/// A Deployment that runs an autoscaler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replicas {
    /// The autoscaler it runs.
    pub kind: AutoscalerKind,
    /// Namespace and name.
    pub name: ObjectName,
    /// `status.readyReplicas`.
    pub ready: u32,
    /// `spec.replicas`.
    pub wanted: u32,
}

impl Traces {
    /// Replaces what is known of a node: the keys of its taints, and whether Karpenter launched it.
    pub fn put_node<'a>(
        &mut self,
        name: &NodeName,
        taints: impl IntoIterator<Item = &'a str>,
        launched: bool,
    ) {
        let kinds: BTreeSet<AutoscalerKind> = taints.into_iter().filter_map(of_taint).collect();
        let mut set = |of: fn(&mut Self) -> &mut BTreeSet<NodeName>, is: bool| {
            if is {
                of(self).insert(name.clone());
            } else {
                of(self).remove(name);
            }
        };
        set(|traces| &mut traces.tainted, kinds.contains(&AutoscalerKind::ClusterAutoscaler));
        set(|traces| &mut traces.disrupted, kinds.contains(&AutoscalerKind::Karpenter));
        set(|traces| &mut traces.launched, launched);
    }

    /// Removes what is known of a node; does nothing when that is nothing.
    pub fn remove_node(&mut self, name: &NodeName) {
        self.put_node(name, [], false);
    }

    /// Removes all nodes, before they are put again.
    pub fn forget_nodes(&mut self) {
        (self.tainted, self.disrupted, self.launched) = Default::default();
    }

    /// The autoscalers that follow from this: one per Deployment, and one per kind that only shows by other evidence.
    pub fn autoscalers(&self) -> Vec<Autoscaler> {
        let kinds = [AutoscalerKind::ClusterAutoscaler, AutoscalerKind::Karpenter];
        kinds.into_iter().flat_map(|kind| self.of(kind)).collect()
    }

    fn of(&self, kind: AutoscalerKind) -> Vec<Autoscaler> {
        let mut evidence = self.evidence(kind);
        let deployments = self.deployments.iter().filter(|it| it.kind == kind);
        let mut found: Vec<Autoscaler> = deployments
            .map(|Replicas { name, ready, wanted, .. }| Autoscaler {
                kind,
                deployment: Some(name.clone()),
                running: Running::Pods { ready: *ready, wanted: *wanted },
                // What is seen besides may be of either; it is told once.
                evidence: std::mem::take(&mut evidence),
            })
            .collect();
        if found.is_empty() && !evidence.is_empty() {
            found.push(Autoscaler { kind, deployment: None, running: Running::CannotTell, evidence });
        }
        found
    }

    fn evidence(&self, kind: AutoscalerKind) -> Vec<Evidence> {
        let taints = |nodes: &BTreeSet<NodeName>| {
            let node = nodes.first()?.clone();
            Some(Evidence::Taints { nodes: nodes.len() as u32, node })
        };
        match kind {
            AutoscalerKind::ClusterAutoscaler => {
                let status = self.status.map(|it| Evidence::Status { written_at: it.at });
                let event = self.event.map(|it| Evidence::Event { at: it.at });
                [status, taints(&self.tainted), event].into_iter().flatten().collect()
            }
            AutoscalerKind::Karpenter => {
                let pools = (self.node_pools > 0).then_some(Evidence::NodePools { count: self.node_pools });
                let nodes = self.launched.len() as u32;
                let launched = (nodes > 0).then_some(Evidence::Launched { nodes });
                [pools, launched, taints(&self.disrupted)].into_iter().flatten().collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn autoscalers_are_told_by_their_programs() {
        let autoscaler = Some(AutoscalerKind::ClusterAutoscaler);
        let karpenter = Some(AutoscalerKind::Karpenter);
        for (program, kind) in [
            ("registry.k8s.io/autoscaling/cluster-autoscaler:v1.34.1", autoscaler),
            ("localhost:5000/cluster-autoscaler-arm64@sha256:0f", autoscaler),
            ("./cluster-autoscaler", autoscaler),
            ("cluster-autoscaler", autoscaler),
            ("public.ecr.aws/karpenter/controller:1.8.1@sha256:0f", karpenter),
            ("/ko-app/karpenter", karpenter),
            ("registry.k8s.io/cpa/cluster-proportional-autoscaler:1.8", None),
            ("example.com/cluster-autoscaler-operator:v1", None),
            ("example.com/ingress/controller:v1", None),
            ("", None),
        ] {
            assert_eq!(of_program(program), kind, "{program}");
        }
    }

    #[test]
    fn a_pod_keeps_its_node_from_autoscalers_by_either_annotation() {
        let keeps = |key: &str, value: &'static str, owner| {
            keeps_node(|asked| (asked == key).then_some(value), owner)
        };
        let safe = "cluster-autoscaler.kubernetes.io/safe-to-evict";
        assert!(keeps(safe, "false", Some("report")));
        assert!(!keeps(safe, "true", None));
        assert!(!keeps(safe, "false", Some("aws-cluster-autoscaler-5d9")));
        assert!(keeps("karpenter.sh/do-not-disrupt", "true", None));
        assert!(keeps("karpenter.sh/do-not-disrupt", "4h", None));
        assert!(!keeps("karpenter.sh/do-not-disrupt", "false", None));
    }

    #[test]
    fn who_removes_a_node_is_who_says_so_before() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let by = |said: &[(i64, &str, &str)]| {
            let said =
                said.iter().map(|(second, reason, component)| Said { at: at(*second), reason, component });
            remover(said, at(1000)).map(|by| by.to_string())
        };
        let gone = (1000, "RemovingNode", "node-controller");
        assert_eq!(by(&[gone]), None, "it says so of every node that is gone");
        let autoscaler = (990, "ScaleDown", CLUSTER_AUTOSCALER);
        assert_eq!(by(&[gone, autoscaler]).as_deref(), Some(CLUSTER_AUTOSCALER));
        assert_eq!(by(&[(995, "ScaleDownFailed", CLUSTER_AUTOSCALER), autoscaler, gone]), None);
        assert_eq!(by(&[(90, "ScaleDown", CLUSTER_AUTOSCALER), gone]), None, "that was long ago");
        let lifecycle = "cloud-node-lifecycle-controller";
        assert_eq!(by(&[(999, "DeletingNode", lifecycle), gone]).as_deref(), Some(lifecycle));
        assert_eq!(by(&[(999, "DisruptionTerminating", "karpenter")]).as_deref(), Some("karpenter"));
        assert_eq!(by(&[(999, "DisruptionBlocked", "karpenter")]), None);
    }

    #[test]
    fn the_status_tells_when_it_was_written() {
        let at = written_at("2026-11-29 21:50:57.123456789 +0000 UTC").map(|at| at.to_string());
        assert_eq!(at.as_deref(), Some("2026-11-29T21:50:57.123456789Z"));
        assert_eq!(written_at("yesterday"), None);
    }

    #[test]
    fn traces_that_no_deployment_explains_are_told_all_the_same() {
        let mut traces = Traces::default();
        assert_eq!(traces.autoscalers(), []);
        let node = NodeName::new("n1");
        traces.put_node(&node, ["team", TO_BE_DELETED], false);
        let found = traces.autoscalers();
        assert_eq!((found.len(), found[0].running), (1, Running::CannotTell));
        assert_eq!(found[0].evidence, [Evidence::Taints { nodes: 1, node: node.clone() }]);
        let name = ObjectName::new("kube-system", "ca");
        let kind = AutoscalerKind::ClusterAutoscaler;
        traces.deployments.push(Replicas { kind, name: name.clone(), ready: 0, wanted: 1 });
        let found = traces.autoscalers();
        assert_eq!((found.len(), &found[0].deployment), (1, &Some(name)));
        assert!(found[0].is_stopped() && found[0].evidence.len() == 1);
        traces.put_node(&node, ["karpenter.sh/disrupted"], true);
        let kinds: Vec<_> = traces.autoscalers().iter().map(|it| (it.kind, it.evidence.len())).collect();
        assert_eq!(kinds, [(AutoscalerKind::ClusterAutoscaler, 0), (AutoscalerKind::Karpenter, 2)]);
        traces.remove_node(&node);
        assert_eq!(traces.autoscalers().len(), 1);
    }
}
