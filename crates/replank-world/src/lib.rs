//! The embedded world: a cluster and a cloud in virtual time, with the same outcome for the same seed and the
//! same commands.
//!
//! | it does | it decides |
//! | --- | --- |
//! | keeps objects, with indices and a log of their changes ([`store`]), and what is due when ([`queue`]) | the order of what happens at the same time |
//! | hands requests and due work to what acts in it, by one table ([`components`]) | nothing about pods and nodes: that is the components' |
//! | keeps images, launch templates, Auto Scaling groups and instances ([`cloud`]) | what the cloud launches, terminates and refuses, as AWS does |
//! | keeps Events, disruption statistics and what is recorded for timelines | which calls fail by an injected rule ([`fault`]) |
//!
//! A [`World`](world::World) is a value; its time passes only when it is advanced. It behaves as real clusters do,
//! because previews rest on it.
//!
//! It must never know: who acts in it and how, the update policy that it judges, clients, the machine's clock.

pub mod act;
mod acting;
pub mod api;
pub mod cloud;
pub mod components;
pub mod deprecated_requests;
pub mod disruption_statistics;
pub mod event_log;
pub mod fargate;
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
