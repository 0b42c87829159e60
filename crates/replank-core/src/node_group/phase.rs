//! The phases of an update, the legal moves between them, and why a node is in work.

/// A phase of an update: the four of EKS ("managed node update behavior"), the guard of old nodes as a phase of its
/// own, the clean-up after a failure or cancel, and the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Create the template version, point the group at it, work out the numbers.
    Setup,
    /// Raise the sizes and wait for a new Ready, labelled node in every zone that has old ones.
    ScaleUp,
    /// Keep new pods off the old nodes (EKS: part of the second phase).
    Guard,
    /// Drain and terminate old nodes, at most a batch at a time.
    Upgrade,
    /// Return to the original sizes.
    ScaleDown,
    /// After a failure or cancel: remove marks, return to the original sizes as far as nodes drain without force.
    Restore,
    /// Ended; nothing follows.
    Done,
}

impl Phase {
    /// Whether an update may go from this phase to `next`.
    pub fn may_become(self, next: Self) -> bool {
        use Phase::{Done, Guard, Restore, ScaleDown, ScaleUp, Setup, Upgrade};
        matches!(
            (self, next),
            (Setup, ScaleUp | Guard | ScaleDown | Restore)
                | (ScaleUp, Guard | Restore)
                | (Guard, Upgrade | Restore)
                | (Upgrade, ScaleDown | Restore)
                | (ScaleDown, Restore | Done)
                | (Restore, Done)
        )
    }
}

/// Why a node is in work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// It is old; the group launches a replacement.
    Replace,
    /// It is new, had joined, was lost and did not come back; the group launches a replacement.
    Lost,
    /// The group has more nodes than its original size; desired is decremented with it.
    Excess,
    /// It is old and a new node already stands for it; desired is decremented with it.
    Retire,
}
