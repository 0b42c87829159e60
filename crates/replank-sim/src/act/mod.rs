//! Everything the outside can do to a world: the engine through its ports, people, machines, misfortune.
//!
//! A world is a function of its definition and of its acts with their times, so they can be written down and played
//! again.

mod cloud;
mod mishap;

use std::sync::Arc;

use replank_service::ports::launch_templates::TemplateChange;
use serde::{Deserialize, Serialize};

use crate::api;
use crate::fault::Counts;
use crate::object::Uid;
use crate::refusal::Refusal;
use crate::time::{Span, Time};
use crate::world::World;

pub use cloud::NewGroup;

/// An act.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// Something asked of the API server.
    Cluster(api::Act),
    /// A workload breaks or heals.
    Breakage {
        /// Its namespace.
        namespace: Arc<str>,
        /// Its name.
        name: Arc<str>,
        /// How it is broken from now on; `None` heals it.
        how: Option<Breakage>,
    },
    /// A pod is not ready for a while.
    Unready {
        /// Its namespace.
        namespace: Arc<str>,
        /// Its name.
        name: Arc<str>,
        /// For how long, in microseconds.
        for_micros: i64,
    },
    /// The end of [`Self::Unready`].
    ReadyAgain {
        /// The pod's namespace.
        namespace: Arc<str>,
        /// Its name.
        name: Arc<str>,
        /// Its identity.
        uid: Uid,
    },
    /// The kubelet of a node is silent for a while.
    Silent {
        /// The node.
        node: Arc<str>,
        /// For how long, in microseconds.
        for_micros: i64,
    },
    /// The end of [`Self::Silent`].
    SpeaksAgain {
        /// The node.
        node: Arc<str>,
    },
    /// Makes a launch template version.
    CreateVersion {
        /// The template.
        template: Arc<str>,
        /// The image.
        image: Arc<str>,
        /// The other settings, canonical.
        settings: Arc<str>,
        /// Client token.
        token: Arc<str>,
    },
    /// Changes a launch template of a person's own.
    OwnTemplate {
        /// How.
        change: Box<TemplateChange>,
    },
    /// Points the scaling group of a node group at a template version.
    PointGroup {
        /// The node group.
        group: Arc<str>,
        /// The version it launches now, as a precondition.
        from: Option<u64>,
        /// The version it shall launch.
        to: u64,
    },
    /// Makes a version of a group's launch template past EKS, and points its scaling group at it.
    EditTemplate {
        /// The node group.
        group: Arc<str>,
        /// The other instance type.
        instance_type: Arc<str>,
    },
    /// Points the scaling group at the last version that EKS made.
    RevertTemplate {
        /// The node group.
        group: Arc<str>,
    },
    /// Changes the sizes of the scaling group of a node group.
    SetSizes {
        /// The node group.
        group: Arc<str>,
        /// Minimum, desired, maximum now, as a precondition.
        from: Option<[u32; 3]>,
        /// What they shall be; `None` leaves one as it is.
        to: [Option<u32>; 3],
    },
    /// Makes a scaling group with a launch template.
    CreateGroup {
        /// What it is.
        group: Box<cloud::NewGroup>,
    },
    /// Removes the scaling group of a node group, which must be empty.
    DeleteGroup {
        /// The node group.
        group: Arc<str>,
    },
    /// Terminates an instance through its scaling group.
    Terminate {
        /// The instance.
        instance: Arc<str>,
        /// Whether desired goes down with it.
        shrink: bool,
    },
    /// The machine behind a node dies.
    NodeDies {
        /// The node.
        node: Arc<str>,
    },
    /// An image is gone, or back.
    Image {
        /// The image.
        image: Arc<str>,
        /// Whether it is there.
        there: bool,
    },
    /// How many more instances a zone takes; `None` is as many as wanted.
    ZoneCapacity {
        /// The zone.
        zone: Arc<str>,
        /// How many.
        instances: Option<u32>,
    },
    /// How many free addresses the subnet of a zone has; `None` is enough.
    ZoneAddresses {
        /// The zone.
        zone: Arc<str>,
        /// How many.
        free: Option<u32>,
    },
    /// How many instances the account may run; `None` is as many as wanted.
    Quota {
        /// How many.
        instances: Option<u32>,
    },
    /// Something that arrives later: its call is under way for so long.
    Later {
        /// For how long, in microseconds.
        by_micros: i64,
        /// What arrives then.
        act: Box<Act>,
    },
    /// Switches the Cluster Autoscaler on or off.
    Autoscaler {
        /// Whether it acts.
        on: bool,
    },
    /// The process of the Cluster Autoscaler is killed in the middle of what it does, or comes back.
    AutoscalerProcess {
        /// Whether it comes back.
        lives: bool,
    },
}

/// How a workload is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Breakage {
    /// Its image cannot be pulled.
    Image,
    /// It never becomes ready.
    Readiness,
    /// It crashes after each start.
    Crash,
}

/// Writes acts down before they are carried out.
pub trait ActLog: std::fmt::Debug + Send + Sync {
    /// An act from outside is about to be carried out.
    fn note(&self, at: Time, act: &Act);

    /// The rules about calls have counted on. A process that is killed now must not count those calls again.
    fn note_faults(&self, counts: &Counts);
}

/// Carries an act out.
pub(crate) fn carry_out(world: &mut World, act: Act) -> Result<(), Refusal> {
    match act {
        Act::Cluster(act) => world.request(act).map(drop),
        Act::Later { by_micros, act } => {
            world.act_later(Span(by_micros), *act);
            Ok(())
        }
        Act::Breakage { .. }
        | Act::Unready { .. }
        | Act::ReadyAgain { .. }
        | Act::Silent { .. }
        | Act::SpeaksAgain { .. } => mishap::carry_out(world, act),
        Act::CreateVersion { .. }
        | Act::OwnTemplate { .. }
        | Act::PointGroup { .. }
        | Act::EditTemplate { .. }
        | Act::RevertTemplate { .. }
        | Act::SetSizes { .. }
        | Act::CreateGroup { .. }
        | Act::DeleteGroup { .. }
        | Act::Terminate { .. }
        | Act::NodeDies { .. }
        | Act::Image { .. }
        | Act::ZoneCapacity { .. }
        | Act::ZoneAddresses { .. }
        | Act::Quota { .. }
        | Act::Autoscaler { .. }
        | Act::AutoscalerProcess { .. } => cloud::carry_out(world, act),
    }
}
