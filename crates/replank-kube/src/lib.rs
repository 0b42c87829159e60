//! Real Kubernetes: the engine's Kubernetes port on an API server.
//!
//! | it does | it decides |
//! | --- | --- |
//! | follows nodes, pods and budgets ([`cache`]) and shows them as a port ([`KubeClusterPort`]) | nothing about nodes or pods: that is the core's |
//! | performs actions with preconditions, once each | which answer a response of the server means |
//! | lets one process act on a group ([`lease`], [`Claimed`]) and makes drains by hand known ([`hand`], [`Noted`]) | when a lease counts as lost |
//! | writes Events ([`tell`]); finds the server as kubectl does ([`connect`]) | which waits are worth an Event |
//!
//! It must never know: the embedded world, any cloud.

mod act;
mod autoscaler;
pub mod cache;
mod claim;
mod clock;
mod cluster;
pub mod connect;
mod counted;
pub mod daemon_sets;
pub mod deployment;
pub mod dry_run;
mod failure;
pub mod hand;
mod held_for;
pub mod kubeconfig;
pub mod lease;
pub mod lists;
pub mod nodes;
mod noted;
pub mod objects;
pub mod raise;
pub mod replicas;
mod request;
pub mod review;
pub mod rights;
pub mod served;
mod server_clock;
pub mod suspend;
pub mod tell;
mod tenure;

pub use act::{cordon, evict_named};
pub use cache::Cache;
pub use claim::{Claim, Claimed, Claims};
pub use clock::WallClock;
pub use cluster::{KubeClusterPort, NodeScope, Placer};
pub use connect::{Access, Connection};
pub use failure::of as failure;
pub use noted::{Noted, NotedHand};
pub use replicas::Replicas;
pub use server_clock::ServerClock;

/// The permissions it needs, as YAML for `kubectl apply`.
pub const RBAC: &str = include_str!("rbac.yaml");
