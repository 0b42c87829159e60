//! How autoscalers show in a cluster: their programs, taints, labels, annotations and Events, the same for every cluster
//! behind a port.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use replank_core::names::{NodeName, ObjectName};
use replank_core::observed::{Autoscaler, AutoscalerKind, Evidence, Running, TO_BE_DELETED};

/// How the Cluster Autoscaler signs its Events, and what its program is called.
pub const CLUSTER_AUTOSCALER: &str = "cluster-autoscaler";
/// The `ConfigMap` of its status (flag `--status-config-map-name`).
pub const STATUS: &str = "cluster-autoscaler-status";
/// Annotation of that: when it was written.
pub const STATUS_WRITTEN: &str = "cluster-autoscaler.kubernetes.io/last-updated";
/// Label of nodes that Karpenter launched.
pub const NODE_POOL: &str = "karpenter.sh/nodepool";

const KARPENTER: &str = "karpenter";
/// Whoever said longer ago that he takes a node away did not do it: the Cluster Autoscaler drains for two minutes.
const REMOVES_WITHIN: SignedDuration = SignedDuration::from_mins(15);
/// Images of some registries name the machine too.
const MACHINES: [&str; 4] = ["", "-amd64", "-arm64", "-s390x"];
/// Taints by which one marks nodes (Cluster Autoscaler: `utils/taints`; Karpenter: version 1, and before).
const TAINTS: [(&str, AutoscalerKind); 4] = [
    (TO_BE_DELETED, AutoscalerKind::ClusterAutoscaler),
    ("DeletionCandidateOfClusterAutoscaler", AutoscalerKind::ClusterAutoscaler),
    ("karpenter.sh/disrupted", AutoscalerKind::Karpenter),
    ("karpenter.sh/disruption", AutoscalerKind::Karpenter),
];

/// The autoscaler of which this is the image or the command of a container.
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

/// The autoscaler that marks nodes with a taint of that key.
pub fn of_taint(key: &str) -> Option<AutoscalerKind> {
    TAINTS.iter().find(|(taint, _)| *taint == key).map(|(_, kind)| *kind)
}

/// Whether a pod asks autoscalers to leave its node alone. The autoscaler's own pod, which charts mark so, is nobody's
/// wish.
pub fn keeps_node<'a>(annotation: impl Fn(&str) -> Option<&'a str>, owner: Option<&str>) -> bool {
    let unsafe_to_evict = annotation("cluster-autoscaler.kubernetes.io/safe-to-evict") == Some("false");
    // Karpenter also takes how long it holds.
    let undisrupted =
        annotation("karpenter.sh/do-not-disrupt").is_some_and(|value| !value.is_empty() && value != "false");
    let is_its_own = owner.is_some_and(|owner| owner.contains(CLUSTER_AUTOSCALER));
    (unsafe_to_evict || undisrupted) && !is_its_own
}

/// When the status was written, from its annotation (Go: `time.Time.String`).
pub fn written_at(annotation: &str) -> Option<Timestamp> {
    let (at, _zone) = annotation.split_once(" +0000")?;
    format!("{}Z", at.replacen(' ', "T", 1)).parse().ok()
}

/// An Event about a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Said<'a> {
    /// When it was said last.
    pub at: Timestamp,
    /// `reason`.
    pub reason: &'a str,
    /// Whose (`source.component`, or `reportingController`).
    pub component: &'a str,
}

/// Who took a node away that is gone, from what was said of it: whoever said last that he does so and not since that he
/// failed. `None` is that the Events do not tell: the node controller says of every node that it is gone (`RemovingNode`),
/// and a person who deletes one leaves no Event.
pub fn remover<'a>(said: impl IntoIterator<Item = Said<'a>>, now: Timestamp) -> Option<Arc<str>> {
    let mut said: Vec<Said<'_>> = said.into_iter().filter(|it| it.at + REMOVES_WITHIN > now).collect();
    said.sort();
    said.iter().fold(None, |by, it| match removes(it) {
        Some(true) => Some(it.component.into()),
        Some(false) => None,
        None => by,
    })
}

/// Whether somebody says that he takes the node away, or that he gave it up.
fn removes(said: &Said<'_>) -> Option<bool> {
    match (said.component, said.reason) {
        (CLUSTER_AUTOSCALER, "ScaleDownFailed") => Some(false),
        (CLUSTER_AUTOSCALER, "ScaleDown" | "ScaleDownEmpty")
        | ("cloud-node-lifecycle-controller", "DeletingNode")
        | (KARPENTER, "DisruptionTerminating" | "TerminatingOnInterruption") => Some(true),
        _ => None,
    }
}

/// What a cluster shows of autoscalers, piece by piece.
#[derive(Clone, Debug, Default)]
pub struct Traces {
    /// The Deployments that run one, with how many of their pods are Ready and how many they ask for.
    pub deployments: Vec<Replicas>,
    /// The status of the Cluster Autoscaler.
    pub status: Option<Dated>,
    /// An Event of the Cluster Autoscaler, where one was looked for and found.
    pub event: Option<Dated>,
    /// How many `NodePool` objects there are.
    pub node_pools: u32,
    /// Nodes that carry taints of the Cluster Autoscaler.
    tainted: BTreeSet<NodeName>,
    /// Those that carry Karpenter's.
    disrupted: BTreeSet<NodeName>,
    /// Those that Karpenter launched.
    launched: BTreeSet<NodeName>,
}

/// Something that an autoscaler wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dated {
    /// When it did so last, if that can be read.
    pub at: Option<Timestamp>,
}

/// A Deployment that runs an autoscaler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replicas {
    /// Which autoscaler.
    pub kind: AutoscalerKind,
    /// The Deployment.
    pub name: ObjectName,
    /// Pods that are Ready.
    pub ready: u32,
    /// Pods that it asks for.
    pub wanted: u32,
}

impl Traces {
    /// Takes a node as it is now: the keys of its taints, and whether Karpenter launched it.
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

    /// The node is gone.
    pub fn remove_node(&mut self, name: &NodeName) {
        self.put_node(name, [], false);
    }

    /// Forgets every node: they are about to be put anew.
    pub fn forget_nodes(&mut self) {
        (self.tainted, self.disrupted, self.launched) = Default::default();
    }

    /// The autoscalers that show in this: one for each Deployment, or for traces that none explains.
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
