//! The embedded world: a cluster and a cloud in virtual time, with the same outcome for the same seed and the
//! same commands.
//!
//! A [`World`](world::World) is a value; its time passes only when it is advanced. Controllers, scheduler,
//! kubelets and the cloud behave as the real ones do, because previews rest on them.
//!
//! The crate decides what the world does in answer to a call. It does not know the update policy that it judges.

pub mod act;
pub mod acts;
pub mod adapter;
pub mod api;
mod apiserver;
pub mod autoscaler;
pub mod cloud;
pub mod components;
mod control;
pub mod disruption_statistics;
pub mod drive;
pub mod enter;
pub mod event_log;
pub mod fault;
pub mod follow;
mod identity;
pub mod invariants;
pub mod known;
pub mod kubelet;
pub mod kubernetes;
mod machines;
pub mod manifest;
mod notify;
pub mod object;
pub mod pace;
pub mod queue;
pub mod recorder;
pub mod refusal;
pub mod revisions;
pub mod rng;
mod schedule;
pub mod seed;
mod select;
pub mod session;
pub mod shared;
pub mod snapshot;
pub mod store;
pub mod story;
pub mod time;
pub mod timings;
pub mod vocab;
pub mod wall_clock_map;
pub mod words;
pub mod world;
pub mod worldfile;
pub mod yaml;
