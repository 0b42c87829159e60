//! What replank does next, and why not yet.
//!
//! One folder for each workflow; [`node_group`] replaces the nodes of a group. What was seen
//! ([`Observation`](observed::Observation)), what may be done ([`action`]) and which evictions are safe ([`safety`])
//! are shared by all of them.
//!
//! This crate knows no clock, no I/O, no serialisation, no Kubernetes client and no cloud. It is a function.

pub mod action;
pub mod draw;
pub mod names;
pub mod node_group;
pub mod observed;
pub mod pod_rules;
pub mod safety;
pub mod sizes;
pub mod template;
pub mod version;
