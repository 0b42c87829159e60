//! The embedded world: a cluster and a cloud in virtual time.
//!
//! A [`World`](world::World) is a value. Time passes in it when it is told so; the same seed and the same acts give
//! the same bytes. It behaves as the real parts do, because people trust its forecasts.
//!
//! It never knows the policy it judges.

pub mod act;
pub mod adapter;
pub mod api;
pub mod cloud;
mod control;
pub mod disruption_statistics;
pub mod drive;
pub mod event_log;
pub mod fault;
pub mod follow;
mod identity;
pub mod invariants;
pub mod kubelet;
pub mod manifest;
pub mod object;
pub mod pace;
pub mod queue;
pub mod recorder;
pub mod refusal;
pub mod rng;
mod schedule;
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
pub mod world;
pub mod worldfile;
pub mod yaml;
