//! Where a run dies on purpose: crash faults of the world file, and a boundary named in the environment for tests
//! of the killed process.

use std::cell::Cell;

use replank_engine::probe::{Boundary, Probe, Stopped};
use replank_sim::shared::Shared;

/// Names a boundary and a count, such as `recorded:3`: the process aborts when it reaches it that often.
const VARIABLE: &str = "REPLANK_DIE_AT";

/// Dies at a boundary.
#[derive(Debug)]
pub(crate) struct DieAt {
    world: Shared,
    boundary: Option<String>,
    left: Cell<u64>,
}

impl DieAt {
    /// What the environment says.
    pub(crate) fn from_environment(world: Shared) -> Self {
        let wish = std::env::var(VARIABLE).unwrap_or_default();
        let (boundary, count) = wish.split_once(':').unwrap_or((&wish, "1"));
        let left = Cell::new(count.parse().unwrap_or(1));
        Self { world, boundary: (!boundary.is_empty()).then(|| boundary.to_owned()), left }
    }
}

impl Probe for DieAt {
    fn reach(&self, boundary: Boundary<'_>) -> Result<(), Stopped> {
        if self.world.lock().faults.take_crash() {
            return Err(Stopped { at: boundary.name() });
        }
        if self.boundary.as_deref() == Some(boundary.name()) {
            self.left.set(self.left.get().saturating_sub(1));
            if self.left.get() == 0 {
                std::process::abort();
            }
        }
        Ok(())
    }
}
