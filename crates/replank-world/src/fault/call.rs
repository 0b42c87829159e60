//! The calls that a fault rule can name.

/// A kind of call from the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Call {
    /// Observing the Kubernetes side.
    ObserveCluster,
    /// Observing the cloud side.
    ObserveCloud,
    /// Listing a node's pods afresh, or asking where they would go.
    ListPods,
    /// Setting or removing marks or a cordon on a node.
    Mark,
    /// Evicting a pod.
    Evict,
    /// Deleting a pod.
    Delete,
    /// Creating a launch template version.
    CreateVersion,
    /// Setting the template version of a group.
    PointGroup,
    /// Changing the sizes of a group.
    SetSizes,
    /// Terminating an instance.
    Terminate,
}

impl Call {
    /// All kinds.
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

    /// Its name as in world files.
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
