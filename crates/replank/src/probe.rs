//! Crash faults of the world file, and a boundary named in an environment variable, at which the process aborts in
//! tests of the killed process.

use std::cell::Cell;

use replank_engine::probe::{Boundary, Probe, Stopped};

/// Variable with a boundary and a count, such as `recorded:3`: the process aborts when it comes there that often.
const VARIABLE: &str = "REPLANK_DIE_AT";

/// Probe that ends the process at a boundary.
pub(crate) struct DieAt {
    /// Whether a crash fault of the world file is due.
    crashes: Box<dyn Fn() -> bool>,
    boundary: Option<String>,
    left: Cell<u64>,
}

impl DieAt {
    /// Probe with the boundary of the environment variable. `crashes` is asked at every boundary whether a crash fault
    /// of the world file is due.
    pub(crate) fn from_environment(crashes: impl Fn() -> bool + 'static) -> Self {
        let wish = std::env::var(VARIABLE).unwrap_or_default();
        let (boundary, count) = wish.split_once(':').unwrap_or((&wish, "1"));
        let left = Cell::new(count.parse().unwrap_or(1));
        Self {
            crashes: Box::new(crashes),
            boundary: (!boundary.is_empty()).then(|| boundary.to_owned()),
            left,
        }
    }
}

impl Probe for DieAt {
    fn reach(&self, boundary: Boundary<'_>) -> Result<(), Stopped> {
        if (self.crashes)() {
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
