//! Kubernetes manifests: parsed, validated and defaulted as the API server does, and turned into the typed
//! objects of the world.
//!
//! Kinds that no part of the world acts on are kept as given and counted. Nothing is stored in a world here.

pub mod annotations;
mod apis;
mod convert;
mod export;
mod files;
pub(crate) mod names;
mod namespace;
mod object;
mod read;
mod set;
mod wrong;

#[cfg(test)]
mod mistakes;
#[cfg(test)]
mod tests;

pub use apis::{is_of_cluster, resource};
pub use convert::{NOT_ATTACHED, is_attached, reach, requirement};
pub use export::{acts, as_applied, controller, controller_among, foreign_scheduler, owner_kind};
pub use files::{Source, sources};
pub use namespace::{in_namespace, no_namespace};
pub use object::{Given, Object};
pub use read::admit;
pub use set::{Manifests, Settings, read};
pub(crate) use set::{flatten, read_docs};
