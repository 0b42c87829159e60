//! Nodes that somebody else than a node group brings to another version: EKS Auto Mode, Karpenter, the owner of hybrid nodes.

use std::collections::BTreeMap;

use replank_core::version::Minor;

use crate::finding::{Check, Severity};
use crate::findings::{Findings, Seen};
use crate::object::{Item, Name, text};
use crate::subject::Facts;

static AUTO: Check = Check {
    id: "nodes-of-auto-mode",
    severity: Severity::Informs,
    meaning: "EKS Auto Mode keeps these nodes. After the control plane it replaces them by itself, as their disruption budgets \
              allow; nobody else can. It has network plug-in, kube-proxy, CoreDNS and the EBS driver built in.",
    advice: "Nothing but budgets that let pods go. Before a rollback of the control plane these nodes go back first.",
    basis: "EKS: Auto Mode, upgrades",
};
static KARPENTER: Check = Check {
    id: "nodes-of-karpenter",
    severity: Severity::Informs,
    meaning: "Karpenter keeps these nodes. It replaces them when their image drifts from that of the node class, or when they \
              expire; a node class with a pinned image waits for you. None may be more than three minors behind.",
    advice: "After the control plane, look at the node class: an image alias such as al2023@latest drifts by itself, a pinned \
             one has to be changed. Budgets of the node pool say how many go at once.",
    basis: "Karpenter: drift, disruption",
};
static HYBRID: Check = Check {
    id: "nodes-hybrid",
    severity: Severity::Informs,
    meaning: "These are hybrid nodes, which stand with their owner. Nothing in the cloud replaces them.",
    advice: "After the control plane, one at a time: drain it, `nodeadm upgrade <version>`, uncordon it.",
    basis: "EKS: hybrid nodes, upgrade",
};

pub(super) const CHECKS: &[&Check] = &[&AUTO, &HYBRID, &KARPENTER];

/// How EKS marks who computes.
const COMPUTE: &str = "eks.amazonaws.com/compute-type";
/// How Karpenter marks its nodes, today's label first.
const POOLS: [&str; 2] = ["karpenter.sh/nodepool", "karpenter.sh/provisioner-name"];

pub(super) fn rule(facts: &Facts<'_>, findings: &mut Findings) {
    let mut kept: BTreeMap<(&str, Name), BTreeMap<Minor, u32>> = BTreeMap::new();
    for node in facts.live("", "Node") {
        let Some((check, keeper)) = keeper(node) else { continue };
        let version = text(&node.object, &["status", "nodeInfo", "kubeletVersion"]);
        let Some(minor) = Minor::of_version(version) else { continue };
        *kept.entry((check.id, keeper)).or_default().entry(minor).or_default() += 1;
    }
    for ((id, keeper), minors) in kept {
        let Some(check) = CHECKS.iter().find(|check| check.id == id) else { continue };
        for (minor, count) in minors {
            let nodes = if count == 1 { "node" } else { "nodes" };
            findings.add(Seen::named(check, keeper.clone(), format!("{count} {nodes} of {minor}")));
        }
    }
}

/// Who keeps a node, if that is no node group.
fn keeper(node: &Item) -> Option<(&'static Check, Name)> {
    let label = |name: &str| text(&node.object, &["metadata", "labels", name]);
    match label(COMPUTE) {
        "auto" => return Some((&AUTO, Name::of("Nodes", "EKS Auto Mode"))),
        "hybrid" => return Some((&HYBRID, Name::of("Nodes", "hybrid"))),
        _ => {}
    }
    let pool = POOLS.iter().map(|name| label(name)).find(|pool| !pool.is_empty())?;
    Some((&KARPENTER, Name::of("NodePool", pool)))
}
