//! The fields of scripted commands.

use super::workload::{BUDGET, LABELS, VALUE};
use crate::worldfile::forms::{DELAY, GROUP_NAME, LENGTH, NAME, OBJECT, WHEN};
use crate::worldfile::schema::{Choice, FieldDoc, Kind, Object, Variant, Word, field, optional, required};

/// Syntax of the node that a command is about.
static NODE: Word = Word {
    name: "node",
    accepts: "a node's name, or `old N` (by name from 1, of those that are old when the update begins), or `new N` \
              (of the others), or `picked N` (in order of picking), or `of namespace/pod`",
    numbers: false,
    check: |text| text.parse::<crate::worldfile::spec::NodeChoice>().is_ok(),
};

static KEY: Word = Word {
    name: "key",
    accepts: "the key of an annotation such as example.com/owner",
    numbers: false,
    check: |text| crate::manifest::names::qualified(&text.to_lowercase()).is_none(),
};

static INSTANCE_TYPE: Word = Word {
    name: "instance-type",
    accepts: "an instance type such as m5.xlarge",
    numbers: false,
    check: |text| text.contains('.') && text.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c)),
};

const NODE_FIELD: FieldDoc = required("node", Kind::Word(&NODE), "The node.");
const POD_FIELD: FieldDoc = required("pod", Kind::Word(&OBJECT), "The pod.");
const OBJECT_FIELD: FieldDoc = required("object", Kind::Word(&OBJECT), "The object, as namespace/name.");
const GROUP_FIELD: FieldDoc =
    optional("group", Kind::Word(&GROUP_NAME), "The node group; the first that is updated when left out.");
const ZONE_FIELD: FieldDoc = required("zone", Kind::Word(&NAME), "The zone.");
const NODES: Kind = Kind::Whole { min: 0, max: 20_000 };
const UNCORDON: FieldDoc = field(
    "uncordon",
    Kind::Flag,
    "false",
    "Whether nodes in work are uncordoned and return to service at once; else they are finished.",
);

/// A scheduled command.
pub(in crate::worldfile) static ACT: Object = Object {
    name: "act",
    about: "Something that happens while the update runs: either `at` a time or `when` something happened.",
    fields: &[
        optional("at", Kind::Word(&LENGTH), "When, counted from the beginning of the update."),
        optional("when", Kind::Word(&WHEN), "After what."),
        field("after", Kind::Word(&LENGTH), "0s", "How long after `when`."),
    ],
    choice: Some(Choice { field: "do", meaning: "What happens.", variants: ACTS }),
};

const ACTS: &[Variant] = &[
    Variant { name: "pause", meaning: "A person pauses the update.", fields: &[GROUP_FIELD, UNCORDON] },
    Variant { name: "resume", meaning: "A person resumes the update.", fields: &[GROUP_FIELD] },
    Variant {
        name: "cancel",
        meaning: "A person cancels the update.",
        fields: &[
            GROUP_FIELD,
            UNCORDON,
            field(
                "restoreTarget",
                Kind::Flag,
                "true",
                "Whether later launches use the image from before; never with `keepNew`.",
            ),
            field(
                "keepNew",
                Kind::Flag,
                "false",
                "Whether the new nodes stay and old ones go in their place; else the extra new ones go.",
            ),
        ],
    },
    Variant {
        name: "force",
        meaning: "A person allows the deletion of what could not be evicted in time.",
        fields: &[GROUP_FIELD],
    },
    Variant { name: "delete-node", meaning: "Someone deletes a Node object.", fields: &[NODE_FIELD] },
    Variant {
        name: "terminate-instance",
        meaning: "Someone terminates a node's instance.",
        fields: &[
            NODE_FIELD,
            field("lowerDesired", Kind::Flag, "false", "Whether desired is lowered with it."),
        ],
    },
    Variant { name: "node-dies", meaning: "A node stops to answer.", fields: &[NODE_FIELD] },
    Variant {
        name: "kubelet-silent",
        meaning: "The kubelet of a node is silent for a while.",
        fields: &[NODE_FIELD, required("for", Kind::Word(&DELAY), "For how long.")],
    },
    Variant { name: "cordon", meaning: "Someone cordons a node.", fields: &[NODE_FIELD] },
    Variant { name: "uncordon", meaning: "Someone uncordons a node.", fields: &[NODE_FIELD] },
    Variant {
        name: "hold-node",
        meaning: "Someone puts a node on hold by annotation.",
        fields: &[NODE_FIELD],
    },
    Variant { name: "release-node", meaning: "Someone takes the hold off.", fields: &[NODE_FIELD] },
    Variant {
        name: "annotate-node",
        meaning: "Someone sets an annotation of a node, or takes it away.",
        fields: &[
            NODE_FIELD,
            required("key", Kind::Word(&KEY), "Its key."),
            optional("value", Kind::Word(&VALUE), "Its value; taken away when left out."),
        ],
    },
    Variant {
        name: "set-sizes",
        meaning: "Someone edits the sizes of the scaling group; sizes left out stay.",
        fields: &[
            GROUP_FIELD,
            optional("min", NODES, "Minimum."),
            optional("desired", NODES, "Desired."),
            optional("max", NODES, "Maximum."),
        ],
    },
    Variant {
        name: "add-budget",
        meaning: "Someone adds a PodDisruptionBudget.",
        fields: &[
            OBJECT_FIELD,
            required("selector", LABELS, "Labels of the pods it is about."),
            required("budget", Kind::Object(&BUDGET), "What it allows."),
        ],
    },
    Variant {
        name: "delete-budget",
        meaning: "Someone deletes a PodDisruptionBudget.",
        fields: &[OBJECT_FIELD],
    },
    Variant {
        name: "scale",
        meaning: "Someone scales a workload.",
        fields: &[
            OBJECT_FIELD,
            field("kind", Kind::OneOf(SCALED), "Deployment", "Its kind."),
            required("replicas", Kind::Whole { min: 0, max: 200_000 }, "How many pods it shall have."),
        ],
    },
    Variant { name: "delete-pod", meaning: "Someone deletes a pod.", fields: &[POD_FIELD] },
    Variant {
        name: "pod-unready",
        meaning: "A pod stops being Ready.",
        fields: &[POD_FIELD, field("for", Kind::Word(&DELAY), "never", "For how long; `never` is for good.")],
    },
    Variant {
        name: "break-workload",
        meaning: "New pods of a workload no longer become Ready.",
        fields: &[OBJECT_FIELD, field("how", Kind::OneOf(BREAKS), "image", "What goes wrong.")],
    },
    Variant {
        name: "heal-workload",
        meaning: "New pods of a workload start as before.",
        fields: &[OBJECT_FIELD],
    },
    Variant {
        name: "image-disappears",
        meaning: "The target image of a group can no longer be launched.",
        fields: &[GROUP_FIELD],
    },
    Variant { name: "image-returns", meaning: "It can be launched again.", fields: &[GROUP_FIELD] },
    Variant {
        name: "edit-template",
        meaning: "Someone makes a version of the group's launch template past EKS, and points the group at it.",
        fields: &[
            GROUP_FIELD,
            required("instanceType", Kind::Word(&INSTANCE_TYPE), "The instance type it names."),
        ],
    },
    Variant {
        name: "revert-template",
        meaning: "Someone points the group back at the version that EKS made.",
        fields: &[GROUP_FIELD],
    },
    Variant {
        name: "zone-capacity",
        meaning: "A zone has room for so many more instances.",
        fields: &[ZONE_FIELD, optional("instances", NODES, "How many; without limit when left out.")],
    },
    Variant {
        name: "zone-addresses",
        meaning: "A zone's subnet has so many free addresses.",
        fields: &[ZONE_FIELD, optional("free", NODES, "How many; without limit when left out.")],
    },
    Variant {
        name: "quota",
        meaning: "The account may run so many instances.",
        fields: &[optional("instances", NODES, "How many; without limit when left out.")],
    },
    Variant {
        name: "autoscaler-on",
        meaning: "The Cluster Autoscaler begins to act, with the flags that the cluster gives it.",
        fields: &[],
    },
    Variant {
        name: "autoscaler-off",
        meaning: "The Cluster Autoscaler is stopped in order, for good: its status goes, what it marked stays marked.",
        fields: &[],
    },
    Variant {
        name: "autoscaler-stops",
        meaning: "The process of the Cluster Autoscaler is killed in the middle of what it does: all its marks stay, and \
                  its status.",
        fields: &[],
    },
    Variant {
        name: "autoscaler-starts",
        meaning: "It comes back after `autoscaler-stops`, remembers nothing, and opens the nodes that it finds marked.",
        fields: &[],
    },
];

const SCALED: &[(&str, &str)] = &[("Deployment", ""), ("StatefulSet", ""), ("ReplicaSet", "")];

const BREAKS: &[(&str, &str)] = &[
    ("image", "its image cannot be pulled"),
    ("readiness", "it runs and never becomes Ready"),
    ("crash", "it crashes again and again"),
];
