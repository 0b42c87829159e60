//! The fields of workloads in short form.

use crate::worldfile::forms::{AMOUNT, DELAY, LENGTH, NAME, QUANTITY, TEXT};
use crate::worldfile::schema::{Kind, Object, Word, field, optional, required};

const TEXT_KIND: Kind = Kind::Word(&TEXT);

/// The value of a label or tag.
pub(super) static VALUE: Word = Word { name: "value", accepts: "a text", numbers: false, check: |_| true };

/// Labels: keys to values.
pub(super) const LABELS: Kind = Kind::Map(&Kind::Word(&VALUE));

/// A workload in short form.
pub(super) static WORKLOAD: Object = Object {
    name: "workload",
    about: "A workload in short form. It becomes ordinary objects (the controller, and a Service, a \
            PodDisruptionBudget or a PriorityClass where asked for), as if they had been given as manifests. The \
            pods carry the label `app.kubernetes.io/name` with the workload's name.",
    fields: &[
        required("name", Kind::Word(&NAME), "The name."),
        field("namespace", Kind::Word(&NAME), "default", "The namespace; it is created."),
        field("kind", Kind::OneOf(KINDS), "Deployment", "What controls the pods."),
        field(
            "replicas",
            Kind::Whole { min: 0, max: 200_000 },
            "1",
            "How many pods; completions of a Job; without meaning for a DaemonSet.",
        ),
        field("cpu", Kind::Word(&QUANTITY), "100m", "Processors that each pod requests."),
        field("memory", Kind::Word(&QUANTITY), "128Mi", "Memory that each pod requests."),
        field("image", TEXT_KIND, "registry.example/app:1.0", "The container image; only its name matters."),
        field("labels", LABELS, "{}", "More labels of the pods."),
        field(
            "annotations",
            LABELS,
            "{}",
            "Annotations of the pods, such as `cluster-autoscaler.kubernetes.io/safe-to-evict: \"false\"`.",
        ),
        optional("budget", Kind::Object(&BUDGET), "A PodDisruptionBudget over its pods."),
        optional("spread", Kind::Object(&SPREAD), "A topology spread constraint over its pods."),
        optional("antiAffinity", Kind::Object(&ANTI_AFFINITY), "Keeps its pods apart."),
        field("nodeSelector", LABELS, "{}", "Labels that a node must carry."),
        field("tolerations", Kind::List(&Kind::Object(&TOLERATION)), "[]", "Taints that its pods tolerate."),
        optional("volume", Kind::Object(&VOLUME), "A volume of its own for each pod of a StatefulSet."),
        field(
            "emptyDir",
            Kind::Flag,
            "false",
            "Whether each pod keeps files on its node, which leave with it.",
        ),
        optional("hostPort", Kind::Whole { min: 1, max: 65_535 }, "A port of the node, so one pod a node."),
        optional("priorityClass", TEXT_KIND, "The priority class; `priority` makes one."),
        optional(
            "priority",
            Kind::Whole { min: -2_147_483_648, max: 1_000_000_000 },
            "The priority; a PriorityClass named after the workload is made.",
        ),
        field("service", Kind::Flag, "false", "Whether a Service of the same name leads to the pods."),
        field(
            "podManagement",
            Kind::OneOf(&[("OrderedReady", "one after the other"), ("Parallel", "all at once")]),
            "OrderedReady",
            "The order of a StatefulSet's pods.",
        ),
        optional(
            "ready",
            Kind::Word(&DELAY),
            "From running to Ready, instead of `timings.podReady`; `never` makes pods that stay unready.",
        ),
        optional(
            "terminate",
            Kind::Word(&DELAY),
            "From the request to stop to the end, instead of `timings.podTerminate`.",
        ),
        field("grace", Kind::Word(&LENGTH), "30s", "The grace period of its pods."),
        optional(
            "runs",
            Kind::Word(&DELAY),
            "How long each pod of a Job runs; as `timings.jobRuns` says when left out.",
        ),
        optional("schedule", TEXT_KIND, "When a CronJob starts a Job, as in crontab."),
        optional("finalizer", TEXT_KIND, "A finalizer of the pods that nobody removes."),
    ],
    choice: None,
};

const KINDS: &[(&str, &str)] = &[
    ("Deployment", ""),
    ("StatefulSet", ""),
    ("DaemonSet", ""),
    ("ReplicaSet", ""),
    ("Job", ""),
    ("CronJob", ""),
    ("Pod", "bare pods, which nobody brings back"),
];

/// A disruption budget.
pub(super) static BUDGET: Object = Object {
    name: "budget",
    about: "A PodDisruptionBudget; exactly one of the first two.",
    fields: &[
        optional("minAvailable", Kind::Word(&AMOUNT), "So many must stay healthy."),
        optional("maxUnavailable", Kind::Word(&AMOUNT), "So many may be away."),
        optional(
            "unhealthyPodEvictionPolicy",
            Kind::OneOf(&[
                ("IfHealthyBudget", "an unhealthy pod may go while the budget is met"),
                ("AlwaysAllow", "an unhealthy pod may always go"),
            ]),
            "When pods that are not Ready may go; `IfHealthyBudget` when left out.",
        ),
    ],
    choice: None,
};

const OVER: Kind =
    Kind::OneOf(&[("zone", "`topology.kubernetes.io/zone`"), ("host", "`kubernetes.io/hostname`")]);

static SPREAD: Object = Object {
    name: "spread",
    about: "A topology spread constraint.",
    fields: &[
        field("over", OVER, "zone", "What the pods are spread over."),
        field("maxSkew", Kind::Whole { min: 1, max: 1000 }, "1", "How uneven it may get."),
        field(
            "unsatisfiable",
            Kind::OneOf(&[("DoNotSchedule", "the pod waits"), ("ScheduleAnyway", "the pod goes elsewhere")]),
            "DoNotSchedule",
            "What happens to a pod that would make it more uneven.",
        ),
    ],
    choice: None,
};

static ANTI_AFFINITY: Object = Object {
    name: "anti-affinity",
    about: "Keeps the pods of a workload apart.",
    fields: &[
        field("over", OVER, "host", "No two pods on one of these."),
        field("required", Kind::Flag, "true", "Whether a pod waits rather than share."),
    ],
    choice: None,
};

static VOLUME: Object = Object {
    name: "volume",
    about: "A volume of its own for each pod.",
    fields: &[
        field("size", Kind::Word(&QUANTITY), "10Gi", "Its size."),
        field(
            "zoneBound",
            Kind::Flag,
            "true",
            "Whether it can be attached only in its own zone, as EBS volumes are; otherwise anywhere, as EFS.",
        ),
    ],
    choice: None,
};

/// A taint of nodes.
pub(super) static TAINT: Object = Object {
    name: "taint",
    about: "A taint.",
    fields: &[
        required("key", TEXT_KIND, "Its key."),
        field("value", Kind::Word(&VALUE), "\"\"", "Its value."),
        field("effect", Kind::OneOf(EFFECTS), "NoSchedule", "What it does."),
    ],
    choice: None,
};

const EFFECTS: &[(&str, &str)] = &[
    ("NoSchedule", "new pods stay away"),
    ("PreferNoSchedule", "new pods rather go elsewhere"),
    ("NoExecute", "running pods leave as well"),
];

static TOLERATION: Object = Object {
    name: "toleration",
    about: "A toleration, as in a pod. `operator: Exists` alone tolerates everything.",
    fields: &[
        optional("key", TEXT_KIND, "The taint's key; every key when left out."),
        field(
            "operator",
            Kind::OneOf(&[("Equal", "the value must be equal"), ("Exists", "any value")]),
            "Equal",
            "How the value is compared.",
        ),
        optional("value", Kind::Word(&VALUE), "The taint's value."),
        optional("effect", Kind::OneOf(EFFECTS), "The taint's effect; every effect when left out."),
        optional(
            "seconds",
            Kind::Whole { min: 0, max: i64::MAX },
            "For how long a NoExecute taint is tolerated.",
        ),
    ],
    choice: None,
};
