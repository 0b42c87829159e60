//! Carries out acts from outside.

mod cloud;
mod mishap;

use replank_core::behaviour::ServerVersion;
use replank_core::version::Minor;
use replank_world::act::Act;
use replank_world::refusal::Refusal;
use replank_world::time::Span;
use replank_world::world::World;

/// Carries out a command. The error is that of the API server or the cloud.
pub(crate) fn carry_out(world: &mut World, act: Act) -> Result<(), Refusal> {
    match act {
        Act::Cluster(act) => world.request(act).map(drop),
        Act::Later { by_micros, act } => {
            world.act_later(Span(by_micros), *act);
            Ok(())
        }
        Act::FargateProfiles { profiles } => {
            crate::fargate::set_profiles(world, profiles);
            Ok(())
        }
        Act::ControlPlane { minor } => {
            world.known.version = ServerVersion::served(Minor(minor));
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
        | Act::CreateOwnGroup { .. }
        | Act::AutoScaling { .. }
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
