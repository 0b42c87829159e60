//! A node of the group as Kubernetes shows it.

use std::sync::Arc;

use jiff::Timestamp;

use super::taint::{Closing, Closure, SeenTaint, Touch};
use crate::action::Marking;
use crate::names::{ImageId, InstanceId, NodeName, Uid};
use crate::version::Minor;

/// A Node object with what decides about it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent marks of a node, as Kubernetes shows them")]
pub struct Node {
    /// `metadata.name`.
    pub name: NodeName,
    /// `metadata.uid`; a node registered again under the same name has another one.
    pub uid: Uid,
    /// Instance behind it, from `spec.providerID`.
    pub instance: InstanceId,
    /// When condition `Ready` became `True`; `None` while it is not.
    pub ready_since: Option<Timestamp>,
    /// Whether the kubelet stopped reporting (condition `Ready` is `Unknown`).
    pub unreachable: bool,
    /// Value of the label `eks.amazonaws.com/nodegroup-image`.
    pub image: Option<ImageId>,
    /// Minor of `status.nodeInfo.kubeletVersion`; `None` when it tells none.
    pub kubelet: Option<Minor>,
    /// Whether the label `eks.amazonaws.com/nodegroup` names this group.
    pub labelled: bool,
    /// `spec.unschedulable`.
    pub cordoned: bool,
    /// Who last changed `spec.unschedulable`, and when, as far as field managers tell.
    pub cordon_touch: Touch,
    /// Taints that keep pods off, without the guard taint.
    pub taints: Vec<SeenTaint>,
    /// Whether it has the guard taint, `eks.amazonaws.com/nodegroup=unschedulable:NoSchedule`.
    pub guarded: bool,
    /// Whether it has the label `node.kubernetes.io/exclude-from-external-load-balancers`.
    pub excluded: bool,
    /// Whether it has the annotation `cluster-autoscaler.kubernetes.io/scale-down-disabled`, whatever its value.
    pub kept: bool,
    /// Which of these marks an update set (annotation `replank.dev/marks`); the others are a person's.
    pub ours: Ours,
    /// Why no update may pick it, if a person holds it.
    pub hold: Option<Hold>,
}

/// Why no update may pick a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hold {
    /// The annotation `replank.dev/hold`.
    Person {
        /// Value of the annotation.
        reason: String,
    },
    /// A `replank drain` is emptying it.
    Drain {
        /// Who runs the drain, as noted on the node.
        by: String,
        /// When it began.
        since: Timestamp,
    },
}

/// Marks that an update set and has to remove again. The guard taint is always an update's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ours {
    /// An update set `spec.unschedulable`; when this is false, a cordon is a person's.
    pub cordon: bool,
    /// The label that keeps it out of external load balancers.
    pub exclude: bool,
    /// The annotation that keeps autoscalers from removing it.
    pub keep: bool,
}

impl Node {
    /// What keeps pods off the node besides marks of ours, taints first. `owns` says which taints the group itself
    /// gives its nodes.
    pub fn closures(&self, owns: impl Fn(&super::Taint) -> bool) -> Vec<Closure> {
        let own = |taint: &super::Taint| taint.is_echo() || taint.is_not_up() || owns(taint);
        let foreign = self.taints.iter().filter(|seen| !own(&seen.taint));
        let taints = foreign.map(|SeenTaint { taint, touch }| Closure {
            what: Closing::Taint(taint.clone()),
            by: taint.owner().map(Into::into).or_else(|| touch.by.clone()),
            since: touch.at,
        });
        let cordon = (self.cordoned && !self.ours.cordon).then(|| Closure {
            what: Closing::Cordon,
            by: self.cordon_touch.by.clone(),
            since: self.cordon_touch.at,
        });
        taints.chain(cordon).collect()
    }
}

impl Node {
    /// When it was cordoned, as far as the cluster tells: from the taint by which the node lifecycle controller follows
    /// a cordon. `None` when it is not cordoned.
    pub fn cordoned_since(&self) -> Option<Timestamp> {
        let answer = self.taints.iter().find(|seen| seen.taint.answers_cordon());
        answer.filter(|_| self.cordoned)?.touch.at
    }

    /// The autoscaler whose taint says that it is about to remove the node.
    pub fn marked_by(&self) -> Option<Arc<str>> {
        self.taints.iter().find_map(|seen| seen.taint.remover()).map(Into::into)
    }
}

impl Node {
    /// Whether `marks` asks to set one that the node does not show.
    pub fn lacks(&self, marks: Marking) -> bool {
        let shown = [self.guarded, self.cordoned, self.excluded, self.kept];
        let asked = [marks.guard, marks.cordon, marks.exclude, marks.keep];
        asked.into_iter().zip(shown).any(|(asked, shown)| asked == Some(true) && !shown)
    }
}

impl Ours {
    /// Whether at least one is set.
    pub fn any(self) -> bool {
        self.cordon || self.exclude || self.keep
    }
}
