//! Kubelets against the target's control plane, and other facts about nodes.

use replank_core::version::Minor;

use crate::finding::{Check, Severity};
use crate::findings::{Findings, Seen};
use crate::object::{Item, text};
use crate::subject::Facts;
use crate::version::Version;

static TOO_OLD: Check = Check {
    id: "kubelet-too-old",
    severity: Severity::Blocks,
    meaning: "The kubelet would be more than three minors behind the target (two before 1.25): the control plane does \
              not support it, and EKS refuses the upgrade.",
    advice: "Replace the node at the control plane's version first.",
    basis: "Version skew policy of Kubernetes",
};
static NEWER: Check = Check {
    id: "kubelet-newer",
    severity: Severity::Blocks,
    meaning: "The kubelet is newer than the target: no control plane supports that.",
    advice: "Bring the node back to the control plane's version first.",
    basis: "Version skew policy of Kubernetes",
};
static BEHIND: Check = Check {
    id: "kubelet-behind",
    severity: Severity::Blocks,
    meaning: "With --strict-skew: the kubelet does not run the control plane's version. EKS wants managed node groups \
              and Fargate pods there before the control plane goes up.",
    advice: "Update the node group, or relaunch the Fargate pod, at the control plane's version first.",
    basis: "EKS: UpdateClusterVersion",
};
static FARGATE: Check = Check {
    id: "fargate-pod-behind",
    severity: Severity::Blocks,
    meaning: "A Fargate pod runs an older kubelet than its control plane. EKS refuses the next upgrade: `Kubelet version \
              of Fargate pods must be updated to match cluster version`.",
    advice: "Relaunch the pod: it comes back with the control plane's version.",
    basis: "EKS: UpdateClusterVersion",
};
static CONTAINERD: Check = Check {
    id: "containerd-1",
    severity: Severity::Warns,
    meaning: "The node runs containerd 1.x. AWS names 1.35 as the last minor of its images with it; upstream kubelets \
              still fall back, with a line in the log.",
    advice: "Take an image with containerd 2 when you replace the node.",
    basis: "EKS; kubelet of 1.38.0-beta.0",
};
static CGROUP: Check = Check {
    id: "cgroup-v1",
    severity: Severity::Breaks,
    meaning: "The node's operating system uses cgroup v1, and from 1.35 on a kubelet does not start there (failCgroupV1 \
              is true). The next kubelet on such an image never becomes Ready.",
    advice: "Take an image with cgroup v2, such as Amazon Linux 2023 or Bottlerocket, for the new nodes; Java before 8u372 \
             and 11.0.16 does not know its limits there.",
    basis: "Kubelet of 1.35; awslabs/amazon-eks-ami#1866",
};

pub(super) const CHECKS: &[&Check] = &[&TOO_OLD, &NEWER, &BEHIND, &FARGATE, &CONTAINERD, &CGROUP];

/// Label of Fargate nodes (EKS).
const FARGATE_LABEL: (&str, &str) = ("eks.amazonaws.com/compute-type", "fargate");
/// Prefixes of `osImage` of systems with cgroup v1.
const CGROUP_V1: &[&str] = &["Amazon Linux 2", "CentOS Linux 7", "Ubuntu 18.04", "Ubuntu 20.04"];
/// A system with cgroup v2 that one of these prefixes matches too.
const CGROUP_V2: &str = "Amazon Linux 2023";

pub(super) fn rule(facts: &Facts<'_>, findings: &mut Findings) {
    for node in facts.live("", "Node") {
        skew(facts, node, findings);
        let runtime = text(&node.object, &["status", "nodeInfo", "containerRuntimeVersion"]);
        if runtime.starts_with("containerd://1.") && facts.reaches(36) {
            findings
                .add(Seen::of(&CONTAINERD, node, format!("it runs {runtime}")).breaks_in(Some(Minor(36))));
        }
        let image = text(&node.object, &["status", "nodeInfo", "osImage"]);
        let is_v1 = CGROUP_V1.iter().any(|begin| image.starts_with(begin)) && !image.starts_with(CGROUP_V2);
        if is_v1 && facts.reaches(35) {
            findings.add(Seen::of(&CGROUP, node, format!("it runs {image}")).breaks_in(Some(Minor(35))));
        }
    }
}

fn skew(facts: &Facts<'_>, node: &Item, findings: &mut Findings) {
    let version = text(&node.object, &["status", "nodeInfo", "kubeletVersion"]);
    let Some(kubelet) = Version::parse(version) else { return };
    let (target, kubelet) = (facts.target.minor, kubelet.minor);
    let is_fargate = text(&node.object, &["metadata", "labels", FARGATE_LABEL.0]) == FARGATE_LABEL.1;
    let behind = facts.cluster.filter(|cluster| kubelet < cluster.minor);
    if kubelet > target {
        findings.add(Seen::of(&NEWER, node, format!("its kubelet is {version}, the target {target}")));
    } else if !kubelet.may_serve_under(target) {
        let oldest = target.oldest_kubelet();
        let evidence = format!("its kubelet is {version}; under {target} the oldest is {oldest}");
        findings.add(Seen::of(&TOO_OLD, node, evidence));
    }
    let Some(cluster) = behind else { return };
    let evidence = format!("its kubelet is {version}, the control plane {}", cluster.minor);
    if is_fargate {
        findings.add(Seen::of(&FARGATE, node, evidence));
    } else if facts.strict_skew {
        findings.add(Seen::of(&BEHIND, node, evidence));
    }
}
