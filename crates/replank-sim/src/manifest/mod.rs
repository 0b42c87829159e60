//! Ordinary Kubernetes manifests: read, checked as the API server checks them, completed with its defaults and
//! turned into the typed objects of the world.
//!
//! Kinds that decide nothing about a node are kept as they are and counted. Nothing is put into a world here.

pub mod annotations;
mod apis;
mod convert;
mod enter;
mod export;
mod files;
pub(crate) mod names;
mod object;
mod read;
mod set;
mod wrong;

#[cfg(test)]
mod mistakes;
#[cfg(test)]
mod tests;

pub(crate) use apis::is_of_cluster;
pub(crate) use convert::{NOT_ATTACHED, is_attached, reach, requirement};
pub(crate) use enter::keep;
pub use enter::{enter, enter_all};
pub(crate) use export::{acts, as_applied, controller, controller_among};
pub use files::{Source, sources};
pub use object::{Given, Known, Object, PriorityClass};
pub use read::admit;
pub use set::{Manifests, Settings, read};
pub(crate) use set::{flatten, read_docs};
