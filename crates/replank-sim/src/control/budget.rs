//! The disruption controller.

use crate::store::BudgetId;
use crate::world::World;

/// Works a budget out anew.
pub(crate) fn sync(_world: &mut World, _id: BudgetId) {}
