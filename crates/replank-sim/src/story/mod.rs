//! Stories: a small world, what happens to it, and the timeline that comes of it.
//!
//! A story is a world file with a comment that tells it; its snapshot is the timeline. Both are read by people first.

mod names;
mod timeline;

pub use names::{WAITS, outcome_name, phase_name, wait_name};
pub use timeline::Timeline;
