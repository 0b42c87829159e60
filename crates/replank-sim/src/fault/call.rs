//! The calls that a fault can meet.

/// A call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Call {
    /// An observation of the Kubernetes side.
    ObserveCluster,
    /// An observation of the cloud side.
    ObserveCloud,
    /// The fresh list of a node's pods.
    ListPods,
    /// Marks on a node.
    Mark,
    /// An eviction.
    Evict,
    /// A deletion of a pod.
    Delete,
    /// A new template version.
    CreateVersion,
    /// Pointing the group.
    PointGroup,
    /// Changing the sizes.
    SetSizes,
    /// Terminating an instance.
    Terminate,
}

impl Call {
    /// All calls.
    pub const ALL: [Self; 10] = [
        Self::ObserveCluster,
        Self::ObserveCloud,
        Self::ListPods,
        Self::Mark,
        Self::Evict,
        Self::Delete,
        Self::CreateVersion,
        Self::PointGroup,
        Self::SetSizes,
        Self::Terminate,
    ];

    /// Its name, as in world files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ObserveCluster => "observe-cluster",
            Self::ObserveCloud => "observe-cloud",
            Self::ListPods => "list-pods",
            Self::Mark => "mark",
            Self::Evict => "evict",
            Self::Delete => "delete",
            Self::CreateVersion => "create-version",
            Self::PointGroup => "point-group",
            Self::SetSizes => "set-sizes",
            Self::Terminate => "terminate",
        }
    }
}
