//! The cloud: machine images, instance types, launch templates, scaling groups and what their instances do.

pub mod catalogue;
mod ssm;

pub use ssm::ssm_prefix;

use crate::world::World;

/// Something in the cloud is due.
pub(crate) fn happen(_world: &mut World, _number: u64) {}
