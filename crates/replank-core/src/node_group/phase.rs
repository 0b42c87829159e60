//! The phases of an update and the legal moves between them.

/// A phase. The four of EKS, with the guard of old nodes and the clean-up after a failure as their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Make the template version, point the group at it, work out the numbers.
    Setup,
    /// Raise the sizes and wait for Ready, labelled nodes in every zone that needs one.
    ScaleUp,
    /// Keep new pods off the old nodes.
    Guard,
    /// Drain and terminate old nodes, a batch at a time.
    Upgrade,
    /// Bring the sizes back to what they were.
    ScaleDown,
    /// After a failure or a cancel: marks off, sizes back as far as it goes politely.
    Restore,
    /// Over.
    Done,
}

impl Phase {
    /// Whether `next` may follow.
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

/// What a node is drained for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// It is old; the group replaces it.
    Replace,
    /// It had joined, was lost and did not come back; the group replaces it.
    Lost,
    /// It is one too many; desired goes down with it.
    Excess,
}
