//! The sizes of a scaling group.

/// Min, desired and max of a scaling group (EKS: `NodegroupScalingConfig`), in instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Lower bound of desired.
    pub min: u32,
    /// Number of instances that the group keeps.
    pub desired: u32,
    /// Upper bound of desired.
    pub max: u32,
}
