//! The embedded world: a cluster and a cloud in virtual time, with the same outcome for the same seed and the
//! same commands.
//!
//! A [`World`](world::World) is a value; its time passes only when it is advanced. Controllers, scheduler,
//! kubelets and the cloud behave as the real ones do, because previews rest on them.
//!
//! The crate decides what the world does in answer to a call. It does not know the update policy that it judges.

pub mod act;
pub mod api;
pub mod cloud;
pub mod components;
pub mod disruption_statistics;
pub mod event_log;
pub mod fault;
pub mod follow;
mod identity;
pub mod known;
pub mod object;
pub mod queue;
pub mod recorder;
pub mod refusal;
pub mod revisions;
pub mod rng;
mod select;
pub mod shared;
pub mod store;
pub mod time;
pub mod timings;
pub mod vocab;
pub mod wall_clock_map;
pub mod world;
