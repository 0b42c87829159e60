//! The fields of clusters and node groups.

use super::timing::GROUP_TIMINGS;
use super::workload::{TAINT, WORKLOAD};
use crate::worldfile::forms::{DELAY, GROUP_NAME, LENGTH, NAME, QUANTITY, RELEASE, TEXT, VERSION};
use crate::worldfile::schema::{Kind, Object, field, optional, required};

const TEXT_KIND: Kind = Kind::Word(&TEXT);
const NODES: Kind = Kind::Whole { min: 0, max: 20_000 };
const COUNT: Kind = Kind::Whole { min: 1, max: 1_000 };

pub(super) static CLUSTER: Object = Object {
    name: "cluster",
    about: "A cluster: its control plane, its node groups and what runs on them.",
    fields: &[
        field("name", Kind::Word(&GROUP_NAME), "eks-workshop", "The name."),
        field("version", Kind::Word(&VERSION), "\"1.32\"", "The Kubernetes version of the control plane."),
        field("region", Kind::Word(&NAME), "us-west-2", "The AWS region."),
        field("account", TEXT_KIND, "\"111122223333\"", "The AWS account number in names of resources."),
        required("nodeGroups", Kind::List(&Kind::Object(&NODE_GROUP)), "The node groups."),
        field(
            "addons",
            Kind::List(&Kind::OneOf(ADDONS)),
            "[aws-node, kube-proxy, coredns]",
            "What the cluster brings along, as ordinary objects in `kube-system`.",
        ),
        field("autoscaler", Kind::Object(&AUTOSCALER), "{}", "The Cluster Autoscaler."),
        field("workloads", Kind::List(&Kind::Object(&WORKLOAD)), "[]", "What runs, in short form."),
        field(
            "manifests",
            Kind::List(&TEXT_KIND),
            "[]",
            "Files and directories of ordinary Kubernetes manifests, relative to the world file.",
        ),
        field("operators", Kind::Object(&OPERATORS), "{}", "Owners of pods whose kind does not act here."),
        field(
            "paces",
            Kind::List(&Kind::Object(&PACE)),
            "[]",
            "How long things take for the pods of single workloads, whatever else says so.",
        ),
    ],
    choice: None,
};

/// Owners that the world does not run.
static OPERATORS: Object = Object {
    name: "operators",
    about: "Pods of custom resources and of other owners that do not act here (Strimzi, CloudNativePG, Argo). Their owner \
            is taken to make a pod again when it is taken away.",
    fields: &[
        field("recreate", Kind::Flag, "true", "Whether pods of such owners are made again."),
        field("after", Kind::Word(&LENGTH), "5s", "From the end of a pod to the next of its name."),
    ],
    choice: None,
};

/// Durations for one workload.
static PACE: Object = Object {
    name: "pace",
    about: "How long things take for the pods of one workload. It goes before what a snapshot tells, and before the \
            annotations of manifests.",
    fields: &[
        required(
            "workload",
            TEXT_KIND,
            "Namespace and name, `shop/cart`; `*` is any. A CronJob stands for its Jobs.",
        ),
        optional("runs", Kind::Word(&DELAY), "How long each pod of a Job runs."),
        optional("ready", Kind::Word(&DELAY), "From running to Ready; `never` makes pods that stay unready."),
        optional("terminate", Kind::Word(&DELAY), "From the request to stop to the end, at most the grace."),
    ],
    choice: None,
};

const ADDONS: &[(&str, &str)] = &[
    ("aws-node", "the network plug-in, a DaemonSet that tolerates everything"),
    ("kube-proxy", "a DaemonSet that tolerates everything"),
    ("coredns", "two replicas, spread, with a budget of one unavailable"),
    ("metrics-server", "one replica"),
    ("cluster-autoscaler", "one replica; whether it acts is said by `autoscaler`"),
];

/// Flags of the Cluster Autoscaler.
static AUTOSCALER: Object = Object {
    name: "autoscaler",
    about: "A Cluster Autoscaler that really acts, as version 1.34.5 does on AWS with the flags that the fields name: it \
            grows groups for pods that find no node, and marks, drains and removes nodes that are hardly used. It acts \
            on every group of the cluster, and only while a pod of a Deployment runs whose name contains \
            `cluster-autoscaler`: `addons: [cluster-autoscaler]` brings one.",
    fields: &[
        field("enabled", Kind::Flag, "false", "Whether it acts."),
        field("scanInterval", Kind::Word(&LENGTH), "10s", "How often it looks (`--scan-interval`)."),
        field("scaleDown", Kind::Flag, "true", "Whether it removes nodes (`--scale-down-enabled`)."),
        field(
            "scaleDownDelay",
            Kind::Word(&LENGTH),
            "10m",
            "No node is removed so soon after it grew a group (`--scale-down-delay-after-add`). What others grow does \
             not count.",
        ),
        field(
            "delayAfterDelete",
            Kind::Word(&LENGTH),
            "0s",
            "The next is not removed so soon after one was (`--scale-down-delay-after-delete`).",
        ),
        field(
            "unneededTime",
            Kind::Word(&LENGTH),
            "10m",
            "How long a node must be unneeded before it is removed (`--scale-down-unneeded-time`).",
        ),
        field(
            "unreadyTime",
            Kind::Word(&LENGTH),
            "20m",
            "The same of one that is not Ready (`--scale-down-unready-time`).",
        ),
        field(
            "utilizationThreshold",
            Kind::Share,
            "0.5",
            "Above this share of requested processors or memory a node is needed \
             (`--scale-down-utilization-threshold`).",
        ),
        field(
            "unremovableRecheck",
            Kind::Word(&LENGTH),
            "5m",
            "A node whose pods cannot go is not looked at again before this (`--unremovable-node-recheck-timeout`).",
        ),
        field(
            "provisionTime",
            Kind::Word(&LENGTH),
            "15m",
            "An instance that is no node by then is removed (`--max-node-provision-time`).",
        ),
        field(
            "cordon",
            Kind::Flag,
            "true",
            "Whether a node that goes is cordoned, and uncordoned when it stays after all \
             (`--cordon-node-before-terminating`; not before 1.34.0).",
        ),
        field(
            "deleteDelay",
            Kind::Word(&LENGTH),
            "5s",
            "From the taint to the first eviction, or the end of an empty node (`--node-delete-delay-after-taint`).",
        ),
        field(
            "evictionTime",
            Kind::Word(&LENGTH),
            "2m",
            "How long a refused eviction is tried again (`--max-pod-eviction-time`).",
        ),
        field(
            "terminationTime",
            Kind::Word(&LENGTH),
            "10m",
            "The longest grace of evicted pods (`--max-graceful-termination-sec`).",
        ),
        field(
            "parallelism",
            COUNT,
            "10",
            "How many nodes are removed at a time (`--max-scale-down-parallelism`).",
        ),
        field("drainParallelism", COUNT, "1", "How many of them with pods (`--max-drain-parallelism`)."),
        field(
            "skipNodesWith",
            Kind::List(&Kind::OneOf(KEPT_BY)),
            "[local-storage, system-pods]",
            "Pods that keep their node.",
        ),
    ],
    choice: None,
};

const KEPT_BY: &[(&str, &str)] = &[
    ("local-storage", "an emptyDir that is no memory, or a hostPath (`--skip-nodes-with-local-storage`)"),
    ("system-pods", "pods of kube-system without a budget, for an hour (`--skip-nodes-with-system-pods`)"),
];

/// Accepted values of `imageType` (EKS: `AMITypes` that a caller may send).
pub(super) const IMAGE_TYPES: &[(&str, &str)] = &[
    ("AL2_x86_64", ""),
    ("AL2_x86_64_GPU", ""),
    ("AL2_ARM_64", ""),
    ("AL2023_x86_64_STANDARD", ""),
    ("AL2023_ARM_64_STANDARD", ""),
    ("AL2023_x86_64_NEURON", ""),
    ("AL2023_x86_64_NVIDIA", ""),
    ("AL2023_ARM_64_NVIDIA", ""),
    ("BOTTLEROCKET_x86_64", ""),
    ("BOTTLEROCKET_ARM_64", ""),
    ("BOTTLEROCKET_x86_64_FIPS", ""),
    ("BOTTLEROCKET_ARM_64_FIPS", ""),
    ("BOTTLEROCKET_x86_64_NVIDIA", ""),
    ("BOTTLEROCKET_ARM_64_NVIDIA", ""),
    ("BOTTLEROCKET_x86_64_NVIDIA_FIPS", ""),
    ("BOTTLEROCKET_ARM_64_NVIDIA_FIPS", ""),
    ("WINDOWS_CORE_2019_x86_64", ""),
    ("WINDOWS_FULL_2019_x86_64", ""),
    ("WINDOWS_CORE_2022_x86_64", ""),
    ("WINDOWS_FULL_2022_x86_64", ""),
    ("WINDOWS_CORE_2025_x86_64", ""),
    ("WINDOWS_FULL_2025_x86_64", ""),
    ("CUSTOM", ""),
];

static NODE_GROUP: Object = Object {
    name: "node group",
    about: "A node group: a scaling group whose instances become nodes. It is a managed one unless `selfManaged` says \
            otherwise.",
    fields: &[
        field("name", Kind::Word(&GROUP_NAME), "default", "The name, unique in its cluster."),
        field(
            "zones",
            Kind::List(&Kind::Word(&NAME)),
            "[us-west-2a, us-west-2b, us-west-2c]",
            "The zones of its subnets.",
        ),
        field("size", Kind::Object(&SIZE), "{}", "The sizes of its scaling group."),
        optional(
            "zoneSizes",
            Kind::Map(&NODES),
            "How many nodes stand in each zone at the beginning; evenly when left out. The numbers add up to \
             `size.desired`.",
        ),
        field(
            "instanceType",
            TEXT_KIND,
            "m5.large",
            "The EC2 instance type, which decides what fits on a node.",
        ),
        optional("capacity", Kind::Object(&CAPACITY), "What a node offers, instead of what the type does."),
        field(
            "imageType",
            Kind::OneOf(IMAGE_TYPES),
            "AL2023_x86_64_STANDARD",
            "The family of images (`AMITypes`).",
        ),
        field(
            "release",
            Kind::Word(&RELEASE),
            "newest-1",
            "The release that the nodes run at the beginning.",
        ),
        optional(
            "version",
            Kind::Word(&VERSION),
            "The Kubernetes version of the nodes; the cluster's when left out.",
        ),
        optional("image", TEXT_KIND, "The image id that the nodes run, with `imageType: CUSTOM`."),
        optional("launchTemplate", Kind::Object(&LAUNCH_TEMPLATE), "The user's own launch template."),
        field(
            "updated",
            NODES,
            "0",
            "How many nodes run the newest release already, as after an update that failed half way.",
        ),
        field("capacityType", Kind::OneOf(CAPACITY_TYPES), "ON_DEMAND", "How its instances are paid for."),
        field(
            "labels",
            Kind::Map(&Kind::Word(&super::workload::VALUE)),
            "{}",
            "Labels that its nodes register with.",
        ),
        field("taints", Kind::List(&Kind::Object(&TAINT)), "[]", "Taints that its nodes register with."),
        field(
            "tags",
            Kind::Map(&Kind::Word(&super::workload::VALUE)),
            "{}",
            "Tags of the group and its instances.",
        ),
        field("updateConfig", Kind::Object(&UPDATE_CONFIG), "{}", "How many nodes an update takes at once."),
        field("timings", Kind::Object(&GROUP_TIMINGS), "{}", "How long things take in this group."),
        field(
            "selfManaged",
            Kind::Flag,
            "false",
            "Whether the user keeps the group: a scaling group of that name with a launch template of its own, tagged \
             `kubernetes.io/cluster/NAME`, which EKS does not know. Updates of the world file leave it out; `replank up` \
             serves it through EC2 and Auto Scaling.",
        ),
    ],
    choice: None,
};

const CAPACITY_TYPES: &[(&str, &str)] =
    &[("ON_DEMAND", "pay by use"), ("SPOT", "spare capacity"), ("CAPACITY_BLOCK", "reserved for a time")];

static SIZE: Object = Object {
    name: "size",
    about: "The sizes of a scaling group.",
    fields: &[
        optional("min", NODES, "It never shrinks below this; `desired` when left out."),
        field("desired", NODES, "3", "How many instances it keeps."),
        optional("max", NODES, "It never grows beyond this; `desired` when left out."),
    ],
    choice: None,
};

static CAPACITY: Object = Object {
    name: "capacity",
    about: "What a node offers to pods, after what the system keeps for itself.",
    fields: &[
        required("cpu", Kind::Word(&QUANTITY), "Processors."),
        required("memory", Kind::Word(&QUANTITY), "Memory."),
        field("pods", Kind::Whole { min: 1, max: 1000 }, "110", "How many pods."),
    ],
    choice: None,
};

static LAUNCH_TEMPLATE: Object = Object {
    name: "launch template",
    about: "A launch template of the user's own. EKS merges it into the one it makes for the group. `replank up` \
            shows it as EC2 does; a group with `imageType: CUSTOM` has one in any case, under the group's name, and \
            its next version has the image that the update names.",
    fields: &[
        required("name", TEXT_KIND, "Its name."),
        field("version", Kind::Whole { min: 1, max: i64::MAX }, "1", "The version the group uses."),
    ],
    choice: None,
};

static UPDATE_CONFIG: Object = Object {
    name: "update config",
    about: "`updateConfig` of the group (EKS: `NodegroupUpdateConfig`). At most one of the two limits; one node when \
            neither is given.",
    fields: &[
        optional("maxUnavailable", Kind::Whole { min: 1, max: 100 }, "How many nodes at once."),
        optional(
            "maxUnavailablePercentage",
            Kind::Whole { min: 1, max: 100 },
            "How many of a hundred at once.",
        ),
        field("strategy", Kind::OneOf(STRATEGIES), "DEFAULT", "New nodes first, or old nodes first."),
    ],
    choice: None,
};

/// Accepted values of `strategy` (EKS: `NodegroupUpdateStrategies`; `REPLACE` is ours).
pub(super) const STRATEGIES: &[(&str, &str)] = &[
    ("DEFAULT", "new nodes are Ready before an old one is touched"),
    ("MINIMAL", "never above the configured size"),
    ("REPLACE", "as `DEFAULT`, and the new nodes stay, so that every pod moves once (not of EKS)"),
];
