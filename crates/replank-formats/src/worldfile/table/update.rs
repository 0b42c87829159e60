//! The fields of the update.

use super::cluster::STRATEGIES;
use crate::worldfile::forms::{GROUP_NAME, IMAGE, LENGTH, RELEASE, VERSION};
use crate::worldfile::schema::{Kind, Object, field, optional};

/// The settings of an update.
pub(super) static UPDATE: Object = Object {
    name: "update",
    about: "The update that is run. Flags of the command override it.",
    fields: &[
        optional("cluster", Kind::Word(&GROUP_NAME), "The cluster; the first one when left out."),
        optional(
            "groups",
            Kind::List(&Kind::Word(&GROUP_NAME)),
            "The node groups, updated at once; all groups of the cluster when left out.",
        ),
        field("after", Kind::Word(&LENGTH), "0s", "When it begins, counted from the moment everything runs."),
        field("release", Kind::Word(&RELEASE), "newest", "The release that every node shall run."),
        optional(
            "version",
            Kind::Word(&VERSION),
            "The Kubernetes version; that of each group when left out (EKS: `UpdateNodegroupVersion`).",
        ),
        optional("image", Kind::Word(&IMAGE), "The image id, for groups with `imageType: CUSTOM`."),
        optional("maxUnavailable", Kind::Whole { min: 1, max: 100 }, "Nodes at once, for this update only."),
        optional(
            "maxUnavailablePercentage",
            Kind::Whole { min: 1, max: 100 },
            "Nodes at once of a hundred, for this update only.",
        ),
        optional(
            "strategy",
            Kind::OneOf(STRATEGIES),
            "New nodes first, or old nodes first; as the group says when left out.",
        ),
        field("guard", Kind::OneOf(GUARDS), "taint", "How new pods are kept off old nodes."),
        field("order", Kind::OneOf(ORDERS), "random", "Which old node goes next."),
        field(
            "increment",
            Kind::OneOf(INCREMENTS),
            "smallest",
            "How many extra nodes the scale up asks for.",
        ),
        field("force", Kind::Flag, "false", "Delete what could not be evicted within the drain limit."),
        field("pods", Kind::Object(&PODS), "{}", "What a drain does with pods that lose something by it."),
        field("limits", Kind::Object(&LIMITS), "{}", "Deadlines and pauses."),
    ],
    choice: None,
};

const GUARDS: &[(&str, &str)] = &[
    ("taint", "`eks.amazonaws.com/nodegroup=unschedulable:NoSchedule` on every old node"),
    ("cordon", "every old node unschedulable and out of external load balancers"),
];

const ORDERS: &[(&str, &str)] = &[
    ("random", "by the seed"),
    ("zone-by-zone", "one zone after the other"),
    ("oldest", "longest running instance first"),
    ("emptiest", "fewest pods first"),
];

const INCREMENTS: &[(&str, &str)] = &[
    ("smallest", "the smallest number that is certain to put one new node into every zone"),
    ("ceiling", "twice the zones, or the batch when that is larger"),
];

const LOSSES: &[(&str, &str)] = &[("evict", "evicted all the same"), ("refuse", "left, with their node")];

static PODS: Object = Object {
    name: "pod rules",
    about: "What a drain does with pods that lose something by it. Each loss has a rule of its own, so that a bare pod \
            with an `emptyDir` leaves when both are `evict`; `force` overrides neither.",
    fields: &[
        field("bare", Kind::OneOf(LOSSES), "evict", "Pods that no controller brings back."),
        field("emptyDir", Kind::OneOf(LOSSES), "evict", "Pods whose `emptyDir` is lost."),
        field(
            "jobs",
            Kind::OneOf(&[("evict", "like any other pod"), ("wait", "may run to their end")]),
            "evict",
            "Pods of Jobs that still run.",
        ),
        optional("graceCap", Kind::Word(&LENGTH), "The longest grace period a pod gets."),
    ],
    choice: None,
};

const LENGTH_KIND: Kind = Kind::Word(&LENGTH);

static LIMITS: Object = Object {
    name: "limits",
    about: "Deadlines and pauses of an update.",
    fields: &[
        field("join", LENGTH_KIND, "15m", "A new node must be Ready and labelled within this."),
        field("drain", LENGTH_KIND, "15m", "A node must be drained within this."),
        field(
            "deregistrationDelay",
            LENGTH_KIND,
            "60s",
            "Pause between drain and termination, in which load balancers let go of the node.",
        ),
        field("evictAgain", LENGTH_KIND, "5s", "A refused eviction is tried again at latest after this."),
        field("actAgain", LENGTH_KIND, "5s", "A call whose answer was lost is tried again after this."),
        field("terminate", LENGTH_KIND, "15m", "A terminated instance must be gone within this."),
        field(
            "launchAttempts",
            Kind::Whole { min: 1, max: 100 },
            "2",
            "Launches that fail this often stop further picks.",
        ),
    ],
    choice: None,
};
