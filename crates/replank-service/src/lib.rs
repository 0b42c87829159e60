//! What an account wants of its clusters and node groups, and carrying it out.
//!
//! | it does | it decides |
//! | --- | --- |
//! | keeps records of clusters, node groups, updates and pending operations ([`records`]) | whether an update may begin, and to which image and settings ([`start_update`]) |
//! | hands updates to the engine and records how they end ([`reconcile`]) | when a pending operation is done, late or failed |
//! | keeps the reports and lines of updates for those who watch ([`update_feed`]) | nothing about nodes: that is the core's |
//!
//! Whatever asks for an update (an EKS call, the control API, the command) makes a [`start_update::StartUpdate`] of it;
//! whatever asks for one of a scaling group that EKS does not know, a [`self_managed::StartSelfManagedUpdate`];
//! whatever asks for an upgrade of a whole cluster, a [`start_cluster_upgrade::StartClusterUpgrade`].
//!
//! It must never know: HTTP, requests of EKS, flags, the embedded world. Worlds stand behind [`ports`].

pub mod addon_version;
mod architecture;
pub mod catalogue;
pub mod cluster_upgrade;
pub mod cluster_version;
mod id;
pub mod launch_template;
pub mod maintenance;
pub mod ports;
pub mod reconcile;
pub mod records;
mod refusal;
pub mod release;
pub mod rollback;
pub mod self_managed;
mod service;
pub mod start_cluster_upgrade;
pub mod start_update;
pub mod tokens;
pub mod update_feed;
mod update_rules;
pub mod zone;

pub use architecture::check as check_architecture;
pub use id::{uuid, uuid_of};
pub use refusal::{Refusal, RefusalKind};
pub use service::{Identity, Service, now, seconds};
pub use update_rules::takes_update;
