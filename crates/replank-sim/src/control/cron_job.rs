//! The cron job controller.

use crate::store::CronJobId;
use crate::world::World;

/// Looks at one.
pub(crate) fn sync(_world: &mut World, _id: CronJobId) {}
