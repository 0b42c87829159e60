//! Stories: a small world, what happens to it, and the timeline that comes of it.
//!
//! A story is a world file with a comment that tells it; its snapshot is the timeline. Both are read by people first.

mod coverage;
mod minimum;
mod names;
pub mod random;
mod run;
mod text;
mod timeline;

pub use coverage::{Coverage, verdict_name};
pub use names::{WAITS, outcome_name, phase_name, wait_name};
pub use run::{Dress, Plain, Telling, Told, tell, tell_story};
pub use text::Story;
pub use timeline::Timeline;
