//! A node of the group as Kubernetes shows it.

use std::sync::Arc;

use jiff::Timestamp;

use super::taint::{Closing, Closure, SeenTaint, Touch};
use crate::action::Marking;
use crate::names::{ImageId, InstanceId, NodeName, Uid};

/// A Kubernetes node of the group.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent marks of a node, as Kubernetes shows them")]
pub struct Node {
    /// Its name.
    pub name: NodeName,
    /// Its identity; a node registered anew under the same name has another one.
    pub uid: Uid,
    /// The instance behind it (`spec.providerID`).
    pub instance: InstanceId,
    /// Since when condition `Ready` is `True`; `None` while it is not.
    pub ready_since: Option<Timestamp>,
    /// Whether the kubelet stopped reporting (`Ready` is `Unknown`).
    pub unreachable: bool,
    /// Label `eks.amazonaws.com/nodegroup-image`.
    pub image: Option<ImageId>,
    /// Whether label `eks.amazonaws.com/nodegroup` names this group.
    pub labelled: bool,
    /// `spec.unschedulable`.
    pub cordoned: bool,
    /// Who changed `spec.unschedulable` last, and when, as far as the cluster tells.
    pub cordon_touch: Touch,
    /// Taints that keep pods off, the guard left out.
    pub taints: Vec<SeenTaint>,
    /// Whether it carries the taint `eks.amazonaws.com/nodegroup=unschedulable:NoSchedule`.
    pub guarded: bool,
    /// Whether it carries the label that keeps it out of external load balancers.
    pub excluded: bool,
    /// Whether it carries `cluster-autoscaler.kubernetes.io/scale-down-disabled`, whatever its value.
    pub kept: bool,
    /// Which of the marks an update set, from the annotation `replank.dev/marks`. The others are a person's.
    pub ours: Ours,
    /// Why no update may take it, when a person keeps it.
    pub hold: Option<Hold>,
}

/// How a person keeps a node from updates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hold {
    /// With the annotation `replank.dev/hold`.
    Person {
        /// The reason given.
        reason: String,
    },
    /// A `replank drain` is emptying it.
    Drain {
        /// Whose.
        by: String,
        /// Since when.
        since: Timestamp,
    },
}

/// Marks that an update set and must take away again. The guard taint is always an update's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ours {
    /// The update cordoned the node.
    pub cordon: bool,
    /// The update labelled it out of external load balancers.
    pub exclude: bool,
    /// The update keeps autoscalers from removing it.
    pub keep: bool,
}

impl Node {
    /// What keeps pods off and is no mark of ours, taints first; `owns` says which taints its group gives its nodes.
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
    /// Since when it is cordoned, as far as the cluster tells: the node lifecycle controller answers a cordon with a
    /// taint and its time.
    pub fn cordoned_since(&self) -> Option<Timestamp> {
        let answer = self.taints.iter().find(|seen| seen.taint.answers_cordon());
        answer.filter(|_| self.cordoned)?.touch.at
    }

    /// The autoscaler that marked it to be removed.
    pub fn marked_by(&self) -> Option<Arc<str>> {
        self.taints.iter().find_map(|seen| seen.taint.remover()).map(Into::into)
    }
}

impl Node {
    /// Whether `marks` would set one that it does not show.
    pub fn lacks(&self, marks: Marking) -> bool {
        let shown = [self.guarded, self.cordoned, self.excluded, self.kept];
        let asked = [marks.guard, marks.cordon, marks.exclude, marks.keep];
        asked.into_iter().zip(shown).any(|(asked, shown)| asked == Some(true) && !shown)
    }
}

impl Ours {
    /// Whether there is any.
    pub fn any(self) -> bool {
        self.cordon || self.exclude || self.keep
    }
}
