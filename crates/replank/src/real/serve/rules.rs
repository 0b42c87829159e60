//! How updates are run here where EKS has no word for it: the world file says. Old nodes are cordoned, as EKS does.

use jiff::SignedDuration;
use replank_core::node_group::spec::{Increment, Limits, Order, Spec};
use replank_core::pod_rules::PodRules;

/// What the world file says of every update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rules {
    increment: Increment,
    order: Order,
    pods: PodRules,
    limits: Limits,
}

impl Rules {
    /// Those of an update that the world file asks for.
    pub(crate) fn of(spec: &Spec) -> Self {
        let Spec { increment, order, pods, limits, .. } = *spec;
        Self { increment, order, pods, limits }
    }

    /// How long a new node may take to become Ready.
    pub(crate) fn join(self) -> SignedDuration {
        self.limits.join
    }

    /// What a drain does with pods that lose something by it.
    pub(crate) fn pods(self) -> PodRules {
        self.pods
    }

    /// The update by these rules.
    pub(crate) fn laid_over(self, spec: Spec) -> Spec {
        let Self { increment, order, pods, limits } = self;
        Spec { increment, order, pods, limits, ..spec }
    }
}
