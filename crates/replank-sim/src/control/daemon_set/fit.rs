//! Whether a node should have a pod of a daemon set (Kubernetes: `NodeShouldRunDaemonPod`).

use std::sync::Arc;

use crate::object::PodTemplate;
use crate::store::NodeId;
use crate::vocab::taint::{Effect, NOT_READY, Toleration, UNREACHABLE, UNSCHEDULABLE};
use crate::world::World;

/// How a node and a daemon set go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// A pod belongs there.
    Run,
    /// One that is there may stay, a new one is not made.
    Stay,
    /// None may be there.
    Leave,
}

/// How a node and a template go together.
pub(super) fn of(world: &World, node: NodeId, template: &PodTemplate) -> Fit {
    let Some(node) = world.store.nodes.get(node) else { return Fit::Leave };
    let spec = &template.spec;
    let labels = world.store.labels.get(node.meta.labels);
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

/// Adds the tolerations every daemon pod has (Kubernetes: `AddOrUpdateDaemonPodTolerations`). They take the place of
/// equal ones that say less.
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
