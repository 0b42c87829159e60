//! World files: clusters, durations, and what happens during an update.
//!
//! A file is checked against one table of fields, which also gives the defaults and the reference page. Nothing
//! of a world is created here.

mod check;
mod contents;
mod expand;
mod forms;
mod offers;
mod read;
mod reference;
mod relations;
mod schema;
mod settings;
pub mod spec;
mod table;

#[cfg(test)]
mod mistakes;
#[cfg(test)]
mod tests;

pub use crate::words::{Amount, Delay, Length, Moment, NotAccepted, PhaseName, When};
pub use contents::{contents, known, manifest_paths, manifest_sources};
pub use expand::budget_manifest;
pub use offers::moves_to;
pub(crate) use read::read_found;
pub use read::{EXAMPLES, default_world, read, read_deed};
pub use reference::{acts, reference};
pub use spec::WorldSpec;
