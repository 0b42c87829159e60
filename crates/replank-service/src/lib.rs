//! What an account wants of its clusters and node groups, and carrying it out.
//!
//! | it does | it decides |
//! | --- | --- |
//! | keeps records of clusters, node groups, updates and pending operations ([`records`]) | whether an update may begin, and which image and settings it leads to ([`start_update`]) |
//! | hands updates to the engine and writes down how they end ([`reconcile`]) | when a pending operation is done, late or failed |
//! | tells everybody who watches what updates say ([`update_feed`]) | nothing about nodes: that is the core's |
//!
//! Whatever asks for an update (an EKS call, the control API, the command) makes a [`start_update::StartUpdate`] of it.
//! This crate knows no HTTP, no request of EKS, no flag and no simulator: worlds stand behind [`ports`].

mod architecture;
mod id;
pub mod launch_template;
pub mod ports;
pub mod reconcile;
pub mod records;
mod refusal;
pub mod release;
pub mod rollback;
mod service;
pub mod start_update;
pub mod tokens;
pub mod update_feed;
mod update_rules;

pub use architecture::check as check_architecture;
pub use id::{uuid, uuid_of};
pub use refusal::{Refusal, RefusalKind};
pub use service::{Identity, Service, now, seconds};
pub use update_rules::takes_update;
