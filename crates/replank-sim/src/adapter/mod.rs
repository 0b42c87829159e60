//! The world as the engine sees it: the two ports, and what goes wrong between them and the world.

mod account;
mod ask;
mod autoscaler;
mod cloud;
mod cluster;
mod convert;
mod members;
mod place;
mod relabel;
mod stage;
mod throughput;

pub use account::{Founder, SimulatedAccount};
pub use cloud::SimulatedCloud;
pub use cluster::SimulatedCluster;
pub use place::placement;

pub use replank_engine::ports::marks::{
    EXCLUDE, GUARD_VALUE, HOLD, KEEP, MANAGER, MARKS, NODEGROUP, NODEGROUP_IMAGE,
};

pub use crate::shared::Shared;
