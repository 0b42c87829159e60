//! Whether a node should run a pod of a DaemonSet (Kubernetes: `NodeShouldRunDaemonPod`).

use std::sync::Arc;

use replank_world::fargate;
use replank_world::object::PodTemplate;
use replank_world::store::NodeId;
use replank_world::vocab::taint::{Effect, NOT_READY, Toleration, UNREACHABLE, UNSCHEDULABLE};
use replank_world::world::World;

/// The verdict for one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// The node should run a pod (`shouldRun`).
    Run,
    /// A running pod stays but none is created: an untolerated `NoSchedule` taint (`shouldContinueRunning`).
    Stay,
    /// No pod may run there.
    Leave,
}

/// The verdict for a node and a pod template: names, node selector, node affinity, taints.
pub(super) fn of(world: &World, node: NodeId, template: &PodTemplate) -> Fit {
    let Some(node) = world.store.nodes.get(node) else { return Fit::Leave };
    let spec = &template.spec;
    let labels = world.store.labels.get(node.meta.labels);
    // EKS: there are no DaemonSets on Fargate, whatever they tolerate.
    if fargate::is_node(labels) {
        return Fit::Leave;
    }
    let named = spec.node_name.as_ref().is_none_or(|name| *name == node.meta.name)
        && spec.node_names.as_ref().is_none_or(|names| names.contains(&node.meta.name));
    let selected = spec.node_selector.matches(labels)
        && spec.node_required.as_ref().is_none_or(|terms| terms.iter().any(|term| term.matches(labels)));
    if !named || !selected {
        return Fit::Leave;
    }
    let repels = |effect| {
        node.taints.iter().any(|taint| taint.effect == effect && !taint.tolerated_by(&spec.tolerations))
    };
    match (repels(Effect::NoExecute), repels(Effect::NoSchedule)) {
        (true, _) => Fit::Leave,
        (false, true) => Fit::Stay,
        (false, false) => Fit::Run,
    }
}

/// Adds the tolerations of every daemon pod (Kubernetes: `AddOrUpdateDaemonPodTolerations`), replacing equal ones
/// of the template.
pub(super) fn add_tolerations(template: &mut PodTemplate) {
    const PRESSURES: [&str; 3] = [
        "node.kubernetes.io/disk-pressure",
        "node.kubernetes.io/memory-pressure",
        "node.kubernetes.io/pid-pressure",
    ];
    let mut added = vec![(NOT_READY, Effect::NoExecute), (UNREACHABLE, Effect::NoExecute)];
    added.extend(PRESSURES.map(|key| (key, Effect::NoSchedule)));
    added.push((UNSCHEDULABLE, Effect::NoSchedule));
    if template.spec.host_network {
        added.push(("node.kubernetes.io/network-unavailable", Effect::NoSchedule));
    }
    let tolerations = &mut template.spec.tolerations;
    for (key, effect) in added {
        let same = |it: &Toleration| {
            it.key.as_deref() == Some(key) && it.effect == Some(effect) && it.value.is_none()
        };
        tolerations.retain(|it| !same(it));
        tolerations.push(Toleration {
            key: Some(Arc::from(key)),
            value: None,
            effect: Some(effect),
            seconds: None,
        });
    }
}
