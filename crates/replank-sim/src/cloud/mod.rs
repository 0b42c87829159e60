//! The cloud: machine images, instance types, launch templates, scaling groups and what their instances do.

pub mod catalogue;
pub mod instance_type;
pub mod settings;
mod ssm;
mod template;

pub use ssm::ssm_prefix;
pub use template::Template;

use crate::world::World;

/// Something in the cloud is due.
pub(crate) fn happen(_world: &mut World, _number: u64) {}
