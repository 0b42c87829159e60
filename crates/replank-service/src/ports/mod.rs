//! The ports of the service to the world of an account; what a single update needs is in [`replank_engine::ports`].
//!
//! A port answers what is there now. It never retries and keeps no record of what was asked for. There is a trait per
//! subject, so that a world which has only some of them says so by its type.

pub mod auto_scaling;
pub mod checks;
pub mod clusters;
pub mod declarations;
pub mod fargate;
pub mod images;
pub mod inventory;
pub mod launch_templates;
pub mod machines;
pub mod node_groups;
pub mod parameters;
pub mod planner;
pub mod simulation;

use thiserror::Error;

pub use replank_engine::ports::ReadError;

use auto_scaling::AutoScaling;
use clusters::Clusters;
use fargate::Fargate;
use images::Images;
use launch_templates::LaunchTemplates;
use machines::Machines;
use node_groups::NodeGroups;
use parameters::Parameters;

/// The world of one account in one region.
pub trait Account:
    AutoScaling + Clusters + Fargate + Images + LaunchTemplates + Machines + NodeGroups + Parameters + 'static
{
}

impl<
    A: AutoScaling
        + Clusters
        + Fargate
        + Images
        + LaunchTemplates
        + Machines
        + NodeGroups
        + Parameters
        + 'static,
> Account for A
{
}

/// What the target of an update is found with.
pub trait UpdateTargets: Images + LaunchTemplates + NodeGroups {}

impl<A: Images + LaunchTemplates + NodeGroups> UpdateTargets for A {}

/// An action was refused; with the message of the world.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct ActError(pub String);
