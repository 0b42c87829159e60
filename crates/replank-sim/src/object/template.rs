//! What a pod is made from. Pods of one template share it.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use crate::time::Span;
use crate::vocab::labels::{LabelSetId, Map};
use crate::vocab::quantity::Resources;
use crate::vocab::selector::Selector;
use crate::vocab::taint::Toleration;

/// A pod template: labels, annotations, spec.
#[derive(Clone, Debug)]
pub struct PodTemplate {
    /// A number that equal templates of one world share; never zero.
    pub id: u32,
    /// Labels of its pods.
    pub labels: Arc<Map>,
    /// The same, interned; set when the template enters a world.
    pub label_set: LabelSetId,
    /// Annotations of its pods.
    pub annotations: Arc<Map>,
    /// What decides.
    pub spec: PodSpec,
    /// The template as it was given, unknown fields kept.
    pub raw: Arc<Value>,
}

/// The fields of a pod's spec that decide.
#[derive(Clone, Debug, Default)]
pub struct PodSpec {
    /// What the scheduler counts: containers and restartable init containers together, or the largest init step.
    pub requests: Resources,
    /// The same with the scheduler's defaults for containers that ask for nothing (100m, 200Mi), for scoring.
    pub nonzero: Resources,
    /// Whether no container asks for anything.
    pub best_effort: bool,
    /// Ports on the host.
    pub host_ports: Vec<HostPort>,
    /// `nodeName`, when preset.
    pub node_name: Option<Arc<str>>,
    /// `nodeSelector`.
    pub node_selector: Selector,
    /// Node affinity: required terms, one of which must hold; `None` when there are none.
    pub node_required: Option<Vec<Selector>>,
    /// Node affinity by `metadata.name` (`matchFields`), as DaemonSet pods have it.
    pub node_names: Option<BTreeSet<Arc<str>>>,
    /// Node affinity: preferred terms.
    pub node_preferred: Vec<Weighted<Selector>>,
    /// Affinity to pods.
    pub affinity: Affinity,
    /// Anti-affinity to pods.
    pub anti_affinity: Affinity,
    /// `topologySpreadConstraints`.
    pub spread: Vec<Spread>,
    /// Tolerations, the automatic ones included.
    pub tolerations: Vec<Toleration>,
    /// Priority, resolved.
    pub priority: i32,
    /// Whether it may push others out.
    pub preemption: PreemptionPolicy,
    /// Volumes that decide something.
    pub volumes: Vec<Volume>,
    /// `terminationGracePeriodSeconds`.
    pub grace_seconds: i64,
    /// Whether it uses the host's network.
    pub host_network: bool,
    /// `restartPolicy`.
    pub restart: RestartPolicy,
    /// Readiness probe, if any.
    pub probe: Option<Probe>,
    /// Time a `preStop` hook sleeps.
    pub pre_stop: Span,
    /// Images of its containers.
    pub images: Vec<Arc<str>>,
    /// `readinessGates`: the conditions that somebody else gives.
    pub readiness_gates: Vec<Arc<str>>,
    /// `schedulingGates` are present: it is not scheduled.
    pub gated: bool,
}

/// Affinity or anti-affinity to pods.
#[derive(Clone, Debug, Default)]
pub struct Affinity {
    /// Terms that must hold.
    pub required: Vec<PodTerm>,
    /// Terms that had better hold.
    pub preferred: Vec<Weighted<PodTerm>>,
}

/// A term about pods near by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PodTerm {
    /// Which pods; `None` selects none.
    pub selector: Option<Selector>,
    /// In which namespaces; empty is the pod's own.
    pub namespaces: BTreeSet<Arc<str>>,
    /// In all namespaces (`namespaceSelector: {}`).
    pub all_namespaces: bool,
    /// What "near" is.
    pub topology_key: Arc<str>,
}

/// Something with a weight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Weighted<T> {
    /// 1 to 100.
    pub weight: i64,
    /// What.
    pub term: T,
}

/// A topology spread constraint.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spread {
    /// `maxSkew`.
    pub max_skew: i64,
    /// `topologyKey`.
    pub topology_key: Arc<str>,
    /// `whenUnsatisfiable`.
    pub when: SpreadWhen,
    /// Which pods; `None` selects none.
    pub selector: Option<Selector>,
    /// `minDomains`.
    pub min_domains: Option<i64>,
    /// `nodeAffinityPolicy: Honor` (the default).
    pub honor_affinity: bool,
    /// `nodeTaintsPolicy: Honor` (not the default).
    pub honor_taints: bool,
    /// `matchLabelKeys`.
    pub match_label_keys: Vec<Arc<str>>,
}

/// `whenUnsatisfiable`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SpreadWhen {
    /// A hard constraint.
    DoNotSchedule,
    /// A preference.
    ScheduleAnyway,
}

/// A port on the host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostPort {
    /// Host address; `0.0.0.0` is any.
    pub ip: Arc<str>,
    /// Protocol.
    pub protocol: Arc<str>,
    /// Port.
    pub port: u16,
}

/// A volume that decides something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Volume {
    /// A claim by name; StatefulSet templates name it by the template, see `claim_template`.
    Claim(Arc<str>),
    /// A claim made for each pod of a StatefulSet from `volumeClaimTemplates`.
    ClaimTemplate(Arc<str>),
    /// An `emptyDir`.
    EmptyDir,
    /// A path of the host.
    HostPath,
}

/// A readiness probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    /// `initialDelaySeconds`.
    pub initial: Span,
    /// `periodSeconds`.
    pub period: Span,
}

/// `preemptionPolicy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PreemptionPolicy {
    /// It may push pods of lower priority out.
    #[default]
    PreemptLowerPriority,
    /// It waits.
    Never,
}

/// `restartPolicy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RestartPolicy {
    /// Containers start again whatever happened.
    #[default]
    Always,
    /// Containers start again when they failed.
    OnFailure,
    /// Containers run once.
    Never,
}
