//! The world behind the ports of engine and service, with injected faults in between.

mod account;
mod add_on;
mod add_on_values;
mod ask;
mod auto_scaling;
mod autoscaler;
mod cloud;
mod cluster;
mod convert;
mod fargate;
mod in_use;
mod launch_templates;
mod members;
mod place;
mod relabel;
mod throughput;

pub use account::{Founder, SimulatedAccount};
pub use cloud::SimulatedCloud;
pub use cluster::SimulatedCluster;
pub use place::placement;

pub use replank_engine::ports::marks::{
    EXCLUDE, GUARD_VALUE, HOLD, KEEP, MANAGER, MARKS, NODEGROUP, NODEGROUP_IMAGE,
};

pub use replank_world::shared::Shared;
