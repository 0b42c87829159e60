//! The fields of durations.

use crate::worldfile::forms::DELAY;
use crate::worldfile::schema::{Kind, Object, field, optional};

const DELAY_KIND: Kind = Kind::Word(&DELAY);

/// Durations in the whole world.
pub(super) static TIMINGS: Object = Object {
    name: "timings",
    about: "How long things take in the whole world, drawn anew for every node and pod. Groups and workloads may \
            say otherwise for theirs.",
    fields: &[
        field("launch", DELAY_KIND, "3s..8s", "From the size change to the launch of an instance."),
        field("boot", DELAY_KIND, "25s..45s", "From the launch to a registered node."),
        field("join", DELAY_KIND, "8s..15s", "From the registered node to Ready."),
        field("imagePull", DELAY_KIND, "1s..6s", "Pulling a pod's images."),
        field("podStart", DELAY_KIND, "500ms..2s", "From the images to running containers."),
        field(
            "podReady",
            DELAY_KIND,
            "2s..10s",
            "From running to Ready, unless the workload says otherwise.",
        ),
        field(
            "podTerminate",
            DELAY_KIND,
            "1s..5s",
            "From the request to stop to the last container's end, at most the pod's grace period.",
        ),
        field("volumeAttach", DELAY_KIND, "4s..10s", "Attaching a volume to a node, and detaching it."),
        field(
            "jobRuns",
            DELAY_KIND,
            "1m..3m",
            "How long a pod of a Job runs, unless the workload says otherwise.",
        ),
        field("terminate", DELAY_KIND, "20s..40s", "From the call that terminates an instance to its end."),
    ],
    choice: None,
};

/// Durations in one node group.
pub(super) static GROUP_TIMINGS: Object = Object {
    name: "group timings",
    about: "How long things take in this node group; what is left out is as in the world's `timings`.",
    fields: &[
        optional("launch", DELAY_KIND, "From the size change to the launch of an instance."),
        optional(
            "boot",
            DELAY_KIND,
            "From the launch to a registered node; `never` makes nodes that do not join.",
        ),
        optional(
            "join",
            DELAY_KIND,
            "From the registered node to Ready; `never` makes nodes that stay unready.",
        ),
        optional("terminate", DELAY_KIND, "From the call that terminates an instance to its end."),
    ],
    choice: None,
};
