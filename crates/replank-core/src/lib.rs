//! What an update does next, and why not yet: pure functions of what was asked, what was recorded and what was seen.
//!
//! | it does | it decides |
//! | --- | --- |
//! | replays recorded facts into the state of an update ([`node_group::rollout`]) | what an update does next, how many nodes at once and which ([`node_group::decide`]) |
//! | keeps what was seen, with the indices that decisions ask ([`observed`]) | which evictions are due, what a drain may lose, which instance may be terminated ([`safety`]) |
//! | runs the same decisions ahead of time on a projection ([`node_group::plan`]) | which Kubernetes minors the nodes of a group may move between ([`version`]), how control planes differ ([`behaviour`]) |
//!
//! One folder per workflow: [`node_group`] replaces the nodes of a group, [`cluster_upgrade`] brings a cluster to another
//! minor, with updates of its node groups as children. What was seen
//! ([`Observation`](observed::Observation)), what may be done ([`action`]) and [`safety`] are shared by all workflows.
//!
//! It must never know: clocks, I/O, async, serialisation, Kubernetes or AWS clients. The time is an argument.

pub mod action;
pub mod api_versions;
pub mod behaviour;
pub mod cluster_upgrade;
pub mod draw;
pub mod names;
pub mod near;
pub mod node_group;
pub mod observed;
pub mod pod_rules;
pub mod safety;
pub mod sizes;
pub mod template;
pub mod version;
