//! The sizes of a scaling group.

/// The three sizes of a scaling group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// The group never shrinks below this.
    pub min: u32,
    /// How many instances the group keeps.
    pub desired: u32,
    /// The group never grows beyond this.
    pub max: u32,
}
