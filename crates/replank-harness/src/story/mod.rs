//! Stories: scenarios as text files, with the timelines they must produce.
//!
//! A story is a world file with a comment that tells it; its snapshot is the timeline.

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
