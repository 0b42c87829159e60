//! The world of an account as the service needs it, beside what one update needs ([`replank_engine::ports`]).
//!
//! A port answers what is there now. It retries nothing and keeps no record of what was asked for. Each trait is about
//! one thing, so that a world which has only some of them can say so by type.

pub mod clusters;
pub mod images;
pub mod inventory;
pub mod launch_templates;
pub mod node_groups;
pub mod parameters;
pub mod planner;
pub mod simulation;

use thiserror::Error;

pub use replank_engine::ports::ReadError;

use clusters::Clusters;
use images::Images;
use launch_templates::LaunchTemplates;
use node_groups::NodeGroups;
use parameters::Parameters;

/// The whole world of one account in one region.
pub trait Account: Clusters + Images + LaunchTemplates + NodeGroups + Parameters + 'static {}

impl<A: Clusters + Images + LaunchTemplates + NodeGroups + Parameters + 'static> Account for A {}

/// An act that was refused, in the words of the side.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct ActError(pub String);
