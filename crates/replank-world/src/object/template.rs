//! Pod templates: the labels and the spec that pods are created with.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::AsGiven;
use crate::time::Span;
use crate::vocab::labels::{LabelSetId, Map};
use crate::vocab::quantity::Resources;
use crate::vocab::selector::Selector;
use crate::vocab::taint::Toleration;

/// A pod template, shared by all pods made from it.
#[derive(Clone, Debug)]
pub struct PodTemplate {
    /// A number that equal templates of one world share; 0 before it entered one.
    pub id: u32,
    /// `metadata.labels` of its pods.
    pub labels: Arc<Map>,
    /// The same labels interned; set when the template enters a world.
    pub label_set: LabelSetId,
    /// `metadata.annotations` of its pods.
    pub annotations: Arc<Map>,
    /// The fields of the spec that some part of the world reads.
    pub spec: PodSpec,
    /// The template as it was given, unknown fields included.
    pub raw: AsGiven,
}

/// The fields of a pod's spec that the scheduler, the kubelet or a controller reads.
#[derive(Clone, Debug, Default)]
pub struct PodSpec {
    /// What the scheduler counts: containers and restartable init containers together, or the largest init step.
    pub requests: Resources,
    /// The same with the scheduler's defaults for containers that ask for nothing (100m, 200Mi), for scoring.
    pub nonzero: Resources,
    /// Whether no container requests cpu or memory (`qosClass` is `BestEffort`).
    pub best_effort: bool,
    /// `hostPort` of its containers; all ports of a pod on the host's network.
    pub host_ports: Vec<HostPort>,
    /// `nodeName` when the pod is created with it: the scheduler does not see such a pod.
    pub node_name: Option<Arc<str>>,
    /// Labels that a node must have (`spec.nodeSelector`).
    pub node_selector: Selector,
    /// Node affinity: required terms, one of which must hold; `None` when there are none.
    pub node_required: Option<Vec<Selector>>,
    /// Node affinity by `metadata.name` (`matchFields`), as DaemonSet pods have it.
    pub node_names: Option<BTreeSet<Arc<str>>>,
    /// Node affinity: preferred terms with their weights.
    pub node_preferred: Vec<Weighted<Selector>>,
    /// `affinity.podAffinity`.
    pub affinity: Affinity,
    /// `affinity.podAntiAffinity`.
    pub anti_affinity: Affinity,
    /// `topologySpreadConstraints`.
    pub spread: Vec<Spread>,
    /// `tolerations`, with those that admission adds for the `not-ready` and `unreachable` taints.
    pub tolerations: Vec<Toleration>,
    /// The priority that its `priorityClassName` resolves to.
    pub priority: i32,
    /// `priorityClassName`, where there was no such class when the template was given: admission refuses its pods until
    /// there is one.
    pub unknown_class: Option<Arc<str>>,
    /// `preemptionPolicy`.
    pub preemption: PreemptionPolicy,
    /// The volumes that bear on scheduling, attaching, eviction or a drain.
    pub volumes: Vec<Volume>,
    /// `terminationGracePeriodSeconds`, 30 by default.
    pub grace_seconds: i64,
    /// Whether it uses the addresses of its node (`spec.hostNetwork`).
    pub host_network: bool,
    /// `restartPolicy`.
    pub restart: RestartPolicy,
    /// The readiness probe of its containers; without one they are ready as soon as they run.
    pub probe: Option<Probe>,
    /// How long a `preStop` hook holds the end of its containers up, within the grace period.
    pub pre_stop: Span,
    /// Images of its containers, pulled to a node before they start there.
    pub images: Vec<Arc<str>>,
    /// `readinessGates`: condition types that other controllers set, such as a load balancer's.
    pub readiness_gates: Vec<Arc<str>>,
    /// Whether `schedulingGates` are present: the scheduler leaves it alone.
    pub gated: bool,
}

/// `podAffinity` or `podAntiAffinity`.
#[derive(Clone, Debug, Default)]
pub struct Affinity {
    /// `requiredDuringSchedulingIgnoredDuringExecution`: all must hold.
    pub required: Vec<PodTerm>,
    /// `preferredDuringSchedulingIgnoredDuringExecution`: counted in scoring.
    pub preferred: Vec<Weighted<PodTerm>>,
}

/// `PodAffinityTerm`: pods in the same topology domain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PodTerm {
    /// `labelSelector`; `None` selects no pod.
    pub selector: Option<Selector>,
    /// `namespaces`; empty stands for the pod's own namespace.
    pub namespaces: BTreeSet<Arc<str>>,
    /// Every namespace (`namespaceSelector: {}`).
    pub all_namespaces: bool,
    /// `topologyKey`: nodes with the same value of this label are one domain.
    pub topology_key: Arc<str>,
}

/// A preferred term with its weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weighted<T> {
    /// `weight`, 1 to 100.
    pub weight: i64,
    /// The term itself.
    pub term: T,
}

/// One of `topologySpreadConstraints`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spread {
    /// `maxSkew`, at least 1.
    pub max_skew: i64,
    /// Label of nodes whose values are the domains that pods are spread over.
    pub topology_key: Arc<str>,
    /// `whenUnsatisfiable`.
    pub when: SpreadWhen,
    /// `labelSelector`; `None` selects no pod.
    pub selector: Option<Selector>,
    /// `minDomains`; `None` counts as 1.
    pub min_domains: Option<i64>,
    /// `nodeAffinityPolicy: Honor` (the default).
    pub honor_affinity: bool,
    /// `nodeTaintsPolicy: Honor` (not the default).
    pub honor_taints: bool,
    /// Keys whose values on the pod itself are added to `selector` (`matchLabelKeys`).
    pub match_label_keys: Vec<Arc<str>>,
}

/// `whenUnsatisfiable`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SpreadWhen {
    /// A filter: a node that would exceed the skew is not feasible.
    DoNotSchedule,
    /// A score: nodes with less skew are preferred.
    ScheduleAnyway,
}

/// A port that a container takes on its node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostPort {
    /// `hostIP`; `0.0.0.0` stands for every address.
    pub ip: Arc<str>,
    /// `protocol`: `TCP`, `UDP` or `SCTP`.
    pub protocol: Arc<str>,
    /// `hostPort`, 1 to 65535.
    pub port: u16,
}

/// A volume that bears on scheduling, attaching, eviction or a drain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Volume {
    /// `persistentVolumeClaim`: the name of the claim.
    Claim(Arc<str>),
    /// The name of an entry of a StatefulSet's `volumeClaimTemplates`; each member has a claim of its own.
    ClaimTemplate(Arc<str>),
    /// `emptyDir`: lost with the pod; a drain has to be told that this is all right.
    EmptyDir,
    /// `hostPath`: data on the node.
    HostPath,
}

/// `readinessProbe` of a container, as far as it decides when the pod is Ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    /// `initialDelaySeconds`.
    pub initial: Span,
    /// `periodSeconds`.
    pub period: Span,
}

/// Whether a pod may push out others of lower priority (`spec.preemptionPolicy`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PreemptionPolicy {
    /// It may preempt pods of lower priority.
    #[default]
    PreemptLowerPriority,
    /// It waits in the queue without preempting.
    Never,
}

/// What the kubelet does when a container ends (`spec.restartPolicy`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RestartPolicy {
    /// Containers are started again whenever they end.
    #[default]
    Always,
    /// Containers are started again when they fail.
    OnFailure,
    /// Containers run once; the pod ends `Succeeded` or `Failed`.
    Never,
}
